"""A chat is handed to a team, people talk, and the bot is silent until it is over."""

import asyncio

import pytest
from sqlalchemy import select

from chatgrow_bot.errors import BadInput, Conflict, ConversationNotFound
from chatgrow_bot.hub import Conversation
from chatgrow_bot.messages import ConversationState, Outbound
from chatgrow_bot.store.conversation_tables import tallies
from chatgrow_bot.testing import FakeClock, TalkingBot

from ..answering import GROUP, ended, faults, results, told
from .talking import AVI, CUSTOMER, OTHER, only, started, teams

WAITING, AGENT, CLOSED = ConversationState.WAITING, ConversationState.AGENT, ConversationState.CLOSED
BY_HAND = {"sales": {"members": ["dana", "avi"], "give": "byHand"}}


def words(text: str = "") -> Outbound:
    return Outbound(to="", text=text)


async def test_a_chat_that_was_handed_to_a_team_is_left_to_people(bot: TalkingBot) -> None:
    hub = await started(bot)
    assert await bot.say("person") == ["You are now talking with Dana Levi."]
    assert await bot.say("are you there?") == []
    assert (await ended(bot, "are you there?")).outcome == "with a team"
    assert await results(bot, "are you there?", "guard") == [
        "conversation #1 is with dana of sales; the bot is silent"
    ]
    talk, tenant = await only(bot), bot.admin.user_id
    assert (talk.note, talk.because, talk.number) == ("wants cake", "rules:1", 1)
    assert [each.text for each in await hub.heard(tenant, talk.id)] == ["person", "are you there?"]
    first = await hub.say(tenant, talk.id, words("yes"), agent="dana", key="k")
    assert (await hub.say(tenant, talk.id, words("yes"), agent="dana", key="k")).id == first.id
    await bot.rest()
    assert [each.text for each in (await bot.online()).sent].count("yes") == 1
    await hub.close(tenant, talk.id, by="dana")
    assert (await hub.say(tenant, talk.id, words("yes"), agent="dana", key="k")).id == first.id
    await bot.rest()
    assert await bot.say("hi again") == ["re hi again"]
    events = [body["event"] for body in await bot.read(lambda conn: told(conn, "on_conversation"))]
    assert events == ["opened", "given", "answered", "closed"]
    assert [each.event for each in await hub.story(tenant, talk.id)] == events
    counted = await bot.read(lambda conn: conn.execute(select(tallies.c.what, tallies.c.name)).all())
    for figure in (("opened", "sales"), ("team answered", "sales"), ("agent closed", "dana")):
        assert figure in {tuple(each) for each in counted}


async def test_what_a_customer_writes_while_he_waits_is_heard_by_who_takes_it(bot: TalkingBot) -> None:
    hub = await started(bot, teams(**BY_HAND))
    assert await bot.say("person") == ["One of our team will write to you here shortly."]
    for text in ("one", "two", "three"):
        assert await bot.say(text) == []
    talk, tenant = await only(bot), bot.admin.user_id
    assert (talk.state, talk.agent) == (WAITING, "")
    taken = await hub.take(tenant, talk.id, "avi")
    assert (taken.state, taken.agent) == (AGENT, "avi")
    heard = await hub.heard(tenant, talk.id)
    assert [each.text for each in heard] == ["person", "one", "two", "three"]
    assert [each.text for each in await hub.heard(tenant, talk.id, heard[1].id)] == ["two", "three"]
    summary = str(await hub.summary(tenant, talk.id))
    assert "#1, sales" in summary and "wants cake" in summary and "> three" in summary


async def test_one_who_does_not_want_to_wait_says_so_and_has_the_bot_again(bot: TalkingBot) -> None:
    await started(bot, teams(**BY_HAND))
    await bot.say("person")
    assert await bot.say("cancel") == ["This conversation is over. Write to us any time."]
    assert (await only(bot)).closed_by == "the customer"
    assert await bot.say("hi") == ["re hi"]


async def test_stop_ends_the_conversation(bot: TalkingBot) -> None:
    await started(bot)
    await bot.say("person")
    await bot.say("STOP")
    assert ((await only(bot)).state, (await only(bot)).closed_by) == (CLOSED, "the customer")


async def test_a_group_or_a_team_that_there_is_not_is_a_fault_and_nothing_else(bot: TalkingBot) -> None:
    hub = await started(bot)
    assert await bot.say("person marketing") == []
    session = await bot.online()
    await session.hears("person", GROUP, participant=CUSTOMER)
    await bot.rest()
    assert await hub.list(bot.admin.user_id) == []
    reasons = await bot.until(faults, lambda found: len(found) == 2)
    assert any("none of that name" in each for each in reasons)
    assert any("a group" in each for each in reasons)


async def test_who_has_it_talks_and_nobody_else(bot: TalkingBot) -> None:
    hub = await started(bot)
    await bot.say("person")
    talk, tenant = await only(bot), bot.admin.user_id
    for refused in (
        hub.take(tenant, talk.id, "avi"),
        hub.say(tenant, talk.id, words("me!"), agent="avi", key="a"),
    ):
        with pytest.raises(Conflict, match="is with 'dana'"):
            await refused
    with pytest.raises(BadInput, match="did you mean 'avi'"):
        await hub.transfer(tenant, talk.id, by="dana", agent="avu")
    with pytest.raises(ConversationNotFound):
        await hub.get("somebody else", talk.id)
    with pytest.raises(Conflict, match="#1"):
        await hub.hand_off(tenant, "shop", CUSTOMER, "sales", by="a caller")
    assert (await hub.transfer(tenant, talk.id, by="dana", agent="avi")).agent == "avi"
    released = await hub.release(tenant, talk.id, by="avi")
    assert (released.state, released.agent) == (AGENT, "dana"), "it goes to somebody else"
    closed = await hub.close(tenant, talk.id, by="dana")
    assert await hub.close(tenant, talk.id, by="avi") == closed
    with pytest.raises(Conflict, match="closed"):
        await hub.say(tenant, talk.id, words("late"), agent="dana", key="l")


async def test_what_an_agent_writes_to_the_business_is_for_nobody_else(bot: TalkingBot) -> None:
    await started(bot)
    assert await bot.say("hello bot", AVI) == []
    assert (await ended(bot, "hello bot")).outcome == "from an agent"


async def test_who_types_on_the_linked_phone_talks_with_the_customer(bot: TalkingBot) -> None:
    hub = await started(bot, teams(**BY_HAND))
    await bot.say("person")
    session = await bot.online()
    await session.hears("here I am", CUSTOMER, from_me=True)
    await bot.rest()
    talk = await only(bot)
    assert (talk.state, talk.agent, talk.answered_at is not None) == (AGENT, "phone", True)
    assert (await hub.take(bot.admin.user_id, talk.id, "dana")).agent == "dana"


async def test_a_rating_is_asked_for_taken_once_and_thanked_for(bot: TalkingBot) -> None:
    hub = await started(bot, teams(sales={"members": ["dana"], "rating": True, "texts": {"ended": False}}))
    await bot.say("person")
    talk, tenant = await only(bot), bot.admin.user_id
    await hub.say(tenant, talk.id, words("hi"), agent="dana", key="k")
    await hub.close(tenant, talk.id, by="dana")
    await bot.rest()
    assert (await bot.online()).sent[-1].text.startswith("How was it?")
    assert await bot.say("\u0664") == ["Thank you!"], "a digit of any script"
    assert (await only(bot)).rating == 4
    assert await bot.say("5") == ["re 5"]


async def test_one_conversation_a_chat_however_many_ask_at_once(bot: TalkingBot) -> None:
    hub = await started(bot)
    await bot.say("hi")
    tenant = bot.admin.user_id
    asked = (hub.hand_off(tenant, "shop", CUSTOMER, "sales", by=str(n)) for n in range(20))
    came = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(each, Conversation) for each in came) == 1
    assert sum(isinstance(each, Conflict) for each in came) == 19


async def test_the_bots_answer_is_dropped_when_people_take_up_the_chat_meanwhile(bot: TalkingBot) -> None:
    hub = await started(bot)
    await bot.connect()
    tenant, session = bot.admin.user_id, await bot.online()
    sent = [session.hears(f"word {n}", CUSTOMER) for n in range(10)]
    taken = hub.hand_off(tenant, "shop", CUSTOMER, "sales", by="a caller")
    await asyncio.gather(*sent[:5], taken, *sent[5:])
    await bot.rest()
    talk = await only(bot)
    late = [each.text for each in session.sent if each.text.startswith("re ")]
    rows = [await ended(bot, f"word {n}") for n in range(10)]
    assert len(late) == sum(row.outcome == "answered" for row in rows)
    assert all(row.outcome in ("answered", "with a team") for row in rows)
    assert talk.state is AGENT


async def test_the_end_of_a_connection_ends_its_conversations(bot: TalkingBot) -> None:
    hub = await started(bot)
    await bot.say("person")
    await bot.running.hub.connections.delete(bot.admin.user_id, "shop")
    assert (await only(bot)).closed_by == "the end of the connection"
    assert await hub.list(bot.admin.user_id) == []


async def test_two_customers_have_two_conversations_with_numbers_of_their_own(
    bot: TalkingBot, clock: FakeClock
) -> None:
    hub = await started(bot)
    await bot.say("person")
    await bot.say("person", OTHER)
    found = await hub.list(bot.admin.user_id)
    assert [(each.number, each.agent) for each in found] == [(2, "avi"), (1, "dana")]
    [team] = await hub.standing(bot.admin.user_id)
    assert (team.waiting, team.held, team.is_open) == (0, 2, True)
    await hub.note(bot.admin.user_id, found[0].id, "vip", by="avi")
    assert (await hub.story(bot.admin.user_id, found[0].id))[-1].note == "vip"
