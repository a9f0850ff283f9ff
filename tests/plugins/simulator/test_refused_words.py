"""`chatgrow demo`, `simulator` and `phone` given what they cannot use: they say so, in a line."""

import json
import socket
import sys
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from click.testing import CliRunner

from chatgrow_bot.cli.main import main
from chatgrow_bot.host.loader import built_in_folder, load_plugin_module


def said(*words: str) -> str:
    """What a command that must refuse says."""
    result = CliRunner().invoke(main, words)
    assert result.exit_code != 0
    assert isinstance(result.exception, SystemExit)  # and no traceback
    return result.output


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (made := tmp_path / "a file").touch()
    return made


def test_a_file_is_no_folder(file: Path) -> None:
    assert "is a file" in said("demo", "--folder", str(file))
    assert "is a file" in said("simulator", "--folder", str(file))


def test_a_port_out_of_range_is_named() -> None:
    assert "99999" in said("simulator", "--port", "99999")


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        assert port in said("simulator", "--folder", str(tmp_path), "--port", "0", "--control-port", port)


def test_a_demo_that_cannot_begin_points_at_no_logs(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").touch()
    words = said("demo", "--folder", str(tmp_path))
    assert "something else than a demo" in words
    assert "logs" not in words


def test_nothing_cannot_be_written() -> None:
    assert "nothing to write" in said("phone", "write", " ")


async def test_a_refusal_of_the_hub_is_told_in_its_words() -> None:
    load_plugin_module(built_in_folder() / "simulator")
    module = sys.modules["chatgrow_plugins.simulator.demo.api"]

    async def login(request: web.Request) -> web.Response:
        return web.json_response({"accessToken": "a"})

    async def refuse(request: web.Request) -> web.Response:
        body = json.dumps({"title": "Conflict", "detail": "It is linked already."})
        return web.Response(status=409, text=body, content_type="application/problem+json")

    app = web.Application()
    app.add_routes([web.post("/api/auth/login", login), web.get("/qr", refuse)])
    async with TestServer(app) as server, module.Api(f"http://127.0.0.1:{server.port}", "a", "b") as api:
        with pytest.raises(module.DemoFailed, match=r"^GET /qr answered 409: It is linked already\.$"):
            await api.call("GET", "/qr")
