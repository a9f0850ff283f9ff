"""Every fault that can be ordered, one class each: its name, what can be said of it, what it does.

Its name is the class's in small letters: RefuseSends is `refuse_sends`. What it does stands where its moment
is: orders.py knows which ones stand; answers.py, page_session.py, road.py and page/faults.js act.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any, get_args

import msgspec

from .nouns import SimulatorError, unknown

Times = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=86_400)]


class SendResult(StrEnum):
    """WhatsApp Web's words for a message it has given up on."""

    UNKNOWN = "ERROR_UNKNOWN"  #: the server said no; for good, unless its code says otherwise
    NETWORK = "ERROR_NETWORK"  #: the link failed; a second try may do
    EXPIRED = "ERROR_EXPIRED"  #: it waited too long for the link
    CANCELLED = "ERROR_CANCELLED"  #: it was called off
    UPLOAD = "ERROR_UPLOAD"  #: its file could not be brought


class Mode(StrEnum):
    """What a page shows in place of the chats, in WhatsApp Web's own words."""

    CONFLICT = "CONFLICT"  #: opened elsewhere
    TOS_BLOCK = "TOS_BLOCK"  #: the terms of service wait to be accepted
    SMB_TOS_BLOCK = "SMB_TOS_BLOCK"  #: the same of a business account
    PROXYBLOCK = "PROXYBLOCK"  #: the network's proxy lets nothing through
    DEPRECATED_VERSION = "DEPRECATED_VERSION"  #: this version is no longer let in


def _name(class_name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", class_name).lower()


class Fault(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag=_name, tag_field="fault"
):
    """Something that goes wrong until it is healed."""

    of: str | None = None  #: the number, or the one device of it (`972501234567:3`); None: everybody


class Counted(Fault, frozen=True, kw_only=True, tag=_name):
    """Something that goes wrong for the next few times; None: until it is healed."""

    times: Times | None = 1


class RefuseSends(Counted, frozen=True, kw_only=True, tag=_name):
    """The server will not have a message: ack -1. Code 463 is the reach-out time-lock."""

    code: Annotated[int, msgspec.Meta(ge=100, le=999)] | None = None
    result: SendResult = SendResult.UNKNOWN


class HangSends(Counted, frozen=True, kw_only=True, tag=_name):
    """The server neither takes a message nor answers; the page asks again when its link was cut."""


class DropAcks(Counted, frozen=True, kw_only=True, tag=_name):
    """Messages go, but the page never hears of it: neither that the server has them nor of later ticks."""

    times: Times | None = None


class DelayAcks(Fault, frozen=True, kw_only=True, tag=_name):
    """The same, but it hears of it late: after some seconds, or (None) once this is healed."""

    seconds: Seconds | None = None


class Duplicate(Counted, frozen=True, kw_only=True, tag=_name):
    """A message is told several times over."""

    copies: Annotated[int, msgspec.Meta(ge=2, le=100)] = 2


class Reorder(Counted, frozen=True, kw_only=True, tag=_name):
    """So many messages are held until they are together, then told last first, after `seconds` at most."""

    count: Annotated[int, msgspec.Meta(ge=2, le=10_000)] = 2
    seconds: Seconds = 5


class Passing(Fault, frozen=True, kw_only=True, tag=_name):
    """Something that goes wrong for so many seconds; None: until it is healed."""

    seconds: Seconds | None = None


class Silence(Passing, frozen=True, kw_only=True, tag=_name):
    """The link stands, but nothing comes through, neither way; what was said comes once it is healed."""


class Away(Passing, frozen=True, kw_only=True, tag=_name):
    """The network is away: links are cut and none can be made."""


class Stuck(Counted, frozen=True, kw_only=True, tag=_name):
    """The page spins and answers nobody, for so many seconds."""

    seconds: Seconds = 3600


class Deaf(Fault, frozen=True, kw_only=True, tag=_name):
    """The page shows what comes in, and tells nobody of it: no event reaches who listens to its messages."""


class TemporaryBan(Fault, frozen=True, kw_only=True, tag=_name):
    """WhatsApp bans the account for a time: the page says so, and stays linked."""


class Dialog(Fault, frozen=True, kw_only=True, tag=_name):
    """The page shows a dialog that waits for a person."""

    text: Annotated[str, msgspec.Meta(min_length=1)] = "Your messages are end-to-end encrypted"


class Block(Fault, frozen=True, kw_only=True, tag=_name):
    """The page shows this in place of the chats, and gets and sends nothing."""

    mode: Mode


class NeedsUpdate(Fault, frozen=True, kw_only=True, tag=_name):
    """The page says that there is a newer version, and goes on working."""


class Passkey(Fault, frozen=True, kw_only=True, tag=_name):
    """Whoever scans a code is asked for a passkey first; the link is made once this is healed."""


class Forget(Counted, frozen=True, kw_only=True, tag=_name):
    """A page that starts lacks what was written in the last seconds before its end, as after a kill of the
    browser: messages, ticks, and the login where it was so fresh. A minute is remembered."""

    seconds: Annotated[float, msgspec.Meta(gt=0, le=60)] = 3


AnyFault = (
    RefuseSends | HangSends | DropAcks | DelayAcks | Duplicate | Reorder | Silence | Away | Stuck | Deaf
    | TemporaryBan | Dialog | Block | NeedsUpdate | Passkey | Forget
)  # fmt: skip
#: what a page itself does for as long as it stands
PAGE_FAULTS = (Deaf, TemporaryBan, Dialog, Block, NeedsUpdate)
NAMES = tuple(_name(fault.__name__) for fault in get_args(AnyFault))


def fault_named(name: str, details: dict[str, Any]) -> AnyFault:
    """The fault of that name with these details. Raises SimulatorError when there is none such."""
    if name not in NAMES:
        raise SimulatorError(unknown("fault", name, NAMES))
    try:
        fault: AnyFault = msgspec.convert({**details, "fault": name}, AnyFault)
    except msgspec.ValidationError as error:
        raise SimulatorError(f"{name}: {error}") from None
    return fault
