"""The watchdog against real loops that are really blocked."""

import asyncio
import contextlib
import signal
import threading
import time
from collections.abc import Callable
from types import ModuleType

import pytest
import uvloop
from structlog.testing import capture_logs

from chatgrow_bot.hooks.watchdog import PluginStalled, Watchdog, watched
from chatgrow_bot.messages import Inbound, Outbound
from chatgrow_bot.plugin import Plugin, hook

from .fakes import CUSTOMER, Stage, block, inbound

QUICK = {"stall": 0.1, "look": 0.02}


async def sleeps() -> None:
    block()


async def spins() -> None:
    while True:
        pass


async def deep_in_a_library() -> None:
    threading.Event().wait(60)


async def swallows_errors() -> None:
    while True:
        with contextlib.suppress(Exception):
            block()


class Blocks(Plugin):
    @hook
    async def answer(self, message: Inbound) -> Outbound | None:
        block()
        return None


@pytest.fixture(autouse=True)
def _the_signal_is_given_back() -> object:
    before = signal.getsignal(signal.SIGURG)
    yield
    assert signal.getsignal(signal.SIGURG) is before


@pytest.mark.parametrize("loop", [asyncio, uvloop])
@pytest.mark.parametrize("work", [sleeps, spins, deep_in_a_library, swallows_errors])
def test_a_plugin_that_blocks_is_interrupted_soon_after_half_a_second(
    loop: ModuleType, work: Callable[[], object]
) -> None:
    async def scene() -> float:
        with Watchdog():
            await asyncio.sleep(0.05)
            began = time.monotonic()
            with pytest.raises(PluginStalled, match="faq"):
                await watched("faq", work)  # type: ignore[arg-type]
            took = time.monotonic() - began
            await asyncio.sleep(0.01)  # the loop goes on
        return took

    with asyncio.Runner(loop_factory=loop.new_event_loop) as runner:
        assert 0.4 < runner.run(scene()) < 1.5  # 0.6 on a machine with nothing else to do


async def test_it_says_who_blocks_and_where_once_a_stall() -> None:
    with capture_logs() as logs, Watchdog(**QUICK), pytest.raises(PluginStalled):
        await watched("faq", sleeps)
    [line] = logs
    assert line["plugin"] == "faq"
    assert "fakes.py:" in line["at"]
    assert line["interrupted"] is True


async def test_what_is_no_plugins_is_named_and_left_alone() -> None:
    with capture_logs() as logs, Watchdog(**QUICK):
        block(0.3)
        await asyncio.sleep(0.05)
    assert [(line["plugin"], line["interrupted"]) for line in logs] == [("", False)]


async def test_code_of_ours_that_a_plugin_calls_is_not_torn() -> None:
    ours: dict[str, object] = {"__name__": "chatgrow_bot.store.something", "time": time}
    exec("def write():\n    time.sleep(0.4)\n    return 'whole'", ours)

    async def work() -> object:
        return ours["write"]()  # type: ignore[operator]

    with capture_logs() as logs, Watchdog(**QUICK):
        assert await watched("faq", work) == "whole"
    assert [line["interrupted"] for line in logs] == [False]


async def test_a_plugin_that_blocks_outside_its_hooks_is_named_by_its_module() -> None:
    theirs: dict[str, object] = {"__name__": "chatgrow_plugins.faq.words", "block": block}
    exec(compile("def load():\n    block(0.3)", "words.py", "exec"), theirs)
    with capture_logs() as logs, Watchdog(**QUICK):
        theirs["load"]()  # type: ignore[operator]
        await asyncio.sleep(0.05)
    assert [(line["plugin"], line["at"], line["interrupted"]) for line in logs] == [
        ("faq", "words.py:2", False)
    ]


async def test_a_plugin_that_waits_is_left_alone() -> None:
    async def waits() -> str:
        await asyncio.sleep(0.4)
        return "done"

    with capture_logs() as logs, Watchdog(**QUICK):
        assert await watched("faq", waits) == "done"
    assert not logs


@pytest.mark.parametrize("first_out", [0, 1])
async def test_two_apps_in_one_process_do_not_disturb_each_other(first_out: int) -> None:
    stage = Stage().play(Blocks)
    dogs = [Watchdog(**QUICK), Watchdog(**QUICK)]
    for dog in dogs:
        dog.__enter__()
    await stage.hooks.answer(inbound(), CUSTOMER)
    assert len(stage.faults) == 1
    dogs[first_out].__exit__(None, None, None)
    await stage.hooks.answer(inbound(), CUSTOMER)
    assert len(stage.faults) == 2
    dogs[1 - first_out].__exit__(None, None, None)


async def test_a_signal_that_is_not_ours_goes_on_to_who_listened_before() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGURG, lambda number, frame: heard.append(number))
    with Watchdog(**QUICK):
        signal.raise_signal(signal.SIGURG)
    assert heard == [signal.SIGURG]
    signal.signal(signal.SIGURG, before)


def test_outside_the_main_thread_it_names_and_says_that_it_cannot_interrupt() -> None:
    async def scene() -> None:
        with Watchdog(**QUICK):
            await watched("faq", blocks_for_a_moment)

    async def blocks_for_a_moment() -> None:
        block(0.3)

    with capture_logs() as logs:
        thread = threading.Thread(target=lambda: asyncio.run(scene()))
        thread.start()
        thread.join()
    assert "cannot be interrupted" in logs[0]["event"]
    assert (logs[1]["plugin"], logs[1]["interrupted"]) == ("faq", False)


async def test_it_leaves_without_delay() -> None:
    began = time.monotonic()
    with Watchdog():
        await asyncio.sleep(0.3)
    assert time.monotonic() - began < 0.9


@pytest.mark.parametrize("loop", [asyncio, uvloop])
def test_a_task_that_a_plugin_made_on_the_side_is_interrupted_too_and_the_plugin_is_blamed(
    loop: ModuleType,
) -> None:
    theirs: dict[str, object] = {"__name__": "chatgrow_plugins.faq.words", "block": block}
    exec("async def lurk():\n    block()", theirs)
    lurking: list[asyncio.Task[None]] = []
    blamed: list[str] = []

    async def leaks() -> None:
        lurking.append(asyncio.ensure_future(theirs["lurk"]()))  # type: ignore[operator]

    async def scene() -> None:
        with Watchdog(**QUICK):
            await watched("faq", leaks, lambda: blamed.append("faq"))
            await asyncio.wait(lurking)
            await asyncio.sleep(0)

    with asyncio.Runner(loop_factory=loop.new_event_loop) as runner:
        runner.run(scene())
    assert isinstance(lurking[0].exception(), PluginStalled)
    assert blamed == ["faq"]
