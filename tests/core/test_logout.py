"""A connection that WhatsApp has put out burns nothing of its queue."""

import asyncio

import pytest

from chatgrow_bot.engine import Ack, Parcel
from chatgrow_bot.errors import SendFailed
from chatgrow_bot.messages import ConnectionState, Outbound, State
from chatgrow_bot.store import outbox as stored
from chatgrow_bot.testing import FakeSession, TalkingBot

from .delivering import NO_WAIT, becomes
from .delivering import send as enqueue

#: Side by side, as each sends one message after the other.
NAMES = tuple(f"shop{number}" for number in range(5))


@pytest.mark.parametrize(("state", "each"), [(ConnectionState.LOGGED_OUT, 60), (ConnectionState.BANNED, 10)])
async def test_what_is_queued_when_connections_are_put_out_waits_for_the_link_and_none_of_it_fails(
    bot: TalkingBot, state: ConnectionState, each: int
) -> None:
    arrived: list[str] = []

    def put_out_in_the_middle(session: FakeSession) -> None:
        sends = session.send

        async def send(parcel: Parcel) -> Ack:
            if len(session.sent) >= each // 2:  # the page fails whatever it is given from then on
                session.becomes(state)
                raise SendFailed("not logged in")
            arrived.append(parcel.text)
            return await sends(parcel)

        session.send = send  # type: ignore[method-assign]

    await bot.start(settings=NO_WAIT)
    for name in NAMES:
        put_out_in_the_middle(await bot.connect(name))
    outbox, queue, tenant = bot.running.hub.outbox, bot.running.hub.queue, bot.admin.user_id
    await queue.pause("the test", "until all is there")
    async with asyncio.TaskGroup() as tasks:
        for number in range(each * len(NAMES)):
            message = Outbound(to=f"1555{1_000_000 + number % 200}@c.us", text=f"{number}")
            name = NAMES[number % len(NAMES)]
            tasks.create_task(outbox.enqueue(tenant, name, message, source="test"))
    await queue.resume("the test")
    half = each * len(NAMES) // 2
    await bot.until(
        lambda conn: stored.under_way(conn, tenant),
        lambda found: found.keys() <= {State.QUEUED, State.RETRY} and sum(found.values()) == half,
        60,
    )
    for name in NAMES:
        await bot.reaches(name, state)
    for name in NAMES:
        await bot.running.hub.connections.reconnect(tenant, name)
    sessions = [await bot.online(name) for name in NAMES]
    await bot.until(lambda conn: stored.under_way(conn, tenant), lambda found: not found, 60)
    assert not await bot.read(lambda conn: stored.in_state(conn, State.FAILED))
    arrived += [parcel.text for session in sessions for parcel in session.sent]
    assert sorted(arrived) == sorted(map(str, range(each * len(NAMES))))


async def test_a_try_that_ends_when_its_connection_has_gone_is_not_counted(bot: TalkingBot) -> None:
    await bot.start()
    session = await bot.connect()
    session.gate.clear()
    session.outcomes = [SendFailed("not logged in")]
    message = await enqueue(bot, "hello")
    await session.sending.wait()
    session.becomes(ConnectionState.LOGGED_OUT)
    await bot.reaches("shop", ConnectionState.LOGGED_OUT)
    session.gate.set()
    assert (await becomes(bot, message, State.RETRY)).attempts == 0
