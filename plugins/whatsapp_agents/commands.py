"""What an agent's message asks for: a command by its first word, in English or Hebrew; or words to pass
on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum


class Verb(StrEnum):
    """What an agent can ask for."""

    LIST = "list"
    TAKE = "take"
    SWITCH = "switch"
    CLOSE = "close"
    RELEASE = "release"
    TRANSFER = "transfer"
    NOTE = "note"
    HELP = "help"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command as it was written."""

    verb: Verb
    number: int | None = None  #: of the conversation that it names
    rest: str = ""  #: what follows; of an unknown one the word itself
    meant: str = ""  #: of an unknown one, the word it comes near to


#: The word that help shows comes first for each language.
WORDS: Mapping[str, Verb] = {
    "list": Verb.LIST,
    "ls": Verb.LIST,
    "רשימה": Verb.LIST,
    "take": Verb.TAKE,
    "קח": Verb.TAKE,
    "קחי": Verb.TAKE,
    "close": Verb.CLOSE,
    "done": Verb.CLOSE,
    "סגור": Verb.CLOSE,
    "סגרי": Verb.CLOSE,
    "release": Verb.RELEASE,
    "שחרר": Verb.RELEASE,
    "שחררי": Verb.RELEASE,
    "transfer": Verb.TRANSFER,
    "העבר": Verb.TRANSFER,
    "העבירי": Verb.TRANSFER,
    "note": Verb.NOTE,
    "הערה": Verb.NOTE,
    "help": Verb.HELP,
    "עזרה": Verb.HELP,
}
#: Marks of direction that keyboards put around what is written from right to left.
_MARKS = dict.fromkeys(map(ord, "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"))
_NUMBER, _HASHED = re.compile(r"#?(\d{1,9})"), re.compile(r"#(\d{1,9})")


def command_of(text: str) -> Command | None:
    """The command that a text is; None for words. `//` begins words that begin with a slash."""
    line = text.translate(_MARKS).strip()
    if not line.startswith("/") or line.startswith("//"):
        return None
    word, rest = _first(line[1:].lstrip())
    if number := _NUMBER.fullmatch(word):
        return Command(verb=Verb.SWITCH, number=int(number[1]), rest=rest)
    verb = WORDS.get(word.casefold())
    if verb is None:
        near = get_close_matches(word.casefold(), WORDS, 1)
        return Command(verb=Verb.UNKNOWN, rest=word, meant=near[0] if near else "")
    return _with_number(verb, rest)


def words_of(text: str) -> str:
    """What a text says to the customer."""
    line = text.translate(_MARKS).lstrip()
    return line[1:] if line.startswith("//") else text


def _with_number(verb: Verb, rest: str) -> Command:
    """A command with the number taken off that its words begin with. A note may begin with a number of its
    own, so there it takes a #."""
    first, more = _first(rest)
    if number := (_HASHED if verb is Verb.NOTE else _NUMBER).fullmatch(first):
        return Command(verb=verb, number=int(number[1]), rest=more)
    return Command(verb=verb, rest=rest)


def _first(text: str) -> tuple[str, str]:
    parts = text.split(maxsplit=1)
    return (parts[0] if parts else ""), (parts[1].strip() if len(parts) > 1 else "")
