"""Notices that the database cannot be written, and that it can be again. Meanwhile nothing new is promised
and nothing leaves; what is under way is written down as far as it goes, and what is stored can be read."""

import asyncio
from collections.abc import Callable

import structlog

from ..clock import Clock
from ..errors import StoreDamaged, StoreFull, StoreUnavailable
from ..messages import Fact, Fault
from ..store import meta
from ..store.database import Database
from .ballast import Ballast

#: Seconds between two looks: at the room on the disk; at whether a database in trouble takes anything again.
LOOK, PROBE = 60.0, 1.0
#: Trouble that is worse replaces trouble that is less so.
_WORSE = (StoreUnavailable, StoreFull, StoreDamaged)

log = structlog.get_logger("chatgrow.upkeep")


class Watch:
    """The trouble there is, if any."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        ballast: Ballast,
        mark: Callable[[str], None],
        report: Callable[[Fact], None],
        recovered: Callable[[], None],
    ) -> None:
        self._db = db
        self._clock = clock
        self._ballast = ballast
        self._mark = mark  #: leaves word for the next start that the database is damaged
        self._report = report
        self._recovered = recovered
        self._trouble: StoreUnavailable | None = None
        self._news = asyncio.Event()
        db.on_trouble(self.met)

    @property
    def trouble(self) -> StoreUnavailable | None:
        """What is wrong now."""
        return self._trouble

    def admit(self) -> None:
        """Raises StoreUnavailable, StoreFull or StoreDamaged while nothing new may be promised."""
        if self._trouble:
            raise type(self._trouble)(self._trouble.detail)

    def met(self, trouble: StoreUnavailable) -> None:
        """The database failed."""
        if self._trouble and _WORSE.index(type(trouble)) <= _WORSE.index(type(self._trouble)):
            return
        self._trouble = trouble
        self._news.set()

    async def run(self) -> None:
        """Keep room on the disk, and see trouble through, until cancelled."""
        while True:
            self._news.clear()
            if not self._trouble:
                await self._clock.wait(self._news, LOOK)
            try:
                await (self._see_through() if self._trouble else self._keep_room())
            except Exception:  # whoever ended here would leave the hub standing still for good
                log.exception("the watch over the store failed")
                await self._clock.sleep(PROBE)

    async def _keep_room(self) -> None:
        if not await asyncio.to_thread(self._ballast.ensure):
            log.warning("the disk is nearly full", free=await asyncio.to_thread(self._ballast.free_space))

    async def _see_through(self) -> None:
        """From the first sign of trouble to its end. There is no end to damage: a person has to act."""
        told: StoreUnavailable | None = None
        while self._trouble:
            if told is not self._trouble:
                told = self._trouble
                await self._tell(told)
            if isinstance(told, StoreDamaged):
                await self._clock.sleep(LOOK)
            elif await self._is_over(told):
                self._trouble = None if self._trouble is told else self._trouble
            else:
                await self._clock.sleep(PROBE)
        log.warning("the database can be written again")
        self._recovered()

    async def _tell(self, trouble: StoreUnavailable) -> None:
        reason = str(trouble)
        if isinstance(trouble, StoreFull):
            gave = await asyncio.to_thread(self._ballast.give_up)
            free = await asyncio.to_thread(self._ballast.free_space)
            reserve = "the reserve was given up for what is under way, " if gave else ""
            reason = f"{reason} ({reserve}{free >> 20} MB are free)"
        if isinstance(trouble, StoreDamaged):
            await asyncio.to_thread(self._mark, trouble.detail)
        self._report(Fault(where="store", reason=reason, at=self._clock.now()))

    async def _is_over(self, trouble: StoreUnavailable) -> bool:
        try:
            await self._db.write(meta.try_out)
        except StoreUnavailable:
            return False
        return not isinstance(trouble, StoreFull) or await asyncio.to_thread(self._ballast.ensure)
