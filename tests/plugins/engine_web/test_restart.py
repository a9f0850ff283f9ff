"""What was, and what came, is there after the session was closed and opened again."""

from datetime import UTC, datetime, timedelta

import pytest

from chatgrow_bot.engine import Parcel
from chatgrow_bot.errors import SendFailed
from chatgrow_bot.messages import ConnectionState as State

from .conftest import World, chat_of, reach

WA_ID = "3EB00123456789ABCDEF01"


async def test_a_message_is_still_found_after_a_restart(world: World) -> None:
    dana = world.customer()
    async with world.open() as session:
        await world.link(session)
        await session.send(Parcel(chat=chat_of(dana), wa_id=WA_ID, text="hello"))
    async with world.open() as session:
        await reach(session, State.ONLINE, world.inlet)
        found = await session.find(chat_of(dana), WA_ID)
        assert found
        assert found.ack >= 1


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
