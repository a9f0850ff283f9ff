"""Changes of rule files are told: at once, once, and whatever becomes of the folder."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import uvloop

from chatgrow_bot.clock import Clock
from chatgrow_bot.host.loader import built_in_folder, load_plugin_module
from chatgrow_bot.testing import FakeClock

load_plugin_module(built_in_folder() / "auto_reply")
watching: Any = sys.modules["chatgrow_plugins.auto_reply.watching"]

#: Seconds for what takes one at most.
PATIENCE = 20.0


class Heard:
    """How often changes were told."""

    def __init__(self) -> None:
        self.times = 0
        self._more = asyncio.Event()

    def told(self) -> None:
        self.times += 1
        self._more.set()

    async def once_more(self) -> None:
        """Wait for the next time since this was last asked."""
        async with asyncio.timeout(PATIENCE):
            await self._more.wait()
        self._more.clear()


@asynccontextmanager
async def listening(folder: Path, clock: Clock | None = None, since: Any = None) -> AsyncIterator[Heard]:
    heard = Heard()

    async def listen() -> None:
        async for _ in watching.changes(folder, clock, since=since):
            heard.told()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(listen())
        try:
            yield heard
        finally:
            task.cancel()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "first.yaml").write_text("rules: []")
    return tmp_path / "rules"


@pytest.fixture
def run() -> Iterator[Callable[..., Any]]:
    """On the loop that a hub has; the other tests have asyncio's own."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        yield runner.run


async def _each_change(folder: Path) -> None:
    async with listening(folder) as heard:
        await until_watched(folder, heard)
        (folder / "first.yaml").write_text("rules: [1]")  # in place
        await heard.once_more()
        (folder / "first.yaml.tmp").write_text("rules: [2]")  # as editors do
        (folder / "first.yaml.tmp").rename(folder / "first.yaml")
        await heard.once_more()
        (folder / "second.yaml").write_text("rules: []")
        await heard.once_more()
        (folder / "second.yaml").unlink()
        await heard.once_more()


async def until_watched(folder: Path, heard: Heard) -> None:
    """What happens before the system watches is told later, by a look: so do something until told."""
    before = heard.times
    async with asyncio.timeout(PATIENCE):
        while heard.times == before:
            (folder / "probe.yaml").write_text(uuid4().hex)
            await asyncio.sleep(0.3)
    await heard.once_more()


def put(folder: Path, there: Path) -> None:
    folder.rename(there)


def test_every_change_is_told(folder: Path, run: Callable[..., Any]) -> None:
    run(_each_change(folder))


async def test_what_changed_since_a_look_of_before_is_told_at_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LOOK", 600.0)  # so that it is not a later look that tells
    before = await asyncio.to_thread(watching.look, folder)
    (folder / "first.yaml").write_text("rules: [1]")
    async with listening(folder, since=before) as heard:
        await heard.once_more()


def test_it_ends_at_once_when_it_is_cancelled(folder: Path, run: Callable[..., Any]) -> None:
    async def end() -> float:
        loop = asyncio.get_running_loop()
        async with listening(folder) as heard:
            await until_watched(folder, heard)
            began = loop.time()
        return loop.time() - began

    assert run(end()) < 1


async def test_many_changes_at_once_are_few_and_what_is_no_rule_file_is_none(folder: Path) -> None:
    async with listening(folder) as heard:
        await until_watched(folder, heard)
        before = heard.times
        for number in range(200):
            (folder / f"{number}.yaml").write_text("rules: []")
        await heard.once_more()
        (folder / ".first.yaml.swp").write_text("of an editor")
        (folder / "menu.pdf").write_text("no rule")
        (folder / "last.yaml").write_text("rules: []")
        await heard.once_more()
        assert heard.times - before <= 6


async def test_a_folder_that_goes_and_comes_back_is_watched_again(folder: Path) -> None:
    clock = FakeClock()
    async with listening(folder, clock) as heard:
        await until_watched(folder, heard)
        put(folder, folder.parent / "away")
        await heard.once_more()
        put(folder.parent / "away", folder)
        await turned(clock, heard)
        (folder / "later.yaml").write_text("rules: []")
        await heard.once_more()


async def turned(clock: FakeClock, heard: Heard) -> None:
    """Turn the clock's hands until a look has told of something."""
    before = heard.times
    async with asyncio.timeout(PATIENCE):
        while heard.times == before:
            clock.advance(watching.LOOK)
            await asyncio.sleep(0.01)
    await heard.once_more()


async def test_a_folder_that_another_takes_the_place_of_is_watched_at_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LOOK", 600.0)  # so that it is the system that tells
    other = folder.parent / "other"
    other.mkdir()
    (other / "new.yaml").write_text("rules: []")
    clock = FakeClock()
    async with listening(folder, clock) as heard:
        await until_watched(folder, heard)
        put(folder, folder.parent / "away")
        put(other, folder)
        await heard.once_more()
        await until_watched(folder, heard)


async def test_where_the_system_tells_nothing_a_look_does(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(*_: object, **__: object) -> Any:
        raise OSError("as where too much is watched already")

    monkeypatch.setattr(watching, "awatch", cannot)
    clock = FakeClock()
    async with listening(folder, clock) as heard:
        while not clock._sleepers:  # noqa: ASYNC110 (it has looked once)
            await asyncio.sleep(0.01)
        first = folder / "first.yaml"
        was = first.stat()
        first.write_text("rules: {}")  # as long as before
        os.utime(first, ns=(was.st_atime_ns, was.st_mtime_ns))  # and as old, as a copy may be
        await turned(clock, heard)
        assert heard.times == 1
