"""What the log of deliveries keeps of people: each has his own, and not what is of a longer number."""

import sys
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from chatgrow_bot.host.bot import InstanceStore
from chatgrow_bot.host.loader import built_in_folder, load_plugin_module
from chatgrow_bot.store.database import open_database

from ...core.store.conftest import postgres_url as postgres_url
from ...core.store.conftest import server as server
from ...core.store.conftest import sqlite_url as sqlite_url
from ...core.store.conftest import url as url

_PLUGIN = load_plugin_module(built_in_folder() / "webhooks")
records, tables, personal = (
    sys.modules[f"{_PLUGIN.__name__}.{n}"] for n in ("records", "tables", "personal")
)
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
NUMBER, LONGER = "49151123456", "491511234567890"


async def flush() -> None:
    """Nothing waits."""


async def test_a_number_inside_a_longer_one_is_somebody_elses(url: str) -> None:
    async with open_database(url) as db:
        store = InstanceStore(db, "webhooks")
        await store.migrate(*tables.STEPS)
        texts = (f'{{"chat":"{NUMBER}@c.us"}}', f'{{"chat":"{LONGER}@c.us"}}', f"שלום{NUMBER}", "of nobody")
        lines = [
            records.Line(tenant=tenant, endpoint="crm", connection_id="shop", at=NOW, line={"body": text})
            for tenant in ("anna", "bob")
            for text in texts
        ]
        await db.write(lambda conn: records.write_lines(conn, lines[:4]))
        await db.write(lambda conn: records.write_lines(conn, lines[4:]))
        data, chats = personal.personal_data(flush), [f"{NUMBER}@c.us"]
        told = await db.read(lambda conn: list(data.export(conn, "anna", chats, ())))
        assert [each["body"] for each in told] == [texts[0], texts[2]]
        assert await db.write(lambda conn: data.erase(conn, "anna", chats, ())) == 2

        def left(conn: Connection) -> list[str]:
            t = tables.deliveries.c
            return [line["body"] for line in conn.execute(select(t.line).order_by(t.tenant, t.id)).scalars()]

        assert await db.read(left) == [texts[1], texts[3], *texts]
