"""What the plugin keeps, on SQLite and PostgreSQL alike."""

import sys
from datetime import UTC, datetime, timedelta
from functools import partial

from chatgrow_bot.host.bot import InstanceStore
from chatgrow_bot.host.loader import built_in_folder, load_plugin_module
from chatgrow_bot.store.database import open_database

from ...core.store.conftest import postgres_url as postgres_url
from ...core.store.conftest import server as server
from ...core.store.conftest import sqlite_url as sqlite_url
from ...core.store.conftest import url as url

_PLUGIN = load_plugin_module(built_in_folder() / "webhooks")
records = sys.modules[f"{_PLUGIN.__name__}.records"]
tables = sys.modules[f"{_PLUGIN.__name__}.tables"]
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINE = {"tenant": "anna", "endpoint": "crm"}


def letter(position: int, reason: str = "no") -> object:
    return records.Letter(
        **MINE,
        position=position,
        event_id=f"{position}-0",
        event_tenant="",
        connection_id="shop",
        type="fault",
        status=400,
        reason=reason,
        at=NOW,
    )


def lines(tenant: str, count: int, at: datetime = NOW) -> list[object]:
    return [
        records.Line(
            tenant=tenant, endpoint="crm", connection_id="shop", at=at, line={"n": n, "odd": "\0\ud83d"}
        )
        for n in range(count)
    ]


async def test_places_dead_letters_and_deliveries_are_kept_and_let_go(url: str) -> None:
    async with open_database(url) as db:
        store = InstanceStore(db, "webhooks")
        for _ in range(2):
            await store.migrate(*tables.STEPS)
        place = records.Place(**MINE, feed=records.Kind.LIVE, position=1 << 40)
        await store.write(lambda conn: records.open_place(conn, place))
        moved = {**MINE, "feed": "live", "position": 7, "until": 9, "next_at": NOW, "attempts": 3}
        await store.write(lambda conn: records.write_places(conn, [moved, moved | {"tenant": "bob"}]))
        (found,) = await store.read(records.all_places)
        assert (found.position, found.until, found.next_at, found.attempts) == (7, 9, NOW, 3)
        assert found.feed is records.Kind.LIVE
        for reason in ("first", "second"):
            again = letter(5, reason)
            work = partial(records.write_letter, tenant="anna", endpoint="crm", position=5, letter=again)
            await store.write(work)
        await store.write(lambda conn: records.write_letter(conn, "anna", "crm", 3, letter(3)))
        dead = await store.read(lambda conn: records.dead(conn, "anna", "crm", 0, 10))
        assert [(each.position, each.reason) for each in dead] == [(3, "no"), (5, "second")]
        assert await store.read(lambda conn: records.last_letter(conn, "anna", "crm")) == 5
        assert await store.read(lambda conn: records.dead(conn, "bob", "crm", 0, 10)) == []
        for names, count in (({"shop"}, 2), ({"other"}, 0), (set[str](), 0)):
            some = partial(records.dead, tenant="anna", endpoint="crm", after=0, most=9, connections=names)
            assert len(await store.read(some)) == count
        for tenant in ("anna", "bob", "anna"):
            await store.write(partial(records.write_lines, lines=lines(tenant, 150)))
        sent = await store.read(lambda conn: records.sent(conn, "anna", "crm", None, 1000))
        assert [each.line["n"] for each in sent] == [*range(149, -1, -1), *range(149, 99, -1)]
        for names, count in (({"shop", "x"}, 9), ({"other"}, 0)):
            some = partial(
                records.sent, tenant="anna", endpoint="crm", before=None, most=9, connections=names
            )
            assert len(await store.read(some)) == count
        await store.write(lambda conn: records.tidy(conn, NOW + timedelta(days=8)))
        assert await store.read(lambda conn: records.sent(conn, "bob", "crm", None, 10)) == []
        assert await store.read(lambda conn: records.last_letter(conn, "anna", "crm")) == 5
        await store.write(lambda conn: records.remove(conn, "anna", "crm"))
        assert await store.read(records.all_places) == []
        assert await store.read(lambda conn: records.last_letter(conn, "anna", "crm")) == 0
