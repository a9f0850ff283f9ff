"""What a rule can do, seen to happen on a true hub; and what is told of an action that cannot be right."""

import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chatgrow_bot.messages import Kind
from chatgrow_bot.payloads import Contacts, Location, Poll, Reaction
from chatgrow_bot.store.customer_tables import customers
from chatgrow_bot.store.tables import journal, outbox
from chatgrow_bot.testing import FakeClock, TalkingBot

loading = sys.modules["chatgrow_plugins.auto_reply.loading"]

Write = Callable[[str, str], Path]
DANA, AVI = "15551230001@c.us", "972549998877@c.us"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001"
    "e221bc330000000049454e44ae426082"
)


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[TalkingBot]:
    bot = TalkingBot(tmp_path, FakeClock(datetime(2026, 3, 5, 12, tzinfo=UTC)))
    yield bot
    await bot.stop()


@pytest.fixture
def opens(shop: TalkingBot, folder: Path, write: Write) -> Callable[..., Any]:
    """Start the hub with one rule for the word `go`: `await opens("- reply: x")`."""

    async def opens(then: str, head: str = "", more: str = "") -> None:
        actions = "\n".join(f"      {line}" for line in then.splitlines())
        write(
            "test",
            f"{head}rules:\n  - id: one\n    when: {{text: {{any: go}}}}\n    then:\n{actions}\n{more}",
        )
        assert loading.load_folder(folder).problems == ()
        settings = {"allowedMediaRoots": [str(folder.parent)]}
        config = {"rules": str(folder), "watch": False}
        await shop.start("auto_reply", auto_reply=config, settings=settings)

    return opens


async def sent(shop: TalkingBot, text: str = "go") -> list[Any]:
    """What leaves because of a message."""
    before = len(shop.engine.opened["shop"].sent) if "shop" in shop.engine.opened else 0
    await shop.say(text)
    return shop.engine.opened["shop"].sent[before:]


async def test_everything_that_can_be_said(shop: TalkingBot, opens: Any, tmp_path: Path) -> None:
    (tmp_path / "menu.png").write_bytes(PIXEL)
    await opens(
        "- reply: {text: 'Hello {{ name | default(\"you\") }}', quoted: true}\n"
        f"- reply: {{text: Our menu, media: {tmp_path}/menu.png}}\n"
        "- reply: {location: {latitude: 32.1, longitude: 34.8, name: Shop}}\n"
        '- reply: {contact: {name: Avi, number: "+972549998877"}}\n'
        "- reply: {poll: {question: Which?, options: [Large, Small]}}\n"
        "- react: 👍\n"
    )
    said = await sent(shop)
    assert [(each.text, type(each.payload)) for each in said] == [
        ("Hello you", type(None)),
        ("Our menu", type(None)),
        ("", Location),
        ("", Contacts),
        ("", Poll),
        ("", Reaction),
    ]
    assert said[0].about and said[0].about == said[5].about
    assert said[5].payload.emoji == "👍"
    assert (said[1].media.kind, said[1].media.size) == (Kind.IMAGE, len(PIXEL))
    assert said[3].payload.people[0].numbers == ("+972549998877",)


async def test_variants_change_from_message_to_message_and_never_for_one(
    shop: TalkingBot, opens: Any
) -> None:
    await opens("- reply: {variants: [one, two, three]}")
    said = {(await shop.say("go", f"1555123{n:04d}@c.us"))[0] for n in range(30)}
    assert said == {"one", "two", "three"}


async def test_what_is_known_of_a_customer_is_kept_and_asked(shop: TalkingBot, opens: Any) -> None:
    more = (
        "  - id: forget\n    when: {text: {any: forget}}\n"
        "    then: [{untag: vip}, {set: {city: null}}, {reply: ok}]\n"
        "  - id: who\n    when: {tag: vip, field: {city: haifa}}\n    reply: '{{ field.city }} {{ tags }}'\n"
    )
    await opens("- tag: [vip, lead]\n- set: {town: '{{ text }}'}\n- set: {city: Haifa}", more=more)
    assert await shop.say("hm") == []
    assert await shop.say("go") == []
    assert await shop.say("hm") == ["Haifa lead, vip"]
    assert await shop.say("hm", AVI) == []
    [row] = await shop.read(lambda conn: conn.execute(customers.select()).all())
    assert (row.person, sorted(row.tags)) == (DANA, ["lead", "vip"])
    assert row.fields == {"city": "Haifa", "town": "go"}
    assert await shop.say("forget") == ["ok"]
    assert await shop.say("hm") == []


async def test_a_notice_goes_to_the_journal_once(shop: TalkingBot, opens: Any) -> None:
    await opens("- notify: {topic: order, note: Somebody orders}\n- reply: ok")
    assert await shop.say("go") == ["ok"]
    facts = await shop.read(lambda conn: conn.execute(journal.select()).all())
    [notice] = [fact.body for fact in facts if fact.hook == "on_notice"]
    assert (notice["topic"], notice["note"], notice["by"]) == ("order", "Somebody orders", "auto_reply")
    assert "rule 'one'" in notice["because"]


async def test_read_is_marked_and_somebody_else_is_told(shop: TalkingBot, opens: Any) -> None:
    await opens(f"- markRead: true\n- send: {{to: '{AVI}', text: 'A customer: {{{{ phone }}}}'}}")
    await sent(shop)
    rows = await shop.until(
        lambda conn: conn.execute(outbox.select().where(outbox.c.chat == AVI)).all(), seconds=20
    )
    assert [row.text for row in rows] == ["A customer: +15551230001"]
    assert shop.engine.opened["shop"].read == [DANA]


async def test_what_follows_a_wait_leaves_later(shop: TalkingBot, opens: Any) -> None:
    await opens("- reply: now\n- wait: 10m\n- reply: later")
    session = await shop.connect()
    await session.hears("go", DANA)
    rows = await shop.until(lambda conn: conn.execute(outbox.select().order_by(outbox.c.id)).all(), len)
    assert [(row.text, (row.due - rows[0].created_at).total_seconds()) for row in rows] == [
        ("now", 0.0),
        ("later", 600.0),
    ]


async def test_a_rule_sends_on_to_another(shop: TalkingBot, opens: Any) -> None:
    more = "  - id: two\n    when: {text: never}\n    then: [{reply: 'two {{ name | default(\"x\") }}'}]\n"
    await opens("- reply: one\n- goto: two\n- reply: three", more=more)
    assert await shop.say("go") == ["one", "two x", "three"]


async def test_rules_that_continue_all_answer(shop: TalkingBot, opens: Any) -> None:
    more = (
        "    continue: true\n  - id: two\n    when: always\n    reply: two\n"
        "  - id: three\n    when: always\n    reply: three\n"
    )
    await opens("- reply: one", more=more)
    assert await shop.say("go") == ["one", "two"]
    assert await shop.say("hm") == ["two"]


async def test_a_rule_opts_out_and_its_own_word_is_the_last(shop: TalkingBot, opens: Any) -> None:
    more = "  - id: two\n    when: always\n    reply: still here\n"
    await opens("- optOut: true\n- reply: Goodbye.", more=more)
    assert await shop.say("go") == ["Goodbye."]
    assert await shop.say("hm") == []


@pytest.mark.parametrize(
    ("then", "place", "message"),
    [
        ("[{reply: a, react: 👍}]", "4:12", "one action in each"),
        ("[{replay: a}]", "4:13", "did you mean 'reply'?"),
        ("[{reply: {text: a, variants: [b]}}]", "4:20", "either `text` or `variants`"),
        ("[{reply: {quoted: true}}]", "4:20", "write what to say"),
        ("[{reply: {media: missing.png}}]", "4:21", "there is no file 'missing.png'"),
        ("[{reply: {poll: {question: a, options: [b, b]}}}]", "4:27", "two options of the poll are the same"),
        ("[{reply: '{{ nmae }}'}]", "4:20", "did you mean 'name'?"),
        ("[{reply: {variants: ['{{ nmae }}']}}]", "4:32", "did you mean 'name'?"),
        ("[{set: {city: '{{ nmae }}'}}]", "4:25", "did you mean 'name'?"),
        ("[{wait: 60d}]", "4:19", "at most"),
        ("[{goto: won}]", "4:13", "there is no rule 'won'"),
        ("[{goto: one}]", "4:13", "comes back to this rule"),
        ("[{send: {text: a}}]", "4:13", "'to' is missing"),
        ("[{webhook: ftp://x}]", "4:22", "webhook"),
        ("[{run: {ticket: 1}}]", "4:19", "no action 'ticket'"),
        ("[{react: ok}]", "4:20", "write one emoji"),
        ("[{tag: ''}]", "4:18", "1 to 64 characters"),
        ("[]", "4:11", "the list is empty"),
    ],
)
def test_a_wrong_action_is_told_at_its_place(
    write: Write, folder: Path, then: str, place: str, message: str
) -> None:
    path = write("test", f"rules:\n  - id: one\n    when: always\n    then: {then}\n")
    (problem,) = loading.load_folder(folder).problems
    assert message in problem.message + problem.hint
    assert str(problem.position) == f"{path}:{place}"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("reply: a\n    then: [{reply: b}]", "it has `reply` and `then`"),
        ("tests: []", "it does nothing"),
        ("reply: a\n    else: [{reply: b}]", "`else` is what it does when `unless` holds"),
    ],
)
def test_a_rule_that_makes_no_sense_is_told(write: Write, folder: Path, lines: str, message: str) -> None:
    write("test", f"rules:\n  - id: one\n    when: always\n    {lines}\n")
    (problem,) = loading.load_folder(folder).problems
    assert message in problem.message


def test_a_rule_that_sends_on_finds_what_the_other_needs(write: Write, folder: Path) -> None:
    write(
        "test",
        "rules:\n  - {id: one, when: always, then: [{goto: two}]}\n"
        "  - {id: two, when: {text: {pattern: '(?P<no>x)'}}, reply: '{{ no }}'}\n",
    )
    book = loading.load_folder(folder)
    assert [problem.message for problem in book.problems] == [
        "'two' fills in 'no', which this rule does not find"
    ]
    assert [rule.id for rule in book.rules] == ["two"]
