"""Playwright's own program: bounded when it starts, waited for when it is slow, replaced when it is stuck."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
import structlog

from chatgrow_bot.errors import EngineError

from .conftest import part


def driver(**seconds: float) -> Any:
    return part("driver").Driver(structlog.get_logger(), **{"start": 60.0, "end": 10.0} | seconds)


def running() -> set[psutil.Process]:
    return set(part("driver")._ours())


async def only(these: set[psutil.Process]) -> None:
    """Nothing else runs any more: what is killed needs a moment to be gone."""
    async with asyncio.timeout(10):
        while running() != these:  # noqa: ASYNC110 (a process has no event)
            await asyncio.sleep(0.05)


@pytest.fixture
def before() -> set[psutil.Process]:
    return running()


async def test_one_that_does_not_come_up_is_said_in_time_and_left_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: set[psutil.Process]
) -> None:
    node = tmp_path / "node"
    node.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(600)\n")
    node.chmod(0o700)
    with monkeypatch.context() as patched:
        patched.setenv("PLAYWRIGHT_NODEJS_PATH", str(node))
        with pytest.raises(EngineError, match="did not start within 1 s"):
            await driver(start=1.0).started()
    await only(before)
    another = driver()
    assert await another.started()
    await another.stop()
    await only(before)


async def test_one_that_is_stuck_is_replaced_and_left_nowhere(before: set[psutil.Process]) -> None:
    one = driver(answer=1.0, end=1.0)
    first = await one.started()
    [process] = running() - before
    os.kill(process.pid, signal.SIGSTOP)
    assert await one.started() is not first
    [another] = running() - before
    assert another.pid != process.pid
    await one.stop()
    await only(before)


@pytest.mark.slow
async def test_one_that_is_slow_is_waited_for_since_every_session_hangs_on_it(
    before: set[psutil.Process],
) -> None:
    one = driver()
    first = await one.started()
    [process] = running() - before
    os.kill(process.pid, signal.SIGSTOP)
    asyncio.get_running_loop().call_later(10, os.kill, process.pid, signal.SIGCONT)
    assert await one.started() is first
    await one.stop()
