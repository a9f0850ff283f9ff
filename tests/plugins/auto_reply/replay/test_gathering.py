"""What is told of a replay."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from .conftest import Chat, Write, of

Played = Callable[..., Any]


def groups(*texts: str) -> list[set[str]]:
    return [{texts[number] for number in group.members} for group in of("replay.likeness").alike(texts)]


def test_questions_for_the_same_thing_are_one_group() -> None:
    deliver = {"Do you deliver?", "do you delivr to Haifa", "Hello, do you deliver on Friday?"}
    park = {"Where can I park?", "can I park there"}
    hebrew = {"יש לכם חניה?", "חניה?", "האם יש חניה קרובה"}
    others = {"My bread was burnt", "thanks a lot"}
    found = groups(*deliver, *park, *hebrew, *others)
    assert deliver in found and park in found and hebrew in found
    assert {"thanks a lot"} in found and {"My bread was burnt"} in found


def test_the_same_words_are_one_group_whatever_is_around_them() -> None:
    assert groups("Price?", "PRICE!!", "price 🙏"[:5]) == [{"Price?", "PRICE!!", "price"}]


def test_what_has_no_word_is_in_no_group() -> None:
    assert groups("...", "", "?!") == []


def test_a_hundred_thousand_messages_are_grouped_with_bounded_work() -> None:
    chance = random.Random(1)
    words = [f"word{number}" for number in range(3_000)]
    texts = [" ".join(chance.choices(words, k=chance.randint(1, 6))) for _ in range(100_000)]
    found = of("replay.likeness").alike(texts)
    assert sum(len(group.members) for group in found) == len(texts)


HI = """\
rules:
  - {id: hi, when: {text: {any: [hi]}}, reply: Hello}
  - {id: none, when: {text: {any: [zzz]}}, reply: Sorry}
"""


def test_a_rule_is_told_with_how_often_when_and_for_what(write: Write, chat: Chat, played: Played) -> None:
    write("hi", HI)
    seen = played(chat("04 10:00 Dana: hi", "05 10:00 Dana: Hi", "06 11:00 Dana: oh hi"))
    [fired] = seen.findings.fired
    assert (fired.rule, fired.times, fired.people) == ("hi", 3, 1)
    assert (fired.first.day, fired.last.day) == (4, 6)
    assert [each.line.text for each in fired.samples] == ["Hi", "oh hi"]
    assert seen.findings.silent == ["none"]


def test_what_nobody_answered_is_told_with_what_the_business_said_and_when(
    write: Write, chat: Chat, played: Played
) -> None:
    write("hi", HI)
    seen = played(
        chat(
            "04 10:00 Dana: Do you deliver?",
            "04 10:20 Shop: Within the city",
            "05 10:00 Dana: do you delivr",
            "05 10:10 Dana: ?",
            "05 10:40 Shop: Within the city",
            "06 10:00 Dana: hi",
            "09 10:00 Shop: What a week",  # no answer any more
        )
    )
    [asked] = seen.findings.asked
    assert (asked.times, asked.people, asked.answers) == (2, 1, ["Within the city"])
    assert asked.waited == timedelta(minutes=30)
    assert [turn.waited is None for turn in seen.findings.turns] == [False, False, True]
    assert [turn.is_answered for turn in seen.findings.turns] == [False, False, True]
