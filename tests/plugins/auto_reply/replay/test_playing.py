"""Chats played through rules: what a rule asks about is as it would have been at that moment."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .bakery import BAKERY, export
from .conftest import Chat, Write

Played = Callable[..., Any]

HOURS = """\
rules:
  - id: hours
    when: {text: {any: [hours, open]}}
    reply: Nine to five.
"""


def test_each_message_of_a_customer_meets_the_rules_and_none_of_the_business(
    write: Write, chat: Chat, played: Played
) -> None:
    write("hours", HOURS)
    seen = played(chat("05 10:00 Dana: Hours?", "05 10:05 Shop: Open till five", "05 10:06 Dana: great"))
    assert seen.rules == ["hours", "UNANSWERED"]


def test_a_rule_for_new_customers_answers_each_of_them_once(write: Write, chat: Chat, played: Played) -> None:
    write("new", "rules:\n  - {id: hello, when: {firstContact: true}, reply: Welcome}\n")
    one = chat("05 10:00 Dana: Hi", "05 10:01 Dana: It is me", name="one.txt")
    two = chat("06 10:00 Dana: Hi", name="two.txt")  # another of the same name
    assert played(one, two).rules == ["hello", "UNANSWERED", "hello"]


def test_a_limit_is_counted_by_the_clock_of_the_chat(write: Write, chat: Chat, played: Played) -> None:
    write("hours", f"{HOURS}    limit: once per 1h\n")
    seen = played(chat("05 10:00 Dana: open?", "05 10:59 Dana: open?", "05 11:01 Dana: open?"))
    assert seen.rules == ["hours", "UNANSWERED", "hours"]


def test_business_hours_are_those_of_the_message(write: Write, chat: Chat, played: Played) -> None:
    rule = "rules:\n  - {id: shut, when: {hours: closed}, reply: Shut}\n"
    write("shut", f"hours: {{open: {{sun-thu: '9:00-18:00'}}}}\n{rule}")
    assert played(chat("05 10:00 Dana: Hi", "07 10:00 Dana: Hi")).rules == ["UNANSWERED", "shut"]


def test_tags_and_fields_of_earlier_answers_are_there_later(write: Write, chat: Chat, played: Played) -> None:
    write(
        "vip",
        """\
rules:
  - id: known
    when: {tag: vip, text: {any: [price]}}
    reply: For you, {{ field.city }}, half.
  - id: join
    when: {text: {pattern: 'join from (?P<city>\\pL+)'}}
    then: [{tag: vip}, {set: {city: "{{ city }}"}}, {reply: Welcome}]
""",
    )
    seen = played(chat("05 10:00 Dana: price?", "05 10:01 Dana: join from Haifa", "05 10:02 Dana: price?"))
    assert seen.rules == ["UNANSWERED", "join", "known"]
    assert seen.performance.played[2].reply == "For you, Haifa, half."


def test_whoever_says_stop_is_left_alone_until_he_says_start(
    write: Write, chat: Chat, played: Played
) -> None:
    write("hours", HOURS)
    seen = played(
        chat("05 10:00 Dana: STOP", "05 10:01 Dana: open?", "05 10:02 Dana: START", "05 10:03 Dana: open?")
    )
    assert seen.rules == ["OPTED_OUT", "OPTED_OUT", "OPTED_OUT", "hours"]


def test_the_rule_behind_the_one_that_answered_is_a_collision(
    write: Write, chat: Chat, played: Played
) -> None:
    write(
        "rules",
        """\
rules:
  - {id: first, when: {text: {any: [cake]}}, reply: Cake}
  - {id: other, when: {text: {any: [bread]}}, reply: Bread}
  - {id: second, when: {text: {any: [order]}}, then: [{goto: first}]}
  - {id: rest, when: {chat: private}, reply: What?}
""",
    )
    seen = played(chat("05 10:00 Dana: order a cake", "05 10:01 Dana: cake", "05 10:02 Dana: Hm"))
    assert seen.rules == ["first", "first", "rest"]
    [found] = seen.findings.collisions  # what takes the rest collides with nothing
    assert (found.first, found.second, found.times, found.of) == ("first", "second", 1, 2)
    assert [each.line.text for each in found.samples] == ["order a cake"]


def test_a_chat_that_is_handed_off_is_the_bots_again_after_half_a_day_of_silence(
    write: Write, chat: Chat, played: Played
) -> None:
    write(
        "person",
        f"{HOURS}  - {{id: person, when: {{text: {{any: [person]}}}}, then: [{{handOff: sales}}]}}\n",
    )
    seen = played(
        chat(
            "05 10:00 Dana: a person please",
            "05 10:01 Dana: open?",
            "05 20:00 Shop: Dana, we are",
            "06 07:00 Dana: open?",  # 11 hours later
            "06 19:01 Dana: open?",  # 12 hours and a minute
        )
    )
    assert seen.rules == ["person", "HANDED_OFF", "HANDED_OFF", "hours"]


MENU = """\
rules:
  - id: menu
    when: {text: {any: [help]}}
    then:
      - menu:
          text: What is it?
          options:
            - {say: Prices, then: [{reply: Cheap}]}
            - {say: Hours, then: [{reply: Always}]}
          tries: 2
          expires: 30m
"""


def test_a_menu_is_gone_through_in_the_time_of_the_chat(write: Write, chat: Chat, played: Played) -> None:
    write("menu", MENU)
    seen = played(chat("05 10:00 Dana: help", "05 10:10 Dana: 2"))
    assert [each.reply for each in seen.performance.played][1] == "Always"
    assert seen.findings.left == [] and seen.performance.begun == 1


def test_a_menu_that_is_left_is_told_with_where_and_how(write: Write, chat: Chat, played: Played) -> None:
    write("menu", MENU)
    seen = played(
        chat("05 10:00 Dana: help", "05 10:31 Dana: 2", name="late.txt"),
        chat("05 10:00 Noam: help", "05 10:01 Noam: exit", name="exit.txt"),
        chat("05 10:00 Maya: help", "05 10:01 Maya: what?", "05 10:02 Maya: hm", name="wrong.txt"),
    )
    [left] = seen.findings.left
    assert (left.place, left.ran_out, left.given_up) == ("menu/menu", 1, 2)
    by_name = {each.line.text: each.outcome.name for each in seen.performance.played}
    assert by_name["2"] == "UNANSWERED"  # it came too late
    assert by_name["what?"] == by_name["hm"] == "ASKED_AGAIN"


def test_a_word_that_leaves_a_menu_opts_nobody_out(write: Write, chat: Chat, played: Played) -> None:
    write("menu", f"{MENU}  - {{id: hours, when: {{text: {{any: [open]}}}}, reply: Ja}}\n")
    seen = played(chat("05 10:00 Dana: help", "05 10:01 Dana: cancel", "05 10:02 Dana: open?"))
    assert seen.rules[2] == "hours"


def test_five_thousand_messages_are_played_to_the_end(write: Write, tmp_path: Path, played: Played) -> None:
    write("hours", HOURS)
    path = tmp_path / "chat.txt"
    path.write_text(export("Dana", 5_000, random.Random(1)), encoding="utf-8")
    seen = played(path, business=(BAKERY,))
    assert len(seen.material.lines) == 5_000
    assert seen.findings.counted == len(seen.performance.played) > 2_000
    assert 0.1 < seen.findings.share < 0.5
