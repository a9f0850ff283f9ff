"""What runs often finds its rows by an index, however long the queue is."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, event

from chatgrow_bot.messages import Lane, Outbound, Priority, State
from chatgrow_bot.store import connections as stored_connections
from chatgrow_bot.store import consent, queue, steps, together
from chatgrow_bot.store import outbox as stored
from chatgrow_bot.store.database import open_database
from chatgrow_bot.store.rows import Outgoing

from .test_outbox import EPOCH, LATER, NOW, ground, message

#: What may be read from end to end: the connections, and the messages in flight, which are few.
_WHOLE = ("connections", "outbox USING INDEX ux_outbox_chat_in_flight", "anon_")


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
    consent.refused(conn, {("u", "1@c.us"), ("other", "2@c.us")})
    stored.in_state(conn, State.UNKNOWN, "shop")
    stored.in_state(conn, State.SENDING)
    stored.held(conn, "u")
    stored.history(conn, "u", taken.delivery.id)
    stored_connections.by_id(conn, ["shop"])
    stored_connections.backlogs(conn)
    queue.ahead(conn, rows[2].delivery)
    assert steps.expire(conn, NOW + timedelta(days=2), 1)


async def test_what_runs_often_finds_its_rows_by_an_index(sqlite_url: str) -> None:
    plans: dict[str, Sequence[str]] = {}
    async with open_database(sqlite_url) as db:
        await db.write(ground)

        def look(conn: Connection) -> None:
            asked: list[tuple[str, Any]] = []

            def note(*told: Any) -> None:
                _, _, words, values, _, is_many = told
                asked.append((words, values[0] if is_many else values))

            event.listen(conn, "before_cursor_execute", note)
            _life(conn)
            for words, values in list(asked):
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
