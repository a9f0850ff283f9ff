"""Every example of plugins/README.md, run: as a plugin of a real hub, its hook called for its true reason."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from click.testing import CliRunner
from sqlalchemy import Connection

from chatgrow_bot.cli import main
from chatgrow_bot.errors import SendRefused
from chatgrow_bot.health import Health
from chatgrow_bot.hookspecs import HookSpecs
from chatgrow_bot.hub import Answer, Command, Role
from chatgrow_bot.messages import (
    ConnectionState,
    ConversationChange,
    ConversationEvent,
    ConversationState,
    Inbound,
    Notice,
    Outbound,
)
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store import plugin_store
from chatgrow_bot.testing import TalkingBot

MANUAL = (Path(__file__).parents[2] / "plugins" / "README.md").read_text("utf-8")
DANA = "15551230001@c.us"
pytestmark = pytest.mark.usefixtures("modules")


def blocks(language: str, text: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


def hook_examples() -> Mapping[str, str]:
    """The code below each heading that names a hook."""
    sections = re.findall(r"^### `(\w+)`\n(.*?)(?=^##)", MANUAL, re.M | re.S)
    return {name: "".join(blocks("python", text)) for name, text in sections}


class Example:
    """The example of one hook, running."""

    def __init__(self, bot: TalkingBot, hook: str) -> None:
        self.bot = bot
        self.name = f"example_{hook}"
        folder = bot.folder / "plugins"
        folder.mkdir()
        (folder / f"{self.name}.py").write_text(hook_examples()[hook])
        bot.plugin_folders = [folder]

    async def start(
        self, *others: type[Plugin], settings: Mapping[str, Any] | None = None, **own: Any
    ) -> None:
        running = await self.bot.start(self.name, *others, settings=settings, **{self.name: own})
        assert self.name in running.plugins.names, [str(each) for each in running.plugins.problems]
        assert running.plugins.is_enabled(self.name)

    async def keeps(self, key: str, tenant: str | None = None) -> Any:
        """What it has in its store, once that is there."""
        whose = self.bot.admin.user_id if tenant is None else tenant
        return await self.bot.until(lambda conn: plugin_store.get(conn, self.name, whose, key), is_something)

    @property
    def config(self) -> Path:
        return self.bot.folder / "config" / "chatgrow.yaml"


def is_something(value: object) -> bool:
    return value is not None


@pytest.fixture
def example(bot: TalkingBot) -> Callable[[str], Example]:
    return lambda hook: Example(bot, hook)


class Echo(Plugin):
    """Answers with what it was asked."""

    @hook
    async def answer(self, message: Inbound) -> Outbound:
        if message.text == "fail":
            raise ValueError
        return Outbound(to=message.chat, text=message.text)


class Switch(Plugin):
    """Has a command."""

    @hook
    def register_commands(self) -> list[Command]:
        async def run(words: object, who: object) -> Answer:
            return Answer(text="done")

        return [Command(name="switch", help="Switches.", role=Role.VIEWER, run=run)]


def test_every_hook_has_one_example_that_uses_it() -> None:
    examples = hook_examples()
    assert set(examples) == {name for name in vars(HookSpecs) if not name.startswith("_")}
    for name, code in examples.items():
        assert len(re.findall(rf"    @hook\n(?:    @\w+\n)?    (?:async )?def {name}\(", code)) == 1, name


@pytest.mark.slow
def test_its_ten_minutes_begin_as_it_says(tmp_path: Path) -> None:
    commands = blocks("console", MANUAL)[0].splitlines()
    assert commands[0].startswith("chatgrow new-plugin ")
    tools = {"chatgrow": "chatgrow_bot.cli", "pytest": "pytest"}
    for command in ("chatgrow init", *commands):
        tool, *words = command.split()
        done = subprocess.run(
            [sys.executable, "-m", tools[tool], *words],
            cwd=tmp_path,
            env={**os.environ, "PYTEST_ADDOPTS": "-p no:cacheprovider"},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    parrot = (tmp_path / "plugins" / "parrot" / "__init__.py").read_text()
    assert '"!say"' in parrot, "what the page says of it"


async def test_its_settings_and_its_test_are_as_they_should_be(bot: TalkingBot) -> None:
    [settings] = [code for code in blocks("python", MANUAL) if "min_length" in code]
    [test] = [code for code in blocks("python", MANUAL) if "async def test_" in code]
    (bot.folder / "parrot.py").write_text(settings)
    bot.plugin_folders = [bot.folder]
    names: dict[str, Any] = {}
    exec(compile(test, "plugins/README.md", "exec"), names)
    await names["test_its_word_is_a_setting"](bot)
    await bot.stop()
    await bot.start("parrot", parrot={"atMost": 3})
    assert await bot.say("!say hello") == ["hel"]


async def test_lifespan(example: Callable[[str], Example]) -> None:
    shown = example("lifespan")
    await shown.start()
    assert await shown.keeps("notes", tenant="") == 1
    await shown.bot.stop()
    await shown.start()
    assert await shown.bot.until(lambda conn: stored(conn, shown.name) == {"notes": 2})


def stored(conn: Connection, instance: str, tenant: str = "") -> Mapping[str, Any]:
    return plugin_store.items(conn, instance, tenant, "")


async def test_register_engines(example: Callable[[str], Example]) -> None:
    shown = example("register_engines")
    await shown.start()
    connections = shown.bot.running.hub.connections
    await connections.create(shown.bot.admin, "stage", "Stage", "", {"engine": "rehearsal"})
    await shown.bot.reaches("stage", ConnectionState.ONLINE)
    assert not shown.bot.engine.opened, "it is not the tests' own engine that was asked"


async def test_register_routes(example: Callable[[str], Example]) -> None:
    shown = example("register_routes")
    await shown.start()
    running = shown.bot.running
    assert running.first_password
    tokens = await running.hub.accounts.login("admin", running.first_password, "127.0.0.1")
    url = f"http://{running.host}:{running.port}/api/greeting"
    async with aiohttp.ClientSession() as http:
        async with http.get(url) as response:
            assert response.status == 401
        async with http.get(url, headers={"Authorization": f"Bearer {tokens.access_token}"}) as response:
            assert await response.json() == {"hello": "admin"}


async def test_register_commands(example: Callable[[str], Example]) -> None:
    shown = example("register_commands")
    await shown.start()
    answer = await shown.bot.running.hub.commands.run("shout", ["we", "open"], shown.bot.admin)
    assert answer.text == "WE OPEN"


async def test_register_cli(example: Callable[[str], Example]) -> None:
    shown = example("register_cli")
    await shown.start()
    result = CliRunner().invoke(main, ["--config", str(shown.config), "shout", "we", "open"])
    assert result.stdout == "WE OPEN\n"


async def test_register_checks(example: Callable[[str], Example]) -> None:
    shown = example("register_checks")
    await shown.start()
    result = CliRunner().invoke(main, ["check", "--config", str(shown.config)])
    assert f"{shown.bot.folder}/pictures  there is no such folder: make it\n" in result.output
    (shown.bot.folder / "pictures").mkdir()
    assert CliRunner().invoke(main, ["check", "--config", str(shown.config)]).exit_code == 0


async def test_register_personal_data(example: Callable[[str], Example]) -> None:
    shown = example("register_personal_data")
    await shown.start()
    await shown.bot.say("we were here")
    privacy, tenants = shown.bot.running.hub.privacy, [shown.bot.admin.user_id]

    async def told() -> str:
        return b"".join([part async for part in await privacy.export(tenants, DANA, "a test")]).decode()

    async with asyncio.timeout(20):
        while '{"said":"we were here"}' not in await told():
            pass
    erased = await privacy.erase(tenants, DANA, "a test")
    assert erased.counts[f"{shown.name}: guests"] == 1
    assert "we were here" not in await told()


async def test_filter_inbound(example: Callable[[str], Example]) -> None:
    shown = example("filter_inbound")
    await shown.start(Echo)
    assert await shown.bot.say("  hello ") == ["hello"]
    assert await shown.bot.say("look at http://example.com") == []


async def test_answer(example: Callable[[str], Example]) -> None:
    shown = example("answer")
    await shown.start(Echo)
    assert await shown.bot.say("!say hello") == ["hello"]
    assert await shown.bot.say("hello") == ["hello"], "the next one is asked"


async def test_more_than_an_answer(bot: TalkingBot) -> None:
    [code] = [code for code in blocks("python", MANUAL) if "class Waiter" in code]
    files = bot.folder / "files"
    files.mkdir()
    (files / "menu.pdf").write_bytes(b"%PDF-1.4 the menu")
    (bot.folder / "waiter.py").write_text(code)
    bot.plugin_folders = [bot.folder]
    owner = "15551230009@c.us"
    await bot.start("waiter", waiter={"owner": owner}, settings={"allowedMediaRoots": [str(files)]})
    assert await bot.say("order soup") == [], "he has not asked for the menu"
    assert await bot.say("menu") == ["Our menu:"]
    session = await bot.online()
    assert session.sent[0].media
    assert await bot.say("order soup") == ["soup is on its way. (You had: nothing yet)"]
    assert await bot.say("order bread") == ["bread is on its way. (You had: soup)"]
    await bot.until(lambda conn: [each.text for each in session.sent if each.chat == owner][1:])
    assert session.read == [DANA]


async def test_ask_a_customer_something(bot: TalkingBot) -> None:
    [code] = [code for code in blocks("python", MANUAL) if "class Table" in code]
    (bot.folder / "table.py").write_text(code)
    bot.plugin_folders = [bot.folder]
    await bot.start("table", Echo)
    assert await bot.say("table") == ["For how many?"]
    assert await bot.say("many") == ["Please write a number. For how many?"]
    assert await bot.say("4") == ["At what time?"]
    assert await bot.say("eight") == ["A table for 4 at eight. See you!"]
    assert await bot.say("hello") == ["hello"]
    assert await bot.say("table", "15551230002@c.us") == ["For how many?"]
    assert await bot.say("cancel", "15551230002@c.us") == ["As you like."]


async def test_filter_outbound(example: Callable[[str], Example]) -> None:
    shown = example("filter_outbound")
    await shown.start(Echo)
    assert await shown.bot.say("hello") == ["hello\n(an automatic answer)"]


async def test_on_inbound(example: Callable[[str], Example]) -> None:
    heard: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()

    async def hear(request: web.Request) -> web.Response:
        heard.put_nowait(json.loads(await request.text()))
        return web.Response()

    app = web.Application()
    app.router.add_post("/news", hear)
    async with TestServer(app) as server:
        shown = example("on_inbound")
        here = f"{server.host}:{server.port}"
        await shown.start(settings={"allowedHosts": [here]}, url=f"http://{here}/news")
        await shown.bot.say("hello")
        async with asyncio.timeout(10):
            assert (await heard.get())["kind"] == "text"
        await shown.bot.stop()


async def test_on_outbound(example: Callable[[str], Example]) -> None:
    shown = example("on_outbound")
    await shown.start()
    session = await shown.bot.connect()
    session.outcomes = [SendRefused("No such number")]
    tenant, outbox = shown.bot.admin.user_id, shown.bot.running.hub.outbox
    lost = await outbox.enqueue(tenant, "shop", Outbound(to=DANA, text="hello"), source="test")
    assert "No such number" in await shown.keeps(f"failed/{lost.id}")


async def test_on_connection(example: Callable[[str], Example]) -> None:
    shown = example("on_connection")
    await shown.start(owner=DANA)
    session = await shown.bot.connect()
    await shown.bot.until(lambda conn: [parcel.text for parcel in session.sent] == ["We are open."])


async def test_on_health(example: Callable[[str], Example]) -> None:
    shown = example("on_health")
    await shown.start()
    await shown.bot.connect()
    health = shown.bot.running.hub.health
    assert isinstance(health, Health)
    await health.look()
    assert await shown.keeps("healthy/shop") is True


async def test_on_fault(example: Callable[[str], Example]) -> None:
    shown = example("on_fault")
    await shown.start(Echo)
    await shown.bot.say("fail")
    assert "ValueError" in await shown.keeps("last/echo")


async def test_on_command(example: Callable[[str], Example]) -> None:
    shown = example("on_command")
    await shown.start(Switch)
    await shown.bot.running.hub.commands.run("switch", [], shown.bot.admin)
    assert await shown.keeps("used/switch", tenant="") == {"by": shown.bot.admin.user_id, "ok": True}


async def test_on_notice(example: Callable[[str], Example]) -> None:
    shown = example("on_notice")
    await shown.start()
    tenant, at = shown.bot.admin.user_id, shown.bot.clock.now()
    notice = Notice(topic="order", by="rules", message_id="m1", tenant=tenant, connection_id="shop", at=at)
    shown.bot.running.hub.report(notice)
    assert await shown.keeps("open/m1") == "order"


async def test_on_conversation(example: Callable[[str], Example]) -> None:
    shown = example("on_conversation")
    await shown.start()
    change = ConversationChange(
        conversation_id="v1",
        number=12,
        tenant=shown.bot.admin.user_id,
        connection_id="shop",
        event=ConversationEvent.CLOSED,
        state=ConversationState.CLOSED,
        team="sales",
        agent="dana",
        at=shown.bot.clock.now(),
    )
    shown.bot.running.hub.report(change)
    assert await shown.keeps("closed/12") == "dana"
