"""`chatgrow say` goes on where the customer is, and an export of what is kept of him tells it."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from chatgrow_bot.cli.main import main
from chatgrow_bot.testing import TalkingBot

from .answering import DANA
from .test_dialogues import waits

pytestmark = pytest.mark.usefixtures("modules")

TABLE = """
from chatgrow_bot.messages import Inbound, Outbound
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.responses import Customer, Expect, Finish, Response


class Table(Plugin):
    @hook
    async def answer(self, message: Inbound, customer: Customer) -> Response | None:
        if customer.dialogue:
            text, deed = f"{customer.dialogue.state['asked']}: {message.text}", Finish()
        elif message.text == "table":
            text, deed = "For how many?", Expect(state={"asked": "guests"}, seconds=1800)
        else:
            return None
        return Response(messages=(Outbound(to=message.chat, text=text),), deeds=(deed,))
"""


async def said(folder: Path, *words: str) -> str:
    """What `chatgrow say` prints beside the hub that runs."""
    command = ["say", *words, "--config", str(folder / "config" / "chatgrow.yaml")]
    result = await asyncio.to_thread(CliRunner().invoke, main, command)
    assert result.exit_code == 0, result.output
    return result.stdout


async def test_it_is_tried_where_the_customer_is_and_tells_what_comes_next(bot: TalkingBot) -> None:
    (bot.folder / "table.py").write_text(TABLE)
    bot.plugin_folders = [bot.folder]
    await bot.start("table")
    dana = ("--from", f"+{DANA.partition('@')[0]}")
    await bot.connect()
    first = await said(bot.folder, "table", *dana)
    assert '  + wait for his answer, which is for table, 30 min at most: {"asked": "guests"}' in first
    assert await bot.read(waits) == [], "it is only tried"
    assert await bot.say("table") == ["For how many?"]
    second = await said(bot.folder, "4", *dana)
    assert "Known of him: was asked something by table." in second
    assert "\nguests: 4\n" in second
    assert "  + wait for nothing from him any more" in second
    assert "guests" not in await said(bot.folder, "4"), "somebody else was asked nothing"
    assert "guests" not in await said(bot.folder, "4", *dana, "--first-contact")
    assert len(await bot.read(waits)) == 1


async def test_what_is_expected_from_him_is_his_to_know_and_to_have_erased(bot: TalkingBot) -> None:
    (bot.folder / "table.py").write_text(TABLE)
    bot.plugin_folders = [bot.folder]
    await bot.start("table")
    await bot.say("table")
    privacy, tenants = bot.running.hub.privacy, [bot.admin.user_id]
    export = json.loads(b"".join([part async for part in await privacy.export(tenants, DANA, "a test")]))
    assert '"state":{"asked":"guests"}' in json.dumps(export, separators=(",", ":"))
    erased = await privacy.erase(tenants, DANA, "a test")
    assert erased.counts["dialogues"] == 1
    assert await bot.read(waits) == []
