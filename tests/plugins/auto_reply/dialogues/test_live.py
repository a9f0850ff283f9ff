"""Menus and forms over a whole hub: what is asked outlives a restart, and ends as it should."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from chatgrow_bot.testing import TalkingBot

Write = Callable[[str, str], Path]

RULES = """\
rules:
  - id: shop
    when: {text: menu}
    then:
      - menu:
          text: What can we do for you?
          options:
            - {say: Prices, then: [{reply: Cakes are 20.}]}
            - {say: Order, goto: order}
  - id: order
    when: {text: order}
    then:
      - tag: ordering
      - ask: {into: count, text: How many?, number: {from: 1, to: 20}, keep: true}
      - ask: {into: name, text: What is your name?}
      - reply: "Thank you, {{ answer.name }}: {{ answer.count }} cakes."
  - {id: other, when: always, reply: Hello.}
"""
ASKED = "What can we do for you?\n\n1. Prices\n2. Order"


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[TalkingBot]:
    bot = TalkingBot(tmp_path)
    yield bot
    await bot.stop()


async def opened(bot: TalkingBot, folder: Path) -> None:
    await bot.start("auto_reply", auto_reply={"rules": str(folder), "watch": False})


async def test_a_menu_leads_to_a_form_that_is_filled_in(bot: TalkingBot, write: Write, folder: Path) -> None:
    write("shop", RULES)
    await opened(bot, folder)
    assert await bot.say("menu") == [ASKED]
    assert await bot.say("2") == ["How many?"]
    assert await bot.say("many") == ["Please write a number from 1 to 20."]
    assert await bot.say("٣") == ["What is your name?"]
    assert await bot.say("Dana") == ["Thank you, Dana: 3 cakes."]
    assert await bot.say("Dana") == ["Hello."]


async def test_what_is_asked_outlives_a_restart(bot: TalkingBot, write: Write, folder: Path) -> None:
    write("shop", RULES)
    await opened(bot, folder)
    assert await bot.say("order") == ["How many?"]
    await bot.stop()
    await opened(bot, folder)
    assert await bot.say("4") == ["What is your name?"]


async def test_cancel_leaves_the_form_and_opts_nobody_out(
    bot: TalkingBot, write: Write, folder: Path
) -> None:
    write("shop", RULES)
    await opened(bot, folder)
    assert await bot.say("order") == ["How many?"]
    assert await bot.say("cancel") == ["All right, we leave it at that. Write again whenever you like."]
    assert await bot.say("good evening") == ["Hello."]


async def test_why_tells_what_was_asked_and_no_word_of_the_answer(
    bot: TalkingBot, write: Write, folder: Path
) -> None:
    write("shop", RULES)
    await opened(bot, folder)
    for words in ("order", "7", "Zebulon"):
        await bot.say(words)
    marks = await bot.read(lambda conn: conn.exec_driver_sql("SELECT marks FROM traces").scalars().all())
    told = "\n".join(map(str, marks))
    assert "answers, and asks 'count'" in told
    assert "'count' is answered; asks 'name'" in told
    assert "Zebulon" not in told


async def test_what_is_counted_is_each_rule_once_and_where_it_was_left(
    bot: TalkingBot, write: Write, folder: Path
) -> None:
    write("shop", RULES)
    await opened(bot, folder)
    for words in ("order", "7", "cancel"):
        await bot.say(words)
    rows = await bot.read(
        lambda conn: conn.exec_driver_sql("SELECT what, name, count FROM tallies").fetchall()
    )
    ours = sorted(tuple(row) for row in rows if row[0] in ("rule", "left"))
    assert ours == [("left", "order/name", 1), ("rule", "order", 1)]
