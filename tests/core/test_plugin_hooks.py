"""Hooks that a plugin specifies itself: who is refused, who is asked, and who is blamed."""

import asyncio
import importlib.util
import re
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from chatgrow_bot.cli import main
from chatgrow_bot.errors import PluginError
from chatgrow_bot.hooks.registry import Instance
from chatgrow_bot.hooks.watchdog import Watchdog
from chatgrow_bot.messages import Inbound, Outbound
from chatgrow_bot.plugin import Part, Plugin, hook, spec
from chatgrow_bot.responses import Customer
from chatgrow_bot.testing import TalkingBot

from .fakes import Stage, block, inbound
from .test_plugin_manual import MANUAL, blocks


class Hooks:
    @spec
    def register_words(self) -> Mapping[str, Any]:  # type: ignore[empty-body]
        """Words, by what they are for."""


class Poet(Plugin):
    """Asks others for words."""

    Hooks = Hooks


class Giver(Plugin):
    @hook
    def register_words(self) -> Mapping[str, Any]:
        return {"say": self._say}

    async def _say(self, text: str) -> str:
        match text:
            case "fail":
                raise KeyError("a customer's words")
            case "block":
                block()
            case "hang":
                await asyncio.Event().wait()
        return text.upper()


def poet(stage: Stage, name: str = "Poet") -> Plugin:
    found = stage.hooks._registry.get(name)
    assert found
    return found.plugin


def lend(part: Part, text: str, **more: Any) -> Any:
    return part.lent("a word", partial(part.value["say"], text), **{"seconds": 5, **more})


def refused(*kinds: type[Plugin]) -> dict[str, str]:
    bot: Any = None
    instances = [Instance(name=k.__name__, plugin=k(bot), serves=lambda tenant: True) for k in kinds]
    return {name: error.detail for name, error in Stage().hooks.register(instances).items()}


@pytest.mark.parametrize("order", [(Poet, Giver), (Giver, Poet)])
async def test_parts_are_given_whoever_is_listed_first(order: tuple[type[Plugin], ...]) -> None:
    [part] = poet(Stage().play(*order)).parts("register_words")
    assert part.by == "Giver"
    assert part.is_on
    assert await lend(part, "rose") == "ROSE"


async def test_two_of_a_plugin_that_asks_have_the_same_parts_of_all_that_give() -> None:
    stage = Stage().play(one=Poet, b=Giver, a=Giver, two=Poet)
    for name in ("one", "two"):
        assert [part.by for part in poet(stage, name).parts("register_words")] == ["b", "a"]


def test_a_hook_of_a_plugin_that_is_not_listed_is_no_error() -> None:
    assert refused(Giver) == {}


def hooked(
    name: str, *, asynchronous: bool = False, marked: bool = True, takes: bool = False
) -> type[Plugin]:
    """A plugin that specifies one hook in some wrong way."""

    def plain(self: Any) -> None: ...

    async def colour(self: Any) -> None: ...

    def more(self: Any, word: str) -> None: ...

    function = colour if asynchronous else more if takes else plain
    function.__name__ = name
    specs = type("Specs", (), {name: spec(function) if marked else function})
    return type("Wrong", (Plugin,), {"Hooks": specs})


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (hooked("on_word"), "'on_word' in `Hooks` must be named for parts that are given: 'register_word'"),
        (hooked("register_routes"), "there is a hook 'register_routes' already"),
        (hooked("register_x", asynchronous=True), "'register_x' in `Hooks` must be a plain `def`"),
        (hooked("register_x", marked=False), "'register_x' in `Hooks` needs `@spec` above it"),
        (hooked("register_x", takes=True), "'register_x' in `Hooks` takes nothing: def register_x(self)"),
        (type("Wrong", (Plugin,), {"Hooks": type("Specs", (), {})}), "`Hooks` has no hook in it"),
    ],
)
def test_a_wrong_hook_in_hooks_is_refused_with_what_to_write(kind: type[Plugin], said: str) -> None:
    found = refused(kind, Giver)
    assert said in found.pop("Wrong")
    assert found == {}


def test_a_hook_that_two_plugins_specify_is_the_firsts() -> None:
    other = hooked("register_words")
    assert "there is a hook 'register_words' already" in refused(Poet, other)["Wrong"]


def test_a_misspelt_hook_of_another_plugin_is_refused_with_the_right_name() -> None:
    class Slip(Plugin):
        @hook
        def register_wrods(self) -> None: ...

    class Unmarked(Plugin):
        def register_words(self) -> None: ...

    class Argument(Plugin):
        @hook
        def register_words(self, word: str) -> None: ...

    found = refused(Poet, Slip, Unmarked, Argument)
    assert "there is no hook 'register_wrods', did you mean 'register_words'?" in found["Slip"]
    assert "'register_words' is a hook and needs `@hook` above it" in found["Unmarked"]
    assert "word" in found["Argument"]


async def test_what_fails_is_told_as_the_givers_fault_without_its_words() -> None:
    stage = Stage().play(Poet, Giver)
    [part] = poet(stage).parts("register_words")
    with pytest.raises(PluginError, match=r"a word: 'Giver' failed: KeyError at test_plugin_") as raised:
        await lend(part, "fail")
    assert "customer" not in str(raised.value)
    assert [fault.where for fault in stage.faults] == ["Giver"]


async def test_what_hangs_or_gives_something_else_is_the_givers_fault_too() -> None:
    stage = Stage().play(Poet, Giver)
    [part] = poet(stage).parts("register_words")
    with pytest.raises(PluginError, match="no answer within 0"):
        await lend(part, "hang", seconds=0.05)

    def short(value: str) -> str:
        raise ValueError("gave a long word")

    with pytest.raises(PluginError, match="gave a long word"):
        await lend(part, "rose", check=short)
    assert [fault.where for fault in stage.faults] == ["Giver", "Giver"]


async def test_a_stall_in_a_part_is_blamed_on_its_giver_and_not_on_who_asked() -> None:
    class Asking(Poet):
        @hook
        async def answer(self, message: Inbound) -> Outbound | None:
            [part] = self.parts("register_words")
            try:
                await lend(part, "block")
            except PluginError:
                return Outbound(to=message.chat, text="it stalled")
            return None

    stage = Stage().play(Asking, Giver)
    with Watchdog(stall=0.1, look=0.02):
        answered = await stage.hooks.answer(inbound(), Customer(chat=inbound().chat))
    assert answered
    assert [fault.where for fault in stage.faults] == ["Giver"]
    assert "blocked the event loop" in stage.faults[0].reason


async def test_a_giver_that_is_off_asleep_or_not_for_this_tenant_is_not_called() -> None:
    stage = Stage().play(Poet, Giver, serves=lambda tenant: tenant == "t1")
    [part] = poet(stage).parts("register_words")
    with pytest.raises(PluginError, match="'Giver' does not serve this tenant"):
        await lend(part, "rose", about=inbound(tenant="t2"))
    stage.hooks.switch("Giver", on=False)
    assert not part.is_on
    with pytest.raises(PluginError, match="'Giver' is off"):
        await lend(part, "rose")
    stage.hooks.switch("Giver", on=True)
    for _ in range(5):
        with pytest.raises(PluginError):
            await lend(part, "fail")
    with pytest.raises(PluginError, match="asleep"):
        await lend(part, "rose")


async def test_a_part_that_cannot_be_given_is_a_fault_and_the_others_are_there() -> None:
    class Broken(Plugin):
        @hook
        def register_words(self) -> Mapping[str, Any]:
            raise OSError

    stage = Stage().play(Poet, Broken, Giver)

    def check(value: Any) -> int:
        return len(value)

    assert [(each.by, each.value) for each in poet(stage).parts("register_words", check)] == [("Giver", 1)]
    assert [fault.where for fault in stage.faults] == ["Broken"]


async def test_nobody_has_parts_of_a_hook_that_is_not_his() -> None:
    with pytest.raises(PluginError, match="did you mean 'register_words'"):
        poet(Stage().play(Poet, Giver)).parts("register_word")
    assert poet(Stage().play(Poet, Giver), "Giver").parts("register_words") == ()


@pytest.fixture
def manual(bot: TalkingBot, modules: None) -> Callable[..., Any]:
    """Plugins with the code of the manual's chapter on hooks of a plugin, by the names given."""
    chapter = re.split(r"^## ", MANUAL, flags=re.M)
    codes = blocks("python", next(each for each in chapter if each.startswith("Hooks of a plugin")))

    def write(**numbers: int) -> None:
        folder = bot.folder / "plugins"
        folder.mkdir()
        for name, number in numbers.items():
            (folder / f"{name}.py").write_text(codes[number])
        bot.plugin_folders = [folder]

    return write


async def test_the_manuals_example_runs(bot: TalkingBot, manual: Callable[..., Any]) -> None:
    manual(till=0, bakery=1)
    await bot.start("till", "bakery")
    assert await bot.say("bread") == ["bread: 12"]
    await bot.running.plugins.disable("bakery")
    assert await bot.say("bread") == []


async def test_the_manuals_conditions_and_actions_are_known_to_the_rules(
    bot: TalkingBot, manual: Callable[..., Any], parts_module: Any
) -> None:
    manual(helpdesk=2)

    class Rules(Plugin):
        Hooks = parts_module.RuleHooks

        @hook
        async def answer(self, message: Inbound) -> list[Outbound]:
            parts = parts_module.parts_of(self)
            assert parts.conditions["long"].check(3) == 3
            ticket = parts.actions["helpdesk.ticket"]
            acted = await ticket.run(message, None, ticket.check({"title": "Broken"}))
            return [Outbound(to=message.chat, text=deed.note) for deed in acted.deeds]

    await bot.start(Rules, "helpdesk")
    assert await bot.say("hello") == ["Broken"]


@pytest.fixture
async def parts_module() -> AsyncIterator[Any]:
    """auto_reply's parts.py by itself."""
    folder = Path(__file__).parents[2] / "plugins" / "auto_reply"
    loaded: Any = None
    for name in ("hookspecs", "parts"):
        found = importlib.util.spec_from_file_location(f"alone_{name}", folder / f"{name}.py")
        assert found
        assert found.loader
        loaded = importlib.util.module_from_spec(found)
        sys.modules[f"alone_{name}"] = loaded
        found.loader.exec_module(loaded)
    loaded.RuleHooks = sys.modules["alone_hookspecs"].RuleHooks
    yield loaded
    for name in ("hookspecs", "parts"):
        del sys.modules[f"alone_{name}"]


ASKS = '''
import asyncio
import click
from chatgrow_bot.errors import PluginError
from chatgrow_bot.plugin import Plugin, hook, spec


class Hooks:
    @spec
    def register_smells(self):
        """Smells."""


class Nose(Plugin):
    Hooks = Hooks

    def told(self):
        return [asyncio.run(self.one(part)) for part in self.parts("register_smells")]

    async def one(self, part):
        try:
            return f"{part.by}: {await part.lent('a smell', part.value, seconds=2)}"
        except PluginError as error:
            return error.detail

    @hook
    def register_checks(self):
        return [lambda: "; ".join(self.told())]

    @hook
    def register_cli(self):
        return [click.Command("smell", callback=lambda: click.echo("; ".join(self.told())))]
'''
GIVES = """
from chatgrow_bot.plugin import Plugin, PluginConfig, hook


class Config(PluginConfig):
    smell: str = "of nothing"


class Flower(Plugin):
    Config = Config

    @hook
    def register_smells(self):
        return self._smell

    async def _smell(self):
        if self.bot.config.smell == "stored":
            return await self.bot.store.get("", "smell")
        return self.bot.config.smell
"""


@pytest.fixture
def project(tmp_path: Path, modules: None) -> Callable[..., Any]:
    """Runs a word in a project that lists these plugins."""
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "nose.py").write_text(ASKS)
    (tmp_path / "plugins" / "flower.py").write_text(GIVES)

    def run(word: str, listed: str) -> str:
        config = tmp_path / f"{word}{len(listed)}.yaml"
        config.write_text(f"pluginFolders: [plugins]\nplugins: {listed}\n")
        return CliRunner().invoke(main, ["--config", str(config), word]).output

    return run


@pytest.mark.parametrize("word", ["smell", "check"])
def test_without_a_hub_the_parts_are_there_by_their_names_in_the_configuration(
    word: str, project: Callable[..., Any]
) -> None:
    rose, lily = "rose: {plugin: flower, smell: of roses}", "lily: {plugin: flower, enabled: false}"
    assert "rose: of roses; a smell: 'lily' is off\n" in project(word, f"{{{rose}, nose: {{}}, {lily}}}")


def test_a_plugin_that_is_not_listed_gives_nothing(project: Callable[..., Any]) -> None:
    assert project("smell", "{nose: {}}") == "\n"
    assert project("smell", "{}") == "\n"


def test_without_a_hub_a_part_that_needs_one_says_so_by_failing(project: Callable[..., Any]) -> None:
    said = project("smell", "{flower: {smell: stored}, nose: {}}")
    assert "a smell: 'flower' failed: PluginError at flower.py" in said
