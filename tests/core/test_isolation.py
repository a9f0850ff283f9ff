"""A plugin's failure stays its own: errors, hangs, stalls, and the sleep that follows."""

import asyncio
import contextlib
import sys
import time
from dataclasses import replace

import pytest

from chatgrow_bot.hooks import Limits
from chatgrow_bot.hooks.breaker import FIRST_SLEEP, LONGEST_SLEEP
from chatgrow_bot.hooks.watchdog import Watchdog
from chatgrow_bot.messages import Drop, Inbound, Later, Outbound, Step
from chatgrow_bot.plugin import Plugin, hook

from .fakes import CUSTOMER, Stage, block, delivery, inbound, outbound

FAST = Limits(filter=0.05, answer=0.05, fact=0.05)
STOPS_NOTHING = [
    "raises",
    "hangs",
    "exits",
    "cancels_itself",
    "answers_nonsense",
    "times_out_by_itself",
]


class Broken(Plugin):
    """Fails at every question in the way that the message says."""

    async def _fail(self, how: str) -> object:
        match how:
            case "raises":
                raise ValueError("what the customer wrote: 4111 1111 1111 1111")
            case "hangs":
                await asyncio.Event().wait()
            case "exits":
                sys.exit("bye")
            case "cancels_itself":
                raise asyncio.CancelledError
            case "answers_nonsense":
                return "a string"
            case "times_out_by_itself":
                raise TimeoutError
        return None

    @hook
    async def filter_inbound(self, message: Inbound) -> object:
        return await self._fail(message.text)

    @hook
    async def answer(self, message: Inbound) -> object:
        return await self._fail(message.text)

    @hook
    async def filter_outbound(self, message: Outbound) -> object:
        return await self._fail(message.text)


class Yes(Plugin):
    @hook
    async def answer(self, message: Inbound) -> Outbound:
        return Outbound(to=message.chat, text="yes")


@pytest.mark.parametrize("how", STOPS_NOTHING)
async def test_a_plugin_that_fails_lets_a_message_in_pass_and_the_next_one_answer(how: str) -> None:
    stage = Stage(limits=FAST).play(Broken, Yes)
    assert await stage.hooks.filter_inbound(inbound(how)) == inbound(how)
    trace: list[Step] = []
    answered = await stage.hooks.answer(inbound(how), CUSTOMER, trace)
    assert answered
    assert answered.by == "Yes"
    assert [fault.where for fault in stage.faults] == ["Broken", "Broken"]
    assert trace[0].result.startswith("failed")
    assert trace[1].result == "answered"


@pytest.mark.parametrize("how", STOPS_NOTHING)
async def test_a_plugin_that_fails_holds_a_message_out(how: str) -> None:
    stage = Stage(limits=FAST).play(Broken)
    held = await stage.hooks.filter_outbound(outbound(how), delivery())
    assert isinstance(held, Later)
    assert held.reason.startswith("held")
    assert [(fault.tenant, fault.connection_id) for fault in stage.faults] == [("t1", "c1")]


async def test_a_fault_names_the_place_and_never_what_was_said() -> None:
    stage = Stage().play(Broken)
    await stage.hooks.answer(inbound("raises"), CUSTOMER)
    assert "ValueError at test_isolation.py:" in stage.faults[0].reason
    assert "4111" not in stage.faults[0].reason


async def test_a_real_cancellation_goes_through_even_if_the_plugin_turns_it_into_an_error() -> None:
    class Stubborn(Plugin):
        @hook
        async def answer(self) -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise ValueError from None

    stage = Stage().play(Stubborn, Yes)
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(stage.hooks.answer(inbound(), CUSTOMER))
        await asyncio.sleep(0)
        asking.cancel()
    assert asking.cancelled()
    assert not stage.faults


@pytest.mark.parametrize("how", ["sleeps", "spins"])
async def test_a_plugin_that_blocks_the_loop_is_interrupted_and_the_next_one_answers(how: str) -> None:
    class Blocks(Plugin):
        @hook
        async def answer(self) -> None:
            if how == "sleeps":
                block()
            while True:
                pass

    stage = Stage().play(Blocks, Yes)
    began = time.monotonic()
    with Watchdog():
        answered = await stage.hooks.answer(inbound(), CUSTOMER)
    assert answered
    assert answered.by == "Yes"
    assert time.monotonic() - began < 1.5
    assert "blocked the event loop" in stage.faults[0].reason


async def test_two_stalls_put_a_plugin_to_sleep() -> None:
    class Blocks(Plugin):
        @hook
        async def answer(self) -> None:
            block()

    stage = Stage().play(Blocks)
    with Watchdog(stall=0.1, look=0.05):
        await stage.hooks.answer(inbound(), CUSTOMER)
        assert not stage.hooks.isolation.asleep("Blocks")
        await stage.hooks.answer(inbound(), CUSTOMER)
    assert stage.hooks.isolation.asleep("Blocks") == FIRST_SLEEP


async def test_five_faults_in_a_row_put_a_plugin_to_sleep_and_it_wakes_by_itself() -> None:
    stage = Stage().play(Broken, Yes)
    for _ in range(5):
        await stage.hooks.answer(inbound("raises"), CUSTOMER)
    assert len(stage.faults) == 5
    assert "left alone for 60 s" in stage.faults[-1].reason
    trace: list[Step] = []
    await stage.hooks.answer(inbound("raises"), CUSTOMER, trace)
    assert len(stage.faults) == 5
    assert trace[0].result == "failed: asleep for 60 s more"
    stage.clock.advance(61)
    await stage.hooks.answer(inbound("fine"), CUSTOMER, trace)
    assert trace[-2].result == "passed"


async def test_each_sleep_is_twice_as_long_up_to_half_an_hour() -> None:
    stage = Stage().play(Broken)
    sleeps = []
    for _ in range(4 + 8):
        await stage.hooks.answer(inbound("raises"), CUSTOMER)
        if asleep := stage.hooks.isolation.asleep("Broken"):
            sleeps.append(asleep)
            stage.clock.advance(asleep)
    assert sleeps == [60, 120, 240, 480, 960, 1800, 1800, 1800]
    assert sleeps[-1] == LONGEST_SLEEP


async def test_a_success_forgets_the_faults_before_it() -> None:
    stage = Stage().play(Broken)
    for how in ["raises"] * 4 + ["fine"] + ["raises"] * 4:
        await stage.hooks.answer(inbound(how), CUSTOMER)
    assert not stage.hooks.isolation.asleep("Broken")


async def test_a_sleeping_outbound_filter_holds_messages_until_it_wakes() -> None:
    stage = Stage().play(Broken)
    for _ in range(5):
        await stage.hooks.filter_outbound(outbound("raises"), delivery())
    stage.clock.advance(20)
    held = await stage.hooks.filter_outbound(outbound("fine"), delivery())
    assert isinstance(held, Later)
    assert held.seconds == 40


async def test_a_plugin_that_will_not_be_cancelled_is_left_behind_and_the_next_one_answers() -> None:
    let_go = asyncio.Event()

    class Stubborn(Plugin):
        @hook
        async def answer(self) -> None:
            while not let_go.is_set():
                with contextlib.suppress(asyncio.CancelledError):
                    await let_go.wait()

    stage = Stage(limits=FAST).play(Stubborn, Yes)
    async with asyncio.timeout(10):
        answered = await stage.hooks.answer(inbound(), CUSTOMER)
    let_go.set()
    assert answered
    assert answered.by == "Yes"
    assert "goes on although it was cancelled" in stage.faults[0].reason


async def test_an_answer_that_comes_after_the_stop_comes_too_late() -> None:
    class Late(Plugin):
        @hook
        async def answer(self, message: Inbound) -> Outbound:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            return Outbound(to=message.chat, text="here I am")

    stage = Stage().play(Late)
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(stage.hooks.answer(inbound(), CUSTOMER))
        await asyncio.sleep(0.01)
        asking.cancel()
    assert asking.cancelled()


@pytest.mark.parametrize("rubbish", [Drop(None), Inbound, 7, b"x", {"to": "you"}])  # type: ignore[arg-type]
async def test_a_filter_that_gives_rubbish_is_blamed_and_the_message_passes(rubbish: object) -> None:
    class Filter(Plugin):
        @hook
        async def filter_inbound(self, message: Inbound) -> object:
            return replace(message, text=5) if rubbish is Inbound else rubbish  # type: ignore[arg-type]

    stage = Stage().play(Filter)
    assert await stage.hooks.filter_inbound(inbound()) == inbound()
    assert len(stage.faults) == 1


@pytest.mark.parametrize("many", [[], [outbound()] * 101, [outbound(), None], [Outbound(to="1", media="x")]])  # type: ignore[arg-type]
async def test_an_answer_that_is_no_answer_is_passed_over(many: list[object]) -> None:
    class Floods(Plugin):
        @hook
        async def answer(self) -> object:
            return many

    stage = Stage().play(Floods, Yes)
    answered = await stage.hooks.answer(inbound(), CUSTOMER)
    assert answered
    assert answered.by == "Yes"
