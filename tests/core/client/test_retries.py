"""What becomes of calls when the road to the hub is bad: asked again where that is safe, never done twice."""

import asyncio

import pytest
from aiohttp import web

from chatgrow_bot.client import Client, NoAnswer, RateLimited, Unavailable
from chatgrow_bot.clock import SystemClock
from chatgrow_bot.testing import TalkingBot

from .relay import Relay

SEND = "POST /api/whatsapp/connections/shop/send"


class Hurried(SystemClock):
    """Does not wait, and remembers how long it should have; the time passes all the same."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return super().monotonic() + sum(self.slept)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


def busy(status: int = 503, after: str = "") -> web.Response:
    return web.Response(status=status, headers={"Retry-After": after} if after else {})


async def test_a_message_whose_answer_is_lost_goes_out_once(
    client: Client, hub: TalkingBot, road: Relay
) -> None:
    session = await hub.connect()
    road.plan = ["swallow", busy(502), "swallow"]
    sent = await client.send_message("shop", "+14155550123", "Hello", wait=20)
    assert sent.status == "sent"
    assert road.seen.count(SEND) == 4
    assert len(set(road.keys)) == 1, "all tries of a call share a key"
    assert [parcel.text for parcel in session.sent] == ["Hello"]
    await client.send_message("shop", "+14155550123", "Hello", wait=20)
    assert len(session.sent) == 2, "another call is another message"


async def test_a_callers_own_key_makes_his_repeat_no_double(client: Client, hub: TalkingBot) -> None:
    session = await hub.connect()
    first = await client.send_message("shop", "+14155550123", "Hello", key="order-17", wait=20)
    again = await client.send_message("shop", "+14155550123", "Hello", key="order-17", wait=20)
    assert first.message_id == again.message_id
    assert len(session.sent) == 1


async def test_what_may_not_be_done_twice_is_not_asked_twice(client: Client, road: Relay) -> None:
    road.plan = ["swallow"]
    with pytest.raises(NoAnswer, match="look before you ask again"):
        await client.create_connection("shop")
    assert road.seen == ["POST /api/whatsapp/connections"]
    assert [each.connection_id for each in await client.connections()] == ["shop"], "it was done, in fact"
    road.plan = [busy(503)]
    with pytest.raises(Unavailable):
        await client.pause_queue()
    assert road.seen.count("POST /api/queue/pause") == 1


async def test_a_wait_is_as_long_as_the_hub_asks_for(road: Relay, key: str) -> None:
    clock = Hurried()
    async with Client(road.url, key, clock=clock) as client:
        road.plan = [busy(429, "7"), busy(503, "3"), busy(504), busy(502)]
        assert list(await client.connections()) == []
    assert [round(each) for each in clock.slept[:2]] == [7, 3]
    assert 0.5 <= clock.slept[2] <= 1.5
    assert 1 <= clock.slept[3] <= 3, "each wait is longer than the one before"


async def test_patience_has_an_end(road: Relay, key: str) -> None:
    clock = Hurried()
    async with Client(road.url, key, patience=10, clock=clock) as client:
        road.plan = [busy(503) for _ in range(100)]
        with pytest.raises(Unavailable):
            await client.connections()
        assert 5 < sum(clock.slept) <= 10
        clock.slept.clear()
        road.plan = [busy(429, "3600")]
        with pytest.raises(RateLimited) as full:
            await client.connections()
        assert full.value.retry_after == 3600
        assert clock.slept == [], "nobody is kept waiting for longer than his patience"


async def test_what_certainly_never_left_is_asked_again(hub: TalkingBot, key: str) -> None:
    """The hub is not up yet: even what may not be done twice can be asked for until it is."""
    port = hub.running.port
    await hub.stop()
    async with Client(f"http://127.0.0.1:{port}", key, patience=20) as client, asyncio.TaskGroup() as group:
        made = group.create_task(client.create_connection("shop"))
        await asyncio.sleep(0.2)
        assert not made.done()
        await hub.start("rest_api", settings={"server": {"port": port}}, rest_api={"admin": True})
        assert (await made).connection_id == "shop"


async def test_patience_begins_with_the_first_failure(hub: TalkingBot, road: Relay, key: str) -> None:
    class Slow(Hurried):
        """A hub takes long to answer."""

        def monotonic(self) -> float:
            return super().monotonic() + 60 * len(road.seen)

    session = await hub.connect()
    async with Client(road.url, key, patience=70, clock=Slow()) as client:
        road.plan = ["swallow"]
        await client.send_message("shop", "+14155550123", "Hello", wait=20)
        assert len(session.sent) == 1
    async with Client(road.url, key, patience=10, clock=Slow()) as client:
        road.plan = ["swallow"]
        await client.send_message("shop", "+14155550123", "Hello again", wait=20)
    assert len(session.sent) == 2


async def test_what_may_have_been_heard_is_in_doubt_even_if_the_hub_is_gone_by_the_end() -> None:
    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"Hello")
        server.close()
        writer.transport.abort()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with Client(f"http://127.0.0.1:{port}", "x", patience=3, clock=Hurried()) as client:
        with pytest.raises(NoAnswer):
            await client.send_message("shop", "+14155550123", "Hello")
