"""Phone numbers and chat ids: one canonical name for a chat, and a masked form for logs."""

import re
from functools import lru_cache

import phonenumbers

from .errors import InvalidPhoneNumber

PERSON, GROUP, LINKED_ID = "@c.us", "@g.us", "@lid"

_CHAT = re.compile(r"\d{5,20}(-\d{5,20})?@(c\.us|g\.us|lid)")


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
