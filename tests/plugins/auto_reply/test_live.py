"""What a live message costs and leaves behind: patterns wherever they stand, questions to other plugins, what
failed, and limits of several connections."""

import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from chatgrow_bot.errors import BadInput
from chatgrow_bot.messages import Inbound
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.responses import Customer
from chatgrow_bot.testing import TalkingBot

loading = sys.modules["chatgrow_plugins.auto_reply.loading"]
base = sys.modules["chatgrow_plugins.auto_reply.conditions.base"]

Write = Callable[[str, str], Path]
EVIL = "'[ab]*a[ab]{300}a[ab]{300}b[ab]{300}[^q]*c?(?:q|z)%d'"


@pytest.mark.parametrize(
    "asks",
    [
        "when: {text: {any: a, pattern: %s}}",
        "when: {text: {any: a}, or: [{text: {pattern: %s}}, {tag: vip}]}",
        "when: {text: {any: a}, not: {text: {pattern: %s}}}",
        "when: {text: {any: a}}, unless: {text: {pattern: %s}}",
        "when: {text: {any: a}}, unless: {tag: vip, and: [{text: {pattern: %s}}]}",
    ],
)
def test_patterns_are_reckoned_with_wherever_they_stand(write: Write, folder: Path, asks: str) -> None:
    rules = [f"  - {{id: r{n}, {asks % (EVIL % n)}, reply: x}}\n" for n in range(10)]
    write("evil", f"rules:\n{''.join(rules)}")
    book = loading.load_folder(folder)
    assert (book.problems, len(book.rules)) == ((), 10)
    assert book.index.is_quick(20)
    assert not book.index.is_quick(1_999)


def test_a_question_is_the_same_wherever_it_stands_and_another_with_another_value() -> None:
    same = {base.Question("crm", {"a": [1]}): True}
    assert base.Question("crm", {"a": [1]}) in same
    for other in (("crm", {"a": [True]}), ("crm", {"a": [2]}), ("guest", {"a": [1]}), ("crm", None)):
        assert base.Question(*other) not in same


class Crm(Plugin):
    """Counts what it is asked, and fails at what it shall do."""

    asked = 0

    @hook
    def register_rule_conditions(self) -> Any:
        async def known(message: Inbound, customer: Customer, value: bool) -> bool:
            type(self).asked += 1
            return not value

        return {"known": known}

    @hook
    def register_rule_actions(self) -> Any:
        async def ticket(message: Inbound, customer: Customer, value: str) -> None:
            raise BadInput("the desk is closed")

        return {"ticket": ticket}


@pytest.fixture
async def talking(tmp_path: Path, folder: Path) -> AsyncIterator[TalkingBot]:
    bot = TalkingBot(tmp_path)
    yield bot
    await bot.stop()


async def opened(bot: TalkingBot, folder: Path) -> None:
    await bot.start("auto_reply", Crm, auto_reply={"rules": str(folder), "watch": False})


async def test_one_question_of_many_rules_is_asked_once_a_message(
    talking: TalkingBot, write: Write, folder: Path
) -> None:
    rules = [f"  - {{id: r{n}, when: {{run: {{known: true}}}}, reply: x}}\n" for n in range(20)]
    write("many", f"rules:\n{''.join(rules)}  - {{id: last, when: always, reply: last}}\n")
    Crm.asked = 0
    await opened(talking, folder)
    assert await talking.say("hello") == ["last"]
    assert Crm.asked == 1


async def test_an_action_that_failed_is_in_its_rules_line(
    talking: TalkingBot, write: Write, folder: Path
) -> None:
    write("one", "rules: [{id: one, when: always, then: [{reply: hi}, {run: {ticket: urgent}}]}]\n")
    await opened(talking, folder)
    assert await talking.say("hello") == ["hi"]
    [marks] = await talking.read(
        lambda conn: conn.exec_driver_sql("SELECT marks FROM traces").scalars().all()
    )
    assert "answers, but 'ticket' failed: " in marks


async def test_a_limit_of_one_connection_is_not_used_up_at_another(
    talking: TalkingBot, write: Write, folder: Path
) -> None:
    write("one", "rules: [{id: one, when: always, reply: hi, limit: once per 1h}]\n")
    await opened(talking, folder)
    assert await talking.say("hello") == ["hi"]
    assert await talking.say("hello") == []
    other = await talking.connect("other")
    await other.hears("hello", "15551230001@c.us")
    await talking.rest()
    assert [parcel.text for parcel in other.sent] == ["hi"]
