"""How a dialogue goes on: forward, back, again, to its end."""

import sys
from collections.abc import Callable
from datetime import timedelta

import pytest

from chatgrow_bot.messages import Kind
from chatgrow_bot.responses import Expect, Finish, HandOff, Tally

from ..conftest import NOON
from .conftest import Chat

parts = sys.modules["chatgrow_plugins.auto_reply.parts"]
responding = sys.modules["chatgrow_plugins.auto_reply.responding"]

Open = Callable[[str], Chat]

SHOP = """\
rules:
  - id: shop
    when: {text: {exact: menu}}
    then:
      - menu:
          text: What can we do for you?
          options:
            - {say: Prices, goto: prices}
            - {say: Order a cake, words: [cake, order], goto: order}
            - {say: Talk to a person, then: [{handOff: {team: sales, note: "{{ name }} asks"}}]}
            - {say: More, goto: more}
          again: Please write a number from 1 to 4.
          tries: 2
          otherwise: {goto: person}
          expires: 15m
          farewell: Bye!
  - {id: prices, when: {text: {exact: prices}}, reply: Cakes are 20.}
  - id: order
    when: {text: {exact: order}}
    then:
      - tag: ordering
      - ask: {into: count, text: How many?, number: {from: 1, to: 20}, keep: true}
      - ask: {into: day, text: "Which day do you want {{ answer.count }}?", date: true}
      - menu:
          into: how
          text: How?
          options:
            - {say: Delivery, then: [{ask: {into: street, text: Where to?}}]}
            - {say: Pick up}
      - set: {order: "{{ answer.count }} {{ answer.day }} {{ answer.how }}"}
      - reply: >-
          {{ answer.count }} on {{ answer.day | date }},
          {{ answer.how }} {{ answer.street | default("here") }}
  - id: more
    when: goto
    then:
      - menu:
          text: More?
          options: [{say: Back to all, goto: shop}, {say: Prices, goto: prices}]
  - {id: person, when: goto, then: [{reply: Somebody will write.}, {handOff: sales}]}
  - {id: rest, when: always, reply: Hello.}
"""
LISTED = "What can we do for you?\n\n1. Prices\n2. Order a cake\n3. Talk to a person\n4. More"


def said(talk: Chat, *texts: str) -> str:
    """What is said to the last of these."""
    return [talk.say(text) for text in texts][-1]


def test_a_list_is_done_up_to_its_question_and_goes_on_behind_it(chat: Open) -> None:
    talk = chat(SHOP)
    assert (talk.say("order"), talk.does, talk.asks) == ("How many?", ["tag ordering"], "count")
    assert talk.say("3") == "Which day do you want 3?"
    assert talk.does == ["set count: 3"]  # what was done before is not done again
    assert said(talk, "tomorrow") == "How?\n\n1. Delivery\n2. Pick up"
    assert talk.say("pick up") == "3 on Mar 6, 2026, Pick up here"
    assert (talk.does, talk.asks) == (["set order: 3 2026-03-06 Pick up"], "")
    assert talk.say("thanks") == "Hello."


def test_a_question_within_an_option_is_asked_only_by_that_way(chat: Open) -> None:
    talk = chat(SHOP)
    assert said(talk, "order", "3", "12.3.", "1") == "Where to?"
    assert talk.say("Herzl 1") == "3 on Mar 12, 2026, Delivery Herzl 1"


@pytest.mark.parametrize("words", ["back", "BACK!", "חזרה", "zurück", "назад", "رجوع"])
def test_back_asks_what_was_asked_before_and_forgets_what_followed(chat: Open, words: str) -> None:
    talk = chat(SHOP)
    said(talk, "order", "3", "12.3.", "delivery", words)
    assert talk.asks == "how"
    assert talk.say("2") == "3 on Mar 12, 2026, Pick up here"
    said(talk, "order", "3", "12.3.", "delivery")
    assert (said(talk, words, words), talk.asks) == ("Which day do you want 3?", "day")
    assert (talk.say(words), talk.say(words)) == ("How many?", "How many?")


def test_what_was_answered_behind_a_question_is_forgotten_when_it_is_put_again(chat: Open) -> None:
    talk = chat(
        "rules:\n  - id: a\n    when: {text: {exact: go}}\n    then:\n"
        "      - menu:\n          text: How?\n          options:\n"
        "            - {say: Sent, then: [{ask: {into: street, text: Where?}}]}\n            - {say: Here}\n"
        "      - ask: {into: who, text: Who?}\n"
        "      - reply: '{{ answer.who }} {{ answer.street | default(\"here\") }}'\n"
    )
    assert said(talk, "go", "sent", "Herzl 1", "back", "back", "here", "Dana") == "Dana here"
    assert said(talk, "go", "sent", "Herzl 1", "Dana") == "Dana Herzl 1"


def test_menus_may_circle_and_one_goes_back_through_them(chat: Open) -> None:
    talk = chat(SHOP)
    assert talk.say("menu") == LISTED
    for _ in range(30):
        assert said(talk, "more", "back to all") == LISTED
    assert (talk.say("back"), talk.state and talk.state["rule"]) == (
        "More?\n\n1. Back to all\n2. Prices",
        "more",
    )
    assert said(talk, *["back"] * 50, "prices") == "Cakes are 20."
    assert len(str(talk.state)) < 3_000


@pytest.mark.parametrize("words", ["cancel", "exit", "ביטול", "abbrechen", "cancelar", "please cancel"])
def test_who_wants_to_leave_is_let_go(chat: Open, words: str) -> None:
    talk = chat(SHOP)
    assert said(talk, "order", words) == "All right, we leave it at that. Write again whenever you like."
    assert talk.asks == ""
    assert talk.told.startswith("✗ order  ")
    assert talk.told.endswith("left at 'count'")
    assert talk.decision.step.left == "order/count"


def test_wrong_answers_are_counted_and_then_it_is_done_otherwise(chat: Open) -> None:
    talk = chat(SHOP)
    assert said(talk, "menu", "what?") == "Please write a number from 1 to 4."
    assert said(talk, "more", "back") == LISTED  # a right one, and going back, begin to count anew
    assert talk.say("9") == "Please write a number from 1 to 4."
    assert (talk.say("10"), talk.does) == ("Somebody will write.", ["hand off to sales"])
    assert talk.told.endswith("no answer to 'menu', 2 of 2; `otherwise` is done")
    assert talk.decision.step.left == "shop/menu"


def test_without_otherwise_it_ends_politely(chat: Open) -> None:
    talk = chat(SHOP)
    assert said(talk, "order", "x", "x").startswith("Please write a number from 1 to 20.")
    assert talk.say("x").startswith("Sorry, we did not understand each other.")
    assert talk.asks == ""


def test_the_core_is_told_what_is_awaited_how_long_and_what_to_say_then(chat: Open) -> None:
    talk = chat(SHOP)
    talk.say("menu")
    expects = talk.decision.expects
    assert isinstance(expects, Expect)
    assert (expects.seconds, expects.farewell) == (900, "Bye!")
    talk.say("2")
    assert talk.decision.expects.seconds == 1_800
    assert talk.decision.expects.farewell.startswith("We have not heard from you")


def test_a_farewell_may_be_nothing_and_waiting_begins_when_it_is_asked(chat: Open) -> None:
    text = "rules: [{id: a, when: always, then: [{wait: 2m}, {ask: {into: x, text: Eh?, farewell: false}}]}]"
    talk = chat(text)
    talk.say("go")
    assert (talk.decision.expects.seconds, talk.decision.expects.farewell) == (1_920, "")


def test_handing_over_ends_it_and_says_in_what_language(chat: Open) -> None:
    talk = chat(f"language: he\n{SHOP}")
    talk.state = {"rule": "shop", "question": "menu"}
    talk.say("3", name="Dana")
    [deed] = [done.deed for _, done in talk.decision.done]
    place = talk.decision.step.source
    assert deed == HandOff(team="sales", note="Dana asks", language="he", because=str(place))
    assert talk.asks == ""


def test_what_is_our_own_to_say_is_said_in_the_language_of_the_file(chat: Open) -> None:
    talk = chat(f"language: he\n{SHOP.replace('exact: order', 'exact: הזמנה')}")
    assert said(talk, "הזמנה", "כמה") == "נא לכתוב מספר מ-1 עד 20."
    assert talk.say("ביטול") == "בסדר, נעצור כאן. אפשר לכתוב לנו שוב מתי שנוח."


def test_after_a_change_of_the_rules_it_goes_on_by_names(chat: Open) -> None:
    talk = chat(SHOP)
    said(talk, "order", "3")
    moved = SHOP.replace("      - tag: ordering\n", "      - reply: New.\n      - untag: x\n")
    later = chat("rules:\n  - {id: first, when: {text: zzz}, reply: z}\n" + moved.removeprefix("rules:\n"))
    later.state = talk.state
    assert said(later, "12.3.", "2") == "3 on Mar 12, 2026, Pick up here"


@pytest.mark.parametrize("gone", ["order", "day"])
def test_where_rule_or_question_is_gone_it_ends_and_the_message_is_like_others(chat: Open, gone: str) -> None:
    talk = chat(SHOP)
    said(talk, "order", "3")
    state = talk.state
    changed = SHOP.replace("id: order", "id: ordering").replace("goto: order", "goto: ordering")
    if gone == "day":
        changed = SHOP.replace("into: day", "into: date").replace("answer.day", "answer.date")
    later = chat(changed)
    later.state = state
    assert later.say("prices") == ("Sorry, this cannot be continued. Please begin again.\n\nCakes are 20.")
    assert later.asks == ""
    assert "'day' was asked, and is not in the rules any more" in later.told
    later.state = state
    assert later.say("menu").endswith(LISTED)
    assert later.asks == "menu"


def test_the_rules_of_one_tenant_go_on_with_no_dialogue_of_another(chat: Open) -> None:
    talk = chat(f"tenants: shop\n{SHOP}")
    said(talk, "order")
    assert talk.say("3", tenant="clinic").startswith("Sorry, this cannot be continued.")


@pytest.mark.parametrize("kind", [Kind.EDIT, Kind.REACTION])
def test_a_remark_is_no_answer_and_no_wrong_one(chat: Open, kind: Kind) -> None:
    talk = chat(SHOP)
    talk.say("order")
    state = talk.state
    talk.say("3", kind=kind)
    assert talk.decision.step is None
    assert talk.decision.expects is None
    talk.state = state
    assert talk.say("3") == "Which day do you want 3?"


def test_what_a_pattern_found_is_there_behind_a_question(chat: Open) -> None:
    talk = chat(
        "rules:\n  - id: a\n    when: {text: {pattern: 'buy (?P<what>\\w+)'}}\n    then:\n"
        "      - ask: {into: m, text: 'How many {{ what }}?', number: true}\n"
        "      - reply: '{{ answer.m }} {{ what }}'\n"
    )
    assert said(talk, "buy rolls", "3") == "3 rolls"


def test_what_cannot_be_written_ends_it_politely(chat: Open) -> None:
    talk = chat(
        "rules:\n  - id: a\n    when: {text: {exact: go}}\n    then:\n"
        "      - ask: {into: m, text: What?}\n      - reply: '{{ answer.m | date }}'\n"
    )
    assert said(talk, "go", "x").startswith("Sorry, we did not understand each other.")
    assert "cannot be written" in talk.told
    assert talk.asks == ""


def test_the_rule_that_asks_is_the_last_even_with_continue(chat: Open) -> None:
    talk = chat(
        "rules:\n  - {id: a, when: always, continue: true, then: [{ask: {into: x, text: A?}}]}\n"
        "  - {id: b, when: always, then: [{ask: {into: b, text: B?}}]}\n"
    )
    assert (talk.say("go"), talk.asks) == ("A?", "x")
    assert talk.told.endswith("answers, and asks 'x'")


async def test_the_response_says_what_is_awaited_and_counts(chat: Open) -> None:
    talk = chat(SHOP)

    async def deeds(text: str) -> tuple[object, ...]:
        talk.say(text)
        message = talk.inbound(text)
        response = await responding.Responding(message, None).respond(talk.book, talk.decision, parts.Parts())
        assert response.is_done
        return tuple(response.deeds)

    asked = await deeds("menu")
    assert [type(each) for each in asked] == [Expect, Tally]
    assert asked[1] == Tally(what="rule", name="shop")
    assert [type(each) for each in await deeds("3")] == [Finish, HandOff]
    talk.say("order")
    assert await deeds("cancel") == (Finish(), Tally(what="left", name="order/count"))


def test_the_time_of_a_day_is_that_of_the_business(chat: Open) -> None:
    hours = "hours: {zone: Pacific/Auckland, open: {mon: 9-17}}\n"
    actions = "[{ask: {into: d, text: D?, date: true}}, {reply: '{{ answer.d }}'}]"
    text = f"rules: [{{id: a, when: always, then: {actions}}}]"
    talk = chat(hours + text)
    talk.say("go")
    assert talk.say("today", now=NOON + timedelta(hours=3)) == "2026-03-06"  # tomorrow there already
