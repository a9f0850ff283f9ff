"""What waits on each connection, counted in the indexes of what waits: what has ended is not looked at."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from ..hub import Backlog
from ..messages import HOLDS_CHAT, WAITING, State
from .partial import in_states
from .tables import connections, outbox

_NAME = outbox.c.connection_id
_WAITS = select(_NAME, func.count(), func.min(outbox.c.due)).where(in_states("outbox.state", WAITING))
_HOLDS = select(_NAME, outbox.c.state, func.count()).where(in_states("outbox.state", HOLDS_CHAT))
#: By tenant first, as their index is: by connection alone, SQLite would read every message there is.
_HELD = (
    select(_NAME, func.count())
    .where(in_states("outbox.state", (State.QUARANTINED,)))
    .group_by(outbox.c.tenant, _NAME)
)


def of(conn: Connection, tenant: str | None = None) -> Sequence[Backlog]:
    """Of each of a tenant's connections, or of everybody's; and of deleted ones if messages are held."""
    query = select(connections.c.id, connections.c.paused, connections.c.paused_because)
    held = _HELD
    if tenant is not None:
        query = query.where(connections.c.tenant == tenant)
        held = held.where(outbox.c.tenant == tenant)
    there = {row.id: row for row in conn.execute(query.order_by(connections.c.created_at, connections.c.id))}
    states, oldest = _under_way(conn, list(there) if tenant is not None else None)
    for name, count in conn.execute(held):
        states[name][State.QUARANTINED] = states[name].get(State.QUARANTINED, 0) + count
    names = [*there, *sorted(states.keys() - there.keys())]
    return [_backlog(name, states[name], oldest.get(name), there.get(name)) for name in names]


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
