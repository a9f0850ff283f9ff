"""Plugins that raise, hang, block the loop or misspell a hook: each is named, and none stops a message."""

import textwrap

import pytest
from sqlalchemy import Connection

from chatgrow_bot.hooks import Limits
from chatgrow_bot.messages import Inbound, Outbound
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store import journal
from chatgrow_bot.testing import TalkingBot

HEAD = """\
import asyncio
import time

from chatgrow_bot.messages import Inbound
from chatgrow_bot.plugin import Plugin, hook


class Bad(Plugin):
"""
#: What each is blamed for.
BLAME = {
    "raises": "RuntimeError",
    "hangs": "no answer within 0.5 s",
    "blocks": "blocked",
    "spins": "blocked",
    "misspells": "'anser'",
    "says_nonsense": "gave a str",
    "cannot_start": "cannot start",
}
BAD = {
    "raises": """
        @hook
        async def filter_inbound(self, message: Inbound) -> None:
            raise RuntimeError("no")

        @hook
        async def answer(self, message: Inbound) -> None:
            raise RuntimeError("no")
    """,
    "hangs": """
        @hook
        async def answer(self, message: Inbound) -> None:
            await asyncio.Event().wait()
    """,
    "blocks": """
        @hook
        async def answer(self, message: Inbound) -> None:
            time.sleep(60)
    """,
    "spins": """
        @hook
        async def answer(self, message: Inbound) -> None:
            while True:
                pass
    """,
    "misspells": """
        @hook
        async def anser(self, message: Inbound) -> None:
            pass
    """,
    "says_nonsense": """
        @hook
        async def answer(self, message: Inbound) -> str:
            return "hello"
    """,
    "cannot_start": """
        @hook
        def lifespan(self):
            raise RuntimeError("no")
    """,
}


class Echo(Plugin):
    @hook
    async def answer(self, message: Inbound) -> Outbound:
        return Outbound(to=message.chat, text=f"you said {message.text}")


def blamed(conn: Connection) -> dict[str, str]:
    """Who was blamed for a fault so far, and for what."""
    facts = journal.read_after(conn, 0, 1000)
    return {fact.body["where"]: fact.body["reason"] for fact in facts if fact.hook == "on_fault"}


@pytest.mark.parametrize("bad", BAD)
async def test_the_message_is_answered_all_the_same_and_the_plugin_is_named(
    bot: TalkingBot, bad: str
) -> None:
    folder = bot.folder / "own"
    folder.mkdir()
    code = HEAD + textwrap.indent(textwrap.dedent(BAD[bad].rstrip()), "    ")
    (folder / f"{bad}.py").write_text(code)
    bot.patience = Limits(filter=0.5, answer=0.5)
    await bot.start(bad, Echo, settings={"pluginFolders": [str(folder)]})
    assert await bot.say("hello") == ["you said hello"]
    faults = await bot.until(blamed)
    assert list(faults) == [bad]
    assert BLAME[bad] in faults[bad]
