"""Whatever a customer writes, wherever he is: a dialogue goes to a known state, and ends after so many wrong
answers."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatgrow_bot.messages import Inbound, Kind

from .conftest import Chat, loading
from .test_going_on import SHOP

flow: Any = import_module("chatgrow_plugins.auto_reply.dialogues.flow")

ALL_KINDS = """\
  - id: kinds
    when: {text: {exact: kinds}}
    then:
      - ask: {into: a, text: A?, tries: 2}
      - ask: {into: b, text: "B {{ answer.a }}?", email: true, otherwise: {goto: kinds-c}}
      - goto: kinds-c
  - id: kinds-c
    when: goto
    then:
      - ask: {into: c, text: C?, phone: true, keep: true}
      - ask: {into: d, text: D?, choice: [Back, Exit, 7]}
      - ask: {into: e, text: E?, location: true}
      - ask: {into: f, text: F?, media: any}
      - ask: {into: g, text: G?, number: {whole: false}}
      - ask: {into: h, text: H?, date: {from: today}}
      - reply: "{{ answer.d }} {{ answer.h | date }}"
      - goto: shop
"""
RULES = SHOP.replace("  - {id: rest,", f"{ALL_KINDS}  - {{id: rest,")
KINDS = [each for each in Kind if each not in (Kind.EDIT, Kind.REACTION, Kind.DELETION)]
WORDS = st.sampled_from(
    [
        *(
            "menu",
            "order",
            "kinds",
            "1",
            "2",
            "3",
            "4",
            "٢",
            "12.3.",
            "tomorrow",
            "delivery",
            "back",
            "cancel",
        ),
        *(
            "054-111-2233",
            "a@b.example",
            "stop",
            "0",
            "-1",
            "9" * 20,
            "31.12.9999",
            "מחר",
            "",
            "{{ x }}",
            "exit",
        ),
    ]
)
MESSAGES = st.lists(st.tuples(WORDS | st.text(st.characters()), st.sampled_from(KINDS)), max_size=25)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("rules")
    (folder / "all.yaml").write_text(RULES, encoding="utf-8")
    found = loading.load_folder(folder)
    assert found.problems == ()
    return found


def known(book: Any) -> dict[str, set[str]]:
    """The questions of each rule."""
    return {rule.id: {asked.name for asked, _ in flow.questions(rule)} for rule in book.rules}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(messages=MESSAGES)
def test_any_message_leads_from_any_state_to_a_known_one_and_nobody_is_stuck(
    messages: list[tuple[str, Kind]], book: Any, inbound: Callable[..., Inbound]
) -> None:
    talk, questions = Chat(book, inbound), known(book)
    for text, kind in messages:
        before = talk.state
        reply = talk.say(text, kind=kind)
        if talk.state:
            assert talk.asks in questions[talk.state["rule"]]
            assert len(str(talk.state)) < 16_000
        if before:
            assert reply or not talk.state  # who is waited for has been told so
    for _ in range(3):  # the most tries of all, and `otherwise` asks once more
        talk.say("", kind=Kind.STICKER)
    for _ in range(3):
        talk.say("", kind=Kind.STICKER)
    assert talk.asks == ""


STATES = st.dictionaries(
    st.sampled_from(["rule", "question", "answers", "captures", "trail", "tries"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["shop", "menu"]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    ),
    min_size=1,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
@given(state=STATES, text=WORDS)
def test_a_state_that_nobody_understands_ends_and_never_raises(
    state: dict[str, Any], text: str, book: Any, inbound: Callable[..., Inbound]
) -> None:
    talk = Chat(book, inbound)
    talk.state = state
    assert talk.say(text)
    assert talk.decision.step
