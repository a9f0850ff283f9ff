"""Messages that hold what looks like messages."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from chatgrow_bot.messages import Kind

from .making import PHONES, Phone, Said, conversation, pasted, written
from .telling import compare, heads, read


def _with(said: list[Said], place: int, text: str) -> None:
    said[place] = replace(said[place], kind=Kind.TEXT, text=text)


@pytest.mark.parametrize("phone", PHONES, ids=lambda phone: phone.name)
def test_pasted_chats_and_lists_of_dates_stay_in_their_message(phone: Phone, tmp_path: Path) -> None:
    said = conversation(3, 1_000)
    earlier = [each for each in said[300:340] if each.kind is Kind.TEXT]
    strangers = [replace(each, author=f"Stranger {n % 2}") for n, each in enumerate(said[560:600])]
    soon = [said[700].at + timedelta(days=days, hours=3) for days in (1, 2, 9)]
    _with(said, 401, "look what he wrote:\n" + "\n".join(pasted(phone, earlier)) + "\nis that so?")
    _with(said, 605, "\n".join(pasted(phone, [replace(each, kind=Kind.TEXT) for each in strangers])))
    _with(said, 701, "my week\n" + "\n".join(f"{phone.head(at)}Visit: Dr. Cohen" for at in soon))
    _with(said, 801, "free:\n" + "\n".join(f"{phone.head(at)}dentist" for at in soon[2:]))
    text, expected = written(phone, said, with_files=True)
    chat = read(tmp_path, text)
    compare(chat, expected)
    assert any("as if pasted" in problem for problem in chat.problems)


def test_another_phones_heads_are_words(tmp_path: Path) -> None:
    text = (
        "12/03/2026, 14:05 - Dana: see:\n"
        "[12/03/2026, 14:00:01] Avi: hello\n"
        "[3/12/26, 2:00 PM] Avi: hello\n"
        "12.03.2026, 14:00 - Avi: hello\n"
        "12/03/2026 14:00 - Avi: hello\n"
        "12/03/26, 14:00 - Avi: hello\n"
        "14:00, 12/03/2026 - Avi: hello\n"
        "12/03/2026, 14:06 - Dana: so\n"
    )
    chat = read(tmp_path, text)
    assert [(entry.first_line, entry.last_line) for entry in chat.entries] == [(1, 7), (8, 8)]


def test_lines_that_are_nearly_heads_are_words(tmp_path: Path) -> None:
    near = (
        "12/03/2026, 14:05: text", "12/03/2026 - Dana: no time", "12/03/2026, 25:05 - Dana: no such hour",
        "32/03/2026, 14:05 - Dana: no such day", "112/03/2026, 14:05 - Dana: x", " - Dana: x",
        "on 12/03/2026, 14:05 - Dana: x", "12/03/2026, 14:5 - Dana: x", "12/03/2026, 14:05 -Dana: x",
    )  # fmt: skip
    text = "12/03/2026, 14:05 - Dana: so\n" + "".join(f"{line}\n" for line in near)
    chat = read(tmp_path, f"{text}12/03/2026, 14:06 - Dana: end\n")
    assert [entry.last_line for entry in chat.entries] == [len(near) + 1, len(near) + 2]
    assert chat.entries[0].text == "\n".join(("so", *near))


def test_messages_a_little_out_of_order_are_messages(tmp_path: Path) -> None:
    text = (
        "[12/03/2026, 14:05:12] Dana: one\n"
        "[12/03/2026, 14:05:10] Avi: two\n"
        "[12/03/2026, 14:02:10] Ron: three\n"
        "[12/03/2026, 14:06:10] Dana: four\n"
        "[11/03/2026, 14:06:10] Dana: a day late\n"
        "[12/03/2026, 14:06:10] Dana: six\n"
    )
    assert [author for _, author, _ in heads(read(tmp_path, text))] == ["Dana", "Avi", "Ron", *["Dana"] * 3]


def test_line_ends_tell_messages_from_their_lines(tmp_path: Path) -> None:
    said = "".join(f"[12/03/2026, 14:05:{second}] Dana: {second}\r\n" for second in range(10, 30))
    pasted = "[12/03/2026, 14:05:31] Dana: a\n[12/03/2026, 14:05:32] Dana: b\nc\r\n"
    chat = read(tmp_path, said + pasted)
    assert chat.entries[-1].text == "a\n[12/03/2026, 14:05:32] Dana: b\nc"
    assert (len(chat.entries), chat.lines) == (21, 23)
