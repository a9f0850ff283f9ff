"""A shop with two phones that writes to people: what is queued for each of them, and when what left."""

import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from chatgrow_bot.engine import Ack, Parcel
from chatgrow_bot.hub import BulkOrder, BulkRow, Content
from chatgrow_bot.messages import Lane, Outbound
from chatgrow_bot.outbox import Outbox
from chatgrow_bot.store import outbox as stored_outbox
from chatgrow_bot.store.bulk_tables import bulk_rows
from chatgrow_bot.store.tables import outbox
from chatgrow_bot.testing import FakeSession, TalkingBot

#: The seven English words, Hebrew, and eight more languages.
WORDS = (
    *("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "הסר"),
    *("إيقاف", "BAJA", "ARRÊT", "Abmelden", "SAIR", "СТОП", "Disiscrivimi", "RET"),
)
#: A shop that writes without a pause would be through before anybody could say a word.
_PACE = {"send": {"min": 0.01, "max": 0.01, "jitter": 0}, "reply": {"min": 0, "max": 0, "typing": False}}
#: Rows that are no message yet, and messages that may still go by themselves.
_TO_COME, _WAITING = ("waiting", "file"), ("queued", "retry", "claimed")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom one phone knows by his number, and the other by his linked id too."""

    number: int
    word: str = ""  #: that he is going to say

    @property
    def chat(self) -> str:
        """By which the first phone knows him."""
        return f"1555{self.number:07d}@c.us"

    @property
    def lid(self) -> str:
        """By which the second knows him."""
        return f"2000{self.number:011d}@lid"

    @property
    def names(self) -> tuple[str, str]:
        """All."""
        return self.chat, self.lid


class Shop:
    """The hub, and what left it."""

    def __init__(self, folder: Path) -> None:
        self.bot = TalkingBot(folder)
        self.bot.engine.on_open = self._watch
        self.left: list[tuple[float, str, str]] = []  #: when, to whom, what
        self._notes = folder / "left"  #: what left in this life and in those before

    def _watch(self, session: FakeSession) -> None:
        sends = session.send

        async def send(parcel: Parcel) -> Ack:
            self.left.append((time.monotonic(), parcel.chat, parcel.text))
            with self._notes.open("a") as notes:
                notes.write(f"{parcel.chat} {parcel.wa_id} {parcel.text}\n")
                notes.flush()
                os.fsync(notes.fileno())
            return await sends(parcel)

        session.send = send  # type: ignore[method-assign]

    async def open(self, **settings: Any) -> None:
        """Begin, or go on."""
        await self.bot.start(settings={"pacing": _PACE, **settings})
        for name in ("shop", "second"):
            known = await self.bot.running.hub.connections.list(self.bot.admin.user_id)
            if name not in {view.connection_id for view in known}:
                await self.bot.connect(name)
            else:
                await self.bot.online(name)

    def ever_left(self, person: Person) -> Sequence[str]:
        """What left for somebody in all lives, once for each id."""
        lines = self._notes.read_text().splitlines() if self._notes.exists() else []
        found = {
            line.split(" ", 2)[1]: line.split(" ", 2)[2] for line in lines if line.startswith(person.names)
        }
        return list(found.values())

    async def meets(self, people: Sequence[Person]) -> None:
        """They write to the second phone, which learns both names of each."""
        for person in people:
            await self.bot.engine.opened["second"].hears("hello", person.chat, lid=person.lid)

    async def fills(self, people: Sequence[Person], count: int) -> None:
        """Queue so many for each: on both phones, under both names, for now and for later, and in bulk."""
        later = {"send_at": self.bot.clock.now() + timedelta(hours=1)}
        quarter = count // 4
        for person in people:
            await self._queue(quarter, "shop", person.chat, {})
            await self._queue(quarter, "second", person.lid, {})
            await self._queue(quarter, "shop", person.chat, later)
        rows = [person.chat for person in people for _ in range(count - 3 * quarter)]
        await self._bulk(rows)

    async def _queue(self, count: int, connection: str, to: str, more: Mapping[str, Any]) -> None:
        way_out, tenant = self.bot.running.hub.outbox, self.bot.admin.user_id
        assert isinstance(way_out, Outbox)
        message = Outbound(to=to, text="an offer", **more)
        made = [
            way_out.draft(tenant, connection, message, source="api", lane=Lane.SEND) for _ in range(count)
        ]
        await self.bot.running.ground.db.write(lambda conn: stored_outbox.add(conn, made))

    async def _bulk(self, people: Sequence[str]) -> None:
        rows = [BulkRow(number=n, to=to, content=Content(text="sale")) for n, to in enumerate(people, 1)]
        order = BulkOrder(connection_id="shop", rows=rows, duplicates=True)
        await self.bot.running.hub.bulk.take(self.bot.admin.user_id, order)

    async def waiting(self, person: Person) -> Counter[str]:
        """What of his may still leave by itself, by state; but for what tells him so."""

        def look(conn: Connection) -> Counter[str]:
            found: Counter[str] = Counter()
            offers = (outbox, _WAITING, (outbox.c.source != "consent",))
            for table, states, more in (offers, (bulk_rows, _TO_COME, ())):
                his = (table.c.chat.in_(person.names), table.c.state.in_(states), *more)
                rows = conn.execute(select(table.c.state, func.count()).where(*his).group_by(table.c.state))
                found.update({str(state): int(count) for state, count in rows})
            return found

        return await self.bot.read(look)


#: Who is killed for: he says it, and the hub dies.
KILLED = Person(7_777, "STOP")
