"""Sending, looking up and taking back."""

import asyncio
import re
from datetime import datetime, timedelta

import pytest

from .conftest import CONNECTIONS, Api, Reply

SEND = f"{CONNECTIONS}/shop/send"
MESSAGES = "/api/whatsapp/messages"
TO = "+1 415 555 0123"


async def status_of(api: Api, message_id: str) -> dict[str, object]:
    answer = await api.ask("GET", f"{MESSAGES}/{message_id}")
    assert answer.status == 200
    body: dict[str, object] = answer.body
    return body


async def settled(api: Api, message_id: str, status: str) -> dict[str, object]:
    for _ in range(500):
        body = await status_of(api, message_id)
        if body["status"] == status:
            return body
        api.clock.advance(0.5)
    raise AssertionError(f"never {status}: {body}")


async def test_a_text_is_accepted_sent_and_its_way_can_be_followed(api: Api) -> None:
    session = await api.connect("shop")
    accepted = await api.ask("POST", SEND, json={"to": TO, "message": "Hello שלום 👋"})
    assert accepted.status == 202
    assert accepted.body.keys() == {"messageId", "status", "reason", "estimatedSendAt"}
    assert accepted.body["status"] == "queued"
    assert datetime.fromisoformat(accepted.body["estimatedSendAt"]).tzinfo
    assert accepted.headers["Location"] == f"{MESSAGES}/{accepted.body['messageId']}"

    sent = await settled(api, accepted.body["messageId"], "sent")
    assert [parcel.text for parcel in session.sent] == ["Hello שלום 👋"]
    assert (sent["chat"], sent["type"], sent["source"], sent["ack"]) == ("14155550123@c.us", "text", "api", 1)
    steps = sent["timeline"]
    assert isinstance(steps, list)
    assert [steps[0]["status"], steps[-1]["status"]] == ["queued", "sent"]
    assert (sent["direction"], sent["text"], sent["about"]) == ("outbound", "Hello שלום 👋", "")
    assert (sent["media"], sent["payload"], sent["mentions"], sent["forwarded"]) == (None, None, [], False)


async def test_the_longest_text_passes_however_it_is_written(api: Api) -> None:
    await api.connect("shop")
    for text in ("x" * 65_536, "👋" * 65_536):  # as JSON the second takes 786 KB
        assert (await api.ask("POST", SEND, json={"to": TO, "message": text})).status == 202
    answer = await api.ask("POST", SEND, json={"to": TO, "message": "x" * 65_537})
    assert answer.is_problem(422, "Invalid request")
    assert answer.body["errors"][0]["pointer"] == "/message"


async def test_a_message_for_later_waits_and_can_be_taken_back(api: Api) -> None:
    session = await api.connect("shop")
    later = api.clock.now() + timedelta(minutes=10)
    options = {"sendAt": later.isoformat(), "priority": "high", "ttl": 60}
    accepted = await api.ask("POST", SEND, json={"to": TO, "message": "later", "options": options})
    assert datetime.fromisoformat(accepted.body["estimatedSendAt"]) >= later
    body = await status_of(api, accepted.body["messageId"])
    assert body["priority"] == "high"
    assert body["dueAt"] == later.isoformat().replace("+00:00", "Z")
    assert body["expiresAt"] == (later + timedelta(seconds=60)).isoformat().replace("+00:00", "Z")

    one = f"{MESSAGES}/{accepted.body['messageId']}"
    assert (await api.ask("DELETE", one)).body["status"] == "cancelled"
    assert (await api.ask("DELETE", one)).is_problem(409, "Conflict")
    api.clock.advance(14 * 60)
    assert (await status_of(api, accepted.body["messageId"]))["status"] == "cancelled"
    assert not session.sent


async def test_a_sent_message_cannot_be_taken_back(api: Api) -> None:
    await api.connect("shop")
    accepted = await api.ask("POST", SEND, json={"to": TO, "message": "gone"})
    await settled(api, accepted.body["messageId"], "sent")
    answer = await api.ask("DELETE", f"{MESSAGES}/{accepted.body['messageId']}")
    assert answer.is_problem(409, "Conflict")
    assert "sent" in answer.body["detail"]


async def test_a_repeated_key_is_one_message_and_another_body_is_refused(api: Api) -> None:
    await api.connect("shop")
    headers, body = {"Idempotency-Key": "order-17"}, {"to": TO, "message": "once"}

    async def send() -> Reply:
        return await api.ask("POST", SEND, json=body, headers=headers)

    replies = [await send(), *await asyncio.gather(*(send() for _ in range(10)))]
    assert {reply.status for reply in replies} == {202}
    assert len({reply.body["messageId"] for reply in replies}) == 1
    other = await api.ask("POST", SEND, json=body | {"message": "twice"}, headers=headers)
    assert other.is_problem(422, "Idempotency key reused")


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "ключ", "tab\there"])
async def test_a_key_that_cannot_be_kept_is_refused(api: Api, key: str) -> None:
    await api.create("shop")
    answer = await api.ask("POST", SEND, json={"to": TO, "message": "x"}, headers={"Idempotency-Key": key})
    assert answer.is_problem(422, "Invalid request") if key != " " else answer.status in (202, 422)


async def test_what_cannot_be_sent_is_told_with_the_next_step(api: Api) -> None:
    body = {"to": TO, "message": "x"}
    assert (await api.ask("POST", SEND, json=body)).is_problem(404, "Connection not found")
    await api.connect("shop")
    for to in (
        "12",
        "hello",
        "+999999999999",
        "1@evil",
        "@c.us",
        "\u202e14155550123",
        "+1 415 555 0123 4567890",
    ):
        answer = await api.ask("POST", SEND, json=body | {"to": to})
        assert answer.is_problem(422, "Invalid phone number")
    assert (await api.ask("GET", f"{MESSAGES}/{'0' * 32}")).is_problem(404, "Message not found")
    assert (await api.ask("DELETE", f"{MESSAGES}/nonsense")).is_problem(404, "Message not found")


async def test_a_connection_never_linked_answers_409_with_its_state(api: Api) -> None:
    await api.ask("POST", CONNECTIONS, json={"connectionId": "shop", "settings": {"engine": "nosuch"}})
    answer = await api.ask("POST", SEND, json={"to": TO, "message": "x"})
    assert answer.is_problem(409, "Connection not ready")
    assert re.match(r"Connection 'shop' is (created|starting|reconnecting|failed): ", answer.body["detail"])
