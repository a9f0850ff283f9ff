"""What was, and what came, is there after the session was closed and opened again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chatgrow_bot.engine import Ack, Arrival, Parcel
from chatgrow_bot.errors import SendFailed
from chatgrow_bot.messages import ConnectionState as State
from chatgrow_bot.messages import Kind
from chatgrow_bot.payloads import Poll, Vote

from .conftest import World, browser_page, chat_of, reach
from .test_messages import parcel

WA_ID = "3EB00123456789ABCDEF01"
#: A busy machine: once wa-js calls itself ready, what was to be done at once is done a little later.
SLOW_TIMERS = """
    const later = window.setTimeout;
    window.setTimeout = (act, ms, ...rest) => later(act, ms || (window.WPP?.isFullReady ? 700 : 0), ...rest);
"""
#: What wa-js sets up last: it says that it is ready a moment before.
ALL_THERE = "() => 'hasUnread' in WPP.whatsapp.ChatModel.prototype"


@pytest.mark.slow
async def test_a_message_is_still_found_after_a_restart_and_how_far_it_came_meanwhile(world: World) -> None:
    dana = world.customer()
    async with world.open() as session:
        await world.link(session)
        await session.send(Parcel(chat=chat_of(dana), wa_id=WA_ID, text="hello"))
    await dana.read()
    read = Ack(chat=chat_of(dana), wa_id=WA_ID, ack=3)
    async with world.open() as session:
        await reach(session, State.ONLINE, world.inlet)
        assert await session.find(chat_of(dana), WA_ID) == read
        now = datetime.now(UTC)
        assert [ack async for ack in session.progress(now - timedelta(minutes=2))] == [read]
        assert [ack async for ack in session.progress(now + timedelta(hours=1))] == []


@pytest.mark.slow
async def test_a_session_is_not_online_before_wa_js_listens_to_everything(world: World) -> None:
    async with world.open() as session:
        await world.link(session)
        page = browser_page(session)
        await page.add_init_script(SLOW_TIMERS)
        await page.reload()
        await page.wait_for_function("() => window.WPP?.isFullReady")
        assert not await page.evaluate(ALL_THERE)  # so that this test is about something
        await reach(session, State.ONLINE, world.inlet)
        assert await page.evaluate(ALL_THERE)


async def test_the_sweep_finds_what_came_while_the_session_was_closed(world: World) -> None:
    dana, avi = world.customer("Dana"), world.customer("Avi")
    async with world.open() as session:
        await world.link(session)
        await session.send(Parcel(chat=chat_of(dana), wa_id=WA_ID, text="hello"))
    await dana.write(world.shop, "are you there?")
    await avi.write(world.shop, "hello?")
    async with world.open() as session:
        await reach(session, State.ONLINE, world.inlet)
        since = datetime.now(UTC) - timedelta(minutes=1)
        swept = [arrival async for arrival in session.sweep(since)]
        assert sorted(arrival.text for arrival in swept) == ["are you there?", "hello", "hello?"]
        assert swept == sorted(swept, key=lambda arrival: arrival.sent_at)


@pytest.mark.slow
async def test_the_sweep_finds_every_unread_message_however_old(world: World) -> None:
    dana = world.customer()
    async with world.open() as session:
        await world.link(session)
        await session.send(Parcel(chat=chat_of(dana), wa_id=WA_ID, text="not one of them"))
    for number in range(120):
        await dana.write(world.shop, f"number {number}")
    async with world.open() as session:
        await reach(session, State.ONLINE, world.inlet)
        swept = [arrival.text async for arrival in session.sweep(datetime.now(UTC) + timedelta(hours=1))]
        assert swept == [f"number {number}" for number in range(120)]


async def test_nothing_is_sent_before_an_account_is_linked(world: World) -> None:
    async with world.open() as session:
        await reach(session, State.QR, world.inlet)
        with pytest.raises(SendFailed, match="not logged in"):
            await session.send(Parcel(chat=chat_of(world.customer()), wa_id=WA_ID, text="hello"))


async def swept(session: Any) -> list[Arrival]:
    since = datetime.now(UTC) - timedelta(minutes=2)
    return [arrival async for arrival in session.sweep(since)]


@pytest.mark.slow
async def test_what_was_told_and_what_was_missed_is_swept_under_the_same_ids(world: World) -> None:
    dana, arrivals = world.customer(), world.inlet.arrivals
    tea = Poll(question="Tea?", options=("yes", "no"))
    poll, note = parcel(dana, "", payload=tea), parcel(dana, "note")
    async with world.open() as session:
        await world.link(session)
        for sent in (poll, note):
            await session.send(sent)
        theirs = await dana.write(world.shop, "first words")
        wrong = await dana.write(world.shop, "wrong")
        poll_there, note_there = await dana.received(2)
        await dana.react(note_there, "🙏")
        await dana.vote(poll_there, ["yes"])
        await world.inlet.until(lambda: {Kind.REACTION, Kind.VOTE} <= {each.kind for each in arrivals})
        live = {arrival.kind: arrival for arrival in arrivals}
        again = {arrival.wa_id: arrival.kind for arrival in await swept(session)}
        assert again[live[Kind.REACTION].wa_id] is Kind.REACTION
        assert again[live[Kind.VOTE].wa_id] is Kind.VOTE
    await dana.edit(theirs, "other words")
    await dana.revoke(wrong)
    await dana.vote(poll_there, ["no"])
    async with world.open() as session:
        await reach(session, State.ONLINE, world.inlet)
        found = {(arrival.kind, arrival.about): arrival for arrival in await swept(session)}
        assert found[Kind.REACTION, note.wa_id].wa_id == live[Kind.REACTION].wa_id
        assert found[Kind.VOTE, poll.wa_id].payload == Vote(options=("no",))
        assert found[Kind.EDIT, theirs.id].text == "other words"
        assert found[Kind.DELETION, wrong.id].from_me is False
        assert not [each for each in found.values() if each.text in ("wrong", "first words")]
