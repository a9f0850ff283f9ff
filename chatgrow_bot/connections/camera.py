"""The picture of a page at which a person must look. It may show chats: it lives in memory, as long as the
page needs the person, and is never stored or logged."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from ..clock import Clock
from ..engine import Session
from ..hub import Picture

log = structlog.get_logger("chatgrow.connection")


class Camera:
    """Of one connection. `told` hears when there is a picture, and when there is none any more."""

    def __init__(
        self, connection_id: str, clock: Clock, seconds: float, told: Callable[[str, datetime | None], None]
    ) -> None:
        self._connection_id = connection_id
        self._clock = clock
        self._seconds = seconds
        self._told = told
        self.picture: Picture | None = None

    async def take(self, session: Session) -> None:
        """Picture the page now. A page that cannot be pictured does no harm."""
        try:
            async with asyncio.timeout(self._seconds):
                png = await session.screenshot()
        except Exception as error:  # its words may quote the page
            log.warning("no picture of the page", connection=self._connection_id, error=type(error).__name__)
            return
        if png:
            self.picture = Picture(png=png, at=self._clock.now())
            self._told(self._connection_id, self.picture.at)

    def forget(self) -> None:
        """Nobody has to look any more."""
        if self.picture:
            self.picture = None
            self._told(self._connection_id, None)
