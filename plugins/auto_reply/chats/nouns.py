"""What an exported chat is once it is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from chatgrow_bot.messages import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message, or one line that WhatsApp itself wrote."""

    at: datetime  #: as the phone showed it: without a zone, and without seconds where the phone left them out
    author: str = ""  #: the name or number as the phone showed it; empty for WhatsApp's own lines
    text: str = ""  #: what was written, or what stands under a picture; without the words for left-out media
    kind: Kind = Kind.TEXT  #: OTHER for media of which the chat does not tell what it was
    filename: str = ""  #: of a file that came along; a label, never a path
    is_system: bool = False  #: whether WhatsApp itself wrote it, which is when there is no author
    first_line: int = 1  #: where it stands in the text file, counted from 1
    last_line: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A whole chat. Each line of the file is in exactly one entry."""

    entries: tuple[Entry, ...]  #: in the order of the file
    format: str = ""  #: what a head looks like, in words
    problems: tuple[str, ...] = ()  #: what was doubtful, each a sentence for whoever gave the file
    lines: int = 0  #: of the text file
    media: Mapping[str, int] = field(default_factory=dict)  #: sizes of the other files in the zip, by name
