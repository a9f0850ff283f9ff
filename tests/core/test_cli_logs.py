"""`chatgrow logs` at a terminal, and what a hub's process lets others see."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest
from click.testing import CliRunner

from chatgrow_bot.cli import main
from chatgrow_bot.cli.secrecy import shut
from chatgrow_bot.config import load
from chatgrow_bot.logs.reading import Wanted, last

from .test_cli import chatgrow, ended, listens

LINES: list[dict[str, object]] = [
    {"timestamp": "2026-03-05T12:00:00.123Z", "level": "info", "event": "plugin started", "plugin": "x"},
    {
        "timestamp": "2026-03-05T12:00:01Z",
        "level": "warning",
        "event": "\u001b[2Jfault\nit",
        "request_id": "r1",
    },
    {
        "timestamp": "2026-03-05T12:00:02Z",
        "level": "error",
        "event": "it failed",
        "message": "m1",
        "exception": [
            {
                "exc_type": "ValueError",
                "exc_value": "bad\u001b[0m",
                "frames": [{"filename": "a.py", "lineno": 3, "name": "f"}],
            }
        ],
    },
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "chatgrow.yaml").write_text(
        "server: {port: 0}\nplugins: {rest_api: {admin: true}, journal_log: {}}\n"
    )
    (tmp_path / "logs").mkdir()
    return tmp_path


def said(folder: Path, *words: str) -> str:
    config = str(folder / "config" / "chatgrow.yaml")
    result = CliRunner().invoke(main, ["logs", *words, "--config", config], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def write(folder: Path, name: str, lines: list[dict[str, object]]) -> None:
    (folder / "logs" / name).write_text("".join(f"{json.dumps(line)}\n" for line in lines) + '{"half')


def test_lines_are_shown_for_people_and_none_moves_the_cursor(folder: Path) -> None:
    write(folder, "combined.log", LINES)
    output = said(folder, "tail")
    assert output.splitlines() == [
        "2026-03-05 12:00:00.123 info     plugin started plugin=x",
        "2026-03-05 12:00:01Z warning  \\x1b[2Jfault\\nit request_id=r1",
        "2026-03-05 12:00:02Z error    it failed message=m1",
        "    a.py:3 in f",
        "    ValueError: bad\\x1b[0m",
    ]


@pytest.mark.parametrize(
    ("words", "events"),
    [
        (("--level", "warning"), ["fault", "it failed"]),
        (("--request", "r1"), ["fault"]),
        (("--message", "m1"), ["it failed"]),
        (("-n", "1"), ["it failed"]),
        (("--file", "api"), []),
    ],
)
def test_only_the_lines_that_are_asked_for(folder: Path, words: tuple[str, ...], events: list[str]) -> None:
    write(folder, "combined.log.1", LINES[:1])
    write(folder, "combined.log", LINES[1:])
    output = said(folder, "tail", *words)
    assert [each for each in ("started", "fault", "it failed") if each in output] == events


@pytest.mark.slow
async def test_files_are_rotated_beside_a_hub_which_goes_on_in_the_new_ones(folder: Path) -> None:
    hub = await chatgrow(folder, "run")
    url = (await listens(hub)).rpartition("listens on ")[2].split()[0]
    try:
        async with aiohttp.ClientSession() as session:
            for round_ in (1, 2):
                async with session.get(f"{url}/nowhere/{round_}") as answer:
                    asked = answer.headers["X-Request-Id"]
                api = folder / "logs" / "api.log"
                await written(api, asked)
                status, output, errors = await ended(await chatgrow(folder, "logs", "rotate"))
                assert (status, errors) == (0, "")
                assert "api.log: begun anew; what it held is api.log.1" in output
                assert not api.exists()
            async with session.get(f"{url}/nowhere/3") as answer:
                await written(folder / "logs" / "api.log", answer.headers["X-Request-Id"])
        assert len(last(api, 9, Wanted())) == 3
        assert {each.stat().st_mode & 0o777 for each in (folder / "logs").iterdir()} == {0o600}
    finally:
        hub.terminate()
        await ended(hub)


async def written(api: Path, request: str) -> None:
    """Wait for the line of a request, which comes after its answer."""
    async with asyncio.timeout(20):
        while True:
            if await asyncio.to_thread(last, api, 1, Wanted(request=request)):
                break
            await asyncio.sleep(0.02)


def test_a_secret_of_the_configuration_is_taken_from_the_environment_and_known_by_heart(folder: Path) -> None:
    config = folder / "config" / "chatgrow.yaml"
    config.write_text(
        "server: {tokenSecret: !secret SIGNING}\n"
        "database: {url: 'postgresql://hub:p%40ss-word-1@db.example/hub'}\n"
    )
    secret = "q7Lw0zVt2XkPb9RmJd4Ys8GhCn5UfEa1"
    found = load(config, {"SIGNING": secret})
    assert found.secrets == {secret, "p%40ss-word-1", "p@ss-word-1"}


SHUT = """
import os, subprocess, sys
import psutil
from chatgrow_bot.cli.secrecy import shut
shut({"a-long-secret-value"}, {"SHORT"})
import ctypes
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
print(subprocess.run(["env"], capture_output=True, text=True).stdout)
psutil.Process().memory_full_info(), psutil.Process().num_fds(), psutil.Process().children()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_a_hub_cannot_be_dumped_and_its_children_inherit_no_secret() -> None:
    mine = {"MINE": "a-long-secret-value", "SHORT": "abc"}
    env = {**os.environ, **mine, "THEIRS": "nothing of ours"}
    done = subprocess.run([sys.executable, "-c", SHUT], env=env, capture_output=True, text=True, check=True)
    dumpable, _, environment = done.stdout.partition("\n")
    assert dumpable == "0"
    assert "a-long-secret-value" not in environment
    assert "SHORT=" not in environment
    assert "THEIRS=nothing of ours" in environment


def test_where_the_system_knows_no_such_thing_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    shut(frozenset())
