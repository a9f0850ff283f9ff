"""What is done in a chat at once: read marks, typing, presence, numbers, groups."""

from typing import Any

import pytest

from chatgrow_bot.engine import Activity, Group, Member
from chatgrow_bot.errors import EngineError
from chatgrow_bot.messages import ConnectionState

from .conftest import CONNECTIONS, Api

SHOP = f"{CONNECTIONS}/shop"
CHAT = "14155550123@c.us"
GROUP = "120363041234567890@g.us"


async def test_a_chat_is_marked_as_read_by_number_or_id(api: Api) -> None:
    session = await api.connect("shop")
    for chat in ("+14155550123", CHAT, GROUP):
        answer = await api.ask("POST", f"{SHOP}/chats/{chat}/read")
        assert (answer.status, answer.body) == (204, b"")
    assert session.read == [CHAT, CHAT, GROUP]
    assert (await api.ask("POST", f"{SHOP}/chats/12/read")).is_problem(422, "Invalid phone number")


async def test_typing_is_shown_as_asked_or_for_a_moment(api: Api) -> None:
    session = await api.connect("shop")
    path = f"{SHOP}/chats/{CHAT}/typing"
    assert (await api.ask("POST", path)).status == 204
    for body in ({"activity": "recording", "seconds": 25}, {"activity": "paused", "seconds": 0}):
        assert (await api.ask("POST", path, json=body)).status == 204
    assert session.shown == [
        (CHAT, Activity.TYPING, 5.0),
        (CHAT, Activity.RECORDING, 25.0),
        (CHAT, Activity.PAUSED, 0.0),
    ]
    for wrong in ({"activity": "dancing"}, {"seconds": 26}, {"seconds": -1}):
        answer = await api.ask("POST", path, json=wrong)
        assert answer.is_problem(422, "Invalid request")
        assert answer.body["errors"][0]["pointer"] == f"/{next(iter(wrong))}"


async def test_presence_is_turned_on_and_off(api: Api) -> None:
    session = await api.connect("shop")
    for available in (True, False):
        assert (await api.ask("POST", f"{SHOP}/presence", json={"available": available})).status == 204
        assert session.available is available
    assert (await api.ask("POST", f"{SHOP}/presence", json={})).is_problem(422, "Invalid request")


async def test_a_number_is_looked_up(api: Api) -> None:
    session = await api.connect("shop")
    session.strangers = {"14155550199@c.us"}
    known = await api.ask("GET", f"{SHOP}/numbers/1%20415-555-0123")
    assert known.body == {"number": "+14155550123", "exists": True, "chat": CHAT}
    unknown = await api.ask("GET", f"{SHOP}/numbers/+14155550199")
    assert unknown.body == {"number": "+14155550199", "exists": False, "chat": None}
    for wrong in ("12", "hello", GROUP):
        assert (await api.ask("GET", f"{SHOP}/numbers/{wrong}")).is_problem(422, "Invalid phone number")


async def test_groups_are_listed_with_who_is_in_them(api: Api) -> None:
    session = await api.connect("shop")
    assert (await api.ask("GET", f"{SHOP}/groups")).body == {"groups": []}
    session.known_groups = [
        Group(chat=GROUP, name="Team", members=(Member(chat=CHAT, name="Dana", admin=True),))
    ]
    assert (await api.ask("GET", f"{SHOP}/groups")).body == {
        "groups": [
            {"chat": GROUP, "name": "Team", "members": [{"chat": CHAT, "name": "Dana", "admin": True}]}
        ]
    }


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", f"chats/{CHAT}/read", None),
        ("POST", f"chats/{CHAT}/typing", {}),
        ("POST", "presence", {"available": True}),
        ("GET", "numbers/+14155550123", None),
        ("GET", "groups", None),
    ],
)
async def test_a_connection_that_is_not_online_says_so(
    api: Api, method: str, path: str, body: dict[str, bool] | None
) -> None:
    more: dict[str, Any] = {} if body is None else {"json": body}
    session = await api.connect("shop")
    session.becomes(ConnectionState.LOGGED_OUT)
    await api.until("operator", "shop", ConnectionState.LOGGED_OUT)
    answer = await api.ask(method, f"{SHOP}/{path}", **more)
    assert answer.is_problem(409, "Connection not ready")
    assert answer.body["state"] == "logged_out"
    missing = await api.ask(method, f"{CONNECTIONS}/none/{path}", **more)
    assert missing.is_problem(404, "Connection not found")


async def test_an_engine_that_fails_is_told_without_its_inside(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await api.connect("shop")

    async def fail(chat: str) -> None:
        raise EngineError("the page said: secret words")

    monkeypatch.setattr(session, "mark_read", fail)
    answer = await api.ask("POST", f"{SHOP}/chats/{CHAT}/read")
    assert answer.is_problem(502, "Engine error")
    assert "secret words" not in str(answer.body)
