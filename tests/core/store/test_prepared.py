"""Statements on the driver's own cursor: they answer and fail as Core's do, on both databases."""

import pytest
from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from chatgrow_bot.store.database import open_database
from chatgrow_bot.store.prepared import Asked, Prepared
from chatgrow_bot.store.tables import meta

from .conftest import ready

_PUT = Prepared(insert(meta), meta.c.keys())
_IN_KEYS = meta.c.key.in_(bindparam("names", expanding=True))
_GET = Asked(select(meta).where(_IN_KEYS).order_by(meta.c.key))
_SET = Asked(update(meta).where(_IN_KEYS).values(value=bindparam("new")).returning(meta.c.key))


async def test_lists_of_every_length_find_what_they_name_and_nothing_else(url: str) -> None:
    names = [f"{n:02}" for n in range(20)]

    def work(conn: Connection) -> None:
        _PUT.run(conn, [{"key": name, "value": {"is": name}} for name in names])
        for length in range(1, 20):
            rows = _GET.rows(conn, names=names[:length])
            assert [(row.key, row.value) for row in rows] == [(n, {"is": n}) for n in names[:length]]
        assert len(_SET.rows(conn, names=names[:3], new={"is": "other"})) == 3

    async with open_database(await ready(url)) as db:
        await db.write(work)
        values = await db.read(lambda conn: [row.value for row in _GET.rows(conn, names=names)])
    assert values[:4] == [{"is": "other"}] * 3 + [{"is": "03"}]


async def test_any_number_of_rows_is_written_each_with_its_own_values(url: str) -> None:
    async with open_database(await ready(url)) as db:
        for count in (1, 2, 3, 50, 255, 256, 257, 700):
            rows = [{"key": f"{count}-{n}", "value": [n, None, f"words {n}"]} for n in range(count)]
            await db.write(lambda conn, rows=rows: _PUT.run(conn, rows))  # type: ignore[misc]
            names = [row["key"] for row in rows]
            found = await db.read(lambda conn, names=names: _GET.rows(conn, names=names))  # type: ignore[misc]
            assert {row.key: row.value for row in found} == {row["key"]: row["value"] for row in rows}


async def test_an_error_is_the_one_that_core_would_raise_and_repeats_no_words(url: str) -> None:
    async with open_database(await ready(url)) as db:
        with pytest.raises(IntegrityError) as caught:
            await db.write(lambda conn: _PUT.run(conn, [{"key": "a", "value": "a customer's words"}] * 2))
        assert "words" not in str(caught.value)
        assert await db.read(lambda conn: _GET.rows(conn, names=["a"])) == []
