"""Whatever the file holds: it is read, and no line is lost."""

import importlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatgrow_bot.safety.patterns import Match, Pattern

from .making import LRM, PHONES, conversation, written
from .telling import nothing_lost

heads = importlib.import_module("chatgrow_plugins.auto_reply.chats.heads")
reading = importlib.import_module("chatgrow_plugins.auto_reply.chats.reading")

PIECES = st.sampled_from(
    [
        *(
            "[",
            "]",
            " - ",
            ": ",
            ":",
            ", ",
            "12/03/2026",
            "1/2/3",
            "99/99/99",
            "9999-12-31",
            "0/0/0",
            "14:05",
        ),
        *(
            "٣",
            "2:05:12 PM",
            " AM",
            LRM,
            "\u202f",
            "\n",
            "\r\n",
            "\r",
            "\n\n",
            "Dana",
            "<Media omitted>",
            "<",
            ">",
        ),
        *(
            "image omitted",
            " (file attached)",
            "a.jpg",
            "<attached: ",
            "left",
            "\u2028",
            "\ud800",
            "\0",
            "\ufeff",
        ),
    ]
)
LINES = st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=40).map("".join)
HEADS = st.datetimes().flatmap(
    lambda at: st.sampled_from([phone.head(at) + "Dana: x\n" for phone in PHONES if at.year > 999] or ["x"])
)


@given(st.one_of(st.text(), LINES, st.lists(st.one_of(LINES, HEADS), max_size=8).map("".join)))
@settings(max_examples=200, deadline=None)
def test_any_text_at_all_is_read_without_losing_a_line(text: str) -> None:
    chat = reading.parse_chat(text)
    nothing_lost(chat)
    lines = text.replace("\r", "\n").count("\n") if "\n" not in text else text.count("\n")
    assert chat.lines in {lines, lines + 1}


@given(
    st.lists(st.tuples(st.sampled_from(PHONES), st.integers(0, 99)), max_size=4), st.sampled_from(["", "mdy"])
)
@settings(max_examples=25, deadline=None)
def test_exports_put_together_lose_no_line(parts: list[tuple[Any, int]], order: str) -> None:
    text = "".join(written(phone, conversation(seed, 6), with_files=True)[0] for phone, seed in parts)
    nothing_lost(reading.parse_chat(text, order))


class _Counting:
    """A pattern that counts how many characters it was asked to look at."""

    def __init__(self, pattern: Pattern) -> None:
        self.pattern, self.asked, self.characters = pattern, 0, 0

    def search(self, text: str) -> Match | None:
        self.asked += 1
        self.characters += len(text)
        return self.pattern.search(text)


def test_each_line_is_looked_at_once_and_only_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    counting = [_Counting(heads._IN_BRACKETS), _Counting(heads._BARE)]
    monkeypatch.setattr(heads, "_IN_BRACKETS", counting[0])
    monkeypatch.setattr(heads, "_BARE", counting[1])
    near = ("[" * 500, "1" * 500, "12/03/2026, 14:05 - Dana: x", "words", "[12/03/2026, " + " " * 500 + "x")
    lines = 20_000
    chat = reading.parse_chat("\n".join(near[number % len(near)] for number in range(lines)))
    assert chat.lines == lines
    assert sum(each.asked for each in counting) <= lines
    assert sum(each.characters for each in counting) <= 120 * lines


def test_one_message_of_a_megabyte_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    body = "<Dana: " * 30_000 + "\n: " * 30_000 + "(" * 100_000 + "\u200e" * 100_000
    chat = reading.parse_chat(f"12/03/2026, 14:05 - Dana: {body}")
    assert (len(chat.entries), chat.entries[0].author) == (1, "Dana")
