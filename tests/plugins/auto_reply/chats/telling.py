"""Reads a text as a file, and compares what is found with what was written."""

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .making import Said

chats = importlib.import_module("chatgrow_plugins.auto_reply.chats")

_FIELDS = ("at", "author", "text", "kind", "filename", "is_system", "first_line", "last_line")


def read(folder: Path, text: str, order: str = "", *, encoding: str = "utf-8") -> Any:
    """Read it as `chatgrow` would."""
    path = folder / "WhatsApp Chat with Dana.txt"
    path.write_bytes(text.encode(encoding))
    return chats.read_chat(path, order)


def compare(chat: Any, expected: Sequence[Said]) -> None:
    """Entry by entry: nothing is lost and nothing invented."""
    for got, wanted in zip(chat.entries, expected, strict=False):
        assert [getattr(got, name) for name in _FIELDS] == [getattr(wanted, name) for name in _FIELDS]
    assert len(chat.entries) == len(expected)
    nothing_lost(chat)


def nothing_lost(chat: Any) -> None:
    """Each line is in one entry."""
    following = 1
    for entry in chat.entries:
        assert entry.first_line == following
        assert entry.last_line >= entry.first_line
        assert entry.is_system == (entry.author == "")
        following = entry.last_line + 1
    assert following == chat.lines + 1


def heads(chat: Any) -> list[tuple[str, str, str]]:
    """When, who and what, in short."""
    return [(f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.author, entry.text) for entry in chat.entries]
