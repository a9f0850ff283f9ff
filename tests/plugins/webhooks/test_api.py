"""Endpoints over the API: whose they are, what is refused, what is shown, and secrets."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from chatgrow_bot.hub import Role, Scope
from chatgrow_bot.signatures import to_text

from .conftest import WEBHOOKS, World

SECRET = to_text(b"k" * 32)


def one(endpoint: Any, *more: str) -> str:
    return "/".join((WEBHOOKS, endpoint["id"], *more))


async def everything(world: World, endpoint: Any, user: str) -> dict[str, int]:
    """What each route of an endpoint answers to somebody."""
    asked: list[tuple[str, str, Any]] = [
        ("GET", one(endpoint), None),
        ("PUT", one(endpoint), {"description": "mine now"}),
        ("POST", one(endpoint, "rotate"), None),
        ("POST", one(endpoint, "test"), None),
        ("POST", one(endpoint, "resume"), None),
        ("POST", one(endpoint, "skip"), None),
        ("POST", one(endpoint, "replay"), {"after": "0-0"}),
        ("DELETE", one(endpoint, "replay"), None),
        ("GET", one(endpoint, "deliveries"), None),
        ("GET", one(endpoint, "dead-letters"), None),
        ("POST", one(endpoint, "dead-letters", "retry"), None),
        ("DELETE", one(endpoint), None),
    ]
    return {
        f"{method} {path.removeprefix(one(endpoint))}": (
            await world.ask(method, path, user, **({"json": body} if body else {}))
        ).status
        for method, path, body in asked
    }


async def test_tenants_never_see_each_others_endpoints_logs_or_events(world: World) -> None:
    endpoint = await world.make()
    await world.user("bob")
    await world.make("/bob", "bob")
    await world.user("chief", Role.ADMIN)
    await world.tell("anna's secret")
    await world.until(lambda: world.receiver.at("/crm"))
    for user in ("bob", "chief"):
        assert set((await everything(world, endpoint, user)).values()) == {404}
        listed = (await world.ask("GET", WEBHOOKS, user)).body["endpoints"]
        assert endpoint["id"] not in str(listed)
    assert world.receiver.at("/bob") == []
    assert (await world.ask("GET", one(endpoint))).body["description"] == ""
    missing = await world.ask("GET", f"{WEBHOOKS}/nobodys", "bob")
    foreign = await world.ask("GET", one(endpoint), "bob")
    assert str(missing.body | {"requestId": ""}).replace("nobodys", endpoint["id"]) == str(
        foreign.body | {"requestId": ""}
    )


async def test_a_viewer_looks_and_changes_nothing(world: World) -> None:
    await world.user("vera", Role.VIEWER)
    assert (await world.ask("GET", WEBHOOKS, "vera")).status == 200
    body = {"url": f"{world.receiver.url}/crm"}
    assert (await world.ask("POST", WEBHOOKS, "vera", json=body)).status == 403


async def test_a_bound_key_sees_what_is_bound_within_its_connections_and_makes_nothing(world: World) -> None:
    who = await world.accounts.find("anna")
    for name in ("shop", "second"):
        await world.bot.running.hub.connections.create(who, name, name, "", {})
    shop = await world.make("/shop", connections=["shop"])
    both = await world.make("/both", connections=["shop", "second"])
    free = await world.make("/free")
    key = await world.key("anna", Scope.READ, Scope.MANAGE, connections=["shop"])
    listed = (await world.ask("GET", WEBHOOKS, key)).body["endpoints"]
    assert [each["id"] for each in listed] == [shop["id"]]
    refused = {"PUT ", "POST /rotate"}
    for endpoint in (both, free):
        got = await everything(world, endpoint, key)
        assert {way: status for way, status in got.items() if way not in refused} == dict.fromkeys(
            got.keys() - refused, 404
        )
        assert [got[way] for way in refused] == [403, 403]
    assert (await world.ask("POST", WEBHOOKS, key, json={"url": shop["url"]})).status == 403
    assert (await everything(world, shop, key))["DELETE "] == 204


async def test_urls_that_may_not_be_called_are_refused_at_once(world: World) -> None:
    for url in (
        "http://example.com/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest",
        "https://user:word@example.com/",
        "https://example.com:22/",
        "ftp://example.com/",
        "example.com",
        "https://0x7f.1/",
        "https://exa mple.com/",
        "",
    ):
        made = await world.ask("POST", WEBHOOKS, json={"url": url})
        assert made.status == 422, url
        endpoint = await world.make()
        changed = await world.ask("PUT", one(endpoint), json={"url": url})
        assert changed.status == 422, url
        await world.ask("DELETE", one(endpoint))
    assert (await world.ask("POST", WEBHOOKS, json={"url": "https://example.com/x"})).status == 201


async def test_what_does_not_fit_is_told_by_its_place(world: World) -> None:
    url = f"{world.receiver.url}/crm"
    for body, place in (
        ({}, "/url"),
        ({"url": url, "events": ["message.recieved"]}, "/events/0"),
        ({"url": url, "events": []}, "/events"),
        ({"url": url, "connections": ["no such thing"]}, "/connections/0"),
        ({"url": url, "secret": SECRET}, "/secret"),
        ({"url": url, "description": "x" * 501}, "/description"),
    ):
        made = await world.ask("POST", WEBHOOKS, json=body)
        assert (made.status, made.body["errors"][0]["pointer"]) == (422, place)
    foreign = await world.ask("POST", WEBHOOKS, json={"url": url, "connections": ["shop"]})
    assert foreign.status == 404
    endpoint = await world.make()
    for change in ({"url": None}, {"description": None}, {"id": "x"}):
        assert (await world.ask("PUT", one(endpoint), json=change)).status == 422


async def test_a_change_is_in_force_for_the_next_event(world: World) -> None:
    endpoint = await world.make(events=["fault"])
    body = {"url": f"{world.receiver.url}/new", "description": "new", "events": None}
    changed = await world.ask("PUT", one(endpoint), json=body)
    assert (changed.status, changed.body["description"], changed.body["events"]) == (200, "new", None)
    assert (await world.ask("PUT", one(endpoint), json={})).body["url"] == body["url"]
    await world.tell("one")
    await world.until(lambda: world.receiver.at("/new"))
    assert world.receiver.at("/crm") == []


async def test_a_user_has_a_hundred_endpoints_at_most(world: World) -> None:
    for _ in range(100):
        await world.make(events=["connection.state"])
    body = {"url": f"{world.receiver.url}/crm"}
    assert (await world.ask("POST", WEBHOOKS, json=body)).status == 409
    first = (await world.ask("GET", WEBHOOKS)).body["endpoints"][0]
    await world.ask("DELETE", one(first))
    assert (await world.ask("POST", WEBHOOKS, json=body)).status == 201


async def test_whatever_is_done_at_the_same_time_nothing_breaks(world: World) -> None:
    made = [await world.make() for _ in range(8)]
    asked: list[Any] = []
    for each in made:
        asked += [
            world.ask("PUT", one(each), json={"description": "x"}),
            world.ask("DELETE", one(each)),
            world.ask("POST", one(each, "replay"), json={"after": "0-0"}),
            world.ask("DELETE", one(each)),
            world.ask("POST", one(each, "rotate")),
            world.ask("POST", WEBHOOKS, json={"url": f"{world.receiver.url}/x"}),
            world.ask("GET", WEBHOOKS),
        ]
    answers = await asyncio.gather(*asked)
    assert {each.status for each in answers} <= {200, 201, 202, 204, 404}
    listed = (await world.ask("GET", WEBHOOKS)).body["endpoints"]
    assert len(listed) == 8
    assert not {each["id"] for each in made} & {each["id"] for each in listed}


async def test_a_rotated_secret_signs_beside_the_old_one_for_as_long_as_was_said(world: World) -> None:
    endpoint = await world.make()
    rotated = await world.ask("POST", one(endpoint, "rotate"), json={"keepOldFor": 3600})
    old, new = endpoint["secret"], rotated.body["secret"]
    assert (rotated.status, old == new) == (201, False)
    assert rotated.body["oldSecretUntil"]
    await world.tell("both")
    await world.until(lambda: world.receiver.got)
    assert len(world.receiver.got[0].headers["webhook-signature"].split(" ")) == 2
    assert all(world.receiver.got[0].is_signed_by(each) for each in (old, new))
    await world.bot.stop()
    await world.start()  # both are good after a restart
    world.clock.advance(3500)
    await world.tell("both still")
    await world.until(lambda: len(world.receiver.got) == 2)
    assert all(world.receiver.got[1].is_signed_by(each) for each in (old, new))
    world.clock.advance(200)
    await world.tell("new alone")
    await world.until(lambda: len(world.receiver.got) == 3)
    assert [world.receiver.got[2].is_signed_by(each) for each in (old, new)] == [False, True]
    at_once = await world.ask("POST", one(endpoint, "rotate"), json={"keepOldFor": 0})
    await world.tell("newest alone")
    await world.until(lambda: len(world.receiver.got) == 4)
    newest = world.receiver.got[3]
    assert [newest.is_signed_by(each) for each in (new, at_once.body["secret"])] == [False, True]


async def test_a_test_is_answered_at_once_and_stands_in_the_log(world: World) -> None:
    endpoint = await world.make()
    tried = await world.ask("POST", one(endpoint, "test"))
    assert tried.body | {"durationMs": 0} == {
        "outcome": "delivered", "status": 200, "durationMs": 0, "answer": "said", "reason": "",
    }  # fmt: skip
    (got,) = world.receiver.got
    assert (got.told["type"], got.is_signed_by(endpoint["secret"])) == ("webhook.test", True)
    world.receiver.answers["/crm"] = 500
    assert (await world.ask("POST", one(endpoint, "test"))).body["outcome"] == "later"
    world.receiver.answers["/crm"] = 410
    assert (await world.ask("POST", one(endpoint, "test"))).body["outcome"] == "gone"
    assert (await world.shown(endpoint))["state"] == "ok"
    dead = await world.make()
    await world.ask("PUT", one(dead), json={"url": "http://127.0.0.1:9/"})
    tried = await world.ask("POST", one(dead, "test"))
    assert (tried.body["status"], "cannot be reached" in tried.body["reason"]) == (None, True)
    log = (await world.ask("GET", one(endpoint, "deliveries"))).body["deliveries"]
    assert [(each["feed"], each["status"]) for each in log] == [("test", 410), ("test", 500), ("test", 200)]


async def test_the_log_tells_what_was_sent_and_answered_newest_first(world: World) -> None:
    endpoint = await world.make()
    await world.tell(*(f"event {number}" for number in range(210)), "x" * 9000)
    await world.until(lambda: len(world.receiver.got) == 211)
    pages, before = [], ""
    while True:
        page = (await world.ask("GET", f"{one(endpoint, 'deliveries')}?limit=70{before}")).body
        pages.append(page["deliveries"])
        if page["next"] is None:
            break
        before = f"&before={page['next']}"
    assert [len(each) for each in pages] == [70, 70, 60]
    newest, second = pages[0][:2]
    assert len(newest["body"]) == 4096
    assert second["eventId"] == world.receiver.got[-2].id
    assert second["body"] == world.receiver.got[-2].body.decode()
    assert (second["status"], second["answer"], second["outcome"]) == (200, "said", "delivered")
    assert (second["host"], second["attempt"], second["feed"]) == ("127.0.0.1", 1, "live")
    assert set(second["headers"]) == {"content-type", "webhook-id", "webhook-timestamp"}
    for odd in ("?limit=0", "?limit=101", "?before=x", "?after=1"):
        assert (await world.ask("GET", one(endpoint, "deliveries") + odd)).status == 422


async def test_no_secret_is_told_twice_or_logged(
    world: World, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    endpoint = await world.make()
    rotated = (await world.ask("POST", one(endpoint, "rotate"))).body
    await world.tell("one")
    await world.until(lambda: world.receiver.got)
    world.receiver.answers["/crm"] = 410
    await world.tell("two")
    await world.until_shown(endpoint, state="disabled")
    answers = [
        (await world.ask("GET", path)).body
        for path in (WEBHOOKS, one(endpoint), one(endpoint, "deliveries"), one(endpoint, "dead-letters"))
    ]
    await world.bot.stop()
    kept = b"".join(file.read_bytes() for file in (world.bot.folder / "sessions").glob("chatgrow.db*"))
    said = str(answers) + caplog.text + "".join(capsys.readouterr())
    for secret in (endpoint["secret"], rotated["secret"]):
        plain = secret.removeprefix("whsec_")
        assert plain not in said
        assert plain.encode() not in kept


YAML: list[dict[str, Any]] = [
    {"id": "crm", "url": "https://crm.example.com/x", "secret": SECRET, "user": "anna", "events": ["fault"]},
    {"id": "nobodys", "url": "https://crm.example.com/x", "secret": SECRET, "user": "nobody"},
    {"id": "inside", "url": "http://10.0.0.1/", "secret": SECRET},
]


async def test_endpoints_of_the_file_are_sent_to_and_read_only(fresh: World) -> None:
    await fresh.start()
    await fresh.user("anna")
    await fresh.user("bob")
    await fresh.bot.stop()
    given = [YAML[0] | {"url": f"{fresh.receiver.url}/crm"}, *YAML[1:]]
    await fresh.start(endpoints=given)
    await fresh.tell("one")
    await fresh.until(lambda: fresh.receiver.got)
    assert fresh.receiver.got[0].is_signed_by(SECRET)
    (shown,) = (await fresh.ask("GET", WEBHOOKS)).body["endpoints"]
    assert (shown["id"], shown["createdAt"], shown["events"]) == ("crm", None, ["fault"])
    assert (await fresh.ask("GET", WEBHOOKS, "bob")).body["endpoints"] == []
    got = await everything(fresh, shown, "anna")
    assert {way for way, status in got.items() if status == 409} == {
        "PUT ", "POST /rotate", "DELETE ", "POST /skip",
    }  # fmt: skip
    refused = await fresh.ask("DELETE", one(shown))
    assert "chatgrow.yaml" in refused.body["detail"]
    await fresh.bot.stop()
    await fresh.start()  # taken out of the file, it is forgotten
    await fresh.tell("three")
    await fresh.bot.stop()
    await fresh.start(endpoints=given)
    await fresh.tell("four")
    await fresh.until(lambda: "four" in fresh.receiver.reasons("/crm"))
    assert "three" not in fresh.receiver.reasons("/crm")


async def test_an_endpoint_of_the_file_that_cannot_be_is_told_of_and_stops_no_other(
    fresh: World, capsys: pytest.CaptureFixture[str]
) -> None:
    await fresh.start(endpoints=[*YAML[1:], YAML[0] | {"user": "admin", "url": f"{fresh.receiver.url}/crm"}])
    await fresh.tell("one", user="admin")
    await fresh.until(lambda: "one" in fresh.receiver.reasons("/crm"))
    said = capsys.readouterr().out
    assert "chatgrow user add nobody" in said
    assert "'inside' of chatgrow.yaml is left out" in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([YAML[0], YAML[0] | {"events": ["fault"]}], "two endpoints have the id 'crm'"),
        ([YAML[0] | {"secret": "whsec_c2hvcnQ="}], "24 bytes"),
        ([YAML[0] | {"events": ["messages"]}], "message.received"),
        ([YAML[0] | {"urls": "x"}], "did you mean 'url'"),
    ],
)
async def test_what_is_wrong_in_the_file_is_told_by_its_place(
    fresh: World, given: list[Any], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await fresh.start(endpoints=given)
    await fresh.user("anna")
    assert fresh.bot.running.plugins.names == ["rest_api"]
    shown = capsys.readouterr().out
    assert said in shown
    assert "config/chatgrow.yaml" in shown


async def test_secrets_of_another_installation_sign_nothing_and_say_so(world: World) -> None:
    endpoint = await world.make()
    await world.bot.stop()
    (Path(world.bot.folder) / "sessions" / "secret.key").unlink()
    await world.start()
    tried = await world.ask("POST", one(endpoint, "test"))
    assert (tried.body["status"], "rotate it" in tried.body["reason"]) == (None, True)
    rotated = await world.ask("POST", one(endpoint, "rotate"), json={"keepOldFor": 0})
    assert (await world.ask("POST", one(endpoint, "test"))).body["outcome"] == "delivered"
    assert world.receiver.got[-1].is_signed_by(rotated.body["secret"])
