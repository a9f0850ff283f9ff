"""`?wait=`: the answer to a send, put off until the message has left."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from chatgrow_bot.errors import SendRefused
from chatgrow_bot.outbox import Outbox

from .conftest import CONNECTIONS, Api, Reply

SEND = f"{CONNECTIONS}/shop/send"
TO = "+1 415 555 0123"
PATIENCE = 20.0


def waiting(api: Api) -> int:
    assert isinstance(api.hub.outbox, Outbox)
    return len(api.hub.outbox._waiting)


async def until_waiting(api: Api, count: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while waiting(api) != count:  # noqa: ASYNC110 (nobody tells it)
            await asyncio.sleep(0.005)


def send(api: Api, seconds: object, **more: Any) -> asyncio.Task[Reply]:
    body = {"to": TO, "message": "hello"}
    return asyncio.create_task(api.ask("POST", f"{SEND}?wait={seconds}", json=body, **more))


async def test_once_it_is_sent_it_is_answered_with_200(api: Api) -> None:
    session = await api.connect("shop")
    session.gate.clear()
    asked = send(api, 60)
    await until_waiting(api, 1)
    api.clock.advance(30)
    session.gate.set()
    answer = await asyncio.wait_for(asked, PATIENCE)

    assert answer.status == 200
    assert (answer.body["status"], answer.body["reason"]) == ("sent", "")
    shown = await api.ask("GET", answer.headers["Location"])
    assert answer.body["estimatedSendAt"] == shown.body["updatedAt"]


async def test_one_that_fails_is_told_with_its_reason(api: Api) -> None:
    session = await api.connect("shop")
    session.outcomes = [SendRefused("the number is not on WhatsApp")]
    answer = await asyncio.wait_for(send(api, 60), PATIENCE)

    assert (answer.status, answer.body["status"]) == (200, "failed")
    assert "not on WhatsApp" in answer.body["reason"]


async def test_what_is_under_way_when_the_time_is_over_is_answered_with_202(api: Api) -> None:
    await api.connect("shop")
    await api.ask("POST", f"{CONNECTIONS}/shop/pause")
    asked = send(api, 12.5)
    await until_waiting(api, 1)
    api.clock.advance(12.5)
    answer = await asyncio.wait_for(asked, PATIENCE)

    assert (answer.status, answer.body["status"]) == (202, "queued")
    assert waiting(api) == 0


async def test_without_it_nobody_waits(api: Api) -> None:
    await api.connect("shop")
    for query in ("", "?wait=0"):
        answer = await api.ask("POST", SEND + query, json={"to": TO, "message": "hello"})
        assert (answer.status, answer.body["status"]) == (202, "queued")


@pytest.mark.parametrize("seconds", [-1, 60.5, "long", "nan", "", "1&wait=2", "1&other=2"])
async def test_what_is_no_wait_is_refused_and_nothing_is_sent(api: Api, seconds: object) -> None:
    session = await api.connect("shop")
    assert (await send(api, seconds)).is_problem(422, "Invalid request")
    assert (await api.ask("GET", "/api/usage")).body["messages"]["day"]["used"] == 0
    assert session.sent == []


async def test_a_client_that_goes_away_frees_its_place_and_its_message_goes(api: Api) -> None:
    session = await api.connect("shop")
    session.gate.clear()
    asked = send(api, 60)
    await until_waiting(api, 1)
    asked.cancel()
    with suppress(asyncio.CancelledError):
        await asked
    await until_waiting(api, 0)

    session.gate.set()
    async with asyncio.timeout(PATIENCE):
        while not session.sent:  # noqa: ASYNC110 (nobody tells it)
            await asyncio.sleep(0.005)


async def test_a_repeat_under_the_same_key_waits_for_the_same_message(api: Api) -> None:
    session = await api.connect("shop")
    session.gate.clear()
    headers = {"Idempotency-Key": "order-7"}
    asked = [send(api, 60, headers=headers) for _ in range(5)]
    await until_waiting(api, 5)
    session.gate.set()
    answers = await asyncio.wait_for(asyncio.gather(*asked), PATIENCE)

    assert {answer.status for answer in answers} == {200}
    assert len({answer.body["messageId"] for answer in answers}) == 1
    assert len(session.sent) == 1
