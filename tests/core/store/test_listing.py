"""Lists of messages and of people: exactly what was asked for, in pages of a bounded cost, by an index."""

import itertools
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, StaticPool, create_engine, event, insert

from chatgrow_bot.hub import Direction, Wanted
from chatgrow_bot.messages import Kind, State
from chatgrow_bot.store import acquaintances, listing
from chatgrow_bot.store.database import open_database
from chatgrow_bot.store.engines import writing_file
from chatgrow_bot.store.metadata import metadata
from chatgrow_bot.store.tables import contacts, inbox, outbox

from .conftest import ready
from .test_outbox import ground

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TENANTS, NAMES, CHATS = ("t1", "t2"), ("shop", "other"), ("1111111@c.us", "2222222@c.us", "3333@g.us")
WORDS = ("Hello", "HELLO there", "100% sure", "a_b", "", "back\\slash/")
Made = tuple[str, str, str, bool, str]  #: tenant, connection, chat, whether it came in, text


def row(number: int, made: Made) -> dict[str, Any]:
    tenant, name, chat, came, text = made
    moment = NOW + timedelta(minutes=number)
    common = {
        "id": f"{number:032x}",
        "tenant": tenant,
        "connection_id": name,
        "chat": chat,
        "wa_id": f"w{number}",
        "kind": Kind.IMAGE if number % 5 == 0 else Kind.TEXT,
        "text": text,
    }
    if came:
        here = {"participant": "", "from_me": False, "name": f"N{number}"}
        return {**common, **here, "sent_at": moment, "received_at": moment}
    state = State.FAILED if number % 3 == 0 else State.SENT
    there = {"lane": "send", "priority": 1, "state": state, "source": "test", "due": moment}
    times = {name: moment for name in ("expires_at", "created_at", "updated_at")}
    return {**common, **there, **times}


def fill(conn: Connection, all_made: Iterable[Made]) -> None:
    for came, table in ((True, inbox), (False, outbox)):
        rows = [row(n, made) for n, made in enumerate(all_made) if made[3] is came]
        if rows:
            conn.execute(insert(table), rows)


def fits(number: int, made: Made, tenant: str, wanted: Wanted) -> bool:
    """What is asked for, without a database."""
    owner, name, chat, came, text = made
    told = row(number, made)
    moment = told["received_at" if came else "created_at"]
    return (
        owner == tenant
        and (wanted.connections is None or name in wanted.connections)
        and wanted.chat in ("", chat)
        and wanted.direction in (None, Direction.INBOUND if came else Direction.OUTBOUND)
        and wanted.state in (None, told.get("state"))
        and wanted.kind in (None, told["kind"])
        and (wanted.since is None or moment >= wanted.since)
        and (wanted.until is None or moment < wanted.until)
        and wanted.text.lower() in text.lower()
    )


def walked(conn: Connection, tenant: str, wanted: Wanted, span: int) -> Sequence[str]:
    """Every page's messages, by their ids."""
    found: list[str] = []
    before = ""
    for _ in range(200):
        asked = {name: getattr(wanted, name) for name in Wanted.__dataclass_fields__} | {"before": before}
        page = listing.messages(conn, tenant, Wanted(**asked), span=span)
        assert len(page.messages) <= wanted.limit
        found += [each.message.id for each in page.messages]
        if not page.next:
            assert page.searched_back_to is None
            return found
        assert page.searched_back_to is not None
        assert not before or page.next < before
        before = page.next
    raise AssertionError("it never ends")


messages = st.tuples(
    st.sampled_from(TENANTS),
    st.sampled_from(NAMES),
    st.sampled_from(CHATS),
    st.booleans(),
    st.sampled_from(WORDS),
)
moments = st.integers(0, 40).map(lambda n: NOW + timedelta(minutes=n))
wishes = st.builds(
    Wanted,
    connections=st.none() | st.frozensets(st.sampled_from(NAMES)),
    chat=st.sampled_from(("", *CHATS)),
    direction=st.none() | st.sampled_from(Direction),
    state=st.none() | st.sampled_from((State.SENT, State.FAILED)),
    kind=st.none() | st.sampled_from((Kind.TEXT, Kind.IMAGE)),
    since=st.none() | moments,
    until=st.none() | moments,
    text=st.sampled_from(("", "hello", "%", "_", "\\", "/", "L", "x' OR '1'='1")),
    limit=st.integers(1, 5),
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(messages, max_size=40), wishes, st.integers(1, 12))
def test_the_pages_together_are_all_that_was_asked_for_newest_first(
    all_made: list[Made], wanted: Wanted, span: int
) -> None:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    metadata.create_all(engine)
    with engine.begin() as conn:
        fill(conn, all_made)
        expected = [n for n, made in enumerate(all_made) if fits(n, made, "t1", wanted)]
        assert walked(conn, "t1", wanted, span) == [f"{n:032x}" for n in reversed(expected)]
    engine.dispose()


async def test_both_databases_find_the_same(url: str) -> None:
    all_made = [
        (tenant, name, chat, came, text)
        for tenant, name, chat, came, text in itertools.product(TENANTS, NAMES, CHATS, (True, False), WORDS)
    ]
    async with open_database(await ready(url)) as db:
        await db.write(lambda conn: fill(conn, all_made))
        for text, chat in itertools.product(("", "HELLO", "%", "_", "\\", "/", "'"), ("", CHATS[0])):
            wanted = Wanted(connections=frozenset({"shop"}), text=text, chat=chat, limit=4)
            expected = [f"{n:032x}" for n, made in enumerate(all_made) if fits(n, made, "t1", wanted)]
            found = await db.read(lambda conn, wanted=wanted: walked(conn, "t1", wanted, 20))  # type: ignore[misc]
            assert found == expected[::-1], (text, chat)


async def test_people_come_in_pages_whatever_the_order_of_the_database(url: str) -> None:
    chats = [f"{n}@c.us" for n in (1234567, 12345678, 7654321, 99999, 123456)] + ["12345678-1234567@g.us"]
    all_made = [("t1", "shop", chat, n % 2 == 0, "hi") for n, chat in enumerate(chats * 3)]
    all_made += [("t2", "shop", "5555555@c.us", True, "hi"), ("t1", "other", "6666666@c.us", True, "hi")]
    seen: list[str] = []

    def page(conn: Connection, after: str) -> str:
        found, further = acquaintances.page(conn, "t1", "shop", after, 2)
        seen.extend(each.chat for each in found)
        return further

    async with open_database(await ready(url)) as db:
        await db.write(lambda conn: fill(conn, all_made))
        after = await db.read(lambda conn: page(conn, ""))
        while after:
            after = await db.read(lambda conn, after=after: page(conn, after))  # type: ignore[misc]
    assert sorted(seen) == sorted(chat for chat in chats if chat.endswith("@c.us"))


async def test_a_page_of_groups_only_ends_and_goes_on(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acquaintances, "_MOST", 3)
    all_made: list[Made] = [("t1", "shop", f"1111111-222222{n}@g.us", True, "hi") for n in range(5)]
    all_made.append(("t1", "shop", "9999999@c.us", True, "hi"))
    async with open_database(await ready(url)) as db:
        await db.write(lambda conn: fill(conn, all_made))
        first = await db.read(lambda conn: acquaintances.page(conn, "t1", "shop", "", 2))
        assert (first[0], bool(first[1])) == ([], True)
        found, further = await db.read(lambda conn: acquaintances.page(conn, "t1", "shop", first[1], 2))
        assert ([each.chat for each in found], further) == (["9999999@c.us"], "")


async def test_a_chat_is_found_by_the_other_id_of_its_person(url: str) -> None:
    async with open_database(await ready(url)) as db:
        await db.write(lambda conn: fill(conn, [("t1", "shop", CHATS[0], True, "hi")]))
        await db.write(ground)
        known = {"connection_id": "shop", "lid": "123456789@lid", "chat": CHATS[0]}
        await db.write(lambda conn: conn.execute(insert(contacts), known))
        wanted = Wanted(connections=frozenset({"shop"}), chat="123456789@lid")
        assert len(await db.read(lambda conn: walked(conn, "t1", wanted, 10))) == 1


async def test_nothing_older_than_asked_for_is_looked_for(url: str) -> None:
    made: Made = ("t1", "shop", CHATS[0], True, "hi")
    days = timedelta(days=2) // timedelta(minutes=1)
    rows = [row(number * days, made) for number in range(6)]
    async with open_database(await ready(url)) as db:
        await db.write(lambda conn: conn.execute(insert(inbox), rows))
        since = rows[4]["received_at"]
        page = await db.read(lambda conn: listing.messages(conn, "t1", Wanted(since=since), span=4))
        assert ([each.message.id for each in page.messages], page.next) == (
            [rows[5]["id"], rows[4]["id"]],
            "",
        )
        all_ = await db.read(lambda conn: listing.messages(conn, "t1", Wanted(), span=4))
        assert (len(all_.messages), all_.next) == (4, rows[2]["id"]), "the control"


def _plans(file: Path, *asked: Wanted) -> Sequence[Sequence[str]]:
    engine, plans = writing_file(file), []
    with engine.begin() as conn:
        for wanted in asked:
            steps: list[str] = []

            def noted(
                conn: Any, cursor: Any, words: str, values: Any, *_: Any, to: list[str] = steps
            ) -> None:
                rows = cursor.connection.cursor().execute(f"EXPLAIN QUERY PLAN {words}", values)
                to += [each[3] for each in rows.fetchall()]

            event.listen(conn, "before_cursor_execute", noted)
            listing.messages(conn, "t1", wanted)
            if wanted.chat:
                acquaintances.page(conn, "t1", "shop", "", 10)
            event.remove(conn, "before_cursor_execute", noted)
            plans.append(steps)
    engine.dispose()
    return plans


async def test_a_page_is_read_off_an_index_and_nothing_is_sorted(sqlite_url: str) -> None:
    async with open_database(sqlite_url) as db:
        await db.write(lambda conn: fill(conn, [("t1", "shop", CHATS[0], n > 0, "hi") for n in range(2)]))
    of_all, of_chat = _plans(
        Path(sqlite_url.removeprefix("sqlite:///")),
        Wanted(connections=frozenset({"shop"}), text="x", before="f", since=NOW),
        Wanted(connections=frozenset({"shop"}), text="x", before="f", chat=CHATS[0]),
    )
    for plan in (of_all, of_chat):
        assert not [step for step in plan if step.startswith("SCAN") and "box" in step], plan
        assert not [step for step in plan if "TEMP B-TREE" in step], plan
    for good in ("ix_inbox_tenant (tenant=? AND id<?)", "ix_outbox_tenant (tenant=? AND id<?)"):
        assert any(good in step for step in of_all), of_all
    for good in (
        "ix_inbox_chat (tenant=? AND connection_id=? AND chat=? AND id<?)",
        "ix_outbox_chat (connection_id=? AND chat=? AND id<?)",
        "ix_inbox_chat (tenant=? AND connection_id=? AND chat>?)",
        "ix_outbox_chat (connection_id=? AND chat>?)",
    ):
        assert any(good in step for step in of_chat), of_chat
