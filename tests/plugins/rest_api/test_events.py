"""Events as they happen: told once and in order, to whom they concern, and from where one left off."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from chatgrow_bot.hub import Role
from chatgrow_bot.messages import Fault, Notice
from chatgrow_bot.store import journal as stored
from chatgrow_bot.store import retention

from .conftest import CONNECTIONS, Api

EVENTS = "/api/whatsapp/events"
SEND = f"{CONNECTIONS}/shop/send"
TO = "+14155550123"
PATIENCE = 20.0


@dataclass
class Heard:
    """One event off the wire."""

    id: str
    event: str
    data: Any


class Stream:
    """A listener."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def line(self) -> str:
        """The next line."""
        async with asyncio.timeout(PATIENCE):
            return (await self._answer.content.readline()).decode().rstrip("\n")

    async def next(self) -> Heard | None:
        """The next event; None when the stream has ended."""
        found: dict[str, str] = {}
        async with asyncio.timeout(PATIENCE):
            while line := (await self._answer.content.readline()).decode():
                key, _, value = line.rstrip("\n").partition(": ")
                if not key and "event" in found:
                    data = found.get("data")
                    return Heard(found.get("id", ""), found["event"], json.loads(data) if data else None)
                if key:
                    found[key] = value
                else:
                    found.clear()
        return None

    async def until(self, event: str, **data: Any) -> list[Heard]:
        """All up to one of that type which says so."""
        heard: list[Heard] = []
        while one := await self.next():
            heard.append(one)
            if one.event == event and data.items() <= one.data["data"].items():
                return heard
        raise AssertionError(f"it never told of {event} {data}: {heard}")


@asynccontextmanager
async def listening(
    api: Api, query: str = "", user: str = "operator", token: str = "", **headers: str
) -> AsyncIterator[Stream]:
    headers["Authorization"] = f"Bearer {token or await api.token(user)}"
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{api.url}{EVENTS}{query}", headers=headers) as answer,
    ):
        assert (answer.status, answer.content_type) == (200, "text/event-stream"), await answer.text()
        yield Stream(answer)


async def sent(api: Api, text: str) -> str:
    accepted = await api.ask("POST", SEND, json={"to": TO, "message": text})
    await api.leaves(accepted)
    return str(accepted.body["messageId"])


async def test_what_happens_is_told_in_order_while_it_happens(api: Api) -> None:
    async with listening(api) as stream:
        await api.connect("shop")
        online = await stream.until("connection.state", state="online")
        assert {each.data["data"]["connectionId"] for each in online} == {"shop"}
        came = await api.hears(text="Are you open?")
        [*_, heard] = await stream.until("message.received")
        assert heard.data.keys() == {"id", "type", "timestamp", "data"}
        assert (heard.data["id"], heard.data["type"]) == (heard.id, heard.event)
        assert heard.data["data"]["messageId"] == came
        assert heard.data["data"]["text"] == "Are you open?"
        message = await sent(api, "Till six")
        steps = [
            each for each in await stream.until("message.status", status="sent") if "status" in each.event
        ]
        assert [each.data["data"]["status"] for each in steps] == ["queued", "claimed", "sending", "sent"]
        assert {each.data["data"]["messageId"] for each in steps} == {message}
    positions = [int(each.id.partition("-")[0]) for each in (*online, heard, *steps)]
    assert positions == sorted(set(positions))


async def test_an_event_says_of_a_message_what_its_own_address_says(api: Api) -> None:
    await api.connect("shop")
    async with listening(api, "?types=message.received") as stream:
        came = await api.hears(text="hello", name="Dana")
        heard = await stream.next()
    assert heard
    shown = (await api.ask("GET", f"/api/whatsapp/messages/{came}")).body
    assert heard.data["data"] == {key: value for key, value in shown.items() if key != "direction"}


async def test_only_what_was_asked_for_is_told(api: Api) -> None:
    await api.connect("shop")
    await api.connect("other")
    query = "?types=message.received,message.status&connectionId=shop"
    async with listening(api, query) as stream, listening(api, "?types=message.received") as all_in:
        await api.hears("other", text="elsewhere")
        await api.hears(text="here")
        await sent(api, "thanks")
        heard = await stream.until("message.status", status="sent")
        assert {each.event for each in heard} == {"message.received", "message.status"}
        assert {each.data["data"]["connectionId"] for each in heard} == {"shop"}
        assert [(await all_in.next()).data["data"]["text"] for _ in "12"] == ["elsewhere", "here"]  # type: ignore[union-attr]
    assert (await api.ask("GET", f"{EVENTS}?connectionId=none")).is_problem(404, "Connection not found")
    for query in ("?types=message", "?types=", "?after=now", "?until=1-2", "?after=1-2&after=3-4"):
        assert (await api.ask("GET", EVENTS + query)).is_problem(422, "Invalid request"), query
    bad = await api.ask("GET", EVENTS, headers={"Last-Event-ID": "the last one"})
    assert bad.is_problem(422, "Invalid request")


async def test_the_place_is_told_before_anything_happens(api: Api) -> None:
    await api.connect("shop")
    async with listening(api, "?types=message.received") as stream:
        line = await stream.line()
    assert line.startswith("id: ")
    await api.hears(text="nobody listens")
    async with listening(api, "?types=message.received", **{"Last-Event-ID": line[4:]}) as stream:
        heard = await stream.next()
    assert heard
    assert heard.data["data"]["text"] == "nobody listens"


@pytest.mark.parametrize("way", ["header", "query"])
async def test_whoever_comes_again_goes_on_where_he_left_off(api: Api, way: str) -> None:
    await api.connect("shop")
    said = [f"message {number}" for number in range(30)]
    async with listening(api, "?types=message.received") as stream:
        for text in said[:3]:
            await api.hears(text=text)
        first, second = await stream.next(), await stream.next()
    assert first
    assert second
    for text in said[3:]:  # nobody listens
        await api.hears(text=text)
    again = {"Last-Event-ID": second.id} if way == "header" else {}
    after = f"&after={second.id}" if way == "query" else ""
    async with listening(api, f"?types=message.received{after}", **again) as stream:
        heard = [await stream.next() for _ in said[2:]]
    assert [each.data["data"]["text"] for each in heard if each] == said[2:]


async def test_nobody_hears_of_what_is_anothers(api: Api) -> None:
    await api.connect("shop")
    await api.connect("theirs", "stranger")
    kinds = "?types=message.received,fault"
    async with listening(api, kinds, "stranger") as stranger, listening(api, kinds, "admin") as admin:
        for number in range(20):
            await api.hears(text=f"for the operator {number}")
        await api.engine.opened["theirs"].hears(text="for the stranger")
        heard = await stranger.until("message.received")
        assert [each.data["data"].get("connectionId") for each in heard] == ["theirs"]
        await report(api, Fault(where="disk", reason="it is nearly full", at=api.clock.now()))
        [only] = await admin.until("fault")
        assert only.data["data"]["reason"] == "it is nearly full"
        await api.engine.opened["theirs"].hears(text="and another")
        [second] = await stranger.until("message.received")
        assert second.data["data"]["text"] == "and another"


async def test_a_notice_is_told_to_its_tenant_who_may_ask_for_these_alone(api: Api) -> None:
    await api.connect("shop")
    tenant = (await api.hub.accounts.verify(await api.token("operator"))).user_id
    async with listening(api, "?types=notice") as stream, listening(api, "", "stranger") as stranger:
        await api.hears(text="I want a person")
        about = {"topic": "order", "by": "auto_reply", "message_id": "m1", "connection_id": "shop"}
        await report(api, Notice(**about, tenant=tenant, at=api.clock.now()))
        heard = await stream.next()
        await api.connect("theirs", "stranger")
        strange = await stranger.until("connection.state", state="online")
    assert heard and heard.event == "notice"
    assert heard.data["data"] == {
        **{"topic": "order", "note": "", "by": "auto_reply", "because": ""},
        **{"messageId": "m1", "connectionId": "shop"},
    }
    assert "notice" not in {each.event for each in strange}


async def test_a_key_for_one_connection_hears_of_that_one(api: Api) -> None:
    await api.connect("shop")
    await api.connect("other")
    body = {"name": "bound", "scopes": ["read"], "connections": ["other"]}
    key = (await api.ask("POST", "/api/keys", json=body)).body["key"]
    async with listening(api, token=key) as stream:
        await api.hears(text="not for this key")
        await api.hears("other", text="for this key")
        [heard] = await stream.until("message.received")
    assert heard.data["data"]["text"] == "for this key"
    refused = await api.ask(
        "GET", f"{EVENTS}?connectionId=shop", None, headers={"Authorization": f"Bearer {key}"}
    )
    assert refused.is_problem(404, "Connection not found")


async def test_a_stream_ends_with_its_login(api: Api) -> None:
    await api.connect("shop")
    async with listening(api, "?types=message.received") as stream:
        who = await api.hub.accounts.verify(await api.token("operator"))
        await api.hub.accounts.revoke(who.user_id)
        heard = await stream.next()
        assert heard
        assert heard.event == "ended"
        assert await stream.next() is None


async def test_it_is_told_when_events_are_missing(api: Api) -> None:
    await api.connect("shop")
    async with listening(api, "?types=message.received") as stream:
        await api.hears(text="one")
        first = await stream.next()
    assert first
    await api.hears(text="two")
    await api.hears(text="three")
    head = await api.hub.events.head()
    before = api.clock.now() + timedelta(days=1)
    await api._db.write(lambda conn: retention.FACTS.remove(conn, range(1, head), before))
    for seen in (first.id, f"{head + 1000}-0"):  # retention has passed it; the database was put back
        async with listening(api, "?types=message.received", **{"Last-Event-ID": seen}) as stream:
            heard = await stream.next()
            assert heard
            assert (heard.event, heard.id) == ("gap", "")


async def test_a_text_may_hold_what_ends_lines_elsewhere(api: Api) -> None:
    await api.connect("shop")
    text = "one\u2028two\u2029three\x85four\nfive\rsix\x0cseven"
    async with listening(api, "?types=message.received") as stream:
        await api.hears(text=text)
        heard = await stream.next()
    assert heard
    assert heard.data["data"]["text"] == text


async def test_whoever_may_less_now_comes_again_as_who_he_is(api: Api) -> None:
    await api.connect("shop")
    token = await api.token("admin")
    who = await api.hub.accounts.verify(token)
    await api.hub.accounts.add_user("another-admin", "correct horse battery", Role.ADMIN, "enterprise")
    async with listening(api, "?types=fault", "admin") as stream:
        await api.hub.accounts.change_user(who.user_id, role=Role.VIEWER)
        await report(api, Fault(where="disk", reason="not for him any more", at=api.clock.now()))
        heard = await stream.next()
        assert heard
        assert heard.event == "ended"


async def test_one_user_has_so_many_streams(api: Api) -> None:
    await api.connect("shop")
    token = await api.token("operator")
    headers = {"Authorization": f"Bearer {token}"}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        answers = [await session.get(api.url + EVENTS) for _ in range(50)]
        assert {answer.status for answer in answers} == {200}
        assert (await api.ask("GET", EVENTS)).is_problem(429, "Rate limit exceeded")
        async with listening(api, user="stranger"):
            pass
        answers.pop().close()
        async with asyncio.timeout(PATIENCE):
            while (answer := await session.get(api.url + EVENTS)).status == 429:
                answer.close()
        for each in (answer, *answers):
            each.close()


async def report(api: Api, fact: Fault | Notice) -> None:
    await api._db.write(lambda conn: stored.tell(conn, fact, at=fact.at))
