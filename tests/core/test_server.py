"""The server on real sockets: who is let in, how every error looks, and how it ends."""

import asyncio
import json
import logging
from importlib.metadata import version
from ipaddress import ip_network
from typing import Any

import aiohttp
import pytest
import uvloop
from aiohttp import http_parser, web
from structlog.testing import capture_logs

from chatgrow_bot import errors
from chatgrow_bot.errors import ChatgrowError, ConfigError
from chatgrow_bot.hub import Role
from chatgrow_bot.plugin import Access, Route
from chatgrow_bot.server import create_app, serve
from chatgrow_bot.server.problems import STATUS

from .serving import NOTE, ROLES, Doorman, hello, is_problem, route, running


@pytest.mark.parametrize("access", Access)
async def test_each_policy_lets_in_whom_it_names(access: Access) -> None:
    async with running([route(access=access)]) as server:
        statuses = {
            name: (await server.ask("GET", "/hello", token))[0]
            for name, token in {"nobody": "", "liar": "x", **{role: role for role in ROLES}}.items()
        }
    if access is Access.PUBLIC:
        assert statuses == dict.fromkeys(("nobody", "liar", *ROLES), 200)
        return
    # who shows no token is looked at by the handler, where there may be a signature
    assert statuses.pop("nobody") == (200 if access is Access.SIGNED else 401)
    assert statuses.pop("liar") == 401
    needed = Role.OPERATOR if access is Access.SIGNED else Role(access.value)
    assert statuses == {role: 200 if who.role.includes(needed) else 403 for role, who in ROLES.items()}


async def test_the_token_is_taken_from_the_header_alone_and_only_as_a_bearer() -> None:
    async with running([route(access=Access.VIEWER)]) as server:
        for headers in (
            {},
            {"Authorization": "admin"},
            {"Authorization": "Basic admin"},
            {"Authorization": "Bearer"},
            {"Authorization": "Bearer "},
            {"Cookie": "token=admin"},
        ):
            answer = await server.ask("GET", "/hello?token=admin&access_token=admin", headers=headers)
            assert is_problem(answer, 401, "Not logged in")
            assert answer[2]["WWW-Authenticate"] == "Bearer"
        assert (await server.ask("GET", "/hello", headers={"Authorization": "bearer admin"}))[1] == {
            "who": "admin"
        }


async def test_a_path_with_a_nul_is_nobodys_before_anyone_is_asked() -> None:
    seen = []

    async def note_name(request: web.Request) -> web.Response:
        seen.append(request.match_info["name"])
        return web.json_response({})

    for access in Access:
        async with running([route("/things/{name}", handler=note_name, access=access)]) as server:
            answer = await server.ask("GET", "/things/a%00b")
            assert is_problem(answer, 404, "Not found"), access
            assert (await server.ask("GET", "/things/ab", "admin"))[0] == 200  # the control
    assert seen == ["ab"] * len(Access)


async def test_a_public_route_does_not_look_at_tokens() -> None:
    async with running([route()]) as server:
        assert (await server.ask("GET", "/hello", "admin"))[1] == {"who": None}


def test_a_route_without_a_policy_stops_the_start() -> None:
    with pytest.raises(TypeError):
        Route(method="GET", path="/x", handler=hello)  # type: ignore[call-arg]
    for nothing in (None, "public", Role.ADMIN):
        with pytest.raises(TypeError, match="without an access policy"):
            create_app([("p", route(access=nothing))], accounts=Doorman(), is_enabled=bool)


def test_two_plugins_in_one_place_stop_the_start_and_both_are_named() -> None:
    offers = [("first", route("/a/{id}")), ("second", route("/a/{name}"))]
    with pytest.raises(TypeError, match=r"'first' and 'second' both serve GET /a/\{name\}"):
        create_app(offers, accounts=Doorman(), is_enabled=bool)


def test_without_the_c_parser_nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_parser, "HttpRequestParser", http_parser.HttpRequestParserPy)
    with pytest.raises(ConfigError):
        create_app([], accounts=Doorman(), is_enabled=bool)


def test_aiohttp_is_new_enough() -> None:
    assert tuple(map(int, version("aiohttp").split("."))) >= (3, 14, 3)


async def test_what_is_not_served_is_a_problem_too() -> None:
    async with running([route(), NOTE]) as server:
        assert is_problem(await server.ask("GET", "/elsewhere"), 404, "Not found")
        refused = await server.ask("DELETE", "/hello")
        assert is_problem(refused, 405, "Method not allowed")
        assert set(refused[2]["Allow"].split(",")) == {"GET", "HEAD"}
        assert (await server.ask("HEAD", "/hello"))[0] == 200
        for path in ("/%00", "/%ff%fe", "/hello/../../etc/passwd", "/" + "x" * 5000, "/%2e%2e%2f"):
            assert (await server.ask("GET", path))[0] == 404


async def test_a_plugin_that_is_off_is_not_there() -> None:
    async with running([route(access=Access.ADMIN)], off=frozenset({"one"})) as server:
        off, missing = await server.ask("GET", "/hello"), await server.ask("GET", "/elsewhere")
        assert is_problem(off, 404, "Not found")
        assert off[1] | {"requestId": ""} == missing[1] | {"requestId": ""}


async def test_every_answer_carries_the_safe_headers() -> None:
    async with running([route()]) as server:
        for path in ("/hello", "/elsewhere"):
            headers = (await server.ask("GET", path))[2]
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Cache-Control"] == "no-store"
            assert headers["Content-Security-Policy"].startswith("default-src 'none'")
            assert "Python" not in headers["Server"]
            assert len(headers["X-Request-Id"]) == 32


async def test_each_error_of_ours_has_its_status() -> None:
    family = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ChatgrowError)
    ]

    def raising(kind: type[ChatgrowError]) -> Route:
        async def handler(request: web.Request) -> web.Response:
            error = kind.__new__(kind)  # some take other arguments
            ChatgrowError.__init__(error, "it said SELECT secret FROM /home")
            raise error

        return route(f"/{kind.__name__}", handler=handler)

    async with running([raising(kind) for kind in family]) as server:
        for kind in family:
            status, body, headers = await server.ask("GET", f"/{kind.__name__}")
            assert status == next(STATUS[each] for each in kind.__mro__ if each in STATUS)
            assert body["title"] == kind.title
            assert body["type"] == f"urn:chatgrow:problem:{kind.title.lower().replace(' ', '-')}"
            # the next step is told always, what happened inside never
            assert body["detail"].endswith(kind.advice())
            assert ("SELECT" in body["detail"]) == (status < 500)
            assert ("Retry-After" in headers) == (status in (503, 507))


async def test_a_fault_of_ours_answers_an_id_and_the_log_has_the_rest() -> None:
    async def broken(request: web.Request) -> web.Response:
        raise RuntimeError("Traceback at /home/me: SELECT * FROM sqlite_master")

    async with running([route("/broken", handler=broken)]) as server:
        with capture_logs() as logs:
            answer = await server.ask("GET", "/broken")
    assert is_problem(answer, 500, "Internal error")
    for leak in ("Traceback", "/home", "sqlite", "SELECT", "RuntimeError"):
        assert leak not in json.dumps(answer[1])
    [line] = [each for each in logs if each["event"] == "request failed"]
    assert line["request_id"] == answer[1]["requestId"]
    assert "sqlite_master" in str(line["exc_info"])


async def test_at_the_end_a_request_in_flight_is_finished_but_not_waited_for_forever() -> None:
    arrived = asyncio.Event()

    def slow(seconds: float) -> Any:
        async def handler(request: web.Request) -> web.Response:
            arrived.set()
            await asyncio.sleep(seconds)
            return web.json_response({"done": True})

        return handler

    async with aiohttp.ClientSession() as session:
        for seconds, outcome in ((0.3, 200), (60.0, None)):
            arrived.clear()
            app = create_app(
                [("one", route("/slow", handler=slow(seconds)))],
                accounts=Doorman(),
                is_enabled=lambda name: True,
            )
            async with asyncio.timeout(5):
                async with serve(app, "127.0.0.1", 0, grace=1.0) as port:
                    asking = asyncio.ensure_future(session.get(f"http://127.0.0.1:{port}/slow"))
                    await arrived.wait()
                if outcome:
                    assert (await asking).status == outcome
                else:
                    with pytest.raises(aiohttp.ClientError):
                        await asking


@pytest.mark.parametrize(
    ("proxies", "header", "caller"),
    [
        ([], "6.6.6.6", "127.0.0.1"),
        (["10.0.0.0/8"], "6.6.6.6", "127.0.0.1"),
        (["127.0.0.0/8"], "6.6.6.6", "6.6.6.6"),
        (["127.0.0.0/8"], "1.1.1.1, 6.6.6.6", "6.6.6.6"),
        (["127.0.0.0/8", "10.0.0.0/8"], "1.1.1.1, 6.6.6.6 , 10.0.0.9", "6.6.6.6"),
        (["127.0.0.0/8", "::/0"], "1.1.1.1,2001:db8::1", "1.1.1.1"),
        (["127.0.0.0/8"], "1.1.1.1, nonsense", "127.0.0.1"),
        (["127.0.0.0/8"], "1.1.1.1, 6.6.6.6:5678", "6.6.6.6"),
        (["127.0.0.0/8"], "1.1.1.1, [2001:db8::1]:5678", "2001:db8::1"),
        (["127.0.0.0/8", "10.0.0.0/8"], "6.6.6.6:1234, 10.0.0.9:80", "6.6.6.6"),
        (["127.0.0.0/8"], ",,", "127.0.0.1"),
        (["127.0.0.0/8"], "", "127.0.0.1"),
    ],
)
async def test_only_a_trusted_proxy_is_believed_about_the_caller(
    proxies: list[str], header: str, caller: str
) -> None:
    async def remote(request: web.Request) -> web.Response:
        return web.json_response(request.remote)

    async with running([route(handler=remote)], proxies=[ip_network(each) for each in proxies]) as server:
        assert (await server.ask("GET", "/hello", headers={"X-Forwarded-For": header}))[1] == caller


async def test_a_taken_port_is_told_plainly() -> None:
    async with running([]) as server:
        app = create_app([], accounts=Doorman(), is_enabled=bool)
        with pytest.raises(ConfigError, match=f"Cannot listen on 127.0.0.1:{server.port}: .*in use"):
            async with serve(app, "127.0.0.1", server.port):
                pass


async def test_the_framework_writes_no_access_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with running([route()]) as server:
            await server.ask("GET", "/hello?token=canary")
    assert not [record for record in caplog.records if record.name == "aiohttp.access"]


def test_it_serves_on_uvloop_too() -> None:
    async def story() -> None:
        async with running([route(access=Access.VIEWER), NOTE]) as server:
            assert (await server.ask("GET", "/hello", "viewer"))[1] == {"who": "viewer"}
            assert (await server.ask("POST", "/note", json={"text": "שלום"}))[1] == {"length": 4}
            assert (await server.ask("GET", "/elsewhere"))[0] == 404

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(story())
