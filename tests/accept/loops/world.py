"""A hub whose rules always find something to say, and virtual time for all who talk to it."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from chatgrow_bot.engine import Arrival, Parcel
from chatgrow_bot.store import journal
from chatgrow_bot.store.tables import inbox
from chatgrow_bot.testing import FakeClock, FakeEngine, FakeSession, TalkingBot

from .partners import SECOND, SHOP, Scenario, scenarios

#: Seconds of the story between two turns.
TURN = 5


#: Answers everything: mostly with something new, a file with a place, some with the same word again.
_RULES = """
groups: all
rules:
  - id: file
    when: {media: any}
    reply: {location: {latitude: 32, longitude: 34}}
  - id: same
    when: {text: {starts: alternating}}
    reply: "{{ text }}"
  - id: anything
    when: always
    reply: "answer to {{ text }}"
"""


class World:
    """Runs the story, and notes when what was sent where."""

    def __init__(self, folder: Path, limits: Mapping[str, Any]) -> None:
        self.clock = FakeClock()
        self.bot = TalkingBot(folder, clock=self.clock)
        self.bot.engine = FakeEngine(self.clock.now)
        self.sent: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
        self.written: defaultdict[tuple[str, str], int] = defaultdict(int)
        self.scenarios: Sequence[Scenario] = ()
        self._limits = limits
        self._rules = folder / "rules"
        self._rules.mkdir()
        (self._rules / "all.yaml").write_text(_RULES)
        self._seen: dict[FakeSession, int] = {}

    async def run(self, seconds: int) -> None:
        """Tell the story of so many virtual seconds, with a restart in the middle of it."""
        await self._start()
        for connection in (SHOP, SECOND):
            await self.bot.connect(connection)
        accounts = self.bot.engine.accounts
        self.scenarios = scenarios(accounts[SHOP])
        # The last of the twelve: two connections of the hub answer each other.
        await self._arrives(SECOND, self._session(SECOND).arrival("hello", accounts[SHOP]))
        for second in range(0, seconds, TURN):
            if second == seconds // 2 // TURN * TURN:
                await self.bot.stop()
                await self._start()
                for connection in (SHOP, SECOND):
                    await self.bot.online(connection)
            await self._turn(second)
            self.clock.advance(TURN)

    async def _start(self) -> None:
        rules = {"rules": str(self._rules), "watch": False}
        await self.bot.start("auto_reply", auto_reply=rules, settings={"inbound": self._limits})

    def _session(self, connection: str) -> FakeSession:
        return self.bot.engine.opened[connection]

    async def _turn(self, second: int) -> None:
        accounts = self.bot.engine.accounts
        new = {connection: self._new(connection) for connection in (SHOP, SECOND)}
        for scenario in self.scenarios:
            session = self._session(scenario.connection)
            for arrival in scenario.writes(session, second, new[scenario.connection]):
                await self._arrives(scenario.connection, arrival)
        for here, there in ((SHOP, SECOND), (SECOND, SHOP)):
            for parcel in new[here]:
                if parcel.chat == accounts[there]:
                    arrival = self._session(there).arrival(parcel.text, accounts[here], wa_id=parcel.wa_id)
                    await self._arrives(there, arrival)
        await self._rest()

    def _new(self, connection: str) -> Sequence[Parcel]:
        """What was sent since the last look."""
        session = self._session(connection)
        new = session.sent[self._seen.get(session, 0) :]
        self._seen[session] = len(session.sent)
        return new

    async def _arrives(self, connection: str, arrival: Arrival) -> None:
        self.written[connection, arrival.chat] += 1
        await self._session(connection).inlet.arrived(arrival)

    async def _rest(self) -> None:
        """Wait until everything is answered and sent, and note it under the present time."""
        async with asyncio.timeout(60):
            await self.bot.rest()
        for connection in (SHOP, SECOND):
            session = self._session(connection)
            for parcel in session.sent[self._seen.get(session, 0) :]:
                self.sent[connection, parcel.chat].append(self.clock.now())

    async def loops_cut(self) -> Mapping[tuple[str, str], int]:
        """How often a loop was cut, by connection and chat."""

        def look(conn: Connection) -> Mapping[tuple[str, str], int]:
            cut = select(inbox.c.connection_id, inbox.c.chat, func.count()).where(inbox.c.outcome == "loop")
            rows = conn.execute(cut.group_by(inbox.c.connection_id, inbox.c.chat))
            return {(connection, chat): int(count) for connection, chat, count in rows}

        return await self.bot.read(look)

    async def alerts(self) -> int:
        """How often a person was told that a loop was cut."""

        def look(conn: Connection) -> int:
            facts = journal.read_after(conn, 0, 100_000)
            return sum(fact.hook == "on_fault" and "loop was cut" in fact.body["reason"] for fact in facts)

        for _ in range(3):  # after whatever is being reported now
            await self.bot.running.ground.db.write(lambda conn: None)
        return await self.bot.read(look)
