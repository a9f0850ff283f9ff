"""Opening and closing a session, each within its time: an engine that hangs must not take its connection, or
the hub's stop, with it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import TypeVar

import structlog

from ..engine import Session, answer_of
from ..errors import EngineError
from .listener import Bounds

T = TypeVar("T")

log = structlog.get_logger("chatgrow.connection")


async def within(seconds: float, what: str, work: Callable[[], Awaitable[T]]) -> T:
    """Do this, or raise EngineError saying that it took too long."""
    try:
        async with asyncio.timeout(seconds) as limit:
            return await answer_of(work())
    except TimeoutError as error:
        if not limit.expired():  # it is the engine's own
            raise
        raise EngineError(f"{what} within {seconds:g} s") from error


def heed_the_end() -> None:
    """Raises CancelledError when this task is to end: an engine may have answered that by an error of its
    own, and whoever went on then could not be stopped."""
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError


class Opened:
    """A session for the time of the `async with`. Raises EngineError when it does not open."""

    def __init__(
        self, connection_id: str, opening: AbstractAsyncContextManager[Session], bounds: Bounds
    ) -> None:
        self._connection_id = connection_id
        self._opening = opening
        self._bounds = bounds

    async def __aenter__(self) -> Session:
        return await within(self._bounds.opening, "it did not open", self._opening.__aenter__)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        try:
            async with asyncio.timeout(self._bounds.closing):
                return await self._opening.__aexit__(kind, error, trace)
        except TimeoutError:
            log.warning("a session did not close in time", connection=self._connection_id)
        except Exception as trouble:  # it is over all the same, and why it ended counts for more
            if trouble is not error:
                log.exception("a session did not close as it should", connection=self._connection_id)
        return None
