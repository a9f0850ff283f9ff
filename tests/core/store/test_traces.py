"""Traces are kept with their message, the dull ones for a shorter time, and what they share only once."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, event, insert, select

from chatgrow_bot.responses import Page, Trace
from chatgrow_bot.store import retention, traces
from chatgrow_bot.store.customer_tables import trace_pages
from chatgrow_bot.store.customer_tables import traces as table
from chatgrow_bot.store.database import Database, open_database
from chatgrow_bot.store.engines import writing_file
from chatgrow_bot.store.tables import inbox

from .conftest import ready
from .test_retention import NOW, arrival, ids

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PAGE = Page(("a:1\thello\tno greeting", "a:2\tprice\tno price asked for", "a:3\trest\tout of hours"))


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    async with open_database(await ready(url)) as db:
        await db.write(lambda conn: conn.execute(insert(inbox), [arrival(n, 0) for n in range(9)]))
        yield db


def trace(
    page: Page = PAGE, *, dull: bool = True, asked: int = 99, marks: dict[int, str] | None = None
) -> Trace:
    return Trace(page=page, asked=asked, marks=marks or {}, is_dull=dull)


async def kept(db: Database, message: int, what: Trace, at: datetime = NOW, plugin: str = "rules") -> None:
    await db.write(lambda conn: traces.keep(conn, f"i{message:04}", plugin, what, at))


async def read(db: Database, message: int) -> Sequence[traces.Kept]:
    return await db.read(lambda conn: traces.of(conn, f"i{message:04}"))


async def tidied(db: Database, before: datetime) -> tuple[int, int]:
    """How many traces and pages go."""

    def work(conn: Connection) -> tuple[int, ...]:
        return tuple(
            kind.remove(conn, kind.find(conn, before, 100), before)
            for kind in (retention.DULL, retention.PAGES)
        )

    dull, pages = await db.write(work)
    return dull, pages


async def test_what_was_asked_is_read_again_with_what_is_marked_in_its_place(db: Database) -> None:
    await kept(db, 1, trace(asked=2, dull=False, marks={1: "matches \U0001f44d", 2: "unasked", -1: "no"}))
    await kept(db, 1, trace(marks={0: PAGE.lines[0]}), plugin="second")  # which says nothing new
    first, second = await read(db, 1)
    assert first == traces.Kept(
        plugin="rules", lines=["a:1\thello\tno greeting", "matches \U0001f44d"], marked=[1], unasked=1
    )
    assert second == traces.Kept(plugin="second", lines=list(PAGE.lines), marked=[], unasked=0)
    assert await read(db, 2) == []


async def test_a_trace_that_is_kept_again_is_as_it_was(db: Database) -> None:
    for what in (trace(dull=False, marks={0: "matches"}), trace(Page(("another",)))):
        await kept(db, 1, what)
    [found] = await read(db, 1)
    assert found.lines[0] == "matches"


async def test_pages_that_say_the_same_are_one_and_others_are_never_taken_for_it(db: Database) -> None:
    half = "half a character \ud83d"
    pages = [Page(("a", "b")), Page(("a", "b")), Page(("ab",)), Page(("a\nb",)), Page((half, "\0"))]
    for number, page in enumerate([*pages, Page(())]):
        await kept(db, number, trace(page))
    assert len(await db.read(lambda conn: ids(conn, trace_pages.c.digest))) == 5
    for number, page in enumerate([*pages, Page(())]):
        assert tuple((await read(db, number))[0].lines) == page.lines


async def test_dull_traces_go_and_the_others_stay_for_as_long_as_their_message(db: Database) -> None:
    await kept(db, 1, trace(), NOW - 2 * DAY)
    await kept(db, 2, trace(), NOW)
    await kept(db, 3, trace(dull=False), NOW - 2 * DAY)
    assert await tidied(db, NOW - DAY) == (1, 0)
    every = [(f"i{number:04}", "rules") for number in (1, 2, 3)]
    assert await db.write(lambda conn: retention.DULL.remove(conn, every, NOW - DAY)) == 0
    assert [len(await read(db, number)) for number in (1, 2, 3)] == [0, 1, 1]
    await db.write(lambda conn: conn.execute(delete(inbox)))
    assert await db.read(lambda conn: ids(conn, table.c.message_id)) == set()


async def test_a_trace_kept_between_the_look_and_the_removal_keeps_its_page(db: Database) -> None:
    await kept(db, 1, trace(), NOW - 2 * DAY)
    assert await tidied(db, NOW - 3 * DAY) == (0, 0)  # named, and not old
    await db.write(lambda conn: conn.execute(delete(table)))
    found = await db.read(lambda conn: retention.PAGES.find(conn, NOW - DAY, 10))
    assert len(found) == 1
    await kept(db, 2, trace(), NOW - 2 * DAY)
    assert await db.write(lambda conn: retention.PAGES.remove(conn, found, NOW - DAY)) == 0
    assert len(await read(db, 2)) == 1


async def test_a_page_that_was_used_lately_stays_for_who_may_be_about_to_name_it(db: Database) -> None:
    await kept(db, 1, trace(), NOW - 3 * DAY)
    await kept(db, 2, trace(), NOW)  # which is noted
    await db.write(lambda conn: conn.execute(delete(table)))
    assert await db.read(lambda conn: retention.PAGES.find(conn, NOW - DAY, 10)) == []
    [page] = await db.read(lambda conn: ids(conn, trace_pages.c.digest))
    assert await db.write(lambda conn: retention.PAGES.remove(conn, [page], NOW - DAY)) == 0
    assert await tidied(db, NOW + DAY) == (0, 1)


async def test_a_page_is_written_once_and_noted_once_an_hour(db: Database) -> None:
    used = select(trace_pages.c.used_at)
    for minutes, noted in ((0, 0), (30, 0), (60, 0), (61, 61), (90, 61), (-300, -300)):
        await kept(db, minutes % 9, trace(), NOW + timedelta(minutes=minutes), plugin=f"at {minutes}")
        [at] = await db.read(lambda conn: conn.execute(used).scalars().all())
        assert at == NOW + timedelta(minutes=noted), minutes


async def test_a_page_of_a_thousand_lines_is_made_ready_once(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Page(tuple(f"line {number} of this test" for number in range(1000)))
    written: list[int] = []
    run = traces._PAGE.run

    def noted(conn: Connection, rows: Sequence[dict[str, object]]) -> None:
        written.append(len(rows))
        run(conn, rows)

    monkeypatch.setattr(traces._PAGE, "run", noted)
    traces._digest.cache_clear()
    for number in range(9):
        await kept(db, number, trace(page))
    assert traces._digest.cache_info().misses == 1
    assert written == [1]


async def test_what_may_go_is_found_by_its_index(sqlite_url: str) -> None:
    plans: list[str] = []

    def noted(conn: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        rows = cursor.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        plans.extend(row[3] for row in rows.fetchall())

    async with open_database(sqlite_url):
        pass
    engine = writing_file(Path(sqlite_url.removeprefix("sqlite:///")))
    with engine.begin() as conn:
        event.listen(conn, "before_cursor_execute", noted)
        traces.dull(conn, NOW, 10)
        traces.idle_pages(conn, NOW, 10)
        traces.of(conn, "i0001")
    engine.dispose()
    told = " ".join(plans)
    assert "ix_traces_dull" in told and "ix_traces_page" in told
    assert "SCAN traces" not in told
