"""What is done to messages that are there: reactions, votes, new words, taking back; by genuine wa-js."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from plugins.simulator import Customer, PhoneMessage
    from tests.plugins.simulator.conftest import Stage

pytestmark = pytest.mark.asyncio(loop_scope="package")

SEND = "async ([chat, text]) => (await WPP.chat.sendTextMessage(chat, text, {linkPreview: false})).id"
POLL = """async ([chat, options, selectableCount]) =>
  (await WPP.chat.sendCreatePollMessage(chat, 'When?', options, {selectableCount})).id"""
REACTIONS = """async (id) => { const {reactionByMe, reactions} = await WPP.chat.getReactions(id);
  return [reactionByMe?.reactionText ?? null, reactions.map(({aggregateEmoji}) => aggregateEmoji)]; }"""
VOTES = """async (id) => (await WPP.chat.getVotes(id)).votes.map(({sender, selectedOptions}) =>
  [String(sender), selectedOptions.filter(Boolean).map(({name}) => name)])"""


def chat(person: Customer) -> str:
    return f"{person.number}@c.us"


async def written(stage: Stage, dana: Customer, text: str) -> tuple[PhoneMessage, str]:
    """A message from the customer, once it is in the page, and its key there."""
    message = await dana.write(stage.shop, text)
    key = f"false_{chat(dana)}_{message.id}"
    await stage.page.until_told(event="message", id=key)
    return message, key


async def test_our_reaction_is_seen_changed_and_taken_back(stage: Stage) -> None:
    dana, me = stage.person("Dana"), stage.shop.number
    message, key = await written(stage, dana, "hello")
    react = "([key, emoji]) => WPP.chat.sendReactionToMessage(key, emoji)"
    for emoji in ("👍", "❤️"):
        result = await stage.page.ask(react, [key, emoji])
        assert result["sendMsgResult"]["messageSendResult"] == "OK"
        await dana.until(message, lambda now: me in now.reactions)
        assert (await dana.until(message, lambda now: True)).reactions == {me: emoji}
    assert await stage.page.ask(REACTIONS, key) == ["❤️", ["❤️"]]
    await stage.page.ask(react, [key, False])
    await dana.until(message, lambda now: not now.reactions)
    assert await stage.page.ask(REACTIONS, key) == [None, []]


async def test_a_customers_reaction_is_told_and_taken_back(stage: Stage) -> None:
    dana = stage.person("Dana")
    key = await stage.page.ask(SEND, [chat(dana), "ready"])
    (message,) = await dana.received()
    await dana.react(message, "🙏")
    await stage.page.until_told(event="reaction", id=key, emoji="🙏", sender=chat(dana))
    await dana.react(message, "")
    await stage.page.until_told(event="reaction", id=key, emoji="")
    assert await stage.page.ask(REACTIONS, key) == [None, []]


async def test_votes_come_back_change_and_are_taken_back(stage: Stage, plugin: ModuleType) -> None:
    dana = stage.person("Dana")
    key = await stage.page.ask(POLL, [chat(dana), ["now", "מחר", "never"], 2])
    (poll,) = await dana.received()
    assert (poll.type, poll.question, poll.options, poll.choices) == (
        "poll_creation",
        "When?",
        ("now", "מחר", "never"),
        2,
    )
    voted = await dana.vote(poll, ["now", "מחר"])
    assert voted.votes == {"now": [dana.number], "מחר": [dana.number], "never": []}
    await stage.page.until_told(event="vote", id=key, chosen="now,מחר", sender=chat(dana))
    await dana.vote(poll, [])
    await stage.page.until_told(event="vote", id=key, chosen="", sender=chat(dana))
    assert await stage.page.ask(VOTES, key) == [[chat(dana), []]]
    for wrong in (["tomorrow"], ["now", "מחר", "never"]):
        with pytest.raises(plugin.SimulatorError):
            await dana.vote(poll, wrong)


async def test_a_customers_poll_can_be_read(stage: Stage) -> None:
    dana = stage.person("Dana")
    poll = await dana.send_poll(stage.shop, "Which?", ["red", "blue"])
    key = f"false_{chat(dana)}_{poll.id}"
    await stage.page.until_told(event="message", id=key, type="poll_creation")
    facts = "async (id) => { const msg = await WPP.chat.getMessageById(id); return [msg.pollName,"
    facts += " msg.pollOptions.map(({name}) => name), msg.pollSelectableOptionsCount]; }"
    assert await stage.page.ask(facts, key) == ["Which?", ["red", "blue"], 1]


async def test_our_edit_gives_a_message_other_words(stage: Stage) -> None:
    dana = stage.person("Dana")
    key = await stage.page.ask(SEND, [chat(dana), "10 o'clock"])
    (message,) = await dana.received()
    await stage.page.ask("(key) => WPP.chat.editMessage(key, '11 o\\'clock')", key)
    assert (await dana.until(message, lambda now: now.edited)).text == "11 o'clock"
    await stage.page.until_told(event="edited", id=key, text="11 o'clock")


async def test_a_customers_edit_is_told(stage: Stage, plugin: ModuleType) -> None:
    dana = stage.person("Dana")
    message, key = await written(stage, dana, "two pleas")
    await dana.edit(message, "two please")
    await stage.page.until_told(event="edited", id=key, text="two please")
    with pytest.raises(plugin.SimulatorError, match="wrote oneself"):
        await stage.shop.edit(message, "three please")
    with pytest.raises(Exception, match="Cannot edit"):
        await stage.page.ask("(key) => WPP.chat.editMessage(key, 'three')", key)


async def test_our_message_is_taken_back_for_everyone(stage: Stage) -> None:
    dana = stage.person("Dana")
    key = await stage.page.ask(SEND, [chat(dana), "wrong chat"])
    (message,) = await dana.received()
    delete = "([chat, key]) => WPP.chat.deleteMessage(chat, key, false, true)"
    assert (await stage.page.ask(delete, [chat(dana), key]))["isRevoked"]
    revoked = await dana.until(message, lambda now: now.revoked)
    assert revoked.text is None
    assert await stage.page.ask("async (key) => (await WPP.chat.getMessageById(key)).type", key) == "revoked"


async def test_a_customer_takes_a_message_back(stage: Stage, plugin: ModuleType) -> None:
    dana = stage.person("Dana")
    message, key = await written(stage, dana, "oops")
    await dana.revoke(message)
    await stage.page.until_told(event="revoked", id=key, type="sender_revoke")
    await stage.page.until("async (key) => (await WPP.chat.getMessageById(key)).type === 'revoked'", key)
    assert await stage.page.ask("(chat) => WPP.chat.get(chat).unreadCount", chat(dana)) == 1
    with pytest.raises(plugin.SimulatorError, match="taken back"):
        await dana.react(message, "👍")


async def test_a_message_deleted_from_our_own_sight_stays_with_the_customer(stage: Stage) -> None:
    dana = stage.person("Dana")
    key = await stage.page.ask(SEND, [chat(dana), "keep it"])
    delete = "([chat, key]) => WPP.chat.deleteMessage(chat, key)"
    assert (await stage.page.ask(delete, [chat(dana), key]))["isDeleted"]
    assert [message.text for message in await dana.received()] == ["keep it"]


async def test_what_happened_while_the_page_was_down_is_there_afterwards(
    stage: Stage, tmp_path: Path
) -> None:
    dana = stage.person("Dana")
    message, key = await written(stage, dana, "one")
    gone, gone_key = await written(stage, dana, "two")
    poll_key = await stage.page.ask(POLL, [chat(dana), ["a", "b"], 1])
    poll = (await dana.received())[-1]
    await stage.page.page.goto("about:blank")
    await dana.edit(message, "one, corrected")
    await dana.react(poll, "👀")
    await dana.vote(poll, ["b"])
    await dana.revoke(gone)
    for _ in range(2):  # as told by the server, and as kept in the profile
        await stage.page.page.goto("https://web.whatsapp.com/")
        await stage.page.ready()
        await stage.page.online()
        read = (
            "async (key) => { const {type, body} = await WPP.chat.getMessageById(key); return [type, body]; }"
        )
        assert await stage.page.ask(read, key) == ["chat", "one, corrected"]
        assert (await stage.page.ask(read, gone_key))[0] == "revoked"
        assert await stage.page.ask(REACTIONS, poll_key) == [None, ["👀"]]
        assert await stage.page.ask(VOTES, poll_key) == [[chat(dana), ["b"]]]
