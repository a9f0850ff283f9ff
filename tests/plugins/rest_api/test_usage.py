"""What a plan allows: messages a day, the size of a file, connections; and what is said of it."""

import asyncio
import io
from datetime import datetime
from typing import Any

import aiohttp
import pytest

from chatgrow_bot.messages import Attachment, Kind
from chatgrow_bot.store import usage

from .conftest import CONNECTIONS, Api, Reply

SEND = f"{CONNECTIONS}/shop/send"
MEDIA = "/api/whatsapp/media"
TO = "+1 415 555 0123"
LIMIT, MEDIA_SIZE = 200, 16 << 20  # of the plan 'free'
BIG = bytes(MEDIA_SIZE + 1)


async def tenant(api: Api, user: str = "operator") -> str:
    return (await api.hub.accounts.verify(await api.token(user))).user_id


async def move(api: Api, plan: str, user: str = "operator") -> None:
    """Give a user another plan, as an admin does."""
    path = f"/api/users/{await tenant(api, user)}"
    assert (await api.ask("PUT", path, "admin", json={"plan": plan})).status == 200


async def use(api: Api, amount: int) -> None:
    """As if the operator had sent so many before."""
    who, now = await tenant(api), api.clock.now()
    await api._db.write(lambda conn: usage.add(conn, who, now, amount))


async def send(api: Api, text: str = "hello", **more: Any) -> Reply:
    return await api.ask("POST", SEND, json={"to": TO, "message": text}, **more)


async def test_the_plan_and_what_is_used_of_it_are_shown(api: Api) -> None:
    await api.connect("shop")
    await move(api, "free")
    await use(api, 159)
    await send(api)

    shown = await api.ask("GET", "/api/usage")

    assert shown.status == 200
    assert shown.body == {
        "plan": "free",
        "messages": {
            "day": {
                "used": 160,
                "limit": 200,
                "remaining": 40,
                "refused": 0,
                "near": True,
                "resetsAt": "2026-01-02T00:00:00Z",
            },
            "month": {
                "used": 160,
                "limit": 3000,
                "remaining": 2840,
                "refused": 0,
                "near": False,
                "resetsAt": "2026-02-01T00:00:00Z",
            },
        },
        "connections": {"used": 1, "limit": 1},
        "mediaSize": MEDIA_SIZE,
        "pacingFloor": 30.0,
        "bulk": False,
    }


async def test_without_limits_it_is_counted_all_the_same_and_everybody_sees_his_own(api: Api) -> None:
    await api.connect("shop")
    await send(api)

    mine, theirs = [(await api.ask("GET", "/api/usage", who)).body for who in ("operator", "stranger")]

    assert mine["messages"]["day"] | {"resetsAt": ""} == {
        "used": 1,
        "limit": None,
        "remaining": None,
        "refused": 0,
        "near": False,
        "resetsAt": "",
    }
    assert theirs["messages"]["day"]["used"] == theirs["connections"]["used"] == 0


async def test_past_the_limit_it_is_429_with_the_figures_until_the_day_ends(api: Api) -> None:
    await api.connect("shop")
    await move(api, "free")
    await use(api, LIMIT - 5)
    answers = await asyncio.gather(*(send(api, f"{n}") for n in range(12)))

    assert sorted(answer.status for answer in answers) == [202] * 5 + [429] * 7
    refused = next(answer for answer in answers if answer.status == 429)
    assert refused.is_problem(429, "Rate limit exceeded")
    assert "200 of 200 messages of the plan 'free' are used today" in refused.body["detail"]
    midnight = datetime.fromisoformat("2026-01-02T00:00:00Z")
    left = (midnight - api.clock.now()).total_seconds()
    assert left <= int(refused.headers["Retry-After"]) <= left + 1
    facts = {key: refused.body[key] for key in ("limit", "used", "resetsAt")}
    assert facts == {"limit": 200, "used": 200, "resetsAt": "2026-01-02T00:00:00Z"}
    day = (await api.ask("GET", "/api/usage")).body["messages"]["day"]
    assert (day["used"], day["refused"], day["remaining"], day["near"]) == (200, 7, 0, True)

    api.clock.advance(left)
    assert (await send(api, "tomorrow")).status == 202


async def test_a_larger_plan_counts_at_once(api: Api) -> None:
    await api.connect("shop")
    await move(api, "free")
    await use(api, LIMIT)
    assert (await send(api)).status == 429
    second = {"connectionId": "second"}
    assert (await api.ask("POST", CONNECTIONS, json=second)).is_problem(429, "Rate limit exceeded")

    await move(api, "premium")

    assert (await send(api)).status == 202
    assert (await api.ask("POST", CONNECTIONS, json=second)).status == 201


async def test_a_repeat_of_one_key_counts_once_and_another_body_is_refused(api: Api) -> None:
    await api.connect("shop")
    headers = {"Idempotency-Key": "order-7"}
    answers = await asyncio.gather(*(send(api, headers=headers) for _ in range(20)))

    assert {answer.status for answer in answers} == {202}
    assert len({answer.body["messageId"] for answer in answers}) == 1
    assert (await send(api, "other", headers=headers)).is_problem(422, "Idempotency key reused")
    assert (await api.ask("GET", "/api/usage")).body["messages"]["day"]["used"] == 1


async def test_a_reaction_counts_like_any_other_message(api: Api) -> None:
    await api.connect("shop")
    await move(api, "free")
    came = await api.hears(text="hello")
    await use(api, LIMIT)
    react = await api.ask("POST", f"/api/whatsapp/messages/{came}/react", json={"emoji": "👍"})
    assert react.is_problem(429, "Rate limit exceeded")


async def upload(api: Api, size: int, form: bool) -> Reply:
    body = io.BytesIO(bytes(size))
    if not form:
        return await api.ask("POST", MEDIA, data=body, headers={"Content-Type": "application/octet-stream"})
    data = aiohttp.FormData()
    data.add_field("file", body, filename="a.bin", content_type="application/octet-stream")
    return await api.ask("POST", MEDIA, data=data)


@pytest.mark.parametrize(("size", "form"), [(1, False), (1, True), (1 << 20, False)])
async def test_an_upload_larger_than_the_plan_allows_is_refused_and_leaves_nothing(
    api: Api, size: int, form: bool
) -> None:
    """Also one whose size is told by its headers alone: not a byte of it is asked for."""
    await move(api, "free")
    answer = await upload(api, MEDIA_SIZE + size, form)

    assert answer.is_problem(413, "File too large")
    assert f"larger than {MEDIA_SIZE} bytes" in answer.body["detail"]
    files = [each for each in (api.home / "sessions" / "media").rglob("*") if each.is_file()]
    assert files == []


async def test_a_file_within_the_plan_goes_and_one_beyond_it_goes_by_no_name(api: Api) -> None:
    await api.connect("shop")
    before = (await upload(api, len(BIG), form=False)).body["uploadId"]
    (api.home / "media" / "big.bin").write_bytes(BIG)
    (api.home / "media" / "fits.bin").write_bytes(bytes(MEDIA_SIZE))
    await move(api, "free")

    for name in ({"uploadId": before}, {"path": str(api.home / "media" / "big.bin")}):
        body = {"to": TO, "message": {"media": name}}
        assert (await api.ask("POST", SEND, json=body)).is_problem(413, "File too large")
    fits = {"to": TO, "message": {"media": {"path": str(api.home / "media" / "fits.bin")}}}
    assert (await api.ask("POST", SEND, json=fits)).status == 202
    assert (await api.ask("GET", "/api/usage")).body["messages"]["day"]["used"] == 1


async def test_a_larger_file_comes_in_and_cannot_be_forwarded(api: Api) -> None:
    session = await api.connect("shop")
    await move(api, "free")
    session.files["WA1"] = BIG
    file = Attachment(mimetype="application/pdf", filename="a.pdf")
    came = await api.hears(text="", kind=Kind.DOCUMENT, attachment=file, wa_id="WA1")

    assert len((await api.ask("GET", f"{MEDIA}/{came}")).body) == len(BIG)
    forward = await api.ask("POST", f"/api/whatsapp/messages/{came}/forward", json={"to": TO})
    assert forward.is_problem(413, "File too large")
