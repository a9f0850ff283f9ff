"""How a wish is kept, and how what it ends is found."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event

from chatgrow_bot.store import consent, contacts, withdrawal
from chatgrow_bot.store.database import Database, open_database
from chatgrow_bot.testing.template import migrated

from .store.test_outbox import ground

DANA, LID, NOW = "15551230001@c.us", "100000000000001@lid", datetime(2026, 1, 1, tzinfo=UTC)


def _confirmations(conn: Connection) -> set[tuple[str, str]]:
    rows = conn.exec_driver_sql("SELECT person, confirmation FROM consent").all()
    return {(row.person, row.confirmation) for row in rows}


async def test_the_message_that_may_still_go_is_the_first_one_until_he_starts_again(db: Database) -> None:
    def work(conn: Connection) -> None:
        ground(conn)
        contacts.learn(conn, "u", "shop", LID, DANA)
        assert consent.record(conn, "u", LID, True, "message 1", NOW, word="stop", confirmation="a")
        assert _confirmations(conn) == {(DANA, "a"), (LID, "a")}
        later = NOW + timedelta(seconds=1)
        assert not consent.record(conn, "u", DANA, True, "message 2", later, confirmation="b")
        assert _confirmations(conn) == {(DANA, "a"), (LID, "a")}
        assert consent.record(conn, "u", DANA, False, "message 3", later, confirmation="c")
        assert not consent.record(conn, "u", DANA, True, "an old one", NOW, confirmation="d")
        assert _confirmations(conn) == {(DANA, ""), (LID, "")}
        said = consent.ledger(conn, "u", LID)
        assert [(entry.opted_out, entry.source, entry.word) for entry in said][:2] == [
            (True, "message 1", "stop"),
            (True, "an old one", ""),
        ]

    await db.write(work)


async def test_what_he_is_sent_is_found_by_its_chat_however_much_there_is_of_others(tmp_path: Path) -> None:
    file = tmp_path / "chatgrow.db"
    asked: list[Any] = []
    await migrated(file)
    async with open_database(f"sqlite:///{file}") as db:

        def work(conn: Connection) -> None:
            event.listen(conn, "before_cursor_execute", lambda *given: asked.append(given[2:4]))
            consent.record(conn, "u", DANA, True, "message 1", NOW)
            asked.clear()
            withdrawal.withdraw(conn, "u", DANA, NOW)

        await db.write(work)
    with sqlite3.connect(file) as raw:
        plans = [
            row[3] for words, given in asked for row in raw.execute(f"EXPLAIN QUERY PLAN {words}", given)
        ]
    assert [each for each in plans if each.startswith("SCAN")] == []
    for index in ("ix_outbox_chat", "ix_bulk_rows_person", "ix_contacts_chat"):
        assert any(index in each for each in plans), plans
