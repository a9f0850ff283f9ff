"""What the journal counts for: the same whatever the stretches in which it is read, and whenever who reads it
dies."""

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, StaticPool, create_engine, select

from chatgrow_bot.hub import Counted, Timed
from chatgrow_bot.messages import HOLDS_CHAT, Delivery, Kind, Lane, Priority, State
from chatgrow_bot.stats import reader as reading
from chatgrow_bot.stats import words
from chatgrow_bot.stats.reader import READER, Reader
from chatgrow_bot.store import counts, inbox, journal, outbox, steps, tables, together
from chatgrow_bot.store.account_tables import counts as counts_table
from chatgrow_bot.store.database import open_database
from chatgrow_bot.store.metadata import metadata
from chatgrow_bot.store.rows import Outgoing
from chatgrow_bot.testing import FakeClock

from .fakes import inbound

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
#: From where a message may be moved to where, as the core does it.
MOVES = {
    State.QUEUED: (State.CLAIMED, State.SENDING, State.UNKNOWN, State.QUARANTINED),
    State.CLAIMED: (State.QUEUED, State.RETRY),
    State.SENDING: (State.CLAIMED,),
    State.RETRY: (State.SENDING, State.UNKNOWN),
    State.UNKNOWN: (State.SENDING,),
    State.FAILED: (State.CLAIMED, State.SENDING, State.UNKNOWN),
    State.CANCELLED: (State.QUEUED, State.RETRY, State.CLAIMED, State.QUARANTINED),
    State.EXPIRED: (State.QUEUED, State.RETRY),
    State.QUARANTINED: (State.UNKNOWN, State.CLAIMED),
}
COUNTED_EACH_TIME = {
    State.FAILED: "failed",
    State.CANCELLED: "cancelled",
    State.EXPIRED: "expired",
    State.QUARANTINED: "held",
    State.RETRY: "retried",
    State.UNKNOWN: "unclear",
}


def message(number: int, at: datetime = NOON, connection: str = "c1") -> Outgoing:
    return Outgoing(
        delivery=Delivery(
            id=f"m{number:04}",
            tenant="t1",
            connection_id=connection,
            chat=f"1555123{number:04}@c.us",
            wa_id=f"3EB0{number:04}",
            kind=Kind.TEXT,
            lane=Lane.REPLY if number % 3 == 0 else Lane.SEND,
            priority=Priority.NORMAL,
            state=State.QUEUED,
            created_at=at,
            due=at,
            expires_at=at + timedelta(days=7),
            updated_at=at,
        )
    )


@contextmanager
def database() -> Iterator[Connection]:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    metadata.create_all(engine)
    with engine.connect() as conn:
        journal.move(conn, READER, 0)
        yield conn
    engine.dispose()


def read_on(conn: Connection, most: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Count the next facts, so many at most."""
    with monkeypatch.context() as patch:
        patch.setattr(reading, "BATCH", most)
        found, since, position, tally = reading._look(conn)
        if found:
            reading._count(conn, since, position, tally)
        return found


def count_all(conn: Connection) -> None:
    found = 1
    while found:
        found, since, position, tally = reading._look(conn)
        reading._count(conn, since, position, tally)


def counted(conn: Connection) -> Counter[str]:
    """What is counted on all connections and days together."""
    query = select(counts_table).where(counts_table.c.tenant != "")
    found: Counter[str] = Counter()
    for row in conn.execute(query):
        found[row.what] += row.amount
    return found


class Model:
    """What should be counted, told by whoever makes it happen."""

    def __init__(self, conn: Connection) -> None:
        self.conn, self.at, self.made = conn, NOON, 0
        self.expected: Counter[str] = Counter()
        self.came: dict[int, int] = {}  #: how far each message came

    def add(self) -> None:
        outbox.add(self.conn, [message(self.made, self.at)])
        self.came[self.made] = 0
        self.made += 1
        self.expected["accepted"] += 1

    def move(self, number: int, state: State) -> None:
        if steps.move(self.conn, f"m{number:04}", state, self.at, since=MOVES[state], reason="because"):
            if what := COUNTED_EACH_TIME.get(state):
                self.expected[what] += 1
            if state is State.FAILED:
                self.expected["failed:because"] += 1

    def ack(self, number: int, ack: int) -> None:
        came = together.Came(connection_id="c1", wa_id=f"3EB0{number:04}", ack=ack, at=self.at)
        if not together.acked(self.conn, [came])[0]:
            return
        before, now = self.came[number], min(ack, 3)
        for level, what in ((1, "sent"), (2, "delivered"), (3, "read")):
            if before < level <= now:
                self.expected[what] += 1
        if before == 0:
            self.expected[f"lane:{Lane.REPLY if number % 3 == 0 else Lane.SEND}"] += 1
            self.expected["times to_sent"] += 1
        elif before == 1 and ack > 1:
            self.expected["times to_delivered"] += 1
        self.came[number] = now


def steps_of_life() -> st.SearchStrategy[tuple[object, ...]]:
    number = st.integers(0, 5)
    return st.one_of(
        st.tuples(st.just("add")),
        st.tuples(st.just("move"), number, st.sampled_from(list(MOVES))),
        st.tuples(st.just("ack"), number, st.integers(1, 4)),
        st.tuples(st.just("pass"), st.integers(1, 40_000)),
        st.tuples(st.just("read"), st.integers(1, 4)),
        st.tuples(st.just("die")),  # having read, and counted nothing
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=st.lists(steps_of_life(), max_size=60))
def test_whatever_happens_in_whatever_stretches_it_is_read_each_thing_counts_once(
    story: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with database() as conn:
        model = Model(conn)
        model.add()
        for verb, *given_words in story:
            match verb, given_words:
                case "pass", [int() as seconds]:
                    model.at += timedelta(seconds=seconds)
                case "read", [int() as most]:
                    read_on(conn, most, monkeypatch)
                case "die", []:
                    reading._look(conn)
                case "add", []:
                    model.add()
                case "move", [int() as number, State() as state]:
                    model.move(number % model.made, state)
                case "ack", [int() as number, int() as ack]:
                    model.ack(number % model.made, ack)
                case other:
                    raise AssertionError(other)
        while read_on(conn, 3, monkeypatch):
            pass
        found = counted(conn)
        for timed in Timed:
            samples = sum(n for what, n in found.items() if what.startswith(f"{timed}<"))
            if timed is not Timed.PROCESSING:
                assert samples == model.expected.pop(f"times {timed}", 0)
        plain = Counter({w: n for w, n in found.items() if "<" not in w and "+" not in w})
        assert plain == +model.expected
        sums = counts.totals(conn)
        assert {w: n for w, n in plain.items() if not w.startswith("failed:")} == {
            w: n for w, n in sums.items() if "<" not in w and "+" not in w
        }


def test_times_are_those_of_the_steps() -> None:
    with database() as conn:
        model = Model(conn)
        model.add()
        for seconds, state in ((10, State.CLAIMED), (1, State.SENDING)):
            model.at += timedelta(seconds=seconds)
            model.move(0, state)
        for seconds, ack in ((2, 1), (40, 2)):
            model.at += timedelta(seconds=seconds)
            model.ack(0, ack)
        count_all(conn)
        times = words.to_counts(counted(conn).items()).times
        assert [(each, times[each].total, times[each].count) for each in Timed] == [
            (Timed.PROCESSING, 2, 1),
            (Timed.TO_SENT, 13, 1),
            (Timed.TO_DELIVERED, 40, 1),
        ]
        assert (times[Timed.TO_SENT].buckets, times[Timed.TO_DELIVERED].buckets) == ({30: 1}, {60: 1})
        p95 = times[Timed.TO_DELIVERED].quantile(0.95)
        assert p95 is not None
        assert 30 < p95 <= 60


def test_another_who_reads_the_same_counts_nothing_twice() -> None:
    with database() as conn:
        Model(conn).add()
        found, since, position, tally = reading._look(conn)
        assert found
        reading._count(conn, since, position, tally)
        reading._count(conn, since, position, tally)
        assert counted(conn)["accepted"] == 1


def test_reasons_have_an_end_and_no_numbers() -> None:
    reasons = [f"{chr(97 + n // 10)}{chr(97 + n % 10)} said 3EB0{n}" for n in range(60)]
    with database() as conn:
        for number, reason in enumerate(reasons * 2):
            outbox.add(conn, [message(number)])
            steps.move(conn, f"m{number:04}", State.CLAIMED, NOON, since=(State.QUEUED,))
            steps.move(conn, f"m{number:04}", State.FAILED, NOON, since=(State.CLAIMED,), reason=reason)
        count_all(conn)
        failures = words.to_counts(counted(conn).items()).failures
        assert len(failures) == counts.REASONS + 1
        assert failures["aa said #"] == 2
        assert failures["other"] == 2 * (len(reasons) - counts.REASONS)
        assert sum(failures.values()) == counted(conn)["failed"] == 2 * len(reasons)
    assert words.reason("call +1 (415) 555-0123 \0 \ud83d") == "failed:call # # # ?"
    assert words.reason("x" * 5000) == "failed:" + "x" * 100
    assert words.reason(" ") == "failed:no reason was given"


def test_what_came_in_and_what_was_typed_are_told_apart() -> None:
    with database() as conn:
        for number in range(3):
            came = replace(inbound(id=f"i{number}"), wa_id=f"A{number}", from_me=number == 2)
            inbox.add(conn, came)
        found, since, position, tally = reading._look(conn)
        assert found == 3
        reading._count(conn, since, position, tally)
        assert counted(conn) == {"received": 2, "typed": 1}


def test_a_fact_that_cannot_be_read_holds_up_nobody() -> None:
    with database() as conn:
        values = {"at": NOON, "hook": "on_outbound", "tenant": "t1", "connection_id": "c1"}
        for body in ({"id": "m1", "state": "teleported"}, {"id": 7}, {"state": "sent"}, ["x"]):
            conn.execute(tables.journal.insert().values(**values, body=body))
        Model(conn).add()
        found, since, position, tally = reading._look(conn)
        reading._count(conn, since, position, tally)
        assert (found, counted(conn)) == (5, {"accepted": 1})


_COUNTS_ON = """
import asyncio, sys
from chatgrow_bot.clock import SystemClock
from chatgrow_bot.stats import reader
from chatgrow_bot.store.database import open_database

async def main():
    reader.BATCH = 3
    async with open_database(sys.argv[1]) as db:
        one = reader.Reader(db, SystemClock())
        await one.begin()
        print("counting", flush=True)
        while await one.read_on():
            pass
        print("done", flush=True)

asyncio.run(main())
"""


@pytest.mark.slow
async def test_a_kill_between_batches_loses_nothing_and_counts_nothing_twice(tmp_path: Path) -> None:
    url, most, kills = f"sqlite:///{tmp_path}/figures.db", 400, 0
    async with open_database(url) as db:
        await Reader(db, FakeClock()).begin()
        await db.write(lambda conn: outbox.add(conn, [message(number) for number in range(most)]))
    chance = Random(7)
    while True:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _COUNTS_ON, url, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout
        while (line := await process.stdout.readline()) and b"counting" not in line:
            pass
        if kills < 3:
            await asyncio.sleep(chance.uniform(0.02, 0.08))
            kills += process.returncode is None
            if process.returncode is None:
                process.send_signal(signal.SIGKILL)
        rest = await process.stdout.read()
        await process.wait()
        if b"done" in rest:
            break
    async with open_database(url) as db:
        assert await db.read(lambda conn: counted(conn)[Counted.ACCEPTED]) == most
        assert (await db.read(counts.totals))[Counted.ACCEPTED] == most
    assert kills


def test_every_state_that_holds_a_chat_has_a_way_in_here() -> None:
    assert set(HOLDS_CHAT) <= set(MOVES)
