"""Whether the log files are written, for anyone; and in detail, for admins."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatgrow_bot.logs import FileState, LogFile

from .conftest import Api


@pytest.fixture
def file(tmp_path: Path) -> Iterator[LogFile]:
    (tmp_path / "logs").mkdir()
    file = LogFile(tmp_path / "logs" / "combined.log", size=1_000, keep=2)
    file.handle(logging.makeLogRecord({"msg": "x" * 9}))
    yield file
    file.close()


async def test_log_files_that_are_written_are_well(api: Api, file: LogFile) -> None:
    answer = await api.ask("GET", "/api/logs/health", None)
    assert answer.status == 200
    shown = {"writable": True, "room": True, "failing": False}
    assert answer.body == {"status": "ok", "files": {"combined": shown}}


async def test_one_that_cannot_be_written_is_told_without_a_name_or_a_path(api: Api, file: LogFile) -> None:
    file.path.unlink()
    file.path.parent.rmdir()
    file.handle(logging.makeLogRecord({"msg": "y"}))
    answer = await api.ask("GET", "/api/logs/health", None)
    assert answer.status == 503
    assert answer.body["status"] == "failing"
    assert answer.body["files"]["combined"]["failing"]
    assert str(api.home) not in json.dumps(answer.body)
    assert "No such file" not in json.dumps(answer.body)


async def test_an_admin_sees_how_many_lines_were_lost_and_why(api: Api, file: LogFile) -> None:
    file.handle(logging.makeLogRecord({"msg": "%d", "args": ("x",)}))
    answer = await api.ask("GET", "/api/logs/files", "admin")
    details = answer.body["files"]["combined"]
    assert (details["failures"], details["lastFailure"], details["rotated"]) == (1, "TypeError", 0)
    assert details["free"] > 0
    assert details["bytes"] >= 10
    assert (await api.ask("GET", "/api/logs/files", "operator")).status == 403


async def test_it_is_looked_at_once_a_second_at_most(
    api: Api, file: LogFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[LogFile] = []
    state = LogFile.state

    def look(file: LogFile) -> FileState:
        looks.append(file)
        return state(file)

    monkeypatch.setattr(LogFile, "state", look)
    for _ in range(20):
        await api.ask("GET", "/api/logs/health", None)
    assert len(looks) < 10
