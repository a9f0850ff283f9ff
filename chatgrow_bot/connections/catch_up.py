"""Brings in what came while nobody looked: nothing else will bring it back. One sweep at a time, beside the
watching; what came before a time is called stored only when all of it is.

A chat that could not be read is the engine's to remember, and to try again with the next sweeps.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from ..background import background
from ..clock import Clock
from ..engine import Arrival, Session, answer_of
from ..errors import EngineError
from .listener import Listener

#: How far back a sweep looks beyond what is known to be stored.
_OVERLAP = timedelta(minutes=10)
#: How far back acks are asked for when a session is new: a message is read long after it was sent.
_ACKS_BACK = timedelta(days=1)
#: Seconds between two sweeps of a page that is online: one that is linked and deaf looks like a quiet one.
_EVERY = 600.0
#: Seconds from a sweep that failed to the next one, doubling up to `_EVERY`.
_SOON = 5.0
#: So many that failed in a row are told to a person, once until one succeeds.
_TELL_AFTER = 3

_FAILS = (
    f"what comes in while nobody looks could not be fetched {_TELL_AFTER} times in a row; it is tried again "
    "by itself, and logs/error.log says why"
)

log = structlog.get_logger("chatgrow.connection")


@dataclass(slots=True)
class Round:
    """One sweep: whether it is over, and what was wrong with the page."""

    over: asyncio.Event = field(default_factory=asyncio.Event)
    failure: EngineError | None = None


class CatchUp:
    """Sweeps one connection. `take` stores a message, `look` makes the keeper look at its page now."""

    def __init__(
        self,
        connection_id: str,
        listener: Listener,
        clock: Clock,
        take: Callable[[Arrival], Awaitable[None]],
        look: Callable[[], None],
    ) -> None:
        self._connection_id = connection_id
        self._listener = listener
        self._clock = clock
        self._take = take
        self._look = look
        self._wanted = asyncio.Event()
        self._next = Round()
        self._due: float | None = None  #: when the next one is to come by itself, by the steady clock
        self._missed = False
        self._failures = 0
        self._acks_since: datetime | None = None

    @asynccontextmanager
    async def over(self, session: Session) -> AsyncIterator[None]:
        """Sweep this session when it is wanted, for the time of the block."""
        self._wanted.clear()
        self._next, self._due, self._acks_since = Round(), None, None
        async with background(self._work(session), f"sweep:{self._connection_id}"):
            yield

    def want(self) -> Round:
        """Something may have been missed: the sweep that will find it."""
        self._due = None
        self._wanted.set()
        return self._next

    def missed(self) -> None:
        """A message could not be stored: it is looked for soon."""
        self._missed = True
        if self._due is not None:
            self._due = min(self._due, self._clock.monotonic() + _SOON)

    def is_due(self) -> bool:
        """Whether it is time for the next one."""
        return self._due is not None and self._clock.monotonic() >= self._due

    async def _work(self, session: Session) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            sweep, self._next = self._next, Round()
            sweep.failure = await self._swept(session)
            self._failures = self._failures + 1 if self._missed else 0
            if self._failures == _TELL_AFTER:
                self._listener.troubled(self._connection_id, _FAILS)
            soon = min(_EVERY, _SOON * 2 ** min(self._failures - 1, 10)) if self._missed else _EVERY
            self._due = self._clock.monotonic() + soon
            sweep.over.set()
            self._look()

    async def _swept(self, session: Session) -> EngineError | None:
        try:
            return await answer_of(self._sweep(session))
        except EngineError as error:
            self._missed = True
            return error

    async def _sweep(self, session: Session) -> EngineError | None:
        self._missed, began = False, self._clock.now()
        try:
            swept = await self._listener.swept_to(self._connection_id)
            known = min(swept or began, began)  # the clock may have been set back since
            async for arrival in session.sweep(known - _OVERLAP):
                await self._take(arrival)
                if self._missed:  # the store is away, and whoever is swept must not take this for handed over
                    return None
            await self._bring_acks(session, known, began)
            if not self._missed:
                await self._listener.swept(self._connection_id, began)
        except Exception as error:  # whatever it was, the next sweep looks for the same
            self._missed = True
            log.exception("what came meanwhile is not known to be stored", connection=self._connection_id)
            return error if isinstance(error, EngineError) else None
        return None

    async def _bring_acks(self, session: Session, known: datetime, began: datetime) -> None:
        """How far our own messages came meanwhile. It has a mark of its own: acks that cannot be told must
        not have the same messages swept for ever."""
        try:
            async for ack in session.progress(self._acks_since or known - _ACKS_BACK):
                await self._listener.acked(self._connection_id, ack)
        except Exception:
            log.exception("how far messages came meanwhile is not known", connection=self._connection_id)
        else:
            self._acks_since = began - _OVERLAP
