"""What time alone does: it gives out what waited for a team to open, escalates what was not answered, closes
where nobody writes. Each in a transaction of its own, which also says when to look again; so a crash repeats
nothing, and a start goes on."""

import asyncio
from datetime import timedelta

import structlog
from sqlalchemy import Connection

from ..clock import Clock
from ..errors import StoreUnavailable
from ..hub import Conversation
from ..store import conversations as store
from ..store import happenings
from ..store.conversations import Held
from ..store.database import Database
from .desk import Desk
from .telling import Turn

#: Seconds after which one looks without having been poked, and after the store was away.
_LONGEST, _AWAY = 15.0, 5.0
_AT_ONCE = 100
#: A conversation at which it fails is left alone for so long.
_LEFT_ALONE = timedelta(minutes=15)

log = structlog.get_logger("chatgrow.conversations")


class Clockwork:
    """Looks at each conversation when its time has come."""

    def __init__(self, db: Database, clock: Clock, desk: Desk) -> None:
        self._db = db
        self._clock = clock
        self._desk = desk
        self._news = asyncio.Event()

    def poke(self) -> None:
        """The time of one may have changed."""
        self._news.set()
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Look, until cancelled. The teams may be others than when the process before this one ended."""
        is_new = True
        while True:
            news = self._news
            try:
                if is_new:
                    await self.look_at_all()
                    is_new = False
                seconds = await self._round()
            except StoreUnavailable as error:
                log.warning("conversations wait for the store", reason=error.detail)
                seconds = _AWAY
            await self._clock.wait(news, seconds)

    async def look_at_all(self) -> None:
        """Every open one is due now. It is told which of them have a team that is gone."""
        now = self._clock.now()

        def work(conn: Connection) -> None:
            gone: dict[tuple[str, str], Conversation] = {}
            for held in store.all_open(conn):
                talk = held.conversation
                if self._desk.teams.roster.crew(talk.tenant, talk.team) is None:
                    gone.setdefault((talk.tenant, talk.team), talk)
            store.look_at_all(conn, now)
            for (_, team), talk in gone.items():
                reason = f"there is no team '{team}' any more, and it has open conversations: transfer them"
                happenings.fault(conn, talk, reason, now)

        await self._db.write(work)
        self.poke()

    async def _round(self) -> float:
        """Do what is due; how long to wait then."""
        while due := await self._db.read(lambda conn: store.due(conn, self._clock.now(), _AT_ONCE)):
            for held in due:
                await self._look(held)
        soon = await self._db.read(store.next_due)
        return min(_LONGEST, max(0.0, (soon - self._clock.now()).total_seconds())) if soon else _LONGEST

    async def _look(self, held: Held) -> None:
        talk, at = held.conversation, self._clock.now()

        def work(conn: Connection) -> None:
            found = store.get(conn, talk.tenant, talk.id)
            if found and found.due_at and found.due_at <= at:
                turn = Turn(conn, at)
                self._desk.look(turn, found)
                self._desk.out.answer(conn, turn.said)

        try:
            await self._db.write(work)
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("a conversation cannot be looked at; later again", conversation=talk.id)
            await self._db.write(lambda conn: happenings.change(conn, held, due_at=at + _LEFT_ALONE))
        self._desk.out.wake(talk.connection_id)
