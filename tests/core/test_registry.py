"""What is refused at load, and the parts that plugins give."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from chatgrow_bot.errors import BadInput, PluginError
from chatgrow_bot.hooks.watchdog import Watchdog
from chatgrow_bot.hub import Answer, Command, Identity, Role
from chatgrow_bot.messages import Inbound, Outbound
from chatgrow_bot.plugin import Access, Plugin, Route, hook

from .fakes import CUSTOMER, Stage, block, inbound


class Yes(Plugin):
    @hook
    async def answer(self, message: Inbound) -> Outbound:
        return Outbound(to=message.chat, text="yes")


class Misspelt(Plugin):
    @hook
    async def anwser(self, message: Inbound) -> None: ...


class WrongArgument(Plugin):
    @hook
    async def answer(self, mesage: Inbound) -> None: ...


class Sync(Plugin):
    @hook
    def answer(self, message: Inbound) -> None: ...


class AsyncRegister(Plugin):
    @hook
    async def register_routes(self) -> list[Route]:
        return []


class BareLifespan(Plugin):
    @hook
    async def lifespan(self) -> AsyncIterator[None]:
        yield


class Wrapper(Plugin):
    @hook(wrapper=True)
    def answer(self, message: Inbound) -> Iterator[None]:
        yield


class OldWrapper(Plugin):
    @hook(hookwrapper=True)
    def answer(self, message: Inbound) -> Iterator[None]:
        yield


class Unmarked(Plugin):
    async def answer(self, message: Inbound) -> None: ...


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Misspelt, "there is no hook 'anwser', did you mean 'answer'?"),
        (WrongArgument, "mesage"),
        (Sync, "'answer' must be `async def`"),
        (AsyncRegister, "'register_routes' must be a plain `def`"),
        (BareLifespan, "`@asynccontextmanager`"),
        (Wrapper, "'answer' cannot be a wrapper"),
        (OldWrapper, "'answer' cannot be a wrapper"),
        (Unmarked, "'answer' is a hook and needs `@hook`"),
    ],
)
async def test_a_wrong_hook_is_refused_by_name_and_the_others_stay(kind: type[Plugin], said: str) -> None:
    stage = Stage()
    with pytest.raises(PluginError, match=r"plugin '|Plugin '") as refusal:
        stage.play(kind, Yes)
    assert said in str(refusal.value)
    stage.hooks.switch("Yes", on=True)
    answered = await stage.hooks.answer(inbound(), CUSTOMER)
    assert answered
    assert answered.by == "Yes"


def identity() -> Identity:
    return Identity(user_id="u1", username="ann", role=Role.ADMIN, plan="free")


class Parts(Plugin):
    @hook
    def register_commands(self) -> list[Command]:
        async def run(args: Sequence[str], who: Identity) -> Answer:
            if args == ["stall"]:
                block()
            if args == ["wrong"]:
                raise BadInput("wrong")
            return Answer(text="done")

        return [Command(name="do", help="Does.", role=Role.ADMIN, run=run)]

    @hook
    def register_routes(self) -> list[Route]:
        async def handler(request: web.Request) -> web.StreamResponse:
            return web.Response(text="here")

        return [Route(method="GET", path="/here", handler=handler, access=Access.PUBLIC)]


class NoParts(Plugin):
    @hook
    def register_commands(self) -> list[Command]:
        raise ValueError("no key")


async def test_parts_come_with_their_instance_and_one_that_fails_leaves_the_others() -> None:
    stage = Stage().play(NoParts, one=Parts, two=Parts)
    assert [(by, command.name) for by, command in stage.hooks.register_commands()] == [
        ("one", "do"),
        ("two", "do"),
    ]
    assert [by for by, _ in stage.hooks.register_commands("two")] == ["two"]
    assert [(by, route.path) for by, route in stage.hooks.register_routes()] == [
        ("one", "/here"),
        ("two", "/here"),
    ]
    assert "ValueError: no key (test_registry.py:" in stage.faults[0].reason


async def test_a_command_keeps_its_errors_but_a_stall_is_the_plugins() -> None:
    stage = Stage().play(Parts)
    [(_, command)] = stage.hooks.register_commands()
    assert (await command.run([], identity())).text == "done"
    with pytest.raises(BadInput):
        await command.run(["wrong"], identity())
    assert not stage.faults
    with Watchdog(stall=0.1, look=0.05), pytest.raises(PluginError, match="blocked the event loop"):
        await command.run(["stall"], identity())
    assert len(stage.faults) == 1


async def test_a_plugin_without_a_lifespan_has_an_empty_one() -> None:
    class Lives(Plugin):
        @hook
        @asynccontextmanager
        async def lifespan(self) -> AsyncIterator[None]:
            self.bot.asked.append("in")  # type: ignore[attr-defined]
            yield
            self.bot.asked.append("out")  # type: ignore[attr-defined]

    stage = Stage().play(Lives, Yes)
    async with stage.hooks.lifespan("Lives"), stage.hooks.lifespan("Yes"):
        assert stage.asked == ["in"]
    assert stage.asked == ["in", "out"]
