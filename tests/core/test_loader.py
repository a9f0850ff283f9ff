"""Plugins found and loaded: real files, and what is said of those that cannot be."""

import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace

import pytest

from chatgrow_bot.errors import PluginError
from chatgrow_bot.host.loader import Catalogue, built_in_folder, load_plugin_module, plugin_class
from chatgrow_bot.plugin import Plugin

from .fakes import CUSTOMER, inbound
from .house import GOOD, HEAD, House

pytestmark = pytest.mark.usefixtures("modules")


async def test_plugins_are_loaded_from_files_and_folders_and_answer_in_yaml_order(house: House) -> None:
    house.plugin("good.py", GOOD)
    house.plugin("deep/__init__.py", "from .words import Deep\n")
    house.plugin("deep/words.py", "from . import more\n" + GOOD.replace("Good", "Deep"))
    house.plugin("deep/more.py", "")
    async with house.load("second: {plugin: deep}\nfirst: {plugin: good}").running():
        assert await house.answered_by() == "second"
        await house.host.disable("second")
        assert await house.answered_by() == "first"
    assert not house.faults


async def test_one_plugin_runs_several_times_with_its_own_config(house: House) -> None:
    house.plugin(
        "greet.py",
        """
        class Config(PluginConfig):
            the_word: str

        class Greet(Plugin):
            Config = Config

            @hook
            async def answer(self, message):
                if message.text == self.bot.name:
                    return Outbound(to=message.chat, text=self.bot.config.the_word)
        """,
    )
    async with house.load("a: {plugin: greet, theWord: hey}\nb: {plugin: greet, theWord: yo}").running():
        for name, word in (("a", "hey"), ("b", "yo")):
            answered = await house.hooks.answer(inbound(name), CUSTOMER)
            assert answered
            assert (answered.by, answered.messages[0].text) == (name, word)


def test_a_plugin_may_be_called_what_a_library_is_called(tmp_path: Path) -> None:
    (tmp_path / "aiohttp.py").write_text(HEAD + GOOD)
    module = load_plugin_module(tmp_path / "aiohttp.py")
    assert module.__name__ == "chatgrow_plugins.aiohttp"
    assert load_plugin_module(tmp_path / "aiohttp.py") is module
    assert str(tmp_path) not in sys.path
    assert hasattr(sys.modules["aiohttp"], "ClientSession")


def test_two_apps_may_each_have_a_plugin_of_the_same_name(tmp_path: Path) -> None:
    for side in ("left", "right"):
        (tmp_path / side / "faq").mkdir(parents=True)
        (tmp_path / side / "faq" / "__init__.py").write_text("from .side import SIDE\n")
        (tmp_path / side / "faq" / "side.py").write_text(f"SIDE = '{side}'\n")
    assert load_plugin_module(tmp_path / "left" / "faq").SIDE == "left"
    assert load_plugin_module(tmp_path / "right" / "faq").SIDE == "right"


def test_the_built_in_folder_is_searched_after_ones_own(tmp_path: Path) -> None:
    assert (built_in_folder() / "simulator").is_dir()
    assert "simulator" in Catalogue(installed=[]).names()
    (tmp_path / "simulator.py").write_text(HEAD + GOOD)
    assert Catalogue([tmp_path], installed=[]).find("simulator").__name__ == "Good"


def test_installed_packages_offer_plugins_by_entry_point() -> None:
    entry = EntryPoint(name="theirs", value="tests_theirs:Theirs", group="chatgrow_bot")
    theirs = type("Theirs", (Plugin,), {"__module__": "tests_theirs"})
    sys.modules["tests_theirs"] = SimpleNamespace(Theirs=theirs)  # type: ignore[assignment]
    try:
        assert Catalogue(installed=[entry]).find("theirs") is theirs
    finally:
        del sys.modules["tests_theirs"]
    broken = EntryPoint(name="broken", value="tests_not_there:X", group="chatgrow_bot")
    with pytest.raises(PluginError, match="ModuleNotFoundError"):
        Catalogue(installed=[broken]).find("broken")


def test_a_module_must_define_exactly_one_plugin(tmp_path: Path) -> None:
    for name, code in {"none": "", "two": GOOD + GOOD.replace("Good", "Other")}.items():
        (tmp_path / f"{name}.py").write_text(HEAD + code)
    with pytest.raises(PluginError, match="defines no plugin"):
        plugin_class(load_plugin_module(tmp_path / "none.py"))
    with pytest.raises(PluginError, match=r"several plugins \(Good, Other\)"):
        plugin_class(load_plugin_module(tmp_path / "two.py"))


@pytest.mark.parametrize(
    ("code", "entry", "said"),
    [
        (GOOD, "bad: {plugin: gode}", "there is no plugin 'gode', did you mean 'good'?"),
        (GOOD, "bad: {plugin: ../mine/good}", "there is no plugin '../mine/good'"),
        ("class X:\n    pass\n", "bad:", "defines no plugin"),
        ("1 / 0\n", "bad:", "ZeroDivisionError: division by zero (bad.py:"),
        ("sys.exit()\n", "bad:", "SystemExit"),
        ("def\n", "bad:", "SyntaxError"),
        (GOOD, "bad: {wrod: x}", "unknown key 'wrod'"),
        (GOOD.replace("answer", "anser"), "bad:", "did you mean 'answer'?"),
        (GOOD.replace("async ", ""), "bad:", "'answer' must be `async def`"),
        (
            GOOD.replace("@hook\n    ", "def __init__(self, bot):\n        1 / 0\n\n    "),
            "bad:",
            "ZeroDivision",
        ),
    ],
)
async def test_a_plugin_with_an_error_is_left_out_and_the_others_work(
    house: House, code: str, entry: str, said: str
) -> None:
    house.plugin("good.py", GOOD)
    house.plugin("bad.py", code)
    async with house.load(f"{entry}\ngood:").running():
        assert await house.answered_by() == "good"
        assert house.host.names == ["good"]
        [problem] = house.host.problems
        assert said in problem.message
        assert problem.position.line == 2
        assert said in house.faults[0]
        assert house.faults[0].startswith("bad: left out")
