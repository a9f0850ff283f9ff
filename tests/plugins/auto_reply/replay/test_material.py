"""Who is the business in an exported chat."""

from collections.abc import Callable
from typing import Any

import pytest

from chatgrow_bot.errors import BadInput

from .conftest import Chat, Write

Played = Callable[..., Any]


@pytest.fixture(autouse=True)
def rules(write: Write) -> None:
    write("hi", "rules:\n  - {id: hi, when: {text: {any: [hi]}}, reply: Hello}\n")


def test_the_business_is_who_answers_rather_than_begins(chat: Chat, played: Played) -> None:
    lines = ("04 10:00 Dana: hi", "04 10:05 Ofek: hi", "05 10:00 Dana: hi", "05 10:05 Ofek: hi")
    seen = played(chat(*lines, "06 10:00 Dana: hi"), business=())
    assert {line.name for line in seen.material.lines if line.is_ours} == {"Ofek"}
    assert "'Ofek' is taken for the business" in seen.material.notes[0]
    assert "--business NAME" in seen.material.notes[0]


def test_of_several_chats_it_is_who_writes_in_all(chat: Chat, played: Played) -> None:
    one = chat("04 10:00 Ofek: hi", "04 10:05 Dana: hi", name="one.txt")
    two = chat("04 10:00 Ofek: hi", "04 10:05 Noam: hi", name="two.txt")
    seen = played(one, two, business=())
    assert {line.name for line in seen.material.lines if line.is_ours} == {"Ofek"}


def test_a_name_is_found_however_the_phone_sets_it(chat: Chat, played: Played) -> None:
    path = chat("04 10:00 Dana: hi", "04 10:05 ~\u202fOfek: hi")
    seen = played(path, business=("ofek",))
    assert [line.is_ours for line in seen.material.lines] == [False, True]


def test_a_name_that_is_not_there_is_told_with_those_that_are(chat: Chat, played: Played) -> None:
    with pytest.raises(BadInput, match=r"nobody is called 'Dena'.*'Dana'"):
        played(chat("04 10:00 Dana: hi", "04 10:05 Ofek: hi"), business=("Dena",))


def test_a_group_is_one_for_the_rules_too(chat: Chat, played: Played) -> None:
    path = chat("04 10:00 Dana: hi", "04 10:05 Noam: hi", "04 10:06 Shop: hi")
    seen = played(path)
    assert seen.rules == ["UNANSWERED", "UNANSWERED"]  # no `groups:` in the file
    assert "is a group" in seen.material.notes[0]
