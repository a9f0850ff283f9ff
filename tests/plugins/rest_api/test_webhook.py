"""Messages from outside: who gets in, what becomes of them, and that each comes in once."""

import asyncio
import json
from typing import Any

import pytest
from multidict import CIMultiDict
from sqlalchemy import func, select

from chatgrow_bot.accounts import Accounts
from chatgrow_bot.hub import Scope
from chatgrow_bot.messages import OUTSIDE, ConnectionState
from chatgrow_bot.store.account_tables import webhook_uses
from chatgrow_bot.store.tables import inbox

from .conftest import CONNECTIONS, Api, Reply
from .signing import JSON, SENDER, WEBHOOK, body_of, bring, key_of, signed

MESSAGES = "/api/whatsapp/messages"


async def refused(api: Api, headers: dict[str, str], body: bytes, connection_id: str = "shop") -> Reply:
    return await api.ask("POST", f"{WEBHOOK}/{connection_id}", None, data=body, headers=JSON | headers)


async def stored(api: Api) -> int:
    return await api._db.read(lambda conn: conn.execute(select(func.count()).select_from(inbox)).scalar_one())


async def test_a_signed_message_is_stored_as_one_that_came_in(api: Api) -> None:
    await api.create("shop")
    answer = await bring(api, await key_of(api), message="שלום 👋🏽", name="Dana")
    message_id = answer.body["messageId"]
    assert (answer.status, answer.headers["Location"]) == (202, f"{MESSAGES}/{message_id}")
    assert answer.body == {"messageId": message_id, "status": "stored", "answerable": True, "reason": ""}
    shown = (await api.ask("GET", f"{MESSAGES}/{message_id}")).body
    assert (shown["text"], shown["chat"], shown["name"]) == ("שלום 👋🏽", SENDER, "Dana")
    assert (shown["direction"], shown["type"], shown["fromMe"]) == ("inbound", "text", False)
    assert shown["sentAt"] == shown["receivedAt"] == "2026-01-01T12:00:00Z"


async def test_a_token_does_instead_of_a_signature(api: Api) -> None:
    await api.create("shop")
    body = {"message": "hello", "sender": SENDER, "timestamp": "2026-01-01T13:00:00+01:00", "type": "text"}
    answer = await api.ask("POST", f"{WEBHOOK}/shop", json=body)
    assert (answer.status, answer.body["answerable"]) == (202, True)
    twice = [await api.ask("POST", f"{WEBHOOK}/shop", json=body) for _ in range(2)]
    assert len({each.body["messageId"] for each in (answer, *twice)}) == 3, "without an id each is its own"
    assert (await api.ask("POST", f"{WEBHOOK}/shop", "viewer", json=body)).is_problem(403, "Not allowed")
    for where, user in (("shop", "stranger"), ("none", "operator")):
        foreign = await api.ask("POST", f"{WEBHOOK}/{where}", user, json=body)
        assert foreign.is_problem(404, "Connection not found")
    wrong = await api.ask("POST", f"{WEBHOOK}/shop", None, json=body, headers={"X-API-Key": "wrong"})
    assert wrong.is_problem(401, "Not logged in")
    assert await stored(api) == 3


async def test_a_key_for_programs_needs_the_scope_inbound(api: Api) -> None:
    for name in ("shop", "other"):
        await api.create(name)
    accounts = api.hub.accounts
    assert isinstance(accounts, Accounts)
    who = await accounts.find("operator-user")
    body = json.loads(body_of(api.clock.now()))
    for scope, where, status in (
        (Scope.INBOUND, "shop", 202),
        (Scope.INBOUND, "other", 404),
        (Scope.SEND, "shop", 403),
        (Scope.MANAGE, "shop", 403),
    ):
        _, key = await accounts.keys.make(who, "a key", scopes={scope}, connections={"shop"})
        headers = {"X-API-Key": key}
        answer = await api.ask("POST", f"{WEBHOOK}/{where}", None, json=body, headers=headers)
        assert answer.status == status, (scope, where, answer)
    assert await stored(api) == 1


@pytest.mark.parametrize("header", ["Idempotency-Key", "webhook-id"])
async def test_with_a_token_an_id_makes_a_repeat_one_message(api: Api, header: str) -> None:
    await api.create("shop")
    await api.create("other")
    body = json.loads(body_of(api.clock.now()))
    first, again = [
        await api.ask("POST", f"{WEBHOOK}/shop", json=body, headers={header: "order-17"}) for _ in range(2)
    ]
    assert (first.status, first.body["status"]) == (202, "stored")
    assert (again.status, again.body["status"]) == (200, "known")
    assert first.body["messageId"] == again.body["messageId"]
    assert (again.body["answerable"], again.body["reason"]) == (False, "its id was used before")
    other = await api.ask("POST", f"{WEBHOOK}/other", json=body, headers={header: "order-17"})
    assert (other.status, await stored(api)) == (202, 2)
    for bad in ("x" * 256, "é"):
        answer = await api.ask("POST", f"{WEBHOOK}/shop", json=body, headers={header: bad})
        assert answer.is_problem(422, "Invalid request")


async def test_what_is_not_signed_rightly_gets_one_answer_whatever_is_wrong(api: Api) -> None:
    for name in ("shop", "keyless", "other"):
        await api.create(name)
    await api.create("theirs", "stranger")
    key, now = await key_of(api), api.clock.now()
    body = body_of(now, message="👍")
    good = dict(signed(key, now, body))
    sign = good["webhook-signature"]
    again = json.dumps(json.loads(body), separators=(",", ":")).encode()
    tried: dict[str, tuple[dict[str, str], bytes, str]] = {
        "nothing": ({}, body, "shop"),
        "another key": (dict(signed(await key_of(api, "other"), now, body)), body, "shop"),
        "another tenant's key": (
            dict(signed(await key_of(api, "theirs", "stranger"), now, body)),
            body,
            "shop",
        ),
        "no keys": (good, body, "keyless"),
        "no connection": (good, body, "none"),
        "a connection of no form": (good, body, "%01"),
        "too old": (dict(signed(key, now, body, ahead=-301)), body, "shop"),
        "too new": (dict(signed(key, now, body, ahead=301)), body, "shop"),
        "read and written again": (good, again, "shop"),
        "an empty body": (good, b"", "shop"),
        "no JSON": (good, b"{", "shop"),
    }
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        tried[f"no {name}"] = ({k: v for k, v in good.items() if k != name}, body, "shop")
        for value in ("", "x", "\u00e9", "9" * 4000):
            tried[f"{name} {value[:3]}"] = (good | {name: value}, body, "shop")
    for at, cut in enumerate((sign[:-1], sign[:10], sign[3:], sign.replace("v1,", "v1a,"), sign + "=")):
        tried[f"signature {at}"] = (good | {"webhook-signature": cut}, body, "shop")
    seen = set()
    for name, (headers, sent, where) in tried.items():
        answer = await refused(api, headers, sent, where)
        assert answer.is_problem(401, "Not logged in"), (name, answer)
        seen.add(json.dumps(answer.body | {"requestId": ""}))
    assert len(seen) == 1
    assert (await refused(api, good, body, "a%00b")).is_problem(
        404, "Not found"
    )  # no connection is called so
    assert await stored(api) == 0
    assert (await refused(api, good, body)).status == 202, "the control"


async def test_a_header_that_is_there_twice_is_as_good_as_none(api: Api) -> None:
    await api.create("shop")
    body = body_of(api.clock.now())
    good = list(signed(await key_of(api), api.clock.now(), body).items())
    for twice in ([], *([each] for each in good[1:])):
        headers = CIMultiDict([*good, *twice])
        async with api._session.post(f"{api.url}{WEBHOOK}/shop", data=body, headers=headers) as answer:
            assert answer.status == (401 if twice else 202), twice


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"type": "image"}, "/type"),
        ({"message": ""}, "/message"),
        ({"message": "x" * 65_537}, "/message"),
        ({"message": {"media": {}}}, "/message"),
        ({"sender": ""}, "/sender"),
        ({"timestamp": None}, "/timestamp"),
        ({"timestamp": True}, "/timestamp"),
        ({"timestamp": "2026-01-01T12:00:00"}, "/timestamp"),
        ({"timestamp": 1e300}, "/timestamp"),
        ({"timestamp": -1e18}, "/timestamp"),
        ({"timestamp": 2**62}, "/timestamp"),
        ({"name": "x" * 201}, "/name"),
        ({"fromMe": True}, "/fromMe"),
        ({"tenant": "x"}, "/tenant"),
    ],
)
async def test_what_is_signed_and_does_not_fit_is_told_where(
    api: Api, change: dict[str, Any], at: str
) -> None:
    await api.create("shop")
    answer = await bring(api, await key_of(api), **change)
    assert answer.is_problem(422, "Invalid request")
    assert [each["pointer"] for each in answer.body["errors"]] == [at]
    assert await stored(api) == 0
    taken = await api._db.read(lambda conn: conn.execute(select(webhook_uses)).all())
    assert taken == [], "its id is not used up"


async def test_the_sender_is_a_person_by_number_or_chat_id(api: Api) -> None:
    await api.create("shop")
    key = await key_of(api)
    for at, sender in enumerate(("+15551230042", "15551230042@c.us", "123456789012345@lid")):
        answer = await bring(api, key, f"msg_{at}", sender=sender)
        assert answer.status == 202, sender
    for sender in ("120363041234567890@g.us", "status@broadcast", "hello", "+1"):
        answer = await bring(api, key, "msg_x", sender=sender)
        assert answer.is_problem(422, "Invalid phone number"), sender


async def test_a_time_to_come_is_refused_and_milliseconds_are_one(api: Api) -> None:
    await api.create("shop")
    key, now = await key_of(api), int(api.clock.now().timestamp())
    for timestamp in (now + 301, now + 86_400):
        assert (await bring(api, key, timestamp=timestamp)).is_problem(422, "Invalid request")
    assert (await bring(api, key, timestamp=now * 1000)).is_problem(422, "Invalid request")
    assert (await bring(api, key, timestamp=now + 299)).status == 202


async def test_an_old_message_is_stored_and_the_answer_says_why_nobody_is_asked(api: Api) -> None:
    await api.create("shop")
    key, now = await key_of(api), api.clock.now().timestamp()
    old = await bring(api, key, "msg_old", timestamp=now - 3600)
    assert old.body["answerable"] is False
    assert old.body["reason"] == "it was 3600 s old when first seen"
    assert (await api.ask("GET", f"{MESSAGES}/{old.body['messageId']}")).status == 200
    stop = await bring(api, key, "msg_stop", message="STOP")
    assert (stop.body["answerable"], stop.body["reason"][:10]) == (False, "it says wh")
    person = (await api.ask("GET", f"{CONNECTIONS}/shop/contacts/{SENDER}")).body
    assert person["optedOut"] is True


async def test_a_hundred_replays_at_once_are_one_message(api: Api) -> None:
    await api.create("shop")
    key = await key_of(api)
    answers = await asyncio.gather(*(bring(api, key) for _ in range(100)))
    assert {each.status for each in answers} == {200, 202}
    assert [each.status for each in answers].count(202) == 1
    assert len({each.body["messageId"] for each in answers}) == 1
    assert await stored(api) == 1


async def test_an_id_is_used_up_also_for_another_body(api: Api) -> None:
    await api.create("shop")
    key = await key_of(api)
    first = await bring(api, key, message="one")
    second = await bring(api, key, message="two")
    assert (second.status, second.body["messageId"]) == (200, first.body["messageId"])
    assert (await bring(api, key, "msg_2", message="two")).status == 202


async def test_a_message_from_outside_is_like_none_of_whatsapp_and_cannot_be_quoted(api: Api) -> None:
    await api.connect("shop")
    message_id = (await bring(api, await key_of(api))).body["messageId"]
    who = await api.hub.accounts.verify(await api.token("operator"))
    assert (await api.hub.inbox.get(who.user_id, message_id)).wa_id.startswith(OUTSIDE)
    send = {"to": SENDER, "message": "yes", "options": {"replyTo": message_id}}
    assert (await api.ask("POST", f"{CONNECTIONS}/shop/send", json=send)).is_problem(404, "Message not found")
    react = await api.ask("POST", f"{MESSAGES}/{message_id}/react", json={"emoji": "👍"})
    assert react.is_problem(404, "Message not found")


async def test_a_connection_that_is_away_takes_messages_in(api: Api) -> None:
    api.engine.opening.clear()
    await api.create("shop")
    key = await key_of(api)
    assert (await bring(api, key)).body["answerable"] is True
    api.engine.opening.set()
    await api.until("operator", "shop", ConnectionState.ONLINE)
