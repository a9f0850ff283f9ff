"""Everything that is neither words alone nor a file, and what any message may carry beside it: out and in."""

import asyncio
from pathlib import Path

import pytest

from chatgrow_bot.engine import Activity, Arrival, Reference
from chatgrow_bot.messages import Kind
from chatgrow_bot.payloads import Contacts, Location, Person, Poll

from .conftest import Chat, browser_page, chat_of, linked_id_of
from .test_messages import parcel, spooled

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHOP = Location(latitude=32.0853, longitude=34.7818, name="חנות", address="Herzl 1\nTel Aviv")
WHEN = Poll(question="מתי?", options=("now", "later", "never"), choices=2)


async def heard(chat: Chat, count: int = 1) -> list[Arrival]:
    await chat.until(lambda: len(chat.heard()) >= count)
    return chat.heard()


async def seen(chat: Chat, state: str) -> list[str]:
    """What the customer has seen of us, once it ends so."""
    states: list[str] = []
    async with asyncio.timeout(10):
        while states[-1:] != [state]:
            await asyncio.sleep(0.02)
            states = await chat.customer.chat_states(chat.world.shop)
    return states


# out


async def test_a_place_is_sent(chat: Chat) -> None:
    sent = parcel(chat.customer, "", payload=SHOP)
    for _ in range(2):
        assert (await chat.session.send(sent)).ack >= 1
    [got] = await chat.customer.received(1)
    assert (got.id, got.type, got.latitude, got.longitude) == (sent.wa_id, "location", 32.0853, 34.7818)
    assert (got.place, got.address) == ("חנות", "Herzl 1\nTel Aviv")


async def test_a_contact_is_sent_with_a_hostile_name_and_stays_one_contact(chat: Chat) -> None:
    name = "Avi; the, \\plumber\nTEL;waid=15550000000:+15550000000"
    people = Contacts(people=(Person(name=name, numbers=("+972541112244",)),))
    sent = parcel(chat.customer, "", payload=people)
    assert (await chat.session.send(sent)).ack >= 1
    [got] = await chat.customer.received(1)
    assert (got.id, got.type) == (sent.wa_id, "vcard")
    assert [contact.number.lstrip("+") for contact in got.contacts] == ["972541112244"]


async def test_several_contacts_are_sent_in_one_message(chat: Chat) -> None:
    people = (Person(name="Avi", numbers=("+972541112244",)), Person(name="Noa", numbers=("+972541112255",)))
    sent = parcel(chat.customer, "", payload=Contacts(people=people))
    assert (await chat.session.send(sent)).ack >= 1
    [got] = await chat.customer.received(1)
    assert [contact.name for contact in got.contacts] == ["Avi", "Noa"]


async def test_a_poll_is_sent(chat: Chat) -> None:
    sent = parcel(chat.customer, "", payload=WHEN)
    for _ in range(2):
        assert (await chat.session.send(sent)).ack >= 1
    [got] = await chat.customer.received(1)
    assert (got.id, got.type, got.question, got.choices) == (sent.wa_id, "poll_creation", "מתי?", 2)
    assert got.options == ("now", "later", "never")


async def test_a_reply_quotes_the_message_that_it_answers(chat: Chat) -> None:
    asked = await chat.customer.write(chat.world.shop, "how much?")
    [question] = await heard(chat)
    sent = parcel(chat.customer, "12", about=question.reference)
    await chat.session.send(sent)
    again = parcel(chat.customer, "or 11", about=Reference(chat=sent.chat, wa_id=sent.wa_id, from_me=True))
    await chat.session.send(again)
    first, second = await chat.customer.received(2)
    assert (first.text, first.quoted, second.quoted) == ("12", asked.id, sent.wa_id)


async def test_a_reply_to_a_message_that_is_no_longer_there_is_sent_without_it(chat: Chat) -> None:
    gone = Reference(chat=chat_of(chat.customer), wa_id="3A0000", from_me=False)
    assert (await chat.session.send(parcel(chat.customer, "12", about=gone))).ack >= 1
    [got] = await chat.customer.received(1)
    assert (got.text, got.quoted) == ("12", None)


async def test_a_forwarded_message_is_marked_and_keeps_our_id(chat: Chat, tmp_path: Path) -> None:
    words = parcel(chat.customer, "pass it on", forwarded=True)
    media = spooled(tmp_path, b"%PDF-1.7", "offer.pdf", "application/pdf", Kind.DOCUMENT)
    file = parcel(chat.customer, "", media=media, forwarded=True)
    for sent in (words, file):
        assert (await chat.session.send(sent)).ack >= 1
    got = await chat.customer.received(2)
    assert [(message.id, message.forwarded) for message in got] == [(words.wa_id, True), (file.wa_id, True)]


async def test_people_see_us_type_record_and_pause(chat: Chat) -> None:
    await chat.session.show(chat_of(chat.customer), Activity.RECORDING, 60)
    await chat.session.show(chat_of(chat.customer), Activity.TYPING, 0.2)
    assert await seen(chat, "paused") == ["recording", "composing", "paused"]


async def test_a_chat_is_marked_as_read_when_asked(chat: Chat) -> None:
    sent = await chat.customer.write(chat.world.shop, "help")
    await heard(chat)
    await chat.session.mark_read(chat_of(chat.customer))
    assert (await chat.customer.acked(sent)).ack == 3
    await chat.session.mark_read(chat_of(chat.world.customer()))  # a chat that never was is as good as read


async def test_a_voice_message_that_was_played_says_so(chat: Chat, tmp_path: Path) -> None:
    media = spooled(tmp_path, b"OggS", "voice.ogg", "audio/ogg; codecs=opus", Kind.VOICE)
    sent = parcel(chat.customer, "", media=media)
    await chat.session.send(sent)
    [got] = await chat.customer.received(1)
    await chat.customer.play(got)
    await chat.until(lambda: 4 in chat.acks(sent.wa_id))
    found = await chat.session.find(sent.chat, sent.wa_id)
    assert found
    assert found.ack == 4


# in


async def test_a_place_comes_in(chat: Chat) -> None:
    await chat.customer.send_location(chat.world.shop, 32.0853, 34.7818, "חנות", "Herzl 1\nTel Aviv")
    [arrival] = await heard(chat)
    assert (arrival.kind, arrival.payload, arrival.text) == (Kind.LOCATION, SHOP, "")


async def test_contacts_come_in(chat: Chat) -> None:
    await chat.customer.send_contact(chat.world.shop, "Avi; plumber", "+972541112244")
    await chat.customer.send_contacts(chat.world.shop, [("Avi", "+972541112244"), ("Noa", "+972541112255")])
    one, two = await heard(chat, 2)
    assert one.payload == Contacts(people=(Person(name="Avi; plumber", numbers=("+972541112244",)),))
    assert isinstance(two.payload, Contacts)
    assert [person.name for person in two.payload.people] == ["Avi", "Noa"]
    assert (one.kind, two.kind) == (Kind.CONTACT, Kind.CONTACT)


async def test_a_poll_comes_in(chat: Chat) -> None:
    await chat.customer.send_poll(chat.world.shop, "מתי?", ["now", "later", "never"], choices=2)
    [arrival] = await heard(chat)
    assert (arrival.kind, arrival.payload) == (Kind.POLL, WHEN)


async def test_a_reply_comes_in_with_what_it_answers(chat: Chat) -> None:
    sent = parcel(chat.customer, "coffee or tea?")
    await chat.session.send(sent)
    [question] = await chat.customer.received(1)
    await chat.customer.write(chat.world.shop, "tea", quote=question)
    [arrival] = await heard(chat)
    assert (arrival.text, arrival.about) == ("tea", sent.wa_id)


async def test_a_forwarded_message_comes_in_with_its_mark(chat: Chat) -> None:
    await chat.customer.write(chat.world.shop, "pass it on", forwarded=True)
    [arrival] = await heard(chat)
    assert (arrival.text, arrival.forwarded) == ("pass it on", True)


async def test_the_writers_linked_id_is_told_beside_his_number(chat: Chat) -> None:
    await chat.customer.write(chat.world.shop, "hello")
    [arrival] = await heard(chat)
    assert (arrival.chat, arrival.lid) == (chat_of(chat.customer), linked_id_of(chat.customer))


async def test_somebody_who_hides_his_number_is_known_by_linked_id_until_he_reveals_it(chat: Chat) -> None:
    lid, arrivals = linked_id_of(chat.customer), chat.world.inlet.arrivals

    async def text(words: str) -> Arrival:
        await chat.customer.write(chat.world.shop, words)
        await chat.until(lambda: any(arrival.text == words for arrival in arrivals))
        return next(arrival for arrival in arrivals if arrival.text == words)

    await chat.customer.hide_number()
    hidden = await text("who am I?")
    assert (hidden.chat, hidden.lid) == (lid, "")
    await chat.session.send(parcel(chat.customer, "somebody", chat=lid, about=hidden.reference))
    assert [message.text for message in await chat.customer.received(1)] == ["somebody"]
    await chat.customer.reveal_number()
    revealed = await text("here is my number")
    assert (revealed.chat, revealed.lid) == (chat_of(chat.customer), lid)
    answer = parcel(chat.customer, "thanks", about=hidden.reference)
    assert (await chat.session.send(answer)).ack >= 1
    found = await chat.session.find(lid, answer.wa_id)
    assert found
    assert found.chat == chat_of(chat.customer)


async def test_a_message_like_none_we_know_is_handed_in_without_its_content(chat: Chat) -> None:
    await chat.customer.write(chat.world.shop, "hello")
    await heard(chat)
    await browser_page(chat.session).evaluate(
        """async (chat) => {
            const [from, to] = [WPP.whatsapp.WidFactory.createWid(chat), WPP.conn.getMyUserId()];
            const base = { t: Math.floor(Date.now() / 1000), from, to, isNewMsg: true };
            const ids = ['3A0E', '3A0F'].map((id) => WPP.whatsapp.MsgKey.fromString(`false_${chat}_${id}`));
            await WPP.whatsapp.MsgStore.processMultipleMessages(from, [
                { ...base, id: ids[0], type: 'location', lat: 'north', lng: null, loc: 'x'.repeat(1e5) },
                { ...base, id: ids[1], type: 'event_creation' },
            ]);
        }""",
        chat_of(chat.customer),
    )
    arrivals = await heard(chat, 3)
    assert [(arrival.kind, arrival.payload) for arrival in arrivals[1:]] == [(Kind.OTHER, None)] * 2


async def test_what_is_longer_than_we_take_is_cut_and_not_lost(chat: Chat) -> None:
    await chat.customer.send_location(chat.world.shop, 1.5, 2.5, "n" * 5000, "a" * 5000)
    await chat.customer.send_poll(chat.world.shop, "q" * 5000, [f"{n}" + "o" * 900 for n in range(12)])
    place, poll = await heard(chat, 2)
    assert isinstance(place.payload, Location)
    assert isinstance(poll.payload, Poll)
    assert len(place.payload.name) == len(poll.payload.question) == 255
    assert {len(option) for option in poll.payload.options} == {255}


async def test_an_account_can_be_seen_as_there_and_as_away(chat: Chat) -> None:
    await chat.session.send(parcel(chat.customer, "now you know me"))
    await chat.session.be_available(True)
    await seen(chat, "available")
    await chat.session.be_available(False)
    assert (await seen(chat, "unavailable"))[-2:] == ["available", "unavailable"]
