"""Bad bodies at every route that takes one: always told what is wrong, never a fault of ours."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from chatgrow_bot.errors import BadInput
from chatgrow_bot.server.bodies import decode, fit

from .conftest import CONNECTIONS, Api, body_models

MESSAGES = "/api/whatsapp/messages"
GOOD: dict[tuple[str, str], Any] = {
    ("POST", "/api/auth/login"): {"username": "x", "password": "wrong password"},
    ("POST", CONNECTIONS): {"connectionId": "fresh", "name": "n", "phoneNumber": "", "settings": {}},
    ("PUT", f"{CONNECTIONS}/shop"): {"name": "n", "phoneNumber": "", "settings": {}},
    ("POST", f"{CONNECTIONS}/shop/send"): {
        "to": "+14155550123",
        "message": {"media": {"data": "aGVsbG8=", "type": "document"}, "caption": "c"},
        "options": {"priority": "low", "sendAt": "2030-01-01T00:00:00Z", "ttl": 60, "mentions": []},
    },
    ("POST", "/api/commands/none"): {"args": ["a"]},
    ("POST", f"{CONNECTIONS}/shop/pairing-code"): {"phoneNumber": "+14155550123"},
    ("POST", f"{CONNECTIONS}/shop/chats/14155550123@c.us/typing"): {"activity": "typing", "seconds": 5},
    ("POST", f"{CONNECTIONS}/shop/presence"): {"available": True},
    ("POST", f"{MESSAGES}/none/react"): {"emoji": "👍"},
    ("POST", f"{MESSAGES}/none/edit"): {"text": "hello"},
    ("POST", f"{MESSAGES}/none/forward"): {"to": "+14155550123", "connectionId": "shop"},
}
#: What else a message may be.
CONTENTS: tuple[Any, ...] = (
    {"location": {"latitude": 1.5, "longitude": -2, "name": "n", "address": "a"}},
    {"contact": {"name": "Dana", "number": "+14155550123"}},
    {"contacts": [{"name": "Dana", "numbers": ["+14155550123"]}]},
    {"poll": {"question": "?", "options": ["a", "b"], "choices": 1}},
)
WRONG: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    2**62,
    "",
    " ",
    "x" * 70_000,
    "\u202e",
    [],
    [[]],
    {},
    {"a": {"b": [1]}},
    "؀" * 300,
)


@pytest.fixture(autouse=True)
def no_faults() -> Iterator[None]:
    with capture_logs() as logs:
        yield
    assert not [line for line in logs if line["event"] == "request failed"]


def places(value: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield at
    if isinstance(value, dict):
        for key, below in value.items():
            yield from places(below, (*at, key))


def changed(value: Any, at: tuple[str, ...], to: Any) -> Any:
    return {**value, at[0]: changed(value[at[0]], at[1:], to)} if at else to


@pytest.mark.parametrize("route", GOOD, ids=" ".join)
async def test_each_value_of_a_wrong_type_or_size_is_named_by_its_place(
    api: Api, route: tuple[str, str]
) -> None:
    await api.connect("shop")
    await refuses_what_is_wrong(api, route, GOOD[route])


@pytest.mark.parametrize("content", CONTENTS, ids=lambda content: next(iter(content)))
async def test_each_wrong_value_of_what_a_message_carries_is_named_by_its_place(
    api: Api, content: dict[str, Any]
) -> None:
    await api.connect("shop")
    body = {"to": "+14155550123", "message": content}
    await refuses_what_is_wrong(api, ("POST", f"{CONNECTIONS}/shop/send"), body)


async def refuses_what_is_wrong(api: Api, route: tuple[str, str], body: Any) -> None:
    for place in places(body):
        for wrong in WRONG:
            answer = await api.ask(*route, json=changed(body, place, wrong))
            assert answer.status < 500, (place, wrong, answer)
            if answer.status == 422 and answer.body["title"] == "Invalid request" and "errors" in answer.body:
                pointer = "/" + "/".join(place) if place else ""
                for fault in answer.body["errors"]:
                    named = fault["pointer"]  # the place, what is in it, or what it makes impossible
                    assert named.startswith(pointer) or pointer.startswith(named), (place, wrong, fault)
            if answer.status >= 400:
                assert answer.headers["Content-Type"].startswith("application/problem+json")


async def test_an_unknown_key_anywhere_is_refused(api: Api) -> None:
    await api.connect("shop")
    for route, body in GOOD.items():
        for place in places(body):
            inner = body
            for key in place:
                inner = inner[key]
            if isinstance(inner, dict):
                answer = await api.ask(*route, json=changed(body, place, inner | {"role": "admin"}))
                assert answer.is_problem(422, "Invalid request"), (route, place)


async def test_a_misspelt_key_meets_the_right_one(api: Api) -> None:
    await api.connect("shop")
    body = {
        "to": "+14155550123",
        "message": {"media": {"pth": "x", "path": "y"}, "captoin": "x"},
        "option": {},
    }
    answer = await api.ask("POST", f"{CONNECTIONS}/shop/send", json=body)
    assert answer.body["errors"] == [
        {"pointer": "/message/media/pth", "detail": "Unknown key, did you mean 'path'?"},
        {"pointer": "/message/captoin", "detail": "Unknown key, did you mean 'caption'?"},
        {"pointer": "/option", "detail": "Unknown key, did you mean 'options'?"},
    ]


async def test_what_is_no_json_too_large_or_of_another_type_is_refused(api: Api) -> None:
    await api.connect("shop")
    for route, body in GOOD.items():
        await refuses_what_cannot_be_read(api, route, json.dumps(body).encode())


async def refuses_what_cannot_be_read(api: Api, route: tuple[str, str], good: bytes) -> None:
    for raw, kind, status in (
        (good[:-1], "application/json", 400),
        (good + b"]", "application/json", 400),
        (b'{"a": NaN}', "application/json", 400),
        (b'{"a": "\\ud83d"}', "application/json", 400),
        (b'{"a": "\\u0000"}', "application/json", 400),
        (b'{"a": 99999999999999999999}', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "application/json", 400 if "login" not in route[1] else 413),
        (b"[" * 10_000, "application/json", 400),
        (b" " * (1 << 20) + b" ", "application/json", 413),
        (good, "text/plain", 415),
        (good, "application/x-www-form-urlencoded", 415),
        (good, "multipart/form-data; boundary=x", 415),
        (good, "application/xml", 415),
    ):
        answer = await api.ask(*route, data=raw, headers={"Content-Type": kind})
        assert answer.status == status, (raw[:40], kind, answer)
        assert answer.headers["Content-Type"].startswith("application/problem+json")


async def test_times_that_cannot_be_kept_are_refused(api: Api) -> None:
    await api.connect("shop")
    for options in (
        {"sendAt": "tomorrow"},
        {"sendAt": "2030-01-01T00:00:00"},
        {"sendAt": 1893456000},
        {"sendAt": "0001-01-01T00:00:00+23:00"},
        {"sendAt": "9999-12-31T23:59:59-23:00"},
        {"sendAt": "9999-12-31T23:59:59Z"},
        {"ttl": 0},
        {"ttl": -1},
        {"ttl": 1e18},
        {"ttl": "60"},
        {"priority": 1},
        {"priority": "urgent"},
    ):
        body = {"to": "+14155550123", "message": "x", "options": options}
        answer = await api.ask("POST", f"{CONNECTIONS}/shop/send", json=body)
        assert answer.is_problem(422, "Invalid request"), options
        assert answer.body["errors"][0]["pointer"] == f"/options/{next(iter(options))}"


async def test_ids_in_the_path_that_no_id_can_be_are_simply_not_there(api: Api) -> None:
    for odd in (
        "%00",
        "%ff",
        "a%2fb",
        "..%2f..",
        "%F0%9F%98%80",
        "x" * 3000,
        "a'%20OR%201=1--",
        "%0d%0aX:%20y",
    ):
        for path in (f"{CONNECTIONS}/{odd}", f"{CONNECTIONS}/{odd}/qr", f"/api/whatsapp/messages/{odd}"):
            answer = await api.ask("GET", path)
            assert answer.status == 404, (odd, answer)
        assert (await api.ask("POST", f"/api/commands/{odd}", json={})).status == 404


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=8), below, max_size=4),
    max_leaves=12,
)
keys = st.sampled_from(
    sorted({field.alias or name for model in body_models() for name, field in model.model_fields.items()})
)
bodies = st.dictionaries(keys, json_values | st.dictionaries(keys, json_values, max_size=4), max_size=5)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=bodies | json_values, escape=st.booleans())
def test_any_json_is_either_a_body_or_bad_input(body: Any, escape: bool) -> None:
    raw = json.dumps(body, ensure_ascii=escape).encode(errors="surrogatepass")
    for model in body_models():
        try:
            fit(decode(raw), model)
        except BadInput as error:
            assert "Traceback" not in str(error)


@settings(max_examples=400, deadline=None)
@given(raw=st.binary(max_size=200))
def test_any_bytes_are_either_json_or_malformed(raw: bytes) -> None:
    try:
        decode(raw)
    except BadInput as error:
        assert error.title == "Malformed request"
