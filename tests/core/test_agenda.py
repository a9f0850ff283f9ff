"""What is to be done when: nothing is forgotten, nothing is done twice at once."""

import asyncio
from datetime import datetime, timedelta

import pytest

from chatgrow_bot.clock import SystemClock
from chatgrow_bot.outbox import agenda as module
from chatgrow_bot.outbox.agenda import Agenda, Turn
from chatgrow_bot.testing import FakeClock


async def worker(agenda: Agenda, begun: "asyncio.Queue[Turn]", gate: asyncio.Event) -> None:
    while True:
        async with agenda.due() as turn:
            begun.put_nowait(turn)
            await gate.wait()


async def test_every_turn_finds_a_free_worker_though_both_were_waiting_for_a_later_one() -> None:
    clock = FakeClock()
    agenda, begun, gate = Agenda(clock), asyncio.Queue[Turn](), asyncio.Event()
    agenda.put(("shop", "later"), clock.now() + timedelta(hours=1))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(worker(agenda, begun, gate)) for _ in range(2)]
        for step in range(6):  # at every step of their waking up
            for number in range(2):
                agenda.put(("shop", f"{step}.{number}"), clock.now())
                await asyncio.sleep(0)
            async with asyncio.timeout(5):
                assert len({await begun.get(), await begun.get()}) == 2
            gate.set()
            for _ in range(step):
                await asyncio.sleep(0)
            gate.clear()
        for task in tasks:
            task.cancel()


async def test_a_turn_under_way_is_not_handed_out_twice_and_comes_again_if_it_was_put_meanwhile() -> None:
    clock = FakeClock()
    agenda, begun, gate = Agenda(clock), asyncio.Queue[Turn](), asyncio.Event()
    turn: Turn = ("shop", "send")
    agenda.put(turn, clock.now())
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(worker(agenda, begun, gate)) for _ in range(2)]
        assert await begun.get() == turn
        agenda.put(turn, clock.now())
        for _ in range(20):
            await asyncio.sleep(0)
        assert begun.empty()
        gate.set()
        async with asyncio.timeout(5):
            assert await begun.get() == turn
        for task in tasks:
            task.cancel()


async def test_a_machine_that_slept_sees_soon_after_that_it_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    class Sleeper(SystemClock):
        slept = timedelta()

        def now(self) -> datetime:
            return super().now() + self.slept

    monkeypatch.setattr(module, "_LOOK_AGAIN", 0.01)
    clock = Sleeper()
    agenda, begun, gate = Agenda(clock), asyncio.Queue[Turn](), asyncio.Event()
    agenda.put(("shop", "send"), clock.now() + timedelta(hours=8))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(worker(agenda, begun, gate))
        await asyncio.sleep(0)
        clock.slept = timedelta(hours=8)
        async with asyncio.timeout(5):
            assert await begun.get() == ("shop", "send")
        task.cancel()
