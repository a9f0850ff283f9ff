"""Reactions, votes, edits and deletions: made by us, told of others."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chatgrow_bot.engine import Arrival, Parcel, Reference
from chatgrow_bot.errors import SendRefused
from chatgrow_bot.messages import Kind
from chatgrow_bot.payloads import Deletion, Edit, Poll, Reaction, Vote

from .conftest import Chat, chat_of
from .test_messages import new_id, parcel

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEA = Poll(question="Tea?", options=("yes", "no", "later"), choices=0)


def ours(sent: Parcel) -> Reference:
    return Reference(chat=sent.chat, wa_id=sent.wa_id, from_me=True)


async def asked(chat: Chat) -> tuple[Any, Reference]:
    """A message of the customer, as his phone and as we know it."""
    message = await chat.customer.write(chat.world.shop, "are you open?")
    await chat.until(lambda: bool(chat.heard()))
    return message, chat.heard()[0].reference


async def told(chat: Chat, kind: Kind, count: int = 1) -> list[Arrival]:
    def found() -> list[Arrival]:
        return [arrival for arrival in chat.heard() if arrival.kind is kind]

    await chat.until(lambda: len(found()) >= count)
    return found()


# ours


async def test_a_reaction_is_made_changed_and_taken_back(chat: Chat) -> None:
    message, about = await asked(chat)
    me = chat.world.shop.number
    for emoji in ("👍🏽", "👍🏽", "❤️"):
        ack = await chat.session.send(parcel(chat.customer, "", payload=Reaction(emoji=emoji), about=about))
        assert ack.ack >= 1
        await chat.customer.until(message, lambda seen, emoji=emoji: seen.reactions.get(me) == emoji)
    await chat.session.send(parcel(chat.customer, "", payload=Reaction(emoji=""), about=about))
    await chat.customer.until(message, lambda seen: me not in seen.reactions)


async def test_a_reaction_of_ours_is_no_news(chat: Chat) -> None:
    message, about = await asked(chat)
    await chat.session.send(parcel(chat.customer, "", payload=Reaction(emoji="👍"), about=about))
    await chat.customer.write(chat.world.shop, "after it")
    await chat.until(lambda: chat.heard()[-1].text == "after it")
    mine = [each for each in chat.world.inlet.arrivals if each.from_me and each.about == message.id]
    assert mine == []


async def test_our_own_message_gets_other_words(chat: Chat) -> None:
    sent = parcel(chat.customer, "we open at 8")
    await chat.session.send(sent)
    [got] = await chat.customer.received(1)
    edit = parcel(chat.customer, "we open at 9", payload=Edit(), about=ours(sent))
    for _ in range(2):
        assert (await chat.session.send(edit)).ack >= 1
    seen = await chat.customer.until(got, lambda seen: seen.edited)
    assert seen.text == "we open at 9"
    assert len(await chat.customer.received(1)) == 1


async def test_our_own_edit_comes_back_under_our_id_if_it_comes_back(chat: Chat) -> None:
    sent = parcel(chat.customer, "we open at 8")
    await chat.session.send(sent)
    edit = parcel(chat.customer, "we open at 9", payload=Edit(), about=ours(sent))
    await chat.session.send(edit)
    await chat.customer.write(chat.world.shop, "after it")
    await chat.until(lambda: bool(chat.heard()))
    edits = [
        each for each in chat.world.inlet.arrivals if each.kind is Kind.EDIT and each.about == sent.wa_id
    ]
    assert {(each.wa_id, each.from_me) for each in edits} <= {(edit.wa_id, True)}


async def test_our_own_message_is_taken_back_for_everyone(chat: Chat) -> None:
    sent = parcel(chat.customer, "oops")
    await chat.session.send(sent)
    [got] = await chat.customer.received(1)
    for _ in range(2):
        deletion = parcel(chat.customer, "", payload=Deletion(), about=ours(sent))
        assert (await chat.session.send(deletion)).ack >= 1
    await chat.customer.until(got, lambda seen: seen.revoked)


@pytest.mark.parametrize("payload", [Edit(), Deletion()])
async def test_a_message_of_somebody_else_is_his(chat: Chat, payload: Any) -> None:
    message, about = await asked(chat)
    with pytest.raises(SendRefused):
        await chat.session.send(parcel(chat.customer, "mine now", payload=payload, about=about))
    [still] = await chat.customer.sent()
    assert (still.edited, still.revoked, still.text) == (False, False, message.text)
    found = await chat.session.send(parcel(chat.customer, "answer", about=about))  # we still have it
    assert found.ack >= 1
    assert (await chat.customer.received(1))[-1].quoted == message.id


@pytest.mark.parametrize("payload", [Reaction(emoji="👍"), Edit(), Deletion()])
async def test_a_remark_on_a_message_that_is_not_there_is_refused(chat: Chat, payload: Any) -> None:
    gone = Reference(chat=chat_of(chat.customer), wa_id=new_id(), from_me=True)
    with pytest.raises(SendRefused):
        await chat.session.send(parcel(chat.customer, "x", payload=payload, about=gone))


# theirs


async def test_a_reaction_is_told_with_what_it_is_about(chat: Chat) -> None:
    sent = parcel(chat.customer, "done")
    await chat.session.send(sent)
    [got] = await chat.customer.received(1)
    await chat.customer.react(got, "🙏")
    await chat.customer.react(got, "")
    first, second = await told(chat, Kind.REACTION, 2)
    assert (first.payload, first.about, first.from_me) == (Reaction(emoji="🙏"), sent.wa_id, False)
    assert (second.payload, second.about) == (Reaction(emoji=""), sent.wa_id)
    assert first.wa_id != second.wa_id
    assert abs(first.sent_at - datetime.now(UTC)) < timedelta(minutes=1)


async def test_a_vote_is_told_whole_each_time(chat: Chat) -> None:
    sent = parcel(chat.customer, "", payload=TEA)
    await chat.session.send(sent)
    [got] = await chat.customer.received(1)
    for number, options in enumerate((["yes"], ["yes", "later"], [])):
        await chat.customer.vote(got, options)
        votes = await told(chat, Kind.VOTE, number + 1)
    assert [vote.payload for vote in votes] == [
        Vote(options=("yes",)), Vote(options=("yes", "later")), Vote(options=()),
    ]  # fmt: skip
    assert {vote.about for vote in votes} == {sent.wa_id}
    assert len({vote.wa_id for vote in votes}) == 3


async def test_other_words_are_told(chat: Chat) -> None:
    message, about = await asked(chat)
    await chat.customer.edit(message, "are you open today?")
    [edit] = await told(chat, Kind.EDIT)
    assert (edit.text, edit.payload, edit.about) == ("are you open today?", Edit(), about.wa_id)
    assert edit.wa_id != about.wa_id


async def test_a_message_taken_back_is_told(chat: Chat) -> None:
    message, about = await asked(chat)
    await chat.customer.revoke(message)
    [deletion] = await told(chat, Kind.DELETION)
    assert (deletion.payload, deletion.about, deletion.from_me) == (Deletion(), about.wa_id, False)
