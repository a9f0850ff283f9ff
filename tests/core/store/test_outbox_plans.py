"""What runs often finds its rows by an index, however long the queue is."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import Connection

from chatgrow_bot.messages import Lane, Outbound, Priority, State
from chatgrow_bot.store import connections as stored_connections
from chatgrow_bot.store import outbox as stored
from chatgrow_bot.store import queue, recovery, steps, together
from chatgrow_bot.store.database import open_database
from chatgrow_bot.store.rows import Outgoing

from .test_outbox import EPOCH, LATER, NOW, ground, message

#: What may be read from end to end: connections, and messages in flight or once found half sent, all few; and
#: the rows that an insert brings with it.
_WHOLE = (
    "2 CONSTANT ROWS",
    "connections",
    "outbox USING INDEX ux_outbox_chat_in_flight",
    "outbox USING INDEX ix_outbox_recovered",
    "anon_",
)


def _life(conn: Connection) -> None:
    """Everything that a message goes through, and what is asked while many wait."""
    rows = [replace(message(n, priority=Priority(n)), gap=timedelta(seconds=9)) for n in range(3)]
    stored.add(conn, rows)
    (taken,) = queue.claim(conn, [queue.Claim("shop", Lane.SEND, EPOCH, LATER)])
    queue.claim(conn, [queue.Claim("shop", Lane.REPLY, EPOCH, LATER)])
    assert isinstance(taken, Outgoing)
    content = Outbound(to=taken.delivery.chat, text="HELLO")
    intent = together.Intent(row=taken, content=content, trace=(), at=NOW, next_slot=NOW)
    assert together.intend(conn, [intent]) == [True]
    steps.move(conn, taken.delivery.id, State.UNKNOWN, NOW, since=(State.SENDING,))
    came = together.Came(connection_id="shop", wa_id=taken.delivery.wa_id, ack=1, at=NOW)
    acks = [replace(came, id=taken.delivery.id), came, replace(came, ack=2, wa_id="nobody")]
    assert together.acked(conn, acks) == [True, False, False]
    recovery.look(conn, [recovery.Look("shop", (), EPOCH, 3, NOW)])
    recovery.suspects(conn)
    stored.in_state(conn, State.SENDING)
    stored.held(conn, "u")
    stored.history(conn, "u", taken.delivery.id)
    stored_connections.by_id(conn, ["shop"])
    stored_connections.backlogs(conn)
    queue.ahead(conn, rows[2].delivery, NOW)
    queue.crowds(conn, "shop", Lane.SEND, NOW, rows[2].delivery.id)
    queue.latest(conn, "shop", Lane.SEND, rows[2].delivery.id)
    assert steps.expire(conn, NOW + timedelta(days=2), 1)


class _Noting:
    """The driver's connection, or a cursor that notes what it is asked: of many rows the first."""

    def __init__(self, behind: Any, note: Callable[[tuple[str, Any]], None]) -> None:
        self._behind = behind
        self._note = note

    def cursor(self) -> "_Noting":
        return _Noting(self._behind.cursor(), self._note)

    def execute(self, words: str, values: Any = ()) -> None:
        self._note((words, tuple(values)))
        self._behind.execute(words, values)

    def executemany(self, words: str, values: Sequence[Any]) -> None:
        self._note((words, tuple(values[0])))
        self._behind.executemany(words, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._behind, name)


async def test_what_runs_often_finds_its_rows_by_an_index(sqlite_url: str) -> None:
    plans: dict[str, Sequence[str]] = {}
    async with open_database(sqlite_url) as db:
        await db.write(ground)

        def look(conn: Connection) -> None:
            asked: list[tuple[str, Any]] = []
            lent: Any = conn.connection
            driver = lent.dbapi_connection
            lent.dbapi_connection = _Noting(driver, asked.append)
            _life(conn)
            lent.dbapi_connection = driver
            for words, values in asked:
                plan = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", values)
                plans[words] = [row[3] for row in plan]

        await db.write(look)
    for words, plan in plans.items():
        scans = {step for step in plan if step.startswith("SCAN")} - {"SCAN CONSTANT ROW"}
        assert all(any(f"SCAN {each}" in step for each in _WHOLE) for step in scans), (words, plan)
    found = [step for plan in plans.values() for step in plan]
    for good in (
        "ix_outbox_expires (expires_at<?)",
        "ix_outbox_last (connection_id=? AND chat=?)",
        "ix_outbox_quarantined (tenant=?)",
        "ix_outbox_ready (connection_id=? AND lane=? AND priority=? AND due<?)",
        "ux_outbox_chat_in_",
    ):
        assert any(good in step for step in found), found


async def test_what_every_message_goes_through_is_planned_once(sqlite_url: str) -> None:
    """A parameter that SQLite compares with what a partial index is over has it plan anew at every run."""
    planned: list[object] = []

    def note(*what: object) -> int:
        planned.append(what)
        return sqlite3.SQLITE_OK

    def send(conn: Connection) -> None:
        lanes = [queue.Claim("shop", lane, EPOCH, LATER) for lane in Lane]
        found = [*queue.claim(conn, lanes), *queue.claim(conn, lanes)]
        two = [each for each in found if isinstance(each, Outgoing)]
        content = Outbound(to=two[0].delivery.chat, text="HELLO")
        intents = [together.Intent(row=e, content=content, trace=(), at=NOW, next_slot=NOW) for e in two]
        assert together.intend(conn, intents) == [True, True]
        for ack in (1, 2):  # as the way out learns it, and as a session tells it later
            acks = [
                together.Came(
                    connection_id="shop", wa_id=d.wa_id, ack=ack, at=NOW, id=d.id if ack == 1 else ""
                )
                for d in (each.delivery for each in two)
            ]
            assert together.acked(conn, acks) == [True, True]

    def look(conn: Connection) -> None:
        stored.add(conn, [message(n) for n in range(6)])
        cast("sqlite3.Connection", conn.connection.driver_connection).set_authorizer(note)
        send(conn)
        assert planned  # for whoever sets an authorizer has everything planned again
        send(conn)
        planned.clear()
        send(conn)
        cast("sqlite3.Connection", conn.connection.driver_connection).set_authorizer(None)

    async with open_database(sqlite_url) as db:
        await db.write(ground)
        await db.write(look)
    assert planned == []
