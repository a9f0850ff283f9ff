"""What the lines of a piece of work have in common: the request that it is done for, the message that it is
about, and words that none of them may quote. It goes with the task, into whatever it awaits or starts."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog

#: Shorter words are not worth withholding: they are everywhere.
_SHORTEST = 4

_withheld: ContextVar[tuple[str, ...]] = ContextVar("chatgrow_withheld", default=())
_unlogged: ContextVar[bool] = ContextVar("chatgrow_unlogged", default=False)


@contextmanager
def concerning(*, request: str = "", message: str = "", withhold: Iterable[str] = ()) -> Iterator[None]:
    """For the time of the block every line names the request and the message, and none quotes the words."""
    names = {"request_id": request, "message": message}
    words = {word for word in withhold if len(word) >= _SHORTEST}
    token = _withheld.set((*_withheld.get(), *words))
    try:
        with structlog.contextvars.bound_contextvars(**{key: name for key, name in names.items() if name}):
            yield
    finally:
        _withheld.reset(token)


@contextmanager
def logged(wanted: bool) -> Iterator[None]:
    """Whether what is told within has a line in whatsapp.log."""
    token = _unlogged.set(not wanted)
    try:
        yield
    finally:
        _unlogged.reset(token)


def is_wanted() -> bool:
    """Whether what is being told may have a line in whatsapp.log."""
    return not _unlogged.get()


def current_request() -> str:
    """The request that this is done for; empty when it is done for none."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def withheld() -> tuple[str, ...]:
    """What no line may quote just now."""
    return _withheld.get()
