"""Conversations over HTTP: what agents do, who may do it, and what a repeat does."""

import asyncio
from typing import Any

import pytest

from chatgrow_bot.hub import Scope

from .conftest import CONNECTIONS, Api, Reply
from .test_events import listening
from .test_keys import key

TALKS, TEAMS = "/api/whatsapp/conversations", "/api/whatsapp/teams"
DANA, AVI = {"agent": "dana"}, {"agent": "avi"}
CUSTOMER = "15551230007@c.us"


async def do(
    api: Api, talk: Any, what: str, body: Any = None, user: str | None = "operator", **more: Any
) -> Reply:
    """Something is done in a conversation."""
    name = talk if isinstance(talk, str) else talk["conversationId"]
    return await api.ask("POST", f"{TALKS}/{name}/{what}", user, **more, **({"json": body} if body else {}))


async def handed(api: Api, chat: str = CUSTOMER, **more: Any) -> dict[str, Any]:
    """A chat is handed to the sales team, whose members take what waits."""
    body = {"connectionId": "shop", "chat": chat, "team": "sales", **more}
    made = await api.ask("POST", TALKS, json=body)
    assert made.status == 201, made
    assert made.headers["Location"] == f"{TALKS}/{made.body['conversationId']}"
    return dict(made.body)


async def look(api: Api, talk: Any, user: str = "operator") -> dict[str, Any]:
    """All that is told of one."""
    shown = await api.ask("GET", f"{TALKS}/{talk['conversationId']}", user)
    assert shown.status == 200, shown
    return dict(shown.body)


async def texts(api: Api, talk: Any) -> list[str]:
    """What went to the customer, oldest first."""
    page = (await api.ask("GET", f"{TALKS}/{talk['conversationId']}/messages")).body
    return [each["text"] for each in reversed(page["messages"]) if each["direction"] == "outbound"]


async def test_a_chat_is_handed_over_taken_answered_and_closed(api: Api) -> None:
    await api.connect("shop")
    await api.hears(text="I want a cake", sender=CUSTOMER, name="A customer")
    talk = await handed(api, note="For Friday")
    assert (talk["number"], talk["state"], talk["team"], talk["agent"]) == (1, "waiting", "sales", None)
    taken = await do(api, talk, "take", DANA)
    assert (taken.status, taken.body) == (200, talk | {"state": "agent", "agent": "dana"})
    said = await do(api, talk, "messages", {"message": "Hello, this is Dana", **DANA})
    assert (await api.leaves(said)).text == "Hello, this is Dana"
    assert (await do(api, talk, "note", {"text": "Wants it blue", **DANA})).status == 204
    closed = await do(api, talk, "close", DANA)
    assert closed.body["state"] == "closed"
    assert (await do(api, talk, "close", DANA)).body == closed.body, "closing it again does nothing"
    shown = await look(api, talk)
    assert [each["event"] for each in shown["story"]] == ["opened", "taken", "answered", "noted", "closed"]
    assert [each["by"] for each in shown["story"]][2:] == ["dana", "dana", "dana"]
    assert shown["note"] == "For Friday"
    assert shown["closedBy"] == "dana"
    assert shown["summary"]["messages"][0]["text"] == "I want a cake"
    assert "I want a cake" in shown["summary"]["text"]


async def test_what_is_done_in_the_name_of_nobody_is_done_by_the_user(api: Api) -> None:
    await api.connect("shop")
    talk = await handed(api)
    for what in ("take", "messages"):
        body = {"message": "hello"} if what == "messages" else None
        refused = await do(api, talk, what, body)
        assert refused.is_problem(422, "Invalid request")
        assert "Name the agent" in refused.body["detail"]
    assert (await do(api, talk, "note", {"text": "a note"})).status == 204
    await do(api, talk, "close")
    story = (await look(api, talk))["story"]
    assert [each["by"] for each in story] == ["operator-user"] * 3


async def test_who_is_an_agent_himself_acts_as_one(api: Api) -> None:
    api.names["operator"] = "dana-user"
    await api.connect("shop")
    assert (await api.ask("GET", TEAMS)).body["me"] == "dana"
    talk = await handed(api)
    assert (await do(api, talk, "take")).body["agent"] == "dana"
    await api.leaves(await do(api, talk, "messages", {"message": "hello"}))
    await do(api, talk, "transfer", AVI)
    shown = await look(api, talk)
    assert shown["agent"] == "avi"
    assert [each["by"] for each in shown["story"]] == ["dana"] * 4


async def test_nobody_takes_or_says_over_the_head_of_a_colleague(api: Api) -> None:
    await api.connect("shop")
    talk = await handed(api)
    await do(api, talk, "take", DANA)
    for what, body in (("take", AVI), ("messages", {"message": "mine!", **AVI})):
        assert (await do(api, talk, what, body)).is_problem(409, "Conversation of a colleague"), what
    assert (await do(api, talk, "transfer", {"agent": "avi", "by": "dana"})).body["agent"] == "avi"
    assert (await do(api, talk, "messages", {"message": "mine now", **AVI})).status == 202
    assert (await do(api, talk, "release", AVI)).body["state"] == "waiting"
    passed = await do(api, talk, "transfer", {"team": "managers"})
    assert (passed.body["team"], passed.body["state"]) == ("managers", "waiting")
    await do(api, talk, "close")
    late = await do(api, talk, "messages", {"message": "too late", **AVI})
    assert late.is_problem(409, "Conversation closed")


async def test_a_message_that_is_asked_for_twice_under_a_key_goes_out_once(api: Api) -> None:
    session = await api.connect("shop")
    talk, once = await handed(api), {"Idempotency-Key": "k1"}
    body = {"message": "Hello", **DANA}
    first = await do(api, talk, "messages", body, headers=once)
    again = await do(api, talk, "messages", body, headers=once)
    assert first.body["messageId"] == again.body["messageId"]
    other = await do(api, talk, "messages", body | {"message": "Another"}, headers=once)
    assert other.is_problem(422, "Idempotency key reused")
    without = [await do(api, talk, "messages", body) for _ in range(2)]
    assert len({each.body["messageId"] for each in without}) == 2
    await api.leaves(without[-1])
    assert [each.text for each in session.sent].count("Hello") == 3


async def test_files_and_quotes_reach_the_customer(api: Api) -> None:
    await api.connect("shop")
    asked = await api.hears(text="What do you have?", sender=CUSTOMER)
    talk = await handed(api)
    menu = {"media": {"data": "JVBERi0xLjQgeA==", "filename": "menu.pdf"}, "caption": "All of it"}
    said = await do(api, talk, "messages", {"message": menu, "replyTo": asked, **DANA})
    parcel = await api.leaves(said)
    assert (parcel.chat, parcel.text) == (CUSTOMER, "All of it")
    assert parcel.media
    assert (await api.ask("GET", said.headers["Location"])).body["about"] == asked
    shown = (await api.ask("GET", said.headers["Location"])).body
    assert (shown["source"], shown["priority"]) == ("agent", "high")
    place = {"location": {"latitude": 32.0, "longitude": 34.8}}
    assert (await api.leaves(await do(api, talk, "messages", {"message": place, **DANA}))).payload


async def test_the_answer_may_be_waited_for(api: Api) -> None:
    await api.connect("shop")
    talk = await handed(api)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        asked = group.create_task(do(api, talk, "messages?wait=60", {"message": "Hello", **DANA}))
        while not asked.done():
            await api._pass(0.2)
    assert (asked.result().status, asked.result().body["status"]) == (200, "sent")


async def test_conversations_are_listed_by_state_team_and_agent_in_pages(api: Api) -> None:
    await api.connect("shop")
    talks = [await handed(api, f"1555123000{n}@c.us") for n in range(5)]
    await do(api, talks[0], "take", DANA)
    await do(api, talks[1], "close")
    await do(api, talks[2], "transfer", {"team": "managers"})

    async def numbers(**asked: Any) -> list[int]:
        page = (await api.ask("GET", TALKS, params=asked)).body
        return [each["number"] for each in page["conversations"]]

    assert await numbers() == [5, 4, 3, 1]
    assert await numbers(state="waiting") == [5, 4, 3]
    assert await numbers(state="closed") == [2]
    assert await numbers(team="managers") == [3]
    assert await numbers(agent="dana") == [1]
    assert await numbers(team="nobody") == []
    seen, before = list[int](), None
    while True:
        asked = {"limit": 2} | ({"before": before} if before else {})
        page = (await api.ask("GET", TALKS, params=asked)).body
        seen += [each["number"] for each in page["conversations"]]
        if (before := page["next"]) is None:
            break
    assert seen == [5, 4, 3, 1]


async def test_the_messages_of_its_chat_come_in_pages_and_by_time(api: Api) -> None:
    await api.connect("shop")
    for number in range(3):
        await api.hears(text=f"before {number}", sender=CUSTOMER)
    await api.hears(text="of another", sender="15551230008@c.us")
    api.clock.advance(60)
    talk = await handed(api)
    api.clock.advance(1)
    await api.hears(text="Hello?", sender=CUSTOMER)
    path, opened = f"{TALKS}/{talk['conversationId']}/messages", (await look(api, talk))["openedAt"]

    async def inbound(**asked: Any) -> list[str]:
        page = (await api.ask("GET", path, params=asked)).body
        return [each["text"] for each in page["messages"] if each["direction"] == "inbound"]

    assert await inbound() == ["Hello?", "before 2", "before 1", "before 0"]
    assert await inbound(since=opened) == ["Hello?"]
    page = (await api.ask("GET", path, params={"limit": 2})).body
    assert len(page["messages"]) == 2
    assert (await inbound(limit=200, before=page["next"]))[-1] == "before 0"


async def test_one_chat_is_with_one_team_at_a_time(api: Api) -> None:
    await api.connect("shop")
    await handed(api)
    again = {"connectionId": "shop", "chat": CUSTOMER, "team": "managers"}
    refused = await api.ask("POST", TALKS, json=again)
    assert refused.is_problem(409, "Conversation already open")
    assert "#1" in refused.body["detail"]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"team": "nobody"}, 422),
        ({"chat": "120363041234567890@g.us"}, 422),
        ({"chat": "nobody"}, 422),
        ({"connectionId": "elsewhere"}, 404),
        ({"note": "x" * 2001}, 422),
        ({"tenant": "another"}, 422),
    ],
)
async def test_what_cannot_be_handed_over_is_refused(api: Api, wrong: dict[str, str], status: int) -> None:
    await api.connect("shop")
    body = {"connectionId": "shop", "chat": CUSTOMER, "team": "sales"}
    assert (await api.ask("POST", TALKS, json=body | wrong)).status == status
    assert (await api.ask("GET", TALKS)).body["conversations"] == []


async def test_what_cannot_be_done_is_refused(api: Api) -> None:
    await api.connect("shop")
    talk = await handed(api)
    for what, body in (
        ("take", {"agent": "nobody"}),
        ("release", {"agent": "nobody"}),
        ("close", {"agent": "nobody"}),
        ("note", {"text": ""}),
        ("note", {"text": "x", "agent": "nobody"}),
        ("transfer", {"agent": "nobody"}),
        ("transfer", {"team": "nobody"}),
        ("transfer", {"team": "sales", "agent": "dana"}),
        ("transfer", {"by": "dana"}),
        ("messages", {"message": "", **DANA}),
        ("messages", {"message": "x", "to": CUSTOMER, **DANA}),
        ("messages", {"message": "x", "agent": "nobody"}),
    ):
        assert (await do(api, talk, what, body)).is_problem(422, "Invalid request"), (what, body)
    assert [each["event"] for each in (await look(api, talk))["story"]] == ["opened"]


async def test_a_conversation_of_somebody_else_is_none(api: Api) -> None:
    await api.connect("shop")
    talk = await handed(api)
    _, elsewhere = await key(api, "operator", Scope.READ, Scope.SEND, connections=[await another(api)])
    calls: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("GET", "/messages", None),
        ("POST", "/take", DANA),
        ("POST", "/transfer", {"team": "managers"}),
        ("POST", "/release", DANA),
        ("POST", "/close", None),
        ("POST", "/note", {"text": "a note"}),
        ("POST", "/messages", {"message": "hello", **DANA}),
    ]
    for method, what, body in calls:
        for user, headers in (("stranger", {}), (None, elsewhere)):
            more = {"headers": headers, **({"json": body} if body else {})}
            told = []
            for name in (talk["conversationId"], "0" * 32):
                answer = await api.ask(method, f"{TALKS}/{name}{what}", user, **more)
                assert answer.is_problem(404, "Conversation not found"), (method, what)
                told.append(str(answer.body | {"requestId": ""}).replace(name, ""))
            assert told[0] == told[1], (method, what)
    assert (await api.ask("GET", TALKS, "stranger")).body == {"conversations": [], "next": None}
    bound = await api.ask("GET", TALKS, None, headers=elsewhere)
    assert bound.body == {"conversations": [], "next": None}
    body = {"connectionId": "shop", "chat": "15551230009@c.us", "team": "sales"}
    for user, headers in (("stranger", {}), (None, elsewhere)):
        refused = await api.ask("POST", TALKS, user, headers=headers, json=body)
        assert refused.is_problem(404, "Connection not found")
    assert [each["event"] for each in (await look(api, talk))["story"]] == ["opened"]


async def another(api: Api) -> str:
    """Another connection of the operator's."""
    await api.create("other")
    return "other"


async def test_a_key_that_may_only_send_reads_no_word(api: Api) -> None:
    await api.connect("shop")
    await api.hears(text="a secret", sender=CUSTOMER, name="A secret")
    talk = await handed(api, note="a secret")
    _, header = await key(api, "operator", Scope.SEND)
    for what, body in (("take", DANA), ("release", DANA), ("transfer", AVI), ("close", None)):
        answer = await do(api, talk, what, body, None, headers=header)
        assert set(answer.body) == {"conversationId", "number", "state", "team", "agent"}, what


async def test_the_teams_and_how_they_stand(api: Api) -> None:
    await api.connect("shop")
    await do(api, await handed(api), "take", DANA)
    await handed(api, "15551230008@c.us")
    told = (await api.ask("GET", TEAMS)).body
    assert told["me"] is None
    sales = next(each for each in told["teams"] if each["id"] == "sales")
    assert sales == {
        "id": "sales",
        "title": "Sales",
        "agents": [{"id": "dana", "name": "Dana Levi"}, {"id": "avi", "name": "Avi"}],
        "open": True,
        "opensAt": None,
        "waiting": 1,
        "held": 1,
    }
    _, bound = await key(api, "operator", Scope.READ, connections=["shop"])
    shown = (await api.ask("GET", TEAMS, None, headers=bound)).body["teams"]
    assert {(each["waiting"], each["held"]) for each in shown} == {(None, None)}
    assert "15559990001" not in str(told), "an agent's own number is nobody's business"


async def test_what_happens_in_a_conversation_is_told_while_it_happens(api: Api) -> None:
    await api.connect("shop")
    async with listening(api, "?types=conversation.opened,conversation.taken,conversation.closed") as stream:
        talk = await handed(api)
        await do(api, talk, "take", DANA)
        await do(api, talk, "note", {"text": "a secret"})
        await do(api, talk, "close", AVI)
        heard = await stream.until("conversation.closed")
    data = [each.data["data"] for each in heard]
    said = [(each["state"], each["agent"], each["by"]) for each in data]
    told = [(each.event, *what) for each, what in zip(heard, said, strict=True)]
    assert told == [
        ("conversation.opened", "waiting", None, "operator-user"),
        ("conversation.taken", "agent", "dana", "operator-user"),
        ("conversation.closed", "closed", None, "avi"),
    ]
    assert {each["conversationId"] for each in data} == {talk["conversationId"]}
    assert {each["connectionId"] for each in data} == {"shop"}
    assert "a secret" not in str(data)


async def test_the_bot_and_its_send_stay_open_to_the_business(api: Api) -> None:
    """A send of the API's is nobody's word in the conversation: it changes nothing there."""
    await api.connect("shop")
    talk = await handed(api)
    sent = await api.ask("POST", f"{CONNECTIONS}/shop/send", json={"to": CUSTOMER, "message": "Your order"})
    await api.leaves(sent)
    assert (await look(api, talk))["state"] == "waiting"
    assert "Your order" in await texts(api, talk)
