"""api.log: a line for each request that says who asked for what, and nothing of what was said."""

import json
import logging
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any, cast

import pytest
import structlog
from aiohttp import web
from structlog.testing import capture_logs

from chatgrow_bot.logs import API, LogFile
from chatgrow_bot.logs.setup import _Requests
from chatgrow_bot.plugin import Access
from chatgrow_bot.server.access import Requests

from .serving import NOTE, route, running


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """api.log, as a hub has it."""
    file, logger = LogFile(tmp_path / "api.log", size=1 << 20, keep=1), logging.getLogger(API)
    file.setFormatter(_Requests())
    before = logger.handlers, logger.propagate, logger.level
    logger.handlers, logger.propagate = [file], False
    logger.setLevel(logging.INFO)
    yield file.path
    logger.handlers, logger.propagate = before[:2]
    logger.setLevel(before[2])
    file.close()


def lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_bytes().splitlines()] if log.exists() else []


async def test_a_request_is_a_line_with_its_template_and_never_its_path_or_query(log: Path) -> None:
    one = route("/things/{id}", access=Access.VIEWER)
    async with running([one]) as server:
        status, _, headers = await server.ask("GET", "/things/972541112233?token=secret", "viewer")
    [line] = lines(log)
    assert line.pop("timestamp").endswith("+00:00")
    assert line.pop("ms") >= 0
    assert line.pop("bytes") > 0
    assert line == {
        "level": "info",
        "request_id": headers["X-Request-Id"],
        "method": "GET",
        "route": "/things/{id}",
        "status": status,
        "address": "127.0.0.1",
        "user": "viewer",
    }


async def test_what_fails_is_there_whoever_asked_and_wherever_it_led(log: Path) -> None:
    async def broken(request: web.Request) -> web.Response:
        raise RuntimeError

    routes = [route("/broken", handler=broken), route("/ours", access=Access.ADMIN), NOTE]
    async with running(routes) as server:
        await server.ask("GET", "/nowhere/972541112233")
        await server.ask("GET", "/ours", "viewer")
        await server.ask("GET", "/ours", "cgk_forged")
        await server.ask("POST", "/note", data="{", headers={"Content-Type": "application/json"})
        await server.ask("GET", "/broken")
        await server.raw(b"NONSENSE\r\n\r\n")
    said = [(each["route"], each["status"], each["level"], each.get("user")) for each in lines(log)]
    assert said == [
        ("", 404, "warning", None),
        ("/ours", 403, "warning", None),
        ("/ours", 401, "warning", None),
        ("/note", 400, "warning", None),
        ("/broken", 500, "error", None),
        ("", 400, "warning", None),
    ]


async def test_of_a_busy_route_so_much_a_second_is_written_and_all_that_fails(log: Path) -> None:
    def fails(request: web.Request) -> web.Response:
        return web.json_response({}, status=409)

    async def failing(request: web.Request) -> web.Response:
        return fails(request)

    async with running([route("/busy"), route("/quiet"), route("/failing", handler=failing)]) as server:
        for _ in range(70):
            await server.ask("GET", "/busy")
            await server.ask("GET", "/failing")
        await server.ask("GET", "/quiet")
    found = lines(log)
    busy = [each for each in found if each["route"] == "/busy"]
    written, left_out = [x for x in busy if "status" in x], [x["left_out"] for x in busy if "left_out" in x]
    assert len(written) + sum(left_out) == 70
    assert left_out
    assert len([each for each in found if each["route"] == "/failing"]) == 70
    assert len([each for each in found if each["route"] == "/quiet"]) == 1


def test_what_is_slow_is_written_however_busy_its_route_is(log: Path) -> None:
    seen = Requests(lambda: 7.0, most=0)
    request, response = cast(web.BaseRequest, FakeRequest()), web.Response()
    seen.answered(request, response, 0.1)
    seen.answered(request, response, 5.0)
    [line] = lines(log)
    assert line["ms"] == 5000.0


class FakeRequest(dict[Any, Any]):
    method = "GET"
    headers: dict[str, str] = {}  # noqa: RUF012
    remote = "::1"


async def test_a_proxys_word_on_an_address_is_only_written_when_it_is_one(log: Path) -> None:
    async with running([route()], proxies=[ip_network("127.0.0.0/8")]) as server:
        await server.ask("GET", "/hello", headers={"X-Forwarded-For": "203.0.113.9"})
        await server.ask("GET", "/hello", headers={"X-Forwarded-For": "evil\\n [error]"})
    assert [each["address"] for each in lines(log)] == ["203.0.113.9", "127.0.0.1"]


@pytest.mark.parametrize(
    ("theirs", "written"),
    [
        ("my-trace_0123", "my-trace_0123"),
        ("972541112233", "…233"),
        ("cgk_0123456789abcdef", "[redacted]"),
        ("short", None),
        ("x" * 65, None),
        ("two words", None),
    ],
)
async def test_a_clients_own_id_is_written_beside_ours_and_names_nothing(
    log: Path, theirs: str, written: str | None
) -> None:
    async with running([route()]) as server:
        _, _, headers = await server.ask("GET", "/hello", headers={"X-Request-Id": theirs})
    [line] = lines(log)
    assert line.get("client_request_id") == written
    assert line["request_id"] == headers["X-Request-Id"] != theirs


async def test_the_requests_of_one_connection_do_not_lend_each_other_their_ids() -> None:
    log = structlog.get_logger("chatgrow.tests")
    inside: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        inside.append(structlog.contextvars.get_contextvars()["request_id"])
        log.info("handled")
        return web.json_response({})

    async with running([route(handler=handler)]) as server:
        with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
            asked = [(await server.ask("GET", "/hello"))[2]["X-Request-Id"] for _ in range(3)]
    assert inside == asked == [each["request_id"] for each in logs if each["event"] == "handled"]
    assert len(set(asked)) == 3
    assert "request_id" not in structlog.contextvars.get_contextvars()
