"""Brings the files of what came in, from the page into the spool. A file is worth waiting for a little, and
never holds a chat up for good: then the message goes on without it, and says why."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

import structlog

from ..clock import Clock
from ..engine import Reference, Session, answer_of
from ..errors import EngineError, MediaGone, MediaRefused, StoreUnavailable
from ..hub import Spool
from ..messages import Attachment, Inbound, Media

#: How often a file is asked for that cannot be fetched for a passing cause.
_TRIES = 3
#: Seconds between two tries.
_PAUSE = 2.0
#: Files of one connection on their way at once: its page has other things to do.
_AT_ONCE = 3

log = structlog.get_logger("chatgrow.inbox")


class Files:
    """Fetches files; `patience` is how many seconds a connection may stay away, and how many one may take."""

    def __init__(
        self,
        *,
        clock: Clock,
        spool: Spool,
        ready: Callable[[str], Session | None],
        patience: float,
        max_bytes: int,
    ) -> None:
        self._clock = clock
        self._spool = spool
        self._ready = ready
        self._patience = patience
        self._max_bytes = max_bytes
        self._places: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(_AT_ONCE))
        self._came_online = asyncio.Event()

    def online(self) -> None:
        """Some connection can be asked again."""
        self._came_online.set()

    async def fetch(self, message: Inbound, attachment: Attachment) -> Inbound:
        """The message with its file, or with the reason why there is none. Raises StoreUnavailable while the
        file could be had, but not kept."""
        try:
            return replace(message, media=await self._media(message, attachment))
        except StoreUnavailable:
            raise
        except TimeoutError:
            trouble = f"it could not be fetched within {self._patience:g} s"
        except (MediaRefused, EngineError) as error:
            trouble = error.detail or error.advice()
        except Exception as error:
            # An engine's own fault is no reason to lose the message; its words may quote anything.
            log.exception("the engine failed", connection=message.connection_id)
            trouble = f"the engine failed with a {type(error).__name__}"
        log.warning("a file is missing", message=message.id, connection=message.connection_id, reason=trouble)
        return replace(message, media_trouble=trouble)

    async def _media(self, message: Inbound, attachment: Attachment) -> Media:
        if attachment.size > self._max_bytes:
            raise MediaRefused(f"The file is larger than {self._max_bytes} bytes")
        tries, away = 0, 0.0
        while True:
            async with self._places[message.connection_id]:
                session = self._ready(message.connection_id)
                if session:
                    try:
                        return await self._download(session, message, attachment)
                    except EngineError as error:
                        tries += 1
                        if isinstance(error, MediaGone) or tries == _TRIES:
                            raise
            if session:
                await self._clock.sleep(_PAUSE)
            else:
                away += await self._wait(message.connection_id, self._patience - away)

    async def _download(self, session: Session, message: Inbound, attachment: Attachment) -> Media:
        name = Reference(
            chat=message.chat,
            wa_id=message.wa_id,
            from_me=message.from_me,
            participant=message.participant,
        )
        async with asyncio.timeout(self._patience):
            fetching = self._spool.from_stream(
                message.tenant,
                session.download(name),
                attachment.mimetype,
                attachment.filename,
                message.kind,
                self._max_bytes,
            )
            return await answer_of(fetching)

    async def _wait(self, connection_id: str, seconds: float) -> float:
        """Until the connection is online; how long that took. Raises EngineError when it takes too long."""
        begin = self._clock.monotonic()
        while self._ready(connection_id) is None:
            left = begin + seconds - self._clock.monotonic()
            if left <= 0:
                raise EngineError(f"the connection was not online for {self._patience:g} s")
            self._came_online.clear()
            await self._clock.wait(self._came_online, left)
        return self._clock.monotonic() - begin
