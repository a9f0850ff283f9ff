"""How fast messages leave a real hub, by a clock that the test turns; only WhatsApp itself is played."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import Connection, select, update

from chatgrow_bot.engine import Parcel
from chatgrow_bot.errors import SendRefused, SendUnknown
from chatgrow_bot.messages import WAITING, Delivery, Inbound, Lane, Outbound, Priority, State
from chatgrow_bot.payloads import Deletion
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store import connections as stored_connections
from chatgrow_bot.store import inbox, places
from chatgrow_bot.store import outbox as stored
from chatgrow_bot.store.account_tables import users
from chatgrow_bot.store.rows import outgoing
from chatgrow_bot.store.tables import journal, outbox, timeline
from chatgrow_bot.testing import FakeClock, FakeSession, TalkingBot

from .delivering import becomes, send

DANA, NOAM, RONI = "972501234567@c.us", "972521234567@c.us", "972531234567@c.us"
AT_ONCE = {"min": 0, "max": 0, "jitter": 0}
REPLIES = {"min": 0, "max": 0, "typing": False}
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Watch:
    """A bot with a clock of its own, and when each of its messages left."""

    def __init__(self, bot: TalkingBot) -> None:
        self.bot = bot
        self.clock = FakeClock(NOON)
        bot.clock = self.clock
        bot.engine._clock = self.clock.now
        self.left: list[tuple[datetime, Parcel]] = []
        bot.engine.on_open = self._listens

    def _listens(self, session: FakeSession) -> None:
        sends = session.send

        async def send(parcel: Parcel) -> Any:
            self.left.append((self.clock.now(), parcel))
            return await sends(parcel)

        session.send = send  # type: ignore[method-assign]

    async def start(self, *plugins: type[Plugin], **pacing: Any) -> FakeSession:
        paces = {"send": AT_ONCE, "reply": REPLIES, **pacing}
        await self.bot.start(*plugins, settings={"pacing": paces})
        return await self.bot.connect()

    async def settle(self) -> None:
        """Let whatever may be done now be done."""
        await self.bot.until(lambda conn: _at_rest(conn, self.clock.now()))

    async def turn(self, seconds: float, step: float = 1.0) -> None:
        """Turn the hands so far, a step at a time."""
        for _ in range(round(seconds / step)):
            self.clock.advance(step)
            await self.settle()

    async def turn_to(self, moment: datetime) -> None:
        self.clock.advance((moment - self.clock.now()).total_seconds())
        await self.settle()

    def texts(self) -> list[str]:
        return [parcel.text for _, parcel in self.left]

    async def row(self, delivery: Delivery) -> Delivery:
        return await self.bot.running.hub.outbox.get(delivery.tenant, delivery.id)


def _at_rest(conn: Connection, now: datetime) -> bool:
    """Whether nobody is on his way in or out, and whatever waits has its time yet to come."""
    if inbox.pending(conn) or any(stored.in_state(conn, state) for state in (State.CLAIMED, State.SENDING)):
        return False
    waiting = conn.execute(select(outbox).where(outbox.c.state.in_(WAITING)).order_by(outbox.c.id)).all()
    held = {(row.connection_id, row.chat, row.lane) for row in waiting if row.held}
    slots = stored_connections.next_slots(conn)
    return not any(
        row.due <= now
        and slots.get((row.connection_id, Lane(row.lane)), now) <= now
        and (row.held or (row.connection_id, row.chat, row.lane) not in held)
        for row in waiting
    )


@pytest.fixture
def watch(bot: TalkingBot) -> Watch:
    return Watch(bot)


async def meets(session: FakeSession, *people: str) -> None:
    """They have written once: messages to them are no first contacts."""
    for each in people:
        await session.hears("hello", each)


def gaps(left: Sequence[tuple[datetime, Parcel]]) -> list[float]:
    return [(after - before).total_seconds() for (before, _), (after, _) in pairwise(left)]


async def test_the_gap_between_two_messages_holds_across_a_restart(watch: Watch) -> None:
    await watch.start(send={"min": 30, "max": 45, "jitter": 10})
    first = await send(watch.bot, "one")
    await send(watch.bot, "two")
    await watch.settle()
    await watch.bot.stop()
    watch.clock.advance(3)
    await watch.bot.start(settings={"pacing": {"send": {"min": 30, "max": 45, "jitter": 10}}})
    await watch.bot.online()
    await watch.turn(70, step=2)
    assert watch.texts() == ["one", "two"]
    assert 20 <= gaps(watch.left)[0] <= 56
    assert (await watch.row(first)).state is State.SENT


async def test_a_bulk_never_takes_the_turn_of_an_answer(watch: Watch) -> None:
    class Echo(Plugin):
        @hook
        async def answer(self, message: Inbound) -> Outbound:
            return Outbound(to=message.chat, text=f"answer {message.text}")

    session = await watch.start(Echo, send={"min": 30, "max": 30, "jitter": 0}, reply={**REPLIES, "max": 0})
    for n in range(20):
        await send(watch.bot, f"bulk {n}", f"97250200000{n % 10}@c.us", priority=Priority.HIGH)
    await watch.settle()
    await session.hears("1", DANA)
    await watch.settle()
    await watch.turn(2)
    await session.hears("2", NOAM)
    await watch.settle()
    await watch.turn(58, step=2)
    answers = [(at, parcel.text) for at, parcel in watch.left if parcel.text.startswith("answer")]
    assert answers == [(NOON, "answer 1"), (NOON + timedelta(seconds=2), "answer 2")]
    assert [text for text in watch.texts() if text.startswith("bulk")] == ["bulk 0", "bulk 1", "bulk 2"]


async def test_connections_go_side_by_side_and_no_priority_of_one_starves_another(watch: Watch) -> None:
    await watch.start(send={"min": 30, "max": 30, "jitter": 0})
    await watch.bot.connect("cafe")
    hub, tenant = watch.bot.running.hub, watch.bot.admin.user_id
    for n in range(4):
        for name, priority in (("shop", Priority.HIGH), ("cafe", Priority.LOW)):
            message = Outbound(to=f"9725020000{n:02}", text=f"{name} {n}", priority=priority)
            await hub.outbox.enqueue(tenant, name, message, source="test")
    await watch.settle()
    await watch.turn(100, step=10)
    for name in ("shop", "cafe"):
        left = [at for at, parcel in watch.left if parcel.text.startswith(name)]
        assert left == [NOON + timedelta(seconds=30 * n) for n in range(4)]


async def test_the_owner_s_plan_sets_a_floor_and_a_changed_plan_counts_within_a_minute(watch: Watch) -> None:
    await watch.start(send={"min": 1, "max": 1, "jitter": 0})
    for n in range(6):
        await send(watch.bot, f"{n}", f"97250200000{n}@c.us")
    await watch.settle()
    await watch.turn(1)
    assert watch.texts() == ["0", "1"]  # enterprise: no floor
    await watch.bot.running.ground.db.write(lambda conn: conn.execute(update(users).values(plan="free")))
    await watch.bot.stop()
    await watch.bot.start(settings={"pacing": {"send": {"min": 1, "max": 1, "jitter": 0}, "reply": REPLIES}})
    await watch.bot.online()
    await watch.turn(60, step=5)
    assert gaps(watch.left)[2:] == [30.0]  # free: 30 s, whatever `pacing` says
    await watch.bot.running.ground.db.write(lambda conn: conn.execute(update(users).values(plan="premium")))
    await watch.turn(60, step=5)
    assert gaps(watch.left)[-1] == 10.0


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(days=-1), timedelta(hours=1)])
async def test_a_clock_that_jumps_neither_silences_a_lane_nor_makes_it_burst(
    watch: Watch, jump: timedelta
) -> None:
    session = await watch.start(send={"min": 30, "max": 30, "jitter": 0})
    await meets(session, DANA)
    before = await send(watch.bot, "before", DANA)
    await watch.settle()
    await becomes(watch.bot, before, State.SENT)
    watch.clock._now += jump
    await watch.bot.stop()
    await watch.bot.start(settings={"pacing": {"send": {"min": 30, "max": 30, "jitter": 0}}})
    await watch.bot.online()
    for n in range(4):
        await send(watch.bot, f"{n}", DANA)
    async with asyncio.timeout(20):  # the slot that is stored is the other clock's until the first has left
        while len(watch.left) < 2:
            watch.clock.advance(2)
            await watch.bot.running.ground.db.write(lambda conn: None)
    await watch.settle()
    await watch.turn(100, step=2)
    began = select(timeline.c.at).where(timeline.c.state == State.SENDING).order_by(timeline.c.id)
    _, *intents = await watch.bot.read(lambda conn: conn.execute(began).scalars().all())
    between = [(after - before).total_seconds() for before, after in pairwise(intents)]
    assert len(between) >= 2
    assert all(30 <= gap < 33 for gap in between)


async def test_what_is_sent_again_keeps_its_place_before_those_that_came_later(watch: Watch) -> None:
    session = await watch.start(send={"min": 30, "max": 30, "jitter": 0})
    session.outcomes = [SendUnknown("no answer")]
    session.gate.clear()
    first = await send(watch.bot, "one", DANA)
    await session.sending.wait()
    await send(watch.bot, "two", NOAM)
    watch.clock.advance(5)
    session.gate.set()
    await becomes(watch.bot, first, State.RETRY)
    await watch.turn(60, step=5)
    assert watch.texts() == ["one", "one", "two"]


async def test_quiet_hours_are_those_of_the_one_who_is_written_to(watch: Watch) -> None:
    session = await watch.start(quietHours={"start": "21:00", "end": "08:00"})
    await watch.turn_to(datetime(2026, 3, 26, 20, tzinfo=UTC))  # 22:00 in Jerusalem, 16:00 in New York
    held = await send(watch.bot, "good night", DANA)
    await send(watch.bot, "good afternoon", "12125550123@c.us")
    await watch.settle()
    assert watch.texts() == ["good afternoon"]
    assert (await watch.row(held)).reason == "quiet hours in Asia/Jerusalem until 08:00"
    assert "quiet hours" in await watch.bot.running.hub.outbox.waits_for(held.tenant, held.id)
    await watch.turn_to(datetime(2026, 3, 27, 4, 59, tzinfo=UTC))  # summer time began that night
    assert len(watch.left) == 1
    await watch.turn_to(datetime(2026, 3, 27, 5, 0, 2, tzinfo=UTC))
    assert watch.texts() == ["good afternoon", "good night"]
    assert session.dead is False


async def test_one_connection_keeps_no_hours_though_all_others_do(watch: Watch) -> None:
    await watch.start(quietHours={"start": "21:00", "end": "08:00"}, warmUp={"first": 1})
    await watch.turn_to(datetime(2026, 3, 26, 20, tzinfo=UTC))
    await watch.bot.connect("owls", pacing={"quietHours": {"enabled": False}, "warmUp": {"enabled": False}})
    tenant, outbox = watch.bot.admin.user_id, watch.bot.running.hub.outbox
    for text in ("one", "two"):
        await outbox.enqueue(tenant, "owls", Outbound(to=DANA, text=text), source="test")
    await send(watch.bot, "three", DANA)
    await watch.settle()
    assert watch.texts() == ["one", "two"]


async def test_neither_an_answer_nor_a_deletion_waits_for_the_morning(watch: Watch) -> None:
    class Echo(Plugin):
        @hook
        async def answer(self, message: Inbound) -> Outbound:
            return Outbound(to=message.chat, text="we are open at 8")

    session = await watch.start(Echo, quietHours={"start": "21:00", "end": "08:00"})
    said = await send(watch.bot, "an offer", DANA)
    await becomes(watch.bot, said, State.SENT)
    await watch.turn_to(datetime(2026, 1, 1, 22, tzinfo=UTC))
    await session.hears("are you open?", DANA)
    await watch.bot.rest()
    undone = Outbound(to=DANA, payload=Deletion(), about=said.id)
    queued = await watch.bot.running.hub.outbox.enqueue(said.tenant, "shop", undone, source="test")
    await becomes(watch.bot, queued, State.SENT)
    assert "we are open at 8" in watch.texts()


async def test_first_contacts_leave_as_few_as_allowed_and_those_who_wait_are_looked_at_once(
    watch: Watch,
) -> None:
    session = await watch.start(firstContacts={"perHour": 2})
    await meets(session, DANA)
    strangers = [await send(watch.bot, f"offer {n}", f"9725020000{n:02}@c.us") for n in range(9)]
    await send(watch.bot, "your order", DANA)
    await watch.settle()
    assert watch.texts() == ["offer 0", "offer 1", "your order"]
    waits = [await watch.row(each) for each in strangers[2:]]
    assert [round((each.due - NOON) / timedelta(hours=1), 2) for each in waits] == [1, 1, 2, 2, 3, 3, 4]
    assert {each.reason for each in waits} == {
        "first contacts wait: so few are allowed (pacing.firstContacts)"
    }
    await watch.turn(4 * 3600 + 60, step=300)
    assert watch.texts()[3:] == [f"offer {n}" for n in range(2, 9)]
    claims = await watch.bot.read(lambda conn: conn.execute(select(timeline.c.state)).scalars().all())
    assert claims.count(State.CLAIMED) == 10 + 7  # each that waited was taken up once more, and no more


async def test_those_who_missed_their_time_do_not_all_leave_together_when_the_connection_is_back(
    watch: Watch,
) -> None:
    await watch.start(firstContacts={"perHour": 2})
    for n in range(8):
        await send(watch.bot, f"offer {n}", f"9725020000{n:02}@c.us")
    await watch.settle()
    await watch.bot.stop()
    watch.clock.advance(3 * 3600)
    await watch.bot.start(settings={"pacing": {"send": AT_ONCE, "firstContacts": {"perHour": 2}}})
    await watch.bot.online()
    await watch.settle()
    assert len(watch.left) == 4  # two before, two now
    await watch.turn(3 * 3600 + 60, step=600)
    assert len(watch.left) == 8
    for at, _ in watch.left:
        within = [each for each, _ in watch.left if at <= each < at + timedelta(hours=1)]
        assert len(within) <= 2


async def test_whoever_writes_himself_is_no_first_contact_any_more(watch: Watch) -> None:
    session = await watch.start(firstContacts={"perDay": 1})
    await send(watch.bot, "offer", NOAM)
    waits = await send(watch.bot, "your parcel is here", DANA)
    behind = await send(watch.bot, "and one more thing", DANA)
    await watch.settle()
    assert watch.texts() == ["offer"]
    await session.hears("where is my parcel?", DANA)
    await becomes(watch.bot, waits, State.SENT)
    await becomes(watch.bot, behind, State.SENT)
    assert watch.texts() == ["offer", "your parcel is here", "and one more thing"]


async def test_whoever_writes_just_as_his_message_is_held_lets_it_go(watch: Watch) -> None:
    session = await watch.start(firstContacts={"perDay": 1})
    await becomes(watch.bot, await send(watch.bot, "offer", NOAM), State.SENT)
    db, wrote = watch.bot.running.ground.db, False
    write = db.write

    async def then_he_writes(work: Any) -> Any:
        nonlocal wrote
        done = await write(work)
        waiting = await db.read(places.promised)
        if waiting and not wrote:
            wrote = True
            await session.hears("where is my parcel?", DANA)
        return done

    db.write = then_he_writes  # type: ignore[method-assign]
    await becomes(watch.bot, await send(watch.bot, "your parcel is here", DANA), State.SENT)
    assert wrote


async def test_whoever_turns_out_to_be_somebody_who_writes_is_no_first_contact_either(watch: Watch) -> None:
    session, lid = await watch.start(firstContacts={"perDay": 1}), "100000000000001@lid"
    await send(watch.bot, "offer", NOAM)
    waits = await send(watch.bot, "your parcel is here", lid)
    await watch.settle()
    assert (await watch.row(waits)).due > NOON
    await session.hears("where is my parcel?", DANA, lid=lid)
    await becomes(watch.bot, waits, State.SENT)
    assert [parcel.chat for _, parcel in watch.left] == [NOAM, DANA]


async def test_first_contacts_wait_no_longer_when_the_clock_is_set_back(watch: Watch) -> None:
    await watch.start(firstContacts={"perHour": 2})
    offers = [await send(watch.bot, f"offer {n}", f"9725020000{n:02}@c.us") for n in range(4)]
    await watch.settle()
    watch.clock.advance(-3 * 3600)
    await cast(Any, watch.bot.running.hub.health).look()  # as it does when that has happened
    now = watch.clock.now()
    offers.append(await send(watch.bot, "offer 4", "972502000004@c.us"))
    held = [await _held_anew(watch, each, now) for each in offers[2:]]
    assert [round((each.due - now) / timedelta(hours=1), 2) for each in held] == [1, 1, 2]
    assert watch.texts() == ["offer 0", "offer 1"]
    for each in (offers[2:4], offers[4:]):
        watch.clock.advance(3600)
        for offer in each:
            await becomes(watch.bot, offer, State.SENT)


async def _held_anew(watch: Watch, delivery: Delivery, now: datetime) -> Delivery:
    row = await watch.bot.until(
        lambda conn: outgoing(conn, delivery.tenant, delivery.id),
        lambda row: row and row.delivery.reason and now < row.delivery.due and row.delivery.updated_at == now,
    )
    assert row
    return row.delivery


async def test_what_is_taken_back_leaves_its_time_to_others(watch: Watch) -> None:
    await watch.start(firstContacts={"perDay": 1})
    rows = [await send(watch.bot, f"offer {n}", f"9725020000{n:02}@c.us") for n in range(4)]
    await watch.settle()
    assert [(row.due - NOON).days for row in [await watch.row(each) for each in rows]] == [0, 1, 2, 3]
    for each in rows[1:]:
        await watch.bot.running.hub.outbox.cancel(each.tenant, each.id)
    late = await send(watch.bot, "offer", DANA)
    await watch.settle()
    assert ((await watch.row(late)).due - NOON).days == 1


async def test_a_new_account_sends_little_and_more_each_day(watch: Watch) -> None:
    session = await watch.start(warmUp={"days": 3, "first": 2, "last": 6})
    await meets(session, DANA, NOAM)
    for n in range(14):
        await send(watch.bot, f"{n}", (DANA, NOAM)[n % 2])
    await watch.settle()
    assert watch.texts() == ["0", "1"]
    days = []
    for _ in range(4):
        days.append(len(watch.left))
        await watch.turn(86_400, step=86_400 / 4)
    assert days == [2, 6, 12, 14]
    for first in (0, 1):  # one chat each: in order
        mine = [text for text in watch.texts() if int(text) % 2 == first]
        assert mine == [f"{n}" for n in range(first, 14, 2)]
    linked_at = await watch.bot.read(lambda conn: stored_connections.linked_at(conn, "shop"))
    assert linked_at == NOON


async def refused(watch: Watch, session: FakeSession, to: str = NOAM) -> Delivery:
    session.outcomes = [SendRefused("WhatsApp refused it", code="463")]
    return await becomes(watch.bot, await send(watch.bot, "offer", to), State.FAILED)


async def test_error_463_pauses_first_contacts_only_tells_once_and_outlives_a_restart(watch: Watch) -> None:
    session = await watch.start()
    await meets(session, DANA)
    failed = await refused(watch, session)
    assert "463" in failed.reason
    assert failed.attempts == 1
    stranger = await send(watch.bot, "offer", RONI)
    known = await send(watch.bot, "your order", DANA)
    await becomes(watch.bot, known, State.SENT)
    await watch.settle()
    assert "error 463" in (await watch.row(stranger)).reason
    assert (await refused(watch, session, DANA)).state is State.FAILED  # another: nothing new to tell
    view = await watch.bot.running.hub.connections.get(watch.bot.admin.user_id, "shop")
    assert view.first_contacts_until == NOON + timedelta(days=1)
    await watch.bot.stop()
    await watch.bot.start(settings={"pacing": {"send": AT_ONCE, "reply": REPLIES}})
    session = await watch.bot.online()
    another = await send(watch.bot, "offer", "972501111111@c.us")
    await becomes(watch.bot, await send(watch.bot, "again", DANA), State.SENT)
    await watch.settle()
    assert {(await watch.row(each)).state for each in (stranger, another)} == {State.QUEUED}
    told = await watch.bot.read(lambda c: c.execute(select(journal.c.body)).scalars().all())
    assert sum("error 463" in str(body) and "resume" in str(body) for body in told) == 1
    await watch.turn_to(NOON + timedelta(days=1, seconds=5))
    assert (await becomes(watch.bot, stranger, State.SENT)).attempts == 1


async def test_resume_lifts_the_pause_and_brings_forward_what_waited(watch: Watch) -> None:
    session = await watch.start()
    await refused(watch, session)
    waits = [await send(watch.bot, f"offer {n}", f"9725020000{n:02}@c.us") for n in range(3)]
    await watch.settle()
    assert {(await watch.row(each)).state for each in waits} == {State.QUEUED}
    await watch.bot.running.hub.connections.resume(watch.bot.admin.user_id, "shop")
    for each in waits:
        await becomes(watch.bot, each, State.SENT)
    assert await watch.bot.read(places.promised) == set()


async def test_the_estimate_knows_of_the_night(watch: Watch) -> None:
    session = await watch.start(
        send={"min": 3600, "max": 3600, "jitter": 0}, quietHours={"start": "21:00", "end": "08:00"}
    )
    estimate = watch.bot.running.hub.outbox.estimate
    await watch.turn_to(datetime(2026, 1, 1, 17, tzinfo=UTC))  # 19:00 in Jerusalem
    await meets(session, DANA)
    rows = [await send(watch.bot, f"{n}", DANA) for n in range(4)]
    await watch.settle()
    told = [await estimate(await watch.row(each)) for each in rows[1:]]
    morning = datetime(2026, 1, 2, 6, tzinfo=UTC)
    assert told == [datetime(2026, 1, 1, 18, tzinfo=UTC), morning, morning + timedelta(hours=1)]


async def test_what_waits_costs_one_look_each_however_many_wait(watch: Watch) -> None:
    session = await watch.start()
    await refused(watch, session)
    tenant, many = watch.bot.admin.user_id, 30
    for n in range(many):
        message = Outbound(to=f"972502{n:06}", text="offer")
        await watch.bot.running.hub.outbox.enqueue(tenant, "shop", message, source="test")
    await watch.settle()
    await watch.turn(3600, step=600)
    looks = await watch.bot.read(
        lambda c: c.execute(select(timeline.c.state).where(timeline.c.state == State.CLAIMED)).all()
    )
    assert len(looks) == many + 1
    held = await watch.bot.read(lambda c: c.execute(select(outbox.c.id).where(outbox.c.held)).all())
    assert len(held) == many


async def test_a_plan_floor_outlasts_the_pace_when_a_slot_is_read_after_a_restart(
    watch: Watch, tmp_path: Path
) -> None:
    await watch.start(send=AT_ONCE)
    await watch.bot.running.ground.db.write(lambda conn: conn.execute(update(users).values(plan="free")))
    await watch.bot.stop()
    await watch.bot.start(settings={"pacing": {"send": AT_ONCE, "reply": REPLIES}})
    await watch.bot.online()
    await send(watch.bot, "one", DANA)
    await send(watch.bot, "two", NOAM)
    await watch.settle()
    await watch.bot.stop()
    watch.clock.advance(10)
    await watch.bot.start(settings={"pacing": {"send": AT_ONCE, "reply": REPLIES}})
    await watch.bot.online()
    await watch.turn(25, step=5)
    assert gaps(watch.left) == [30.0]


async def test_the_row_says_what_it_waits_for(watch: Watch) -> None:
    await watch.start(firstContacts={"perDay": 0})
    queued = await send(watch.bot, "offer", DANA)
    await watch.settle()
    row = await watch.bot.read(lambda conn: outgoing(conn, queued.tenant, queued.id))
    assert row is not None
    assert row.delivery.reason == "nobody is written to first here (pacing.firstContacts)"
    assert abs(row.delivery.due - row.delivery.expires_at) < timedelta(seconds=1)
