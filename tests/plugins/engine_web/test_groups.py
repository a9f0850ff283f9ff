"""Groups: written in, listened to, listed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from chatgrow_bot.engine import Arrival, Parcel, Reference
from chatgrow_bot.errors import EngineError
from chatgrow_bot.messages import Kind
from chatgrow_bot.payloads import Deletion, Poll, Reaction, Vote

from .conftest import World, browser_page, chat_of, linked_id_of, new_world
from .test_messages import new_id

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Circle:
    """A session whose account is in a group with two others."""

    world: World
    session: Any
    group: Any
    dana: Any
    avi: Any

    def parcel(self, text: str = "", **more: Any) -> Parcel:
        return Parcel(chat=self.group.id, wa_id=new_id(), text=text, **more)

    async def heard(self, kind: Kind, about: str = "", text: str = "") -> Arrival:
        def found() -> list[Arrival]:
            return [
                arrival
                for arrival in self.world.inlet.arrivals
                if (arrival.chat, arrival.kind) == (self.group.id, kind)
                and (not about or arrival.about == about)
                and (not text or arrival.text == text)
            ]

        await self.world.inlet.until(lambda: bool(found()))
        return found()[-1]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def circle(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Circle]:
    async with new_world(tmp_path_factory.mktemp("world")) as world, world.open() as session:
        await world.link(session)
        dana, avi = world.customer("Dana"), world.customer("Avi")
        group = world.sim.group("הצוות", [world.shop, dana, avi], admins=[world.shop])
        await dana.write(group, "welcome")
        made = Circle(world=world, session=session, group=group, dana=dana, avi=avi)
        await made.heard(Kind.TEXT, text="welcome")
        yield made


async def test_a_message_to_a_group_reaches_everybody_under_our_id(circle: Circle) -> None:
    sent = circle.parcel("hello all")
    for _ in range(2):
        assert (await circle.session.send(sent)).ack >= 1
    for person in (circle.dana, circle.avi):
        got = [message for message in await person.received(1) if message.id == sent.wa_id]
        assert [(message.text, message.group) for message in got] == [("hello all", circle.group.id)]
    found = await circle.session.find(circle.group.id, sent.wa_id)
    assert found
    assert found.ack >= 1


async def test_a_groups_message_is_read_once_everybody_has_read_it(circle: Circle) -> None:
    sent = circle.parcel("read this")

    def acks() -> list[int]:
        return [ack.ack for ack in circle.world.inlet.acks if ack.wa_id == sent.wa_id]

    await circle.session.send(sent)
    await circle.dana.read(circle.group)
    await circle.dana.write(circle.group, "I have")
    await circle.heard(Kind.TEXT, text="I have")  # what she did before has been told by now
    assert 3 not in acks()
    await circle.avi.read(circle.group)
    await circle.world.inlet.until(lambda: 3 in acks())


async def test_what_somebody_writes_in_a_group_comes_in_with_his_name_and_the_groups(circle: Circle) -> None:
    await circle.dana.write(circle.group, "who is on duty?")
    arrival = await circle.heard(Kind.TEXT, text="who is on duty?")
    assert (arrival.participant, arrival.name, arrival.chat_name) == (chat_of(circle.dana), "Dana", "הצוות")
    assert arrival.lid.endswith("@lid")


async def test_people_are_named_by_number_here_and_by_linked_id_there(circle: Circle) -> None:
    number, linked_id = circle.avi.number, linked_id_of(circle.avi).removesuffix("@lid")
    sent = circle.parcel(f"@{number} please", mentions=(chat_of(circle.avi),))
    await circle.session.send(sent)
    got = [message for message in await circle.avi.received(1) if message.id == sent.wa_id]
    assert [(message.mentions, message.text) for message in got] == [((number,), f"@{linked_id} please")]
    await circle.dana.write(circle.group, f"no, @{linked_id}", mentions=[circle.avi])
    arrival = await circle.heard(Kind.TEXT, text=f"no, @{number}")
    assert arrival.mentions == (chat_of(circle.avi),)


async def test_a_reply_in_a_group_quotes_its_writer(circle: Circle) -> None:
    asked = await circle.avi.write(circle.group, "when?")
    question = await circle.heard(Kind.TEXT, text="when?")
    sent = circle.parcel("at 8", about=question.reference)
    await circle.session.send(sent)
    got = [message for message in await circle.avi.received(1) if message.id == sent.wa_id]
    assert [message.quoted for message in got] == [asked.id]


async def test_remarks_in_a_group_are_made_and_told(circle: Circle) -> None:
    message = await circle.avi.write(circle.group, "done")
    about = (await circle.heard(Kind.TEXT, text="done")).reference
    await circle.session.send(circle.parcel(payload=Reaction(emoji="👏"), about=about))
    await circle.avi.until(message, lambda seen: seen.reactions.get(circle.world.shop.number) == "👏")
    await circle.dana.react(message, "🎉")
    reaction = await circle.heard(Kind.REACTION, about=message.id)
    assert (reaction.participant, reaction.payload) == (chat_of(circle.dana), Reaction(emoji="🎉"))


async def test_a_vote_in_a_group_is_told_with_who_votes(circle: Circle) -> None:
    sent = circle.parcel(payload=Poll(question="Lunch?", options=("pizza", "salad")))
    await circle.session.send(sent)
    [poll] = [message for message in await circle.dana.received(1) if message.id == sent.wa_id]
    await circle.dana.vote(poll, ["salad"])
    vote = await circle.heard(Kind.VOTE, about=sent.wa_id)
    assert (vote.participant, vote.payload) == (chat_of(circle.dana), Vote(options=("salad",)))


async def test_an_admin_takes_back_what_another_wrote(circle: Circle) -> None:
    message = await circle.dana.write(circle.group, "spam")
    about = (await circle.heard(Kind.TEXT, text="spam")).reference
    await circle.session.send(circle.parcel(payload=Deletion(), about=about))
    await circle.avi.until(message, lambda seen: seen.revoked)


async def test_the_groups_are_listed_with_who_is_in_them(circle: Circle) -> None:
    [group] = [each for each in await circle.session.groups() if each.chat == circle.group.id]
    assert group.name == "הצוות"
    members = {member.chat: (member.name, member.admin) for member in group.members}
    assert members[chat_of(circle.dana)] == ("Dana", False)
    assert members[chat_of(circle.world.shop)][1] is True
    assert len(members) == 3


async def test_a_group_that_we_are_not_in_is_not_written_to(circle: Circle) -> None:
    foreign = Parcel(chat="120363000000000001@g.us", wa_id=new_id(), text="hello?")
    with pytest.raises(EngineError):
        await circle.session.send(foreign)


async def test_a_message_of_a_group_is_known_by_its_writer(circle: Circle) -> None:
    await circle.dana.write(circle.group, "mine")
    about = (await circle.heard(Kind.TEXT, text="mine")).reference
    assert about == Reference(
        chat=circle.group.id, wa_id=about.wa_id, from_me=False, participant=chat_of(circle.dana)
    )


async def test_what_no_person_wrote_in_a_group_keeps_out_no_one_else(circle: Circle) -> None:
    message = await circle.dana.write(circle.group, "I am no person")
    await circle.heard(Kind.TEXT, text="I am no person")
    await circle.dana.write(circle.group, "but I am")
    await circle.heard(Kind.TEXT, text="but I am")
    await browser_page(circle.session).evaluate(
        """(id) => {
            const msg = WPP.whatsapp.MsgStore.getModelsArray().find((each) => each.id.id === id);
            msg.author = WPP.whatsapp.WidFactory.createWid('867051314767696@bot');
        }""",
        message.id,
    )
    since = datetime.now(UTC) - timedelta(minutes=1)
    texts = [each.text async for each in circle.session.sweep(since)]
    assert "but I am" in texts
    assert "I am no person" not in texts


async def test_a_group_that_cannot_be_opened_hides_no_other(circle: Circle) -> None:
    page = browser_page(circle.session)
    await page.evaluate(
        """() => {
            window.__whole = WPP.group.getAllGroups;
            const broken = { id: WPP.whatsapp.WidFactory.createWid('120363099999999999@g.us') };
            const value = async () => [broken, ...(await __whole())];
            Object.defineProperty(WPP.group, 'getAllGroups', { configurable: true, value });
        }"""
    )
    assert circle.group.id in [each.chat for each in await circle.session.groups()]
