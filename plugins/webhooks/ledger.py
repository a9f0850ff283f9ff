"""Takes down what happens, and writes it together about once a second, so that a fast receiver is not slowed
by it. What is written together is true together: no place stands behind a refused event whose dead letter is
not kept, and none ahead of what was delivered."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection, Row

from chatgrow_bot.clock import Clock
from chatgrow_bot.hub import Identity
from chatgrow_bot.plugin import Bot

from . import records
from .endpoints import Endpoint
from .records import LINES, Kind, Letter, Line, Place

#: Seconds between two writes.
_EVERY = 1.0


@dataclass(slots=True)
class _Noted:
    """What is not yet written."""

    places: dict[tuple[str, Kind], Place] = field(default_factory=dict)
    letters: dict[tuple[str, str, int], Letter | None] = field(default_factory=dict)
    lines: dict[str, deque[Line]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.places or self.letters or self.lines)


class Ledger:
    """What all feeds have done."""

    def __init__(self, bot: Bot, clock: Clock) -> None:
        self._bot = bot
        self._clock = clock
        self._noted = _Noted()
        self._writing = asyncio.Lock()

    def mark(self, place: Place) -> None:
        """A feed has come further."""
        self._noted.places[place.endpoint, place.feed] = place

    def set_aside(self, letter: Letter) -> None:
        """An event was refused."""
        self._noted.letters[letter.tenant, letter.endpoint, letter.position] = letter

    def settle(self, tenant: str, endpoint: str, position: int) -> None:
        """What was refused once was taken."""
        self._noted.letters[tenant, endpoint, position] = None

    def note(self, line: Line) -> None:
        """Something was sent, or tried."""
        self._noted.lines.setdefault(line.endpoint, deque(maxlen=LINES)).append(line)

    async def run(self) -> None:
        """Write now and then, until cancelled."""
        while True:
            await self._clock.sleep(_EVERY)
            try:
                await self.flush()
            except (asyncio.CancelledError, KeyboardInterrupt, GeneratorExit):
                raise
            except BaseException as error:  # a stall, too; the next time brings what this one could not
                self._bot.log.warning("what webhooks have done cannot be written yet", cause=repr(error))

    async def flush(self) -> None:
        """Write what there is. Raises StoreUnavailable; then it is still to be written."""
        async with self._writing:
            if not self._noted:
                return
            taken, self._noted = self._noted, _Noted()
            try:
                # as they are now: they go on changing while the writer is at it
                rows = [asdict(place) for place in taken.places.values()]
                await self._bot.store.write(lambda conn: _write(conn, rows, taken))
            except BaseException:
                self._put_back(taken)
                raise

    def _put_back(self, taken: _Noted) -> None:
        now = self._noted
        now.places = taken.places | now.places
        now.letters = taken.letters | now.letters
        for endpoint, lines in taken.lines.items():
            now.lines[endpoint] = deque([*lines, *now.lines.get(endpoint, ())], maxlen=LINES)

    async def close(self, place: Place) -> None:
        """A feed has come to its end."""
        await self.flush()
        await self._bot.store.write(lambda conn: records.close_place(conn, place))

    async def remove(self, tenant: str, endpoint: str) -> None:
        """Forget an endpoint, and all that is kept of it. Nothing sends to it any more."""
        async with self._writing:
            self._noted.lines.pop(endpoint, None)
            self._noted.places = {key: each for key, each in self._noted.places.items() if key[0] != endpoint}
            self._noted.letters = {
                key: each for key, each in self._noted.letters.items() if key[1] != endpoint
            }
            await self._bot.store.write(lambda conn: records.remove(conn, tenant, endpoint))

    async def sent(
        self, endpoint: Endpoint, who: Identity, before: int | None, most: int
    ) -> Sequence[Row[Any]]:
        """What was sent to it lately and concerns who asks, newest first."""
        await self.flush()
        mine = (endpoint.tenant, endpoint.id)
        return await self._bot.store.read(
            lambda conn: records.sent(conn, *mine, before, most, who.connections)
        )

    async def dead(self, endpoint: Endpoint, who: Identity, after: int, most: int) -> Sequence[Letter]:
        """What it refused and concerns who asks, oldest first."""
        await self.flush()
        mine = (endpoint.tenant, endpoint.id)
        return await self._bot.store.read(
            lambda conn: records.dead(conn, *mine, after, most, connections=who.connections)
        )

    async def tidy(self) -> None:
        """Let go of what is old."""
        now = self._clock.now()
        await self._bot.store.write(lambda conn: records.tidy(conn, now))


def _write(conn: Connection, rows: Sequence[dict[str, Any]], taken: _Noted) -> None:
    records.write_places(conn, rows)
    for (tenant, endpoint, position), letter in taken.letters.items():
        records.write_letter(conn, tenant, endpoint, position, letter)
    for lines in taken.lines.values():
        records.write_lines(conn, list(lines))
