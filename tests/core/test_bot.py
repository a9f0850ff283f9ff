"""What a plugin is handed: tasks and timers that end with it, sending, memory."""

import asyncio
from contextlib import suppress

import pytest

from chatgrow_bot.errors import BadInput, NotAllowed, PluginError
from chatgrow_bot.facts import keyed
from chatgrow_bot.host.scope import Scope
from chatgrow_bot.messages import Outbound

from .fakes import Stage, inbound
from .house import GOOD, House, bot_of, log_of


async def test_a_task_that_fails_is_a_fault_with_the_place_that_made_it(house: House) -> None:
    house.plugin(
        "tasks.py",
        """
        class Tasks(Plugin):
            @hook
            async def answer(self, message):
                self.bot.spawn(self.fail(), "count")

            async def fail(self):
                raise ValueError("what the customer wrote")
        """,
    )
    async with house.load("tasks:").running():
        await house.answered_by()
        await asyncio.sleep(0.01)
        [fault] = house.faults
        assert "the task 'count' made at tasks.py:10" in fault
        assert "ValueError at tasks.py:13 in fail" in fault
        assert "customer" not in fault


async def test_a_timer_that_fails_goes_on_until_its_plugin_is_put_to_sleep(house: House) -> None:
    house.plugin(
        "timer.py",
        """
        class Timer(Plugin):
            @hook
            @asynccontextmanager
            async def lifespan(self):
                self.log = []
                self.bot.every(1, self.fail)
                yield

            async def fail(self):
                self.log.append("x")
                raise ValueError
        """,
    )
    async with house.load("timer:").running():
        for _ in range(20):
            await asyncio.sleep(0.005)
            house.stage.clock.advance(1)
        await asyncio.sleep(0.005)
        assert len(log_of(house, "timer")) == 5
    assert len(house.faults) == 5


async def test_a_task_that_does_not_stop_is_named_and_left_behind() -> None:
    stage = Stage()
    scope = Scope("bad", stage.hooks.isolation, stage.clock, grace=0.05)
    free = asyncio.Event()

    async def stubborn() -> None:
        while not free.is_set():
            with suppress(asyncio.CancelledError):
                await free.wait()

    async with scope.opened():
        scope.spawn(stubborn(), "leak")
        await asyncio.sleep(0)
    assert [fault.reason for fault in stage.faults] == ["plugin:bad:leak does not stop when it is cancelled"]
    free.set()
    await asyncio.sleep(0.01)


async def test_nothing_is_spawned_once_the_plugin_is_off() -> None:
    stage = Stage()
    scope = Scope("late", stage.hooks.isolation, stage.clock)

    async def work() -> None: ...

    async with scope.opened():
        scope.spawn(work(), "never begun")
    with pytest.raises(PluginError, match="is off"):
        scope.spawn(work(), "late")


async def test_a_bot_sends_on_its_tenants_only_connection(house: House) -> None:
    house.plugin("good.py", GOOD)
    async with house.load("good:\nwide: {plugin: good, tenants: all}").running():
        message = Outbound(to="15551230001@c.us", text="hi")
        assert await bot_of(house, "good").send("t1", message) == "d1"
        assert house.sent == [("t1", "c1", message, "good", None)]
        with pytest.raises(NotAllowed):
            await bot_of(house, "good").send("t2", message)
        with pytest.raises(BadInput, match="2 connections"):
            await bot_of(house, "wide").send("t2", message)


async def test_the_core_is_for_plugins_with_admin_true(house: House) -> None:
    house.plugin("good.py", GOOD)
    house.load("good:\nboss: {plugin: good, admin: true}")
    with pytest.raises(PluginError, match="does not run yet"):
        _ = bot_of(house, "boss").hub
    async with house.running():
        assert bot_of(house, "boss").hub
        with pytest.raises(PluginError, match="admin: true"):
            _ = bot_of(house, "good").hub


async def test_what_a_task_sends_carries_no_key_of_the_fact_it_was_made_in(house: House) -> None:
    house.plugin(
        "tells.py",
        """
        class Tells(Plugin):
            @hook
            async def on_inbound(self, message):
                await self.bot.send("t1", Outbound(to=message.chat, text="now"))
                self.bot.spawn(self.later(message), "later")

            async def later(self, message):
                await self.bot.send("t1", Outbound(to=message.chat, text="later"))
        """,
    )
    async with house.load("tells:").running():
        with keyed("fact:1:tells"):
            await house.hooks.on_inbound("tells", inbound())
        await asyncio.sleep(0.01)
    assert [(message.text, key) for _, _, message, _, key in house.sent] == [
        ("now", "fact:1:tells:0"),
        ("later", None),
    ]


async def test_each_instance_has_its_own_memory_by_tenant(house: House) -> None:
    house.plugin("good.py", GOOD)
    house.load("a: {plugin: good}\nb: {plugin: good}")
    a, b = bot_of(house, "a").store, bot_of(house, "b").store
    await a.put("t1", "k1", {"n": 1})
    await a.put("t1", "k2", [2])
    await a.put("t2", "k1", "other")
    assert await a.get("t1", "k1") == {"n": 1}
    assert await b.get("t1", "k1") is None
    assert await a.items("t1", "k") == {"k1": {"n": 1}, "k2": [2]}
    await a.delete("t1", "k1")
    assert await a.items("t1") == {"k2": [2]}
