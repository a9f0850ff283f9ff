"""A team on their phones, in a whole hub: what an agent gets, what a customer gets, each of it once."""

from collections.abc import AsyncIterator

import pytest

from chatgrow_bot.errors import SendRefused
from chatgrow_bot.messages import ConnectionState, ConversationEvent, ConversationState, Kind
from chatgrow_bot.payloads import Location, Reaction
from chatgrow_bot.store import journal
from chatgrow_bot.testing import FakeClock, FakeEngine, TalkingBot

from .floor import AVI, DANA, MAYA, NOAM, Floor

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\xa7\x9a\xa0\xa0\x00\x00\x00\x00IEND\xaeB`\x82"
)


@pytest.fixture
async def floor(bot: TalkingBot) -> AsyncIterator[Floor]:
    yield Floor(bot)


@pytest.fixture
def clock(bot: TalkingBot) -> FakeClock:
    """The clock of `bot`, whose hands the test turns."""
    clock = FakeClock()
    bot.clock, bot.engine = clock, FakeEngine(clock.now)
    return clock


async def test_an_agent_gets_a_summary_and_what_the_customer_wrote_and_answers_by_quoting(
    floor: Floor,
) -> None:
    await floor.open()
    await floor.hears(NOAM, "hello", name="Noam")
    await floor.hears(NOAM, "person please", name="Noam")
    summary, first = floor.texts(DANA)
    assert summary.splitlines() == [
        "*#1 Noam* is yours now (sales).",
        "+15551230001",
        "What you write now goes to this customer.",
        "Note: wants a cake",
        "Before that:",
        "Noam: hello",
    ]
    assert first == "*#1 Noam*\nperson please"
    await floor.hears(NOAM, "are you there?")
    [asked] = floor.got(DANA)
    assert asked.text == "*#1 Noam*\nare you there?"
    floor.got(NOAM)
    await floor.hears(DANA, "I am!", quoting=asked)
    [answer] = floor.got(NOAM)
    assert answer.text == "I am!"
    assert answer.about  # the customer sees his own words quoted
    await floor.hears(DANA, "What shall it be?")
    assert floor.texts(NOAM) == ["What shall it be?"]
    assert floor.got(DANA) == []


async def test_pictures_places_and_reactions_go_both_ways(floor: Floor) -> None:
    await floor.open()
    await floor.hands_off()
    floor.got(NOAM)
    await floor.hears(NOAM, "like this", file=PNG, kind=Kind.IMAGE, mimetype="image/png", filename="a.png")
    [picture] = floor.got(DANA)
    assert (picture.text, picture.media and picture.media.kind) == ("*#1 Noam*\nlike this", Kind.IMAGE)
    await floor.hears(NOAM, payload=Location(latitude=32.0, longitude=34.8))
    assert [each.payload for each in floor.got(DANA)] == [None, Location(latitude=32.0, longitude=34.8)]
    await floor.hears(DANA, "so?", file=PNG, kind=Kind.IMAGE, mimetype="image/png", filename="b.png")
    [back] = floor.got(NOAM)
    assert (back.text, back.media and back.media.kind) == ("so?", Kind.IMAGE)
    await floor.hears(NOAM, payload=Reaction(emoji="👍"), about=back.wa_id)
    assert floor.texts(DANA) == ["*#1 Noam*\n👍 to: so?"]
    await floor.hears(DANA, payload=Reaction(emoji="🙏"), quoting=picture)
    assert [each.payload for each in floor.got(NOAM)] == [Reaction(emoji="🙏")]


async def test_nothing_is_said_twice_over_restarts_and_when_all_is_told_anew(floor: Floor) -> None:
    await floor.open(rating=True)
    await floor.hands_off()
    await floor.restart()
    await floor.hears(NOAM, "one")
    await floor.hears(DANA, "two")
    await floor.hears(DANA, "/note likes blue")
    await floor.hears(DANA, "/transfer avi")
    before = [(each.chat, each.text) for each in floor.session.sent]
    await floor.restart(forgets=True)
    assert [(each.chat, each.text) for each in floor.session.sent] == before
    parts = floor.bot.running.hub.conversations
    events = [each.event for each in await parts.story(floor.tenant, (await floor.conversation()).id)]
    assert events.count(ConversationEvent.NOTED) == 1


async def test_what_an_agent_writes_while_the_hub_is_down_reaches_the_customer_once(floor: Floor) -> None:
    await floor.open()
    await floor.hands_off()
    floor.got(NOAM)
    arrival = floor.session.arrival("sorry, I was away", DANA)
    await floor.restart()
    await floor.session.inlet.arrived(arrival)
    await floor.session.inlet.arrived(arrival)
    await floor.rest()
    assert floor.texts(NOAM) == ["sorry, I was away"]


async def test_two_agents_and_a_transfer_between_them(floor: Floor) -> None:
    await floor.open(members=("dana", "avi"), give="byHand")
    await floor.hears(NOAM, "person please", name="Noam")
    assert floor.texts(DANA) == floor.texts(AVI) == ["#1 Noam waits for sales. /take 1 takes it."]
    await floor.hears(DANA, "/take 1")
    assert floor.texts(DANA)[-1] == "*#1 Noam*\nperson please"
    await floor.hears(AVI, "/take 1")
    assert floor.texts(AVI) == ["Not done: Dana Levi has #1."]
    floor.got(NOAM)
    await floor.hears(DANA, "/transfer Avi")
    assert floor.texts(DANA) == ["#1 went to Avi."]
    summary, asked = floor.got(AVI)
    assert summary.text.startswith("*#1 Noam* is yours now")
    await floor.hears(DANA, "one more thing")
    assert "/list" in floor.texts(DANA)[0]  # nothing is hers: help
    await floor.hears(AVI, "now me", quoting=asked)
    assert floor.texts(NOAM) == ["now me"]
    assert (await floor.conversation()).agent == "avi"


async def test_a_conversation_is_closed_and_rated(floor: Floor) -> None:
    await floor.open(rating=True)
    await floor.hands_off()
    await floor.hears(DANA, "bye")
    floor.got(NOAM)
    await floor.hears(DANA, "/close")
    assert floor.texts(DANA) == ["#1 is closed."]
    assert floor.got(NOAM)  # he is asked how it was
    await floor.hears(NOAM, "5")
    assert floor.texts(DANA) == ["#1 Noam rated it 5 of 5."]
    assert (await floor.conversation()).rating == 5


async def test_words_to_a_closed_conversation_are_not_sent_and_it_can_be_opened_again(floor: Floor) -> None:
    await floor.open()
    summary = await floor.hands_off()
    floor.got(NOAM)
    parts = floor.bot.running.hub.conversations
    await parts.close(floor.tenant, (await floor.conversation()).id, by="a call")
    await floor.rest()
    assert floor.texts(DANA) == ["#1 Noam is closed (by a call)."]
    floor.got(NOAM)
    await floor.hears(DANA, "wait", quoting=summary)
    assert floor.texts(DANA) == ["Not done: #1 is closed. /take 1 opens it again; then write again."]
    await floor.hears(DANA, "wait")
    assert floor.got(NOAM) == []
    floor.got(DANA)
    await floor.hears(DANA, "/take 1")
    assert (await floor.conversation(2)).agent == "dana"
    assert any("it goes on as #2" in text for text in floor.texts(DANA))
    floor.got(NOAM)
    await floor.hears(DANA, "wait")
    assert floor.texts(NOAM) == ["wait"]


async def test_a_second_customer_gets_no_words_that_were_meant_for_the_first(floor: Floor) -> None:
    await floor.open()
    await floor.hands_off()
    await floor.hears(MAYA, "person, please", name="Maya")
    summary = floor.got(DANA)[0]
    assert "What you write still goes to #1: quote a message of #2, or write /2." in summary.text
    floor.got(NOAM), floor.got(MAYA)
    await floor.hears(DANA, "for Noam")
    await floor.hears(DANA, "for Maya", quoting=summary)
    await floor.hears(DANA, "for Maya too")
    await floor.hears(DANA, "/1 for Noam again")
    assert (floor.texts(NOAM), floor.texts(MAYA)) == (
        ["for Noam", "for Noam again"],
        ["for Maya", "for Maya too"],
    )
    floor.got(DANA)
    parts = floor.bot.running.hub.conversations
    await parts.close(floor.tenant, (await floor.conversation(1)).id, by="the clock")
    await floor.rest()
    floor.got(DANA), floor.got(NOAM), floor.got(MAYA)
    await floor.hears(DANA, "whose is this?")
    assert floor.texts(DANA) == ["Not sent: to whom? Quote a customer's message, or write the number: /2."]
    assert (floor.got(NOAM), floor.got(MAYA)) == ([], [])


async def test_what_is_quoted_and_belongs_to_no_conversation_goes_to_nobody(floor: Floor) -> None:
    await floor.open()
    await floor.hands_off()
    await floor.hears(DANA, "/help")
    [help_] = floor.got(DANA)
    floor.got(NOAM)
    await floor.hears(DANA, "hm?", quoting=help_)
    assert floor.texts(DANA) == [
        "Not sent: what you quote belongs to no conversation. Quote a customer's message."
    ]
    assert floor.got(NOAM) == []


async def test_a_command_is_never_sent_to_a_customer(floor: Floor) -> None:
    await floor.open()
    await floor.hands_off()
    floor.got(NOAM)
    for command in ("/list", "/clsoe", "/note likes blue", "/transfer nobody", "/help", "/77"):
        await floor.hears(DANA, command)
    told = floor.texts(DANA)
    assert told[0] == "Yours:\n#1 Noam (sales) ← what you write goes here"
    assert "Did you mean /close?" in told[1]
    assert told[2] == "Noted on #1."
    assert told[3] == "To whom? Teams: sales. Colleagues: dana."
    assert told[5] == "There is no #77 in your teams. /list shows what there is."
    assert floor.got(NOAM) == []
    await floor.hears(DANA, "//list is a command")
    assert floor.texts(NOAM) == ["/list is a command"]


async def test_released_conversations_wait_for_the_team(floor: Floor) -> None:
    await floor.open(members=("dana", "avi"), give="byHand")
    await floor.hears(NOAM, "person please", name="Noam")
    await floor.hears(DANA, "/take 1")
    floor.got(AVI), floor.got(DANA)
    await floor.hears(DANA, "/release")
    assert floor.texts(DANA) == ["#1 waits for sales again."]
    assert floor.texts(AVI) == ["#1 Noam waits for sales. /take 1 takes it."]
    assert (await floor.conversation()).state is ConversationState.WAITING
    await floor.hears(AVI, "/list")
    assert floor.texts(AVI) == ["Waiting:\n#1 Noam (sales, 0 min)"]


async def test_agents_are_told_things_in_hebrew(floor: Floor) -> None:
    await floor.open(language="he")
    await floor.hands_off()
    floor.got(DANA)
    await floor.hears(DANA, "/סגור")
    assert floor.texts(DANA) == ["#1 נסגר."]
    assert (await floor.conversation()).state is ConversationState.CLOSED


async def test_what_is_typed_on_the_linked_phone_is_no_agents_word(floor: Floor) -> None:
    await floor.open()
    await floor.hands_off()
    floor.got(NOAM)
    await floor.hears(DANA, "Dana, come down please", from_me=True)
    assert floor.got(NOAM) == []


async def test_an_agent_who_opted_out_is_a_fault_and_is_served_again_once_he_opts_in(floor: Floor) -> None:
    await floor.open()
    await floor.hears(DANA, "STOP")
    floor.got(DANA)
    await floor.hears(NOAM, "person please", name="Noam")
    await floor.hears(NOAM, "hello?")
    assert floor.got(DANA) == []
    facts = await floor.bot.read(lambda conn: journal.read_after(conn, 0, 1_000))
    faults = [each.body["reason"] for each in facts if each.hook == "on_fault"]
    assert faults == ["the agent 'dana' cannot be written to: opted out"]
    await floor.hears(DANA, "START")
    floor.got(DANA)
    await floor.hears(NOAM, "anybody?")
    told = floor.texts(DANA)
    assert told[0].startswith("*#1 Noam* is yours now")
    assert told[1:] == [f"*#1 Noam*\n{words}" for words in ("person please", "hello?", "anybody?")]


async def test_what_a_customer_wrote_while_it_was_closed_is_shown_to_the_agent(floor: Floor) -> None:
    await floor.open()
    await floor.hands_off()
    await floor.start_again(with_agents=False)  # so that the plugin hears of it after the end
    await floor.session.hears("one more thing", NOAM)
    await floor.bot.rest()
    parts = floor.bot.running.hub.conversations
    await parts.close(floor.tenant, (await floor.conversation()).id, by="a call")
    floor.got(DANA)
    await floor.start_again()
    await floor.rest()
    assert floor.texts(DANA) == ["*#1 Noam*\none more thing", "#1 Noam is closed (by a call)."]


async def test_words_that_were_written_before_a_summary_came_go_to_nobody(floor: Floor) -> None:
    await floor.open()
    connections = floor.bot.running.hub.connections
    await connections.pause(floor.tenant, "shop", "a test")
    await floor.session.hears("person please", NOAM, name="Noam")
    await floor.is_told()
    await floor.session.hears("see you at eight", DANA)
    await floor.is_told()
    await connections.resume(floor.tenant, "shop")
    await floor.rest()
    assert "see you at eight" not in floor.texts(NOAM)
    assert floor.texts(DANA)[-1] == (
        "Not sent: #1 was given to you in the meantime. Write /1, then send it again."
    )
    await floor.hears(DANA, "hello Noam")
    assert floor.texts(NOAM) == ["hello Noam"]


async def test_conversations_of_other_teams_are_nobodys_business(floor: Floor) -> None:
    await floor.open(members=("avi",))
    floor.settings["teams"]["support"] = {"members": ["dana"]}
    await floor.start_again()
    await floor.hears(NOAM, "person please", name="Noam")
    for command in ("/take 1", "/1", "/close 1", "/note #1 hm", "/transfer 1 support"):
        await floor.hears(DANA, command)
    assert floor.texts(DANA) == ["There is no #1 in your teams. /list shows what there is."] * 5
    await floor.hears(DANA, "/list")
    assert floor.texts(DANA) == ["Nothing is open."]
    assert (await floor.conversation()).agent == "avi"


async def test_what_an_unlinked_number_could_not_take_is_queued_once_it_can(
    floor: Floor, bot: TalkingBot, clock: FakeClock
) -> None:
    await floor.open()
    await floor.hands_off()
    floor.session.becomes(ConnectionState.LOGGED_OUT)
    await bot.reaches("shop", ConnectionState.LOGGED_OUT)
    await floor.session.inlet.arrived(floor.session.arrival("still there?", NOAM))
    await floor.is_told()
    facts = await bot.read(lambda conn: journal.read_after(conn, 0, 1_000))
    faults = [each.body["reason"] for each in facts if each.hook == "on_fault"]
    assert "the agent 'dana' cannot be written to: connection not ready" in faults
    floor.session.becomes(ConnectionState.ONLINE)
    await bot.running.hub.connections.reconnect(floor.tenant, "shop")
    floor.session = await bot.online()
    assert floor.session.sent == []
    clock.advance(61)
    await bot.until(lambda conn: floor.session.sent)
    assert [each.text for each in floor.session.sent] == ["*#1 Noam*\nstill there?"]


async def test_a_command_that_is_told_anew_is_not_done_to_another_conversation(floor: Floor) -> None:
    await floor.open()
    await floor.hands_off()
    await floor.hears(MAYA, "person, please", name="Maya")
    await floor.hears(DANA, "/close")
    await floor.hears(DANA, "/2")
    await floor.restart(forgets=True)
    assert (await floor.conversation(1)).state is ConversationState.CLOSED
    assert (await floor.conversation(2)).state is ConversationState.AGENT


async def test_an_agent_is_told_that_his_words_did_not_reach_the_customer(floor: Floor) -> None:
    await floor.open()
    await floor.hands_off()
    floor.got(DANA)
    floor.session.outcomes = [SendRefused("No such number")]
    await floor.hears(DANA, "hello?")
    [told] = floor.texts(DANA)
    assert told.startswith("#1 Noam did not get what was written: No such number")
