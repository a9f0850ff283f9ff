"""Chats that nobody wrote, as WhatsApp exports them, and `chatgrow replay` on them."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from ..conftest import AutoReply, folder, write

__all__ = ["AutoReply", "folder", "write"]

ZONE = ZoneInfo("Asia/Jerusalem")
Write = Callable[[str, str], Path]
#: Of a chat's lines: `05/03/2026 10:00 Dana: Hello`.
Chat = Callable[..., Path]
Replay = Callable[..., Result]


def of(name: str) -> Any:
    """A part of the plugin."""
    return sys.modules[f"chatgrow_plugins.auto_reply.{name}"]


@pytest.fixture
def chat(tmp_path: Path) -> Chat:
    """An exported chat: each line is a day of March 2026 with a time, a name, and what was said."""

    def chat(*lines: str, name: str = "chat.txt") -> Path:
        path = tmp_path / name
        whole = [f"{line[:2]}/03/2026, {line[3:8]} - {line[9:]}" for line in lines]
        path.write_text("\n".join(whole) + "\n", encoding="utf-8")
        return path

    return chat


@pytest.fixture
def replay(folder: Path) -> Replay:
    """`chatgrow replay` with the test's rules."""

    def replay(*args: object) -> Result:
        setting = of("loading").Setting(zone=ZONE)
        word = of("replay.cli").replay_command(folder, lambda: setting)
        return CliRunner().invoke(word, [str(each) for each in args])

    return replay


@dataclass(frozen=True)
class Seen:
    """A replay, part by part."""

    book: Any
    material: Any
    performance: Any
    findings: Any

    @property
    def rules(self) -> Sequence[str]:
        """Which rule answered each message of a customer, in order."""
        return [" ".join(each.rules) or each.outcome.name for each in self.performance.played]


@pytest.fixture
def played(folder: Path) -> Callable[..., Seen]:
    """The same, before it is drawn."""

    def played(*paths: Path, business: Sequence[str] = ("Shop",)) -> Seen:
        book = of("loading").load_folder(folder, of("loading").Setting(zone=ZONE))
        assert book.problems == ()
        chats = {path: of("chats").read_chat(path) for path in paths}
        writers = {entry.author for each in chats.values() for entry in each.entries}
        if business == ("Shop",) and "Shop" not in writers:  # only customers write: nobody is guessed
            for path, each in chats.items():
                shop = replace(each.entries[-1], author="Shop")
                chats[path] = replace(each, entries=(*each.entries, shop))
        material = of("replay.material").material_of(chats, business, ZONE)
        performance = of("replay.playing").play(book, material, ZONE)
        return Seen(book, material, performance, of("replay.gathering").gathered(book, material, performance))

    return played
