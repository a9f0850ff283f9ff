"""What waits on each connection, counted in the indexes of what waits: what has ended is not looked at."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from ..clock import Clock
from ..hub import Backlog
from ..messages import HOLDS_CHAT, WAITING, State
from .database import Database
from .partial import in_states
from .tables import connections, outbox

#: Seconds for which a count is good; longer where counting took more than a fifth of that.
_GOOD, _TIMES = 1.0, 5.0
_NAME = outbox.c.connection_id
_WAITS = select(_NAME, func.count(), func.min(outbox.c.due)).where(in_states("outbox.state", WAITING))
_HOLDS = select(_NAME, outbox.c.state, func.count()).where(in_states("outbox.state", HOLDS_CHAT))
#: By tenant first, as their index is: by connection alone, SQLite would read every message there is.
_HELD = (
    select(_NAME, func.count())
    .where(in_states("outbox.state", (State.QUARANTINED,)))
    .group_by(outbox.c.tenant, _NAME)
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What was counted, by connection."""

    states: Mapping[str, Mapping[State, int]]
    oldest: Mapping[str, datetime]


_NOTHING = Waiting({}, {})


class Backlogs:
    """Counts for whoever asks. To count takes the longer the more there is: a count is good for a second, and
    whoever asks meanwhile waits for the same one. By tenant, None for everybody."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._counting: defaultdict[str | None, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._counted: dict[str | None, tuple[float, Waiting]] = {}  #: until when each is good

    async def counted(self, tenant: str | None) -> Waiting:
        """What waits: now, or a moment ago."""
        async with self._counting[tenant]:
            until, found = self._counted.get(tenant, (float("-inf"), _NOTHING))
            began = self._clock.monotonic()
            if began >= until:
                found = await self._db.read(lambda conn: count(conn, tenant))
                ended = self._clock.monotonic()
                self._counted[tenant] = ended + max(_GOOD, _TIMES * (ended - began)), found
            return found


def of(conn: Connection, tenant: str | None = None, waiting: Waiting | None = None) -> Sequence[Backlog]:
    """Of each of a tenant's connections, or of everybody's; and of deleted ones if messages are held. As they
    are now, with what was counted, or is now."""
    query = select(connections.c.id, connections.c.paused, connections.c.paused_because)
    if tenant is not None:
        query = query.where(connections.c.tenant == tenant)
    there = {row.id: row for row in conn.execute(query.order_by(connections.c.created_at, connections.c.id))}
    found = waiting or count(conn, tenant)
    names = [*there, *sorted(found.states.keys() - there.keys())]
    return [
        _backlog(name, found.states.get(name, {}), found.oldest.get(name), there.get(name)) for name in names
    ]


def count(conn: Connection, tenant: str | None) -> Waiting:
    """What waits on each of a tenant's connections or on everybody's, is under way, or held."""
    held, names = _HELD, None
    if tenant is not None:
        held = held.where(outbox.c.tenant == tenant)
        names = conn.execute(select(connections.c.id).where(connections.c.tenant == tenant)).scalars().all()
    states, oldest = _under_way(conn, names)
    for name, number in conn.execute(held):
        states[name][State.QUARANTINED] = states[name].get(State.QUARANTINED, 0) + number
    return Waiting(dict(states), oldest)


def _under_way(
    conn: Connection, names: Sequence[str] | None
) -> tuple[defaultdict[str, dict[State, int]], Mapping[str, datetime]]:
    """By connection and state: in the indexes a message that is tried again stands twice."""
    waits, holds = _WAITS.group_by(_NAME), _HOLDS.group_by(_NAME, outbox.c.state)
    if names is not None:
        waits, holds = waits.where(_NAME.in_(names)), holds.where(_NAME.in_(names))
    states: defaultdict[str, dict[State, int]] = defaultdict(dict)
    for name, state, count in conn.execute(holds):
        states[name][State(state)] = count
    oldest = {}
    for name, count, due in conn.execute(waits):
        oldest[name] = due
        if queued := count - states[name].get(State.RETRY, 0):
            states[name][State.QUEUED] = queued
    return states, oldest


def _backlog(name: str, states: Mapping[State, int], oldest: datetime | None, row: Any) -> Backlog:
    return Backlog(
        connection_id=name,
        by_state={state: states[state] for state in State if state in states},
        oldest_waiting=oldest,
        paused=bool(row and row.paused),
        paused_because=row.paused_because if row else "",
    )
