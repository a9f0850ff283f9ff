"""What may be asked of a hub, and what it answers."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chatgrow_bot.client import (
    ApiError,
    Client,
    Conflict,
    InvalidRequest,
    NotAllowed,
    NotFound,
    NotLoggedIn,
    NotReady,
    RateLimited,
    SentMessage,
    UnexpectedAnswer,
    Unreachable,
)
from chatgrow_bot.client.errors import error_of
from chatgrow_bot.client.nouns import Connection
from chatgrow_bot.client.wire import _given
from chatgrow_bot.errors import BadInput, ChatgrowError
from chatgrow_bot.hub import Scope
from chatgrow_bot.messages import ConnectionState, Kind
from chatgrow_bot.testing import FakeSession, TalkingBot

from .relay import Relay

CODE = "2@abc,def,ghi,1"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0"


async def test_a_connection_is_made_linked_changed_paused_and_removed(
    client: Client, hub: TalkingBot
) -> None:
    def show(session: FakeSession) -> None:
        session.state, session.qr = ConnectionState.QR, CODE

    hub.engine.on_open = show
    made = await client.create_connection("shop", name="The shop", settings={"enableLogging": False})
    assert (made.connection_id, made.name, made.settings) == ("shop", "The shop", {"enableLogging": False})
    qr = await client.qr_code("shop")
    assert qr.code == CODE
    assert qr.expires_at > datetime.now(UTC)
    assert CODE not in repr(qr)
    pairing = await client.pairing_code("shop", "+14155550123")
    assert pairing.code == "CODE0001"
    assert pairing.code not in repr(pairing)
    hub.engine.opened["shop"].becomes(ConnectionState.ONLINE)
    await hub.online()
    with pytest.raises(NotReady, match="online"):
        await client.qr_code("shop")
    assert (await client.change_connection("shop", name="Our shop")).name == "Our shop"
    paused = await client.pause_connection("shop", "the prices are wrong")
    assert paused.paused
    assert "the prices are wrong" in paused.paused_because
    assert not (await client.resume_connection("shop")).paused
    assert (await client.reconnect("shop")).connection_id == "shop"
    assert [each.connection_id for each in await client.connections()] == ["shop"]
    assert (await client.connection("shop")).created_at == made.created_at
    await client.delete_connection("shop")
    assert list(await client.connections()) == []


async def test_messages_go_out_and_are_followed(client: Client, hub: TalkingBot, tmp_path: Path) -> None:
    session = await hub.connect()
    sent = await client.send_message("shop", "+14155550123", "Hello", wait=20)
    assert sent.status == "sent"
    found = await client.message(sent.message_id)
    assert isinstance(found, SentMessage)
    assert (found.text, found.timeline[-1].status, found.chat) == ("Hello", "sent", "14155550123@c.us")
    (tmp_path / "photo.png").write_bytes(PNG)
    upload = await client.upload(tmp_path / "photo.png")
    assert (upload.type, upload.filename, upload.size) == ("image", "photo.png", len(PNG))
    picture = {"media": {"uploadId": upload.upload_id}, "caption": "Look"}
    await client.send_message("shop", "+14155550123", picture, wait=20)
    assert session.sent[1].media
    assert (session.sent[1].media.kind, session.sent[1].text) == (Kind.IMAGE, "Look")
    poll = {"poll": {"question": "Lunch?", "options": ["Pizza", "Soup"]}}
    await client.send_message("shop", "+14155550123", poll, wait=20, reply_to=sent.message_id)
    assert session.sent[2].payload is not None
    await session.hears("Thank you", "14155550123@c.us")
    heard = [message.text async for message in client.messages("shop", direction="inbound")]
    assert heard == ["Thank you"]
    assert [m.text async for m in client.messages(text="hell", limit=5)] == ["Hello"]
    [contact] = [each async for each in client.contacts("shop")]
    assert (contact.number, contact.opted_out) == ("+14155550123", False)


async def test_a_list_goes_on_from_page_to_page_and_ends_where_it_is_told_to(
    client: Client, hub: TalkingBot, road: Relay
) -> None:
    session = await hub.connect()
    for number in range(203):
        await session.hears(f"{number}", "14155550123@c.us")
    texts = [message.text async for message in client.messages("shop")]
    assert texts == [str(number) for number in reversed(range(203))]
    assert road.seen.count("GET /api/whatsapp/connections/shop/messages") == 2
    assert len([message async for message in client.messages("shop", limit=7)]) == 7
    assert [message async for message in client.messages("shop", limit=0)] == []


async def test_a_message_for_later_is_taken_back(client: Client, hub: TalkingBot) -> None:
    await hub.connect()
    at = datetime.now(UTC) + timedelta(hours=3)
    planned = await client.send_message(
        "shop", "+14155550123", "Later", send_at=at, ttl=timedelta(days=1), priority="high"
    )
    assert abs(planned.estimated_send_at - at) < timedelta(seconds=1)
    found = await client.message(planned.message_id)
    assert isinstance(found, SentMessage)
    assert found.priority == "high"
    assert found.waits_for
    assert (await client.cancel_message(planned.message_id)).status == "cancelled"
    with pytest.raises(Conflict):
        await client.cancel_message(planned.message_id)


async def test_figures_health_and_the_queue(client: Client, hub: TalkingBot) -> None:
    await hub.connect()
    await client.send_message("shop", "+14155550123", "Hello", wait=20)
    stats = await client.stats(days=2)
    assert stats.total.counts["sent"] == 1
    assert [each.connection_id for each in stats.connections] == ["shop"]
    assert (await client.stats(connection_id="shop")).connections[0].health.can_send_messages
    health = await client.health()
    assert health.is_ok
    assert health.details
    assert (await client.pause_queue("an exercise")).halt
    halt = (await client.queue_status(everybody=True)).halt
    assert halt
    assert halt.reason == "an exercise"
    assert not (await client.resume_queue()).halt


async def test_a_hub_that_is_not_well_answers_so_and_nothing_is_raised(client: Client, road: Relay) -> None:
    from aiohttp import web

    body = {"status": "failing", "checks": {"disk": False}}
    road.plan = [web.json_response(body, status=503)]
    health = await client.health()
    assert not health.is_ok
    assert health.checks == {"disk": False}


async def test_refusals_are_told_apart(client: Client, hub: TalkingBot, road: Relay) -> None:
    await hub.connect()
    with pytest.raises(NotFound, match="There is no connection 'elsewhere'") as missing:
        await client.send_message("elsewhere", "+14155550123", "Hello")
    assert (missing.value.status, missing.value.title) == (404, "Connection not found")
    assert missing.value.request_id
    with pytest.raises(InvalidRequest, match="sendAt") as wrong:
        await client.send_message("shop", "+14155550123", "Hello", send_at="tomorrow")  # type: ignore[arg-type]
    assert [fault["pointer"] for fault in wrong.value.errors] == ["/options/sendAt"]
    with pytest.raises(Conflict):
        await client.create_connection("shop")
    async with Client(road.url, "cgk_nothing") as stranger:
        with pytest.raises(NotLoggedIn):
            await stranger.connections()
    keys = hub.running.hub.accounts.keys
    _, reader = await keys.make(hub.admin, "reads", scopes=frozenset({Scope.READ}))
    async with Client(road.url, reader) as reads:
        assert len(await reads.connections()) == 1
        with pytest.raises(NotAllowed):
            await reads.pause_queue()
    assert road.seen.count("POST /api/whatsapp/connections/elsewhere/send") == 1, "a refusal is final"


async def test_an_id_leads_nowhere_else(client: Client, hub: TalkingBot, road: Relay) -> None:
    with pytest.raises(NotFound):
        await client.connection("shop/../../media?x=1#y")
    assert road.seen == ["GET /api/whatsapp/connections/shop/../../media?x=1#y"]
    for nothing in ("", ".", ".."):
        with pytest.raises(BadInput):
            await client.delete_connection(nothing)
    assert len(road.seen) == 1


async def test_where_nobody_listens_the_error_names_the_address_and_the_next_step() -> None:
    async with Client("http://127.0.0.1:9", "cgk_x", patience=0) as client:
        with pytest.raises(
            Unreachable, match=r"http://127\.0\.0\.1:9 cannot be reached.*Start the hub \(chatgrow run\)"
        ):
            await client.connections()


async def test_what_is_no_hub_is_said_to_be_none(client: Client, road: Relay) -> None:
    from aiohttp import web

    road.plan = [
        web.Response(text="<h1>It works!</h1>"),
        web.Response(status=302, headers={"Location": "/x"}),
    ]
    with pytest.raises(UnexpectedAnswer, match="Check that the address"):
        await client.connections()
    with pytest.raises(UnexpectedAnswer, match="redirects to /x"):
        await client.connections()
    for wrong in ("127.0.0.1:3000", "ftp://hub", "", "http://"):
        with pytest.raises(BadInput, match="no address of a hub"):
            Client(wrong)
    with pytest.raises(BadInput, match="one word"):
        Client(road.url, "a token\n")


async def test_a_newer_hub_is_understood(client: Client, road: Relay, hub: TalkingBot) -> None:
    from aiohttp import web

    await hub.connect()
    now = (await client.connection("shop")).created_at.isoformat()
    body = {
        "connectionId": "shop",
        "state": "levitating",
        "createdAt": now,
        "stateSince": now,
        "aura": {"x": 1},
    }
    road.plan = [web.json_response(body)]
    found = await client.connection("shop")
    assert isinstance(found, Connection)
    assert found.state == "levitating"


def test_every_error_is_of_one_family_and_says_what_the_hub_said() -> None:
    error = error_of(
        429, b'{"title": "Rate limit exceeded", "detail": "It is full. Wait."}', {"Retry-After": "7"}
    )
    assert isinstance(error, RateLimited)
    assert isinstance(error, ChatgrowError)
    assert (str(error), error.retry_after, error.title) == ("It is full. Wait.", 7.0, "Rate limit exceeded")
    plain = error_of(502, b"<html>Bad gateway</html>", {})
    assert "not the hub's own: <html>Bad gateway" in str(plain)
    assert isinstance(error_of(418, b"", {}), ApiError)


async def test_calls_of_many_tasks_go_side_by_side(client: Client, hub: TalkingBot) -> None:
    session = await hub.connect()
    async with asyncio.TaskGroup() as group:
        for number in range(30):
            group.create_task(client.send_message("shop", f"+1415555{number:04d}", "Hello", wait=20))
    assert len(session.sent) == len({parcel.chat for parcel in session.sent}) == 30


def test_what_is_asked_for_is_sent_as_it_was_given() -> None:
    asked = {"q": "True story", "all": True, "days": 0, "not": False, "nothing": None, "empty": ""}
    assert _given(asked) == {"q": "True story", "all": "true", "days": "0"}
