"""What a rule can ask besides words: each key, met and not met, with what the trace says."""

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chatgrow_bot.messages import Inbound, Kind
from chatgrow_bot.payloads import Vote
from chatgrow_bot.responses import Customer

from .conftest import NOON

conditions = sys.modules["chatgrow_plugins.auto_reply.conditions"]
loading = sys.modules["chatgrow_plugins.auto_reply.loading"]
rules = sys.modules["chatgrow_plugins.auto_reply.rules"]

Write = Callable[[str, str], Path]
DANA, GROUP = "972541112233@c.us", "120363000000000000@g.us"
HEAD = "hours: {zone: Asia/Jerusalem, open: {sun-thu: 9:00-18:00}}\ngroups: all\n"


@pytest.fixture
def asks(write: Write, folder: Path, inbound: Callable[..., Inbound]) -> Callable[..., Any]:
    """What came of a rule with this `when`: `asks("{tag: vip}", "hello", customer={...})`."""

    def asks(
        when: str,
        text: str = "hello",
        *,
        head: str = HEAD,
        customer: Any = None,
        more: str = "",
        **message: Any,
    ) -> Any:
        write("test", f"{head}rules:\n  - id: one\n    when: {when}\n    reply: yes-it-does\n{more}")
        book = loading.load_folder(folder)
        assert book.problems == ()
        facts = conditions.Facts(
            now=message.pop("now", NOON), customer=Customer(chat=DANA, **(customer or {}))
        )
        decision = rules.decide(book, inbound(text, **message), facts)
        [tried] = decision.trace(book)
        assert tried.answers is bool(decision.rules)
        return tried

    return asks


@pytest.mark.parametrize(
    ("when", "given", "answers", "why"),
    [
        ("{media: image}", {"kind": Kind.IMAGE, "text": ""}, True, "answers"),
        ("{media: image}", {"kind": Kind.VIDEO}, False, "it carries no image"),
        ("{media: [image, video]}", {"kind": Kind.VIDEO}, True, "answers"),
        ("{media: any}", {"kind": Kind.VOICE, "text": ""}, True, "answers"),
        ("{media: any}", {}, False, "it carries no file"),
        ("{media: none}", {}, True, "answers"),
        ("{media: none}", {"kind": Kind.STICKER}, False, "it carries more than words"),
        ("{firstContact: true}", {"customer": {"is_new": True}}, True, "answers"),
        ("{firstContact: true}", {}, False, "the customer has written before"),
        ("{firstContact: false}", {"customer": {"is_new": True}}, False, "writes for the first time"),
        ("{tag: vip}", {"customer": {"tags": frozenset({"vip"})}}, True, "answers"),
        ("{tag: [vip, lead]}", {"customer": {"tags": frozenset({"lead"})}}, True, "answers"),
        ("{tag: vip}", {"customer": {"tags": frozenset({"lead"})}}, False, "no tag vip"),
        ("{field: {city: Haifa}}", {"customer": {"fields": {"city": "haifa"}}}, True, "answers"),
        ("{field: {city: [Haifa, עכו]}}", {"customer": {"fields": {"city": "עַכּוֹ"}}}, True, "answers"),
        ("{field: {city: Haifa}}", {"customer": {"fields": {"city": "Eilat"}}}, False, "or not known"),
        ("{field: {city: {isSet: true}}}", {"customer": {"fields": {"city": "x"}}}, True, "answers"),
        ("{field: {city: {isSet: false}}}", {"customer": {"fields": {"city": "x"}}}, False, "is known"),
        ("{language: he}", {"text": "שלום לכולם"}, True, "answers"),
        ("{language: [he, ar]}", {"text": "مرحبا"}, True, "answers"),
        ("{language: he}", {"text": "hello there"}, False, "the text is not in he"),
        ("{language: he}", {"text": "👍"}, False, "the text is not in he"),
        ("{hours: open}", {}, True, "answers"),  # Thursday 14:00 there
        ("{hours: closed}", {}, False, "the business is open"),
        ("{hours: closed}", {"now": NOON + timedelta(hours=5)}, True, "answers"),
        ("{hours: open}", {"now": NOON + timedelta(days=1)}, False, "the business is closed"),
        ('{sender: "+972 54-111-2233"}', {}, True, "answers"),
        ('{sender: "+972541112234"}', {}, False, "somebody else wrote it"),
        ("{connection: c1}", {}, True, "answers"),
        ("{connection: [c2, c3]}", {}, False, "another connection than c2 or c3"),
        ("{chat: group}", {"chat": GROUP, "participant": DANA}, True, "answers"),
        ("{chat: group}", {}, False, "the message is not from a group"),
        ("{chat: private}", {"chat": GROUP, "participant": DANA}, False, "the message is from a group"),
        ("{replyToUs: true}", {"customer": {"about_ours": True}}, True, "answers"),
        ("{replyToUs: true}", {}, False, "it quotes no message of ours"),
        ("{sinceLast: {over: 1d}}", {"customer": {"last_wrote": NOON - timedelta(days=2)}}, True, "answers"),
        ("{sinceLast: {over: 1d}}", {}, True, "answers"),
        ("{sinceLast: {over: 1d}}", {"customer": {"last_wrote": NOON}}, False, "did not write over 1d ago"),
        ("{sinceLast: {under: 1h}}", {"customer": {"last_wrote": NOON}}, True, "answers"),
        ("{sinceLast: {under: 1h}}", {}, False, "did not write under 1h ago"),
        ("{poll: 'Yes'}", {"kind": Kind.VOTE, "payload": Vote(options=("YES!",))}, True, "answers"),
        ("{poll: 'Yes'}", {"kind": Kind.VOTE, "payload": Vote(options=("No",))}, False, "no vote for one"),
        ("{text: {starts: [order, buy]}}", {"text": "Order: 2 pies"}, True, "answers"),
        ("{text: {starts: order}}", {"text": "my order"}, False, "does not start with 'order'"),
        ("{text: {fuzzy: appointment}}", {"text": "an apointment pls"}, True, "answers"),
        ("{text: {fuzzy: appointment}}", {"text": "a pony"}, False, "nothing like 'appointment'"),
        ("{not: {text: {any: bye}}}", {}, True, "answers"),
        ("{not: {text: {any: hello}}}", {}, False, "what `not` excludes is so"),
        ("{or: [{text: {any: bye}}, {media: image}]}", {"kind": Kind.IMAGE, "text": ""}, True, "answers"),
        ("{or: [{text: {any: bye}}, {text: {any: hello}}]}", {}, True, "answers"),
        ("{or: [{text: {any: bye}}, {media: image}]}", {}, False, "none of these holds: none of 'bye'"),
        ("{and: [{text: {any: hello}}, {tag: vip}]}", {}, False, "not all of it holds"),
        ("{text: {any: hello}, tag: vip}", {}, False, "no tag vip"),
        ("always", {"kind": Kind.VOICE, "text": ""}, True, "answers"),
    ],
)  # fmt: skip
def test_a_rule_asks(asks: Any, when: str, given: dict[str, Any], answers: bool, why: str) -> None:
    tried = asks(when, **given)
    assert tried.answers is answers, tried.result
    assert why in tried.result


@pytest.mark.parametrize(
    ("head", "message", "answers"),
    [
        ("language: he\n", {"text": "שלום"}, True),
        ("language: he\n", {"text": "hello"}, False),
        ("language: he\n", {"text": "1"}, True),  # nothing to tell by
        ("connections: [c1]\n", {}, True),
        ("connections: c2\n", {}, False),
        ("contacts: none\ngroups: all\n", {}, False),
        ("contacts: none\ngroups: all\n", {"chat": GROUP, "participant": DANA}, True),
        ("", {"chat": GROUP, "participant": DANA}, False),
        (f"groups: ['{GROUP}']\n", {"chat": GROUP, "participant": DANA}, True),
        (f"groups: ['{GROUP}']\n", {"chat": "120363000000000009@g.us", "participant": DANA}, False),
        ('contacts: ["+972541112233"]\n', {}, True),
        ('contacts: ["+972541112233"]\n', {"chat": "14155550123@c.us"}, False),
    ],
)
def test_a_file_says_whom_it_is_for(asks: Any, head: str, message: dict[str, Any], answers: bool) -> None:
    assert asks("always", head=head, **message).answers is answers


def test_an_exception_holds_a_rule_back_or_makes_it_do_something_else(asks: Any) -> None:
    assert asks("always", more="    unless: {hours: open}\n").result == "`unless` holds"
    more = "    unless: {hours: open}\n    else: [{reply: closed}]\n"
    assert asks("always", more=more).result == "`unless` holds, so `else` is done"
    assert asks("always", more=more, now=NOON + timedelta(days=1)).result == "answers"


def test_what_a_nested_pattern_finds_goes_into_the_reply(write: Write, folder: Path, inbound: Any) -> None:
    when = "{or: [{text: {pattern: 'no (?P<n>\\d+)'}}, {text: {pattern: '#(?P<n>\\d+)'}}]}"
    write("test", f"rules:\n  - id: one\n    when: {when}\n    reply: 'It is {{{{ n }}}}.'\n")
    book = loading.load_folder(folder)
    decision = rules.decide(book, inbound("order #17"), conditions.Facts(now=NOON))
    assert [done.text for _, done in decision.done] == ["It is 17."]


@pytest.mark.parametrize(
    ("lines", "place", "message"),
    [
        ("when: {hours: open}", "3:12", "the file does not say when the business is open"),
        ("when: {media: [any, image]}", "3:11", "stand alone"),
        ("when: {media: picture}", "3:19", "must be one of image"),
        ("when: {language: hebrew}", "3:22", "'language'"),
        ("when: {sender: 12}", "3:20", "write it in quotes"),
        ("when: {field: {'my city!': x}}", "3:20", "is no name for a field"),
        ("when: {field: {city: {isSet: yess}}}", "3:34", "true or false"),
        ("when: {sinceLast: {}}", "3:23", "write `over` or `under`"),
        ("when: {or: []}", "3:16", "at least 1"),
        ("when: {not: {}}", "3:17", "nothing is asked"),
        ("when: {run: {guest: true}}", "3:18", "no condition 'guest'"),
        ("when: {tga: x}", "3:12", "did you mean 'tag'?"),
        ("when: {or: [{tga: x}]}", "3:18", "did you mean 'tag'?"),
        ("when: sometimes", "3:11", "must be"),
    ],
)
def test_a_wrong_condition_is_told_at_its_place(
    write: Write, folder: Path, lines: str, place: str, message: str
) -> None:
    path = write("test", f"rules:\n  - id: one\n    {lines}\n    reply: z\n")
    (problem,) = loading.load_folder(folder).problems
    assert str(problem.position) == f"{path}:{place}"
    assert message in problem.message + problem.hint
