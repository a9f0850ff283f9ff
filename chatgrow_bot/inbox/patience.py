"""How long to wait before something is tried again."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from ..clock import Clock
from ..errors import StoreUnavailable

#: Seconds between tries. While the store is away the last one repeats.
PATIENCE = (1.0, 5.0, 15.0, 60.0)

T = TypeVar("T")

log = structlog.get_logger("chatgrow.inbox")


async def patiently(clock: Clock, work: Callable[[], Awaitable[T]]) -> T:
    """What comes of something, once the store is there."""
    tries = 0
    while True:
        try:
            return await work()
        except StoreUnavailable as error:
            log.warning("the store is away; it is tried again", reason=error.detail)
        await clock.sleep(PATIENCE[min(tries, len(PATIENCE) - 1)])
        tries += 1
