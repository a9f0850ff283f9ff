"""Live events, through everything that breaks a stream."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from chatgrow_bot.client import (
    ApiError,
    Client,
    Event,
    NotLoggedIn,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
)
from chatgrow_bot.testing import TalkingBot

from .relay import Relay
from .test_retries import Hurried

STREAM = "GET /api/whatsapp/events"
WHO = "14155550123@c.us"


class Listener:
    """Hears events in the background."""

    def __init__(self, events: AsyncIterator[Event]) -> None:
        self.heard: list[Event] = []
        self._more = asyncio.Event()
        self._events = events

    async def listen(self) -> None:
        async for event in self._events:
            self.heard.append(event)
            self._more.set()

    async def has(self, count: int) -> list[Event]:
        async with asyncio.timeout(20):
            while len(self.heard) < count:
                self._more.clear()
                await self._more.wait()
        return self.heard


async def test_what_happens_is_told_of_the_wanted_kinds(client: Client, hub: TalkingBot, road: Relay) -> None:
    session = await hub.connect()
    listener = Listener(client.events(["message.received"], "shop"))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(listener.listen())
        await road.has_begun(STREAM)
        await session.hears("One", WHO)
        await client.send_message("shop", "+14155550123", "not of that kind", wait=20)
        await session.hears("Two", WHO)
        [one, two] = await listener.has(2)
        task.cancel()
    assert (one.type, one.data["text"], two.data["text"]) == ("message.received", "One", "Two")
    assert one.timestamp
    assert one.id != two.id


async def test_a_stream_that_breaks_again_and_again_loses_nothing_and_doubles_nothing(
    client: Client, hub: TalkingBot, road: Relay
) -> None:
    session = await hub.connect()
    listener = Listener(client.events(["message.received"]))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(listener.listen())
        await road.has_begun(STREAM)
        for number in range(40):
            await session.hears(str(number), WHO)
            if number % 8 == 0:
                await listener.has(number // 2 + 1)
                road.plan = [web.Response(status=503)] if number % 16 else []
                road.break_off()
        heard = await listener.has(40)
        task.cancel()
    assert [event.data["text"] for event in heard] == [str(number) for number in range(40)]
    assert len({event.id for event in heard}) == 40
    assert road.seen.count(STREAM) >= 3


async def test_a_reader_goes_on_where_he_was_before_his_own_restart(
    client: Client, hub: TalkingBot, road: Relay
) -> None:
    session = await hub.connect()
    listener = Listener(client.events(["message.received"]))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(listener.listen())
        await road.has_begun(STREAM)
        await session.hears("One", WHO)
        [one] = await listener.has(1)
        task.cancel()
    await session.hears("Two", WHO)
    later = Listener(client.events(["message.received"], after=one.id))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(later.listen())
        [two] = await later.has(1)
        task.cancel()
    assert two.data["text"] == "Two"


async def test_an_id_that_comes_without_an_event_is_a_place_to_go_on_from(
    client: Client, hub: TalkingBot, road: Relay
) -> None:
    session = await hub.connect()
    await session.hears("One", WHO)
    road.plan = [web.Response(text=": hello\nid: 0-0\n\n", content_type="text/event-stream")]
    listener = Listener(client.events(["message.received"]))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(listener.listen())
        [one] = await listener.has(1)
        task.cancel()
    assert one.data["text"] == "One"
    assert road.keys == ["0-0"]


async def test_what_is_no_longer_kept_is_told_as_a_gap(client: Client, hub: TalkingBot) -> None:
    listener = Listener(client.events(after="999999-0"))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(listener.listen())
        [gap] = await listener.has(1)
        task.cancel()
    assert gap.type == "gap"
    assert gap.data["reason"]


async def test_a_key_that_ends_ends_the_stream(client: Client, hub: TalkingBot, road: Relay) -> None:
    keys = hub.running.hub.accounts.keys
    listener = Listener(client.events())

    async def end() -> None:
        await road.has_begun(STREAM)
        [key] = await keys.list(hub.admin.user_id)
        await keys.revoke(hub.admin.user_id, key.key_id)

    with pytest.raises(ExceptionGroup) as over:
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            group.create_task(listener.listen())
            group.create_task(end())
    assert over.group_contains(NotLoggedIn)


async def test_a_login_that_ends_is_begun_anew_and_the_stream_goes_on(hub: TalkingBot, road: Relay) -> None:
    session = await hub.connect()
    async with Client.login(road.url, "admin", "correct horse battery") as client:
        listener = Listener(client.events(["message.received"]))
        async with asyncio.TaskGroup() as group:
            task = group.create_task(listener.listen())
            await road.has_begun(STREAM)
            await session.hears("One", WHO)
            await listener.has(1)
            await hub.running.hub.accounts.revoke(hub.admin.user_id)
            await road.has_begun(STREAM, 2)
            await session.hears("Two", WHO)
            heard = await listener.has(2)
            task.cancel()
    assert [event.data["text"] for event in heard] == ["One", "Two"]


async def test_who_asks_for_what_there_is_not_is_told_at_once(client: Client) -> None:
    with pytest.raises(ApiError, match="types"):
        await anext(client.events(["weather"]))
    async with Client("http://127.0.0.1:9", "x", patience=0) as lost:
        with pytest.raises(Unreachable):
            await anext(lost.events())


async def test_what_one_answer_leaves_half_told_does_not_spoil_the_next(
    client: Client, hub: TalkingBot, road: Relay
) -> None:
    session = await hub.connect()
    await session.hears("One", WHO)
    half = 'id: 0-0\n\nid: 999-0\nevent: message.received\ndata: {"type": "message.rec\n'
    road.plan = [web.Response(text=half, content_type="text/event-stream")]
    listener = Listener(client.events(["message.received"]))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(listener.listen())
        [one] = await listener.has(1)
        task.cancel()
    assert one.data["text"] == "One"
    assert road.keys == ["0-0"]


async def test_a_hub_that_never_tells_is_not_asked_for_ever(road: Relay, key: str) -> None:
    clock = Hurried()
    road.plan = [web.Response(status=503, headers={"Retry-After": "3"}) for _ in range(1000)]
    async with Client(road.url, key, patience=10, clock=clock) as client:
        with pytest.raises(Unavailable):
            async with asyncio.timeout(20):
                await anext(client.events())
    assert 6 <= sum(clock.slept) <= 10


async def test_what_is_no_stream_of_events_is_said_to_be_none(client: Client, road: Relay) -> None:
    road.plan = [web.Response(text="<h1>Log in</h1>", content_type="text/html")]
    with pytest.raises(UnexpectedAnswer, match="text/html, and no text/event-stream"):
        async with asyncio.timeout(20):
            await anext(client.events())


async def test_whether_anybody_listens_is_told(client: Client, hub: TalkingBot, road: Relay) -> None:
    session = await hub.connect()
    told: list[bool] = []
    listener = Listener(client.events(["message.received"], listening=told.append))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(listener.listen())
        await road.has_begun(STREAM)
        await session.hears("One", WHO)
        await listener.has(1)
        road.break_off()
        await road.has_begun(STREAM, 2)
        await session.hears("Two", WHO)
        await listener.has(2)
        task.cancel()
    assert told == [True, False, True]
