"""Phone numbers and chat ids: one canonical name for a chat, and a masked form for logs."""

import re
from collections.abc import Collection, Sequence
from functools import lru_cache

import phonenumbers

from .errors import InvalidPhoneNumber

PERSON, GROUP, LINKED_ID = "@c.us", "@g.us", "@lid"

_CHAT = re.compile(r"\d{5,20}(-\d{5,20})?@(c\.us|g\.us|lid)")
#: Digits with what people put between those of a number, and its groups.
_RUN, _GROUP = re.compile(r"\d(?:[\s().\-]{0,3}\d)*"), re.compile(r"\d+")
_LONGEST = 64


@lru_cache(4096)  # the same people are written to again and again, and reading a number is slow
def chat_of(recipient: str) -> str:
    """The chat id of a phone number in international form, or a chat id as it is.

    `+972 54-111-2233`, `972541112233` and `972541112233@c.us` all name `972541112233@c.us`.
    Raises InvalidPhoneNumber.
    """
    text = recipient.strip().replace("@s.whatsapp.net", PERSON)
    if "@" in text:
        if not _CHAT.fullmatch(text):
            raise InvalidPhoneNumber(f"'{recipient}' is not a chat id")
        if not text.endswith(PERSON):
            return text
        text = text.removesuffix(PERSON)
    return f"{_digits(text, recipient)}{PERSON}"


def _digits(text: str, shown: str) -> str:
    try:
        number = phonenumbers.parse(text if text.startswith("+") else f"+{text}")
    except phonenumbers.NumberParseException as error:
        raise InvalidPhoneNumber(f"'{shown}' is not a phone number") from error
    if not phonenumbers.is_possible_number(number):
        raise InvalidPhoneNumber(f"'{shown}' cannot be a phone number: its length does not fit its country")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")


def phone_of(chat: str) -> str | None:
    """`+` and the digits of a person's chat; None for a group or a linked id."""
    return f"+{chat.removesuffix(PERSON)}" if chat.endswith(PERSON) else None


def is_channel(chat: str) -> bool:
    """Whether what is said there is said to nobody in particular: a status, a channel."""
    return chat.endswith(("@broadcast", "@newsletter"))


def masked(chat: str) -> str:
    """A chat for logs: all but the last three digits hidden."""
    digits, _, kind = chat.partition("@")
    return f"…{digits[-3:]}@{kind}" if kind else f"…{digits[-3:]}"


def names_one_of(text: str, chats: Collection[str]) -> bool:
    """Whether a text holds one of these chats whole: a number, however it is spelled, or a linked id."""
    known = {chat.partition("@")[0] for chat in chats}
    return any(_is_in(_GROUP.findall(run), known) for run in _RUN.findall(text))


def _is_in(groups: Sequence[str], known: Collection[str]) -> bool:
    """Whether some of these groups of digits, as they follow each other, are one of the known."""
    for start in range(len(groups)):
        read = ""
        for group in groups[start:]:
            read += group
            if read in known:
                return True
            if len(read) > _LONGEST:
                break
    return False
