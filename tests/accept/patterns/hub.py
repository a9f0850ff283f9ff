"""A hub that answers by rules, evil patterns among them, while its loop is watched."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from chatgrow_bot.background import background
from chatgrow_bot.messages import Inbound
from chatgrow_bot.plugin import hook
from chatgrow_bot.responses import Customer, Response
from chatgrow_bot.store import inbox
from chatgrow_bot.testing import TalkingBot

from ...bench.product import part
from .evil import GROWING, HANGING, REFUSED

#: Seconds between two looks at the clock.
_LOOK = 0.005
_PATIENCE = 300.0
#: Lines of a refused rule, and of the file before the first.
_RULE, _HEAD = 5, 1
#: Customers may write as much as they like.
_SETTINGS = {
    "inbound": {
        "repliesPerHour": 100_000,
        "loopBreaker": {"short": 100_000, "long": 100_000, "sameText": 100_000},
    }
}


@dataclass(slots=True)
class Watched:
    """What was seen of the hub."""

    lags: list[float] = field(default_factory=list)  #: seconds by which the loop was late
    times: list[float] = field(default_factory=list)  #: seconds that the plugin took for a message, each
    failures: list[str] = field(default_factory=list)


def write_evil(folder: Path) -> None:
    """The files of rules with evil patterns, and of those that are refused; they are asked before others."""
    accepted = [
        {
            "id": f"evil-{number}",
            "when": {"text": {"pattern": evil.pattern}},
            "reply": "found",
            "continue": True,
        }
        for number, evil in enumerate((*HANGING, *GROWING))
    ]
    (folder / "0-evil.yaml").write_text(yaml.safe_dump({"rules": accepted}), encoding="utf-8")
    refused = [
        f"  - id: refused-{number}\n    when:\n      text:\n"
        f"        pattern: {_quoted(pattern)}\n    reply: never\n"
        for number, pattern in enumerate(REFUSED)
    ]
    (folder / "1-refused.yaml").write_text("rules:\n" + "".join(refused), encoding="utf-8")


def refused_lines() -> set[int]:
    """Where the refused patterns stand in their file."""
    return {_HEAD + _RULE * number + 4 for number in range(len(REFUSED))}


def _quoted(pattern: str) -> str:
    return "'" + pattern.replace("'", "''") + "'"


@asynccontextmanager
async def answering(rules: Path) -> "AsyncIterator[tuple[TalkingBot, Watched]]":
    """A hub that is online and answers by these rules."""
    watched = Watched()
    with tempfile.TemporaryDirectory() as folder:
        bot = TalkingBot(Path(folder))
        try:
            config = {"rules": str(rules), "timeZone": "Asia/Jerusalem", "watch": False}
            await bot.start(_timed(watched), settings=_SETTINGS, timed=config)
            await bot.connect()
            async with background(_watch(watched), "lag"):
                yield bot, watched
        finally:
            await bot.stop()


def _timed(watched: Watched) -> Any:
    """The plugin, which notes how long it took."""
    base: Any = part("auto_reply").AutoReply

    class Timed(base):  # type: ignore[misc]  # loaded as the hub loads it
        @hook
        async def answer(self, message: Inbound, customer: Customer) -> Response:
            """What the plugin says."""
            began = time.perf_counter()
            try:
                response: Response = await super().answer(message, customer)
            except BaseException as error:
                watched.failures.append(f"{type(error).__name__}: {error}")
                raise
            watched.times.append(time.perf_counter() - began)
            return response

    return Timed


async def _watch(watched: Watched) -> None:
    while True:
        before = time.perf_counter()
        await asyncio.sleep(_LOOK)
        watched.lags.append(time.perf_counter() - before - _LOOK)


async def hears(bot: TalkingBot, texts: Sequence[str], *, together: bool) -> None:
    """Customers write these, each his own: at once, or one after the other."""
    session = bot.engine.opened["shop"]
    for number, text in enumerate(texts):
        await session.hears(text, f"1555{number:07d}@c.us")
        if not together:
            await _rest(bot)
    await _rest(bot)


async def _rest(bot: TalkingBot) -> None:
    await bot.until(inbox.pending, lambda pending: not pending, seconds=_PATIENCE)
