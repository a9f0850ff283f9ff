"""What reaches a receiver: which events, how signed, in which order, how often."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial

from aiohttp import web

from chatgrow_bot.hub import EventType, Role
from chatgrow_bot.messages import (
    ConnectionState,
    ConversationChange,
    ConversationEvent,
    ConversationState,
    HealthReport,
    Notice,
    Outbound,
)

from .conftest import WEBHOOKS, World


async def test_every_kind_of_event_arrives_signed_and_in_the_envelope(world: World) -> None:
    endpoint = await world.make()
    hub, anna = world.bot.running.hub, world.ids["anna"]
    who = await world.accounts.find("anna")
    await hub.connections.create(who, "shop", "Shop", "", {})
    await world.until(lambda: "shop" in world.bot.engine.opened, 0.1)

    def seen() -> set[str]:
        return {each.told["type"] for each in world.receiver.at("/crm")}

    def states() -> list[str | None]:
        return [each.told["data"].get("state") for each in world.receiver.at("/crm")]

    await world.until(lambda: EventType.CONNECTION in seen(), 0.1)
    await world.until(lambda: "online" in states(), 0.1)
    await world.bot.engine.opened["shop"].hears("hello there", "15551230001@c.us")
    message = Outbound(to="15551230001@c.us", text="hello back")
    await hub.outbox.enqueue(anna, "shop", message, source="test")
    await world.tell("something broke")
    hub.report(
        HealthReport(
            connection_id="shop",
            tenant=anna,
            state=ConnectionState.ONLINE,
            is_healthy=False,
            can_send=True,
            can_receive=False,
            heartbeat_age=90.0,
            backlog=3,
            at=world.clock.now(),
        )
    )
    noted = Notice(topic="order", by="rules", tenant=anna, connection_id="shop", at=world.clock.now())
    hub.report(noted)
    for event in ConversationEvent:
        hub.report(replace(happened(world), event=event))
    await world.until(lambda: seen() == set(EventType), 1)
    got = world.receiver.at("/crm")
    assert all(each.is_signed_by(endpoint["secret"]) for each in got)
    assert all(set(each.told) == {"id", "type", "timestamp", "data"} for each in got)
    assert all(each.told["id"] == each.id for each in got)
    assert any(each.told["data"].get("text") == "hello there" for each in got)
    assert any(each.told["data"].get("topic") == "order" for each in got)
    assert len({each.id for each in got}) == len(got)
    positions = [int(each.id.partition("-")[0]) for each in got]
    assert positions == sorted(positions)
    assert not any(each.is_signed_by("whsec_" + "A" * 44) for each in got)


async def test_only_what_was_chosen_arrives_from_the_connections_that_were_named(world: World) -> None:
    who = await world.accounts.find("anna")
    for name in ("shop", "second"):
        await world.bot.running.hub.connections.create(who, name, name, "", {})
    await world.make("/states", events=["connection.state"])
    await world.make("/shop", connections=["shop"])
    await world.until(lambda: len(world.bot.engine.opened) == 2, 0.1)
    await world.tell("broken")
    for name in ("second", "shop"):
        await world.bot.running.hub.connections.reconnect(who.user_id, name)
    await world.until(lambda: world.receiver.at("/shop") and world.receiver.at("/states"), 0.1)
    assert {each.told["type"] for each in world.receiver.at("/states")} == {"connection.state"}
    assert {each.told["data"]["connectionId"] for each in world.receiver.at("/shop")} == {"shop"}


async def test_what_happens_in_a_conversation_is_told_under_types_of_its_own(world: World) -> None:
    await world.make(events=["conversation.taken", "conversation.closed"])
    hub, told = world.bot.running.hub, happened(world)
    for event in ConversationEvent:
        hub.report(replace(told, event=event, tenant="another"))
        hub.report(replace(told, event=event))
    await world.until(lambda: len(world.receiver.at("/crm")) == 2, 1)
    got = [each.told for each in world.receiver.at("/crm")]
    assert [each["type"] for each in got] == ["conversation.taken", "conversation.closed"]
    assert got[0]["data"] == {
        "conversationId": "c1",
        "number": 12,
        "connectionId": "shop",
        "state": "agent",
        "team": "sales",
        "agent": "dana",
        "previousAgent": None,
        "by": "the clock",
    }


def happened(world: World) -> ConversationChange:
    """Something, in a conversation of Anna's."""
    return ConversationChange(
        conversation_id="c1",
        number=12,
        tenant=world.ids["anna"],
        connection_id="shop",
        event=ConversationEvent.OPENED,
        state=ConversationState.AGENT,
        team="sales",
        agent="dana",
        by="the clock",
        at=world.clock.now(),
    )


async def test_a_new_endpoint_begins_with_what_happens_from_now_on(world: World) -> None:
    await world.tell("before")
    await world.make()
    await world.tell("after")
    await world.until(lambda: world.receiver.at("/crm"))
    assert world.receiver.reasons("/crm") == ["after"]


async def test_admins_hear_the_hubs_own_faults_and_others_only_theirs(world: World) -> None:
    await world.user("chief", Role.ADMIN)
    await world.user("bob")
    for name in ("anna", "bob", "chief"):
        await world.make(f"/{name}", name)
    await world.tell("the hub's", hub=True)
    await world.tell("anna's")
    await world.tell("chief's", user="chief")
    await world.until(lambda: len(world.receiver.got) == 3)
    assert world.receiver.reasons("/anna") == ["anna's"]
    assert world.receiver.reasons("/bob") == []
    assert world.receiver.reasons("/chief") == ["the hub's", "chief's"]


async def test_nothing_is_sent_for_a_user_who_is_shut_out(world: World) -> None:
    await world.make()
    await world.user("bob")
    await world.make("/bob", "bob")
    await world.accounts.change_user(world.ids["anna"], disabled=True)
    world.clock.advance(10)
    await world.tell("secret")
    await world.tell("bob's", user="bob")
    await world.until(lambda: world.receiver.at("/bob"), 1)
    assert world.receiver.at("/crm") == []
    await world.accounts.change_user(world.ids["anna"], disabled=False)
    await world.until(lambda: world.receiver.at("/crm"), 1)
    assert world.receiver.reasons("/crm") == ["secret"]


async def test_a_file_is_named_by_a_whole_address_where_the_hubs_own_is_known(fresh: World) -> None:
    await fresh.start(publicUrl="https://hub.example.com/")
    await fresh.user("anna")
    who = await fresh.accounts.find("anna")
    await fresh.make(events=["message.received"])
    await fresh.bot.running.hub.connections.create(who, "shop", "Shop", "", {})
    views = fresh.bot.running.hub.connections
    async with asyncio.timeout(20):
        while (await views.get(who.user_id, "shop")).state != "online":
            fresh.clock.advance(0.1)
            await asyncio.sleep(0.005)
    await fresh.bot.engine.opened["shop"].hears(
        "a file", "15551230001@c.us", file=b"%PDF-1.4", mimetype="application/pdf", filename="menu.pdf"
    )
    await fresh.until(lambda: fresh.receiver.at("/crm"), 0.1)
    data = fresh.receiver.at("/crm")[0].told["data"]
    url = f"https://hub.example.com/api/whatsapp/media/{data['messageId']}"
    assert data["media"]["url"] == url
    path = url.removeprefix("https://hub.example.com")
    assert (await fresh.ask("GET", path)).status == 200


async def test_a_receiver_down_for_three_days_gets_every_event_once_in_order(world: World) -> None:
    world.receiver.answers["/crm"] = 503
    endpoint = await world.make()
    told = []
    for hour in range(72):
        told.append(f"event {hour}")
        await world.tell(told[-1])
        for _ in range(4):
            world.clock.advance(900)
            await asyncio.sleep(0.005)
    assert set(world.receiver.reasons("/crm")) == {"event 0"}
    assert (await world.shown(endpoint))["state"] == "retrying"
    failed = len(world.receiver.got)
    assert 7 <= failed <= 10
    world.receiver.answers["/crm"] = 200
    await world.until(lambda: len(world.receiver.at("/crm")) >= failed + 72, 600)
    back = world.receiver.at("/crm")[failed:]
    assert [each.reason for each in back] == told
    assert len({each.id for each in back}) == 72
    assert (await world.shown(endpoint))["state"] == "ok"


async def test_retry_after_is_honoured(world: World) -> None:
    world.receiver.answers["/crm"] = lambda: web.Response(status=429, headers={"Retry-After": "3000"})
    endpoint = await world.make()
    await world.tell("one")
    shown = await world.until_shown(endpoint, state="retrying")
    assert shown["attempts"] == 1
    assert shown["nextTryAt"] == (world.clock.now() + timedelta(seconds=3000)).isoformat().replace(
        "+00:00", "Z"
    )
    world.clock.advance(2990)
    await asyncio.sleep(0.1)
    assert len(world.receiver.got) == 1
    world.clock.advance(11)
    await world.until(lambda: len(world.receiver.got) == 2)


async def test_a_long_answer_is_no_failure(world: World) -> None:
    world.receiver.answers["/crm"] = lambda: web.Response(body=b"x" * (1 << 20))
    endpoint = await world.make()
    await world.tell("one", "two")
    await world.until(lambda: len(world.receiver.got) == 2)
    assert (await world.shown(endpoint))["state"] == "ok"
    tried = await world.ask("POST", f"{WEBHOOKS}/{endpoint['id']}/test")
    assert (tried.body["outcome"], tried.body["answer"]) == ("delivered", "x" * 1024)


async def test_a_redirect_that_drops_the_body_is_no_delivery_and_one_that_keeps_it_is(world: World) -> None:
    to = {"Location": f"{world.receiver.url}/moved"}
    for status, outcome in ((302, "later"), (301, "later"), (307, "delivered"), (308, "delivered")):
        world.receiver.answers["/crm"] = partial(web.Response, status=status, headers=to)
        endpoint = await world.make()
        tried = await world.ask("POST", f"{WEBHOOKS}/{endpoint['id']}/test")
        assert (tried.body["outcome"], tried.body["status"]) == (outcome, 200), status
    assert world.receiver.at("/moved")[-1].is_signed_by(endpoint["secret"])


async def test_one_that_does_not_answer_holds_up_no_other(world: World) -> None:
    world.receiver.held["/slow"] = asyncio.Event()
    await world.make("/slow")
    for number in range(100):
        await world.make(f"/slow?{number}" if number % 2 else "/gone", "anna") if number < 98 else None
    await world.make("/good")
    world.receiver.answers["/gone"] = 500
    await world.tell(*(f"event {number}" for number in range(50)))
    await world.until(lambda: len(world.receiver.at("/good")) == 50)
    assert world.receiver.reasons("/good") == [f"event {number}" for number in range(50)]
    await world.until(lambda: len(world.receiver.at("/slow")) == 50)  # one in flight for each
    assert set(world.receiver.reasons("/slow")) == {"event 0"}
