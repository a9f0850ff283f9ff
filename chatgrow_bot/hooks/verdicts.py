"""What a plugin may say to each question, checked where it is said, so that nothing else flows on."""

import math
from collections.abc import Callable
from typing import TypeVar

from ..messages import TEXT_LIMIT, Drop, Inbound, Later, Media, Outbound
from ..payloads import well_formed
from ..responses import Response
from .isolation import Failed, WrongAnswer
from .responding import checked, done, is_named

#: Messages in one answer, and characters of a reason that a trace keeps, at most.
MOST, _WORDS = 100, 500

Message = TypeVar("Message", Inbound, Outbound)


def inbound_verdict(message: Inbound) -> Callable[[object], Inbound | Drop | None]:
    """Checks what filter_inbound gives: it may change what a message says, not whose it is."""

    def check(value: object) -> Inbound | Drop | None:
        match value:
            case None | Drop(reason=str()):
                return value
            case Inbound() if _whose(value) == _whose(message):
                return _formed(value)
            case Inbound():
                raise WrongAnswer("changed whose message it is; change only what it says")
            case _:
                raise _unfit(value, "None, an Inbound or a Drop")

    return check


def outbound_verdict(message: Outbound) -> Callable[[object], Outbound | Drop | Later | None]:
    """Checks what filter_outbound gives: it may change what is said, not to whom."""

    def check(value: object) -> Outbound | Drop | Later | None:
        match value:
            case None | Drop(reason=str()):
                return value
            case Later(seconds=seconds, reason=str()) if seconds >= 0 and math.isfinite(seconds):
                return value
            case Later():
                raise WrongAnswer("gave a Later whose seconds cannot be waited for")
            case Outbound(file=file) if file is not None:
                raise WrongAnswer("named a file; here it is `media`, for nothing is fetched any more")
            case Outbound() if value.to == message.to:
                return _formed(value)
            case Outbound():
                raise WrongAnswer("changed whom a message goes to; change only what it says")
            case _:
                raise _unfit(value, "None, an Outbound, a Drop or a Later")

    return check


def response(value: object) -> Response | None:
    """Checks what answer gives; None when there is nothing to it."""
    match value:
        case None:
            return None
        case Outbound():
            return Response(messages=(_reply(value),))
        case list() | tuple():
            messages = _replies(value)
            return Response(messages=messages) if messages else None
        case Response():
            return checked(value, _replies(value.messages))
        case _:
            raise _unfit(value, "an Outbound, a list of them, a Response or None")


def _replies(value: object) -> tuple[Outbound, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, Outbound) for item in value):
        raise _unfit(value, "an Outbound, a list of them, a Response or None")
    if len(value) > MOST:
        raise WrongAnswer(f"gave {len(value)} messages at once; {MOST} at most")
    return tuple(map(_reply, value))


def _reply(message: Outbound) -> Outbound:
    """One that may name a file, instead of carrying one."""
    if message.file is not None and (message.media or message.payload or not is_named(message.file)):
        raise WrongAnswer("named a file that is not a FileNamed with one name, or beside something to carry")
    return _formed(message)


def said(verdict: object) -> str:
    """A verdict in words, for the trace."""
    match verdict:
        case Inbound() | Outbound():
            return "changed it"
        case Drop(reason=reason):
            return f"dropped it: {reason[:_WORDS]}"
        case Later(seconds=seconds, reason=reason):
            return f"held it for {seconds:g} s" + (f": {reason[:_WORDS]}" if reason else "")
        case Failed(reason=reason):
            return f"failed: {reason}"
        case Response():
            return done(verdict)
        case _:
            return "passed"


def _formed(message: Message) -> Message:
    if not well_formed(message.text, message.payload) or not isinstance(message.media, Media | None):
        what = type(message).__name__
        raise WrongAnswer(f"gave an {what} whose text, media or payload is not in its form")
    if len(message.text) > TEXT_LIMIT:
        raise WrongAnswer(f"gave a text of {len(message.text)} characters; {TEXT_LIMIT} at most")
    return message


def _whose(message: Inbound) -> tuple[object, ...]:
    return message.id, message.tenant, message.connection_id, message.chat, message.participant, message.wa_id


def _unfit(value: object, wanted: str) -> WrongAnswer:
    return WrongAnswer(f"gave a {type(value).__name__}, where {wanted} is wanted")
