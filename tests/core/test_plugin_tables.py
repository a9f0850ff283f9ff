"""A plugin's own tables: made once, step by step, whole or not at all."""

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, inspect, select, text

from chatgrow_bot.host.bot import InstanceStore
from chatgrow_bot.store.database import Database

META = MetaData()
ORDERS = Table("shop_orders", META, Column("id", Integer, primary_key=True), Column("what", Text))


def first(conn: Connection) -> None:
    ORDERS.create(conn)


def second(conn: Connection) -> None:
    conn.execute(text("ALTER TABLE shop_orders ADD COLUMN price INTEGER"))


def breaks(conn: Connection) -> None:
    conn.execute(text("ALTER TABLE shop_orders ADD COLUMN half INTEGER"))
    raise RuntimeError("in the midst")


async def columns(store: InstanceStore) -> set[str]:
    found = await store.read(lambda conn: inspect(conn).get_columns("shop_orders"))
    return {column["name"] for column in found}


async def test_each_step_runs_once_also_over_restarts(db: Database) -> None:
    await InstanceStore(db, "shop").migrate(first)
    store = InstanceStore(db, "shop")
    await store.write(lambda conn: conn.execute(ORDERS.insert().values(what="bread")))
    for _ in range(2):
        await store.migrate(first, second)
    assert await columns(store) == {"id", "what", "price"}
    assert await store.read(lambda conn: conn.execute(select(ORDERS.c.what)).scalars().all()) == ["bread"]
    assert await store.items("tenant") == {}


async def test_a_step_that_fails_leaves_nothing_behind_and_runs_again(db: Database) -> None:
    store = InstanceStore(db, "shop")
    with pytest.raises(RuntimeError, match="in the midst"):
        await store.migrate(first, breaks)
    assert await columns(store) == {"id", "what"}
    await store.migrate(first, second)
    assert await columns(store) == {"id", "what", "price"}
