"""Plugins started and stopped: real tasks, and one bad plugin never takes another along."""

import asyncio

import pytest

from chatgrow_bot.errors import NotFound, PluginError

from .house import GOOD, House, log_of

LIVES = """
class Lives(Plugin):
    def __init__(self, bot):
        super().__init__(bot)
        self.log = []

    @hook
    @asynccontextmanager
    async def lifespan(self):
        self.log.append("in")
        self.bot.spawn(self.work(), "work")
        self.bot.every(10, self.tick)
        yield
        self.log.append("out")

    async def work(self):
        try:
            await asyncio.Event().wait()
        finally:
            self.log.append("work ended")

    async def tick(self):
        self.log.append("tick")

    @hook
    async def answer(self, message):
        return Outbound(to=message.chat, text="x")
"""


def plugin_tasks() -> list[str]:
    return sorted(task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("plugin:"))


async def test_a_scope_ends_everything_the_plugin_began_before_its_lifespan_ends(house: House) -> None:
    house.plugin("lives.py", LIVES)
    async with house.load("lives:").running():
        assert plugin_tasks() == ["plugin:lives", "plugin:lives:every 10 s", "plugin:lives:work"]
        await asyncio.sleep(0)
        for _ in range(2):
            house.stage.clock.advance(10)
            await asyncio.sleep(0.01)
    assert log_of(house, "lives") == ["in", "tick", "tick", "work ended", "out"]
    assert plugin_tasks() == []
    assert not house.faults


async def test_plugins_are_switched_off_and_on_while_the_hub_runs(house: House) -> None:
    house.plugin("lives.py", LIVES)
    async with house.load("lives:").running() as host:
        assert host.is_enabled("lives")
        await host.disable("lives")
        assert not host.is_enabled("lives")
        assert await house.answered_by() is None
        assert plugin_tasks() == []
        await host.disable("lives")
        await host.enable("lives")
        await host.enable("lives")
        assert await house.answered_by() == "lives"
        with pytest.raises(NotFound, match="did you mean 'lives'"):
            await host.enable("live")
    assert log_of(house, "lives") == ["in", "work ended", "out"] * 2


async def test_a_plugin_listed_as_off_is_loaded_but_waits(house: House) -> None:
    house.plugin("good.py", GOOD)
    async with house.load("good: {enabled: false}").running() as host:
        assert await house.answered_by() is None
        await host.enable("good")
        assert await house.answered_by() == "good"


@pytest.mark.parametrize(
    "breaks", ["raise ValueError('no key')", "sys.exit(1)", "await asyncio.Event().wait()"]
)
async def test_a_plugin_that_cannot_start_is_left_out_and_its_tasks_end(
    house: House, breaks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatgrow_bot.host.host.START", 0.1)
    house.plugin("bad.py", LIVES.replace("        yield\n", f"        {breaks}\n        yield\n"))
    house.plugin("good.py", GOOD)
    async with house.load("bad:\ngood:").running() as host:
        assert not host.is_enabled("bad")
        assert await house.answered_by() == "good"
        assert "bad: left out, for it cannot start" in house.faults[0]
        assert plugin_tasks() == ["plugin:good"]
        with pytest.raises(PluginError, match="cannot start"):
            await host.enable("bad")


async def test_a_plugin_whose_own_task_group_fails_ends_alone(house: House) -> None:
    house.plugin(
        "group.py",
        """
        class Group(Plugin):
            @hook
            @asynccontextmanager
            async def lifespan(self):
                async with asyncio.TaskGroup() as group:
                    group.create_task(self.fail())
                    yield

            async def fail(self):
                await asyncio.sleep(0.05)
                raise ValueError("lost")
        """,
    )
    house.plugin("good.py", GOOD)
    async with house.load("group:\ngood:").running() as host:
        assert host.is_enabled("group")
        await asyncio.sleep(0.1)
        assert not host.is_enabled("group")
        assert await house.answered_by() == "good"
    assert "stopped with an error: ExceptionGroup" in house.faults[0]


async def test_a_plugin_that_does_not_stop_does_not_stop_the_hub_from_stopping(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatgrow_bot.host.host.STOP", 0.1)
    house.plugin("bad.py", LIVES.replace('self.log.append("out")', "await asyncio.Event().wait()"))
    async with asyncio.timeout(2), house.load("bad:").running():
        pass
    assert "TimeoutError" in house.faults[0]


async def test_commands_are_offered_while_the_plugin_lives(house: House) -> None:
    house.plugin(
        "say.py",
        """
        from chatgrow_bot.hub import Answer, Command, Role

        class Say(Plugin):
            @hook
            def register_commands(self):
                async def run(args, who):
                    return Answer(text="said")
                return [Command(name="say", help="Says.", role=Role.ADMIN, run=run)]
        """,
    )
    async with house.load("say:").running() as host:
        assert house.offered == ["say"]
        await host.disable("say")
        assert house.offered == []
