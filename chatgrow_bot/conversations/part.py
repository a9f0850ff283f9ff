"""The part as it is put together: whose desk it is, who sees to it, and how the teams are read anew."""

from collections.abc import Callable

from ..clock import Clock
from ..config import Settings
from ..limits import LoopLimits
from ..store.database import Database
from .clockwork import Clockwork
from .desk import Desk
from .roster import Roster, Serves, Teams
from .service import Service
from .texts import Texts
from .way_out import WayOut


class Conversing:
    """All of it. `serves` tells whose teams are whose, `admit` raises while nothing new may be promised."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        settings: Settings,
        serves: Serves,
        out: WayOut,
        loops: LoopLimits,
        admit: Callable[[], None],
    ) -> None:
        self._serves = serves
        self._teams = Teams(Roster.of(settings, serves))
        self.desk = Desk(self._teams, Texts(settings.consent.language), out, loops)
        self._clockwork = Clockwork(db, clock, self.desk)
        self.service = Service(db, clock, self.desk, self._clockwork, admit)

    async def run(self) -> None:
        """Do what time does, until cancelled."""
        await self._clockwork.run()

    async def renew(self, settings: Settings) -> bool:
        """Go by the teams of these settings from now on; whether there are any, or were."""
        before = self._teams.roster
        self._teams.roster = Roster.of(settings, self._serves)
        await self._clockwork.look_at_all()
        return bool(before.crews or self._teams.roster.crews)
