"""The summary and the page. What customers wrote is hostile until the opposite is proved."""

import re
import stat
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import click
import pytest

from .conftest import Chat, Replay, Write

Played = Callable[..., Any]

EVIL = '<script>alert(1)</script><img src=x onerror="alert(2)">'
NAME = "<b onclick=alert(3)>Eve</b>"


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.fixture
def page(write: Write, chat: Chat, replay: Replay, tmp_path: Path) -> str:
    """Of a chat whose writer tries everything, against an edited file as well."""
    write("hi", "rules:\n  - {id: hi, when: {text: {any: [hi]}}, reply: 'Hello {{ name }}: {{ text }}'}\n")
    edited = tmp_path / "<i>edited.yaml"
    edited.write_text(
        "rules:\n  - {id: ho, when: {text: {any: [script]}}, reply: 'Ho {{ name }}: {{ text }}'}\n"
    )
    path = chat(
        f"04 10:00 {NAME}: hi {EVIL}",
        f"04 10:05 {NAME}: {EVIL}",
        "04 10:15 Shop: </bdi></section><svg onload=alert(4)>",
        f"04 10:20 {NAME}: שלום {EVIL}",
        name="<u>chat.txt",
    )
    out = tmp_path / "report.html"
    result = replay(path, "--business", "Shop", "--against", edited, "--html", out)
    assert result.exit_code == 0, result.output
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    return out.read_text(encoding="utf-8")


def test_what_people_wrote_is_text_on_the_page_and_nothing_else(page: str) -> None:
    assert "alert(1)" in page and "alert(4)" in page
    tags = Tags()
    tags.feed(page)
    names = {tag for tag, _ in tags.found}
    assert names.isdisjoint({"script", "img", "b", "u", "iframe", "object", "link", "form", "a"})
    assert not [name for _, attrs in tags.found for name in attrs if name.startswith("on")]


def test_the_page_loads_nothing_and_may_not(page: str) -> None:
    assert "default-src 'none'" in page
    assert not re.search(r"""(?:src|href|url)\s*[=(]\s*["']?\s*(?:https?:)?//""", page.replace("&#34;", '"'))


def test_each_text_of_a_person_has_its_own_direction(page: str) -> None:
    assert '<bdi class="said" dir="auto">שלום' in page


def test_the_summary_fits_a_terminal_and_steers_it_nowhere(write: Write, chat: Chat, replay: Replay) -> None:
    write("hi", "rules:\n  - {id: hi, when: {text: {any: [hi]}}, reply: Hello}\n")
    long = "שלום רב, " * 40
    path = chat(
        "04 10:00 Dana: \x1b[31mred\x07\x9b2J \u202ehidden",
        f"04 10:01 Dana: {long}",
        "04 10:01 Dana: 你好" * 30,
        "04 10:02 Dana: hi",
        "04 10:03 Shop: " + "ok " * 90,
    )
    said = click.unstyle(replay(path, "--business", "Shop").output)
    assert max(map(len, said.splitlines())) <= 80
    assert not [char for char in said if not char.isprintable() and char != "\n"]
    assert "25%: 1 of 4 messages would be answered" in said


def test_a_chat_without_a_message_and_no_chat_are_told(write: Write, replay: Replay, tmp_path: Path) -> None:
    write("hi", "rules: []\n")
    path = tmp_path / "chat.txt"
    path.write_text("nothing here\n")
    assert "chat.txt" in str(replay(path).exception)
    assert "name one or more exported chats" in replay().output
