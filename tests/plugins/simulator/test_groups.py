"""Groups in genuine wa-js: who is in them, what is written in them by whom, and how far it has come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

    from plugins.simulator import Customer, Group
    from tests.plugins.simulator.conftest import Stage

pytestmark = pytest.mark.asyncio(loop_scope="package")

SEND = "async ([chat, text, options]) => (await WPP.chat.sendTextMessage(chat, text, options)).id"
LID = "async (id) => (await WPP.contact.getPnLidEntry(id)).lid._serialized"


async def team(stage: Stage, *members: Customer) -> Group:
    """A group of the shop and these, once the page knows it."""
    names = " ".join(each.number for each in members)
    group = stage.sim.group(f"צוות {names}", [stage.shop, *members], admins=[stage.shop])
    await stage.page.until("(id) => Boolean(WPP.chat.get(id))", group.id)
    return group


async def test_a_group_is_known_with_its_name_and_members(stage: Stage) -> None:
    dana, avi = stage.person("Dana"), stage.person("Avi")
    group = await team(stage, dana, avi)
    names = "async () => (await WPP.group.getAllGroups()).map(({id, name}) => [String(id), name])"
    assert [group.id, group.name] in await stage.page.ask(names)
    members = await stage.page.ask(
        "async (id) => (await WPP.group.getParticipants(id)).map(({id, isAdmin}) =>"
        " [WPP.whatsapp.lidPnCache.getPhoneNumber(id).user, isAdmin])",
        group.id,
    )
    assert members == [[stage.shop.number, True], [dana.number, False], [avi.number, False]]
    assert await stage.page.ask("(id) => WPP.group.iAmAdmin(id)", group.id)


async def test_a_message_in_a_group_tells_who_wrote_it_and_whom_it_names(stage: Stage) -> None:
    dana, avi = stage.person("Dana"), stage.person("Avi")
    group = await team(stage, dana, avi)
    sent = await dana.write(group, f"@{stage.shop.number} come", mentions=[stage.shop])
    lid = await stage.page.ask(LID, f"{dana.number}@c.us")
    key = f"false_{group.id}_{sent.id}_{lid}"
    await stage.page.until_told(event="message", id=key)
    facts = "async (key) => { const msg = await WPP.chat.getMessageById(key); return [String(msg.author),"
    facts += " String(msg.from), msg.notifyName, msg.mentionedJidList.map(String)]; }"
    own = await stage.page.ask("() => String(WPP.conn.getMyUserLid())")
    assert await stage.page.ask(facts, key) == [lid, group.id, "Dana", [own]]
    assert [message.text for message in await avi.received()] == [sent.text]


async def test_ticks_in_a_group_are_those_of_the_slowest(stage: Stage) -> None:
    dana, avi = stage.person("Dana"), stage.person("Avi")
    group = await team(stage, dana, avi)
    await avi.offline()
    options = {"mentionedList": [f"{dana.number}@c.us"]}
    key = await stage.page.ask(SEND, [group.id, "hello all", options])
    (message,) = await dana.received()
    assert (message.group, message.mentions) == (group.id, (dana.number,))
    await dana.read(group)
    reader = await stage.page.ask(LID, f"{dana.number}@c.us")
    told = f"true_{group.id}_{message.id}_{reader}"  # wa-js names the reader, where our own LID belongs
    await stage.page.until_told(event="ack", ack=3, id=told)
    ack = "async (key) => (await WPP.chat.getMessageById(key)).ack"
    assert await stage.page.ask(ack, key) == 1
    await avi.online()
    await stage.page.until(f"async (key) => await ({ack})(key) === 2", key)
    await avi.read()
    await stage.page.until(f"async (key) => await ({ack})(key) === 3", key)


async def test_reading_a_group_in_the_page_is_seen_by_the_writer(stage: Stage, plugin: ModuleType) -> None:
    dana, avi = stage.person("Dana"), stage.person("Avi")
    group = await team(stage, dana, avi)
    sent = await dana.write(group, "read me")
    await stage.page.until_told(event="message", body="read me")
    await stage.page.ask("(id) => WPP.chat.markIsRead(id)", group.id)
    await avi.read(group)
    assert (await dana.acked(sent, plugin.Ack.READ)).ack == 3


async def test_remarks_in_a_group_name_their_people(stage: Stage) -> None:
    dana, avi = stage.person("Dana"), stage.person("Avi")
    group = await team(stage, dana, avi)
    key = await stage.page.ask(SEND, [group.id, "lunch?", {}])
    (message,) = await avi.received()
    await avi.react(message, "😋")
    lid = await stage.page.ask(LID, f"{avi.number}@c.us")
    await stage.page.until_told(event="reaction", id=key, emoji="😋", sender=lid)
    answer = await avi.write(group, "yes", quote=message)
    answer_key = f"false_{group.id}_{answer.id}_{lid}"
    await stage.page.until_told(event="message", id=answer_key)
    quoted = "async (key) => String((await WPP.chat.getMessageById(key)).quotedMsgId)"
    assert await stage.page.ask(quoted, answer_key) == key
    delete = "([group, key]) => WPP.chat.deleteMessage(group, key, false, true)"
    assert (await stage.page.ask(delete, [group.id, answer_key]))["isRevoked"]  # an admin may
    await dana.until(answer, lambda now: now.revoked)


async def test_who_comes_and_goes_is_told(stage: Stage, plugin: ModuleType) -> None:
    dana, avi = stage.person("Dana"), stage.person("Avi")
    group = await team(stage, dana)
    await stage.shop.add_to_group(group, avi)
    lid = await stage.page.until(
        "async (id) => (await WPP.group.getParticipants(id))[2]?.id.toString()", group.id
    )
    await stage.page.until_told(event="member", id=group.id, action="add", who=lid)
    await avi.remove_from_group(group, avi)
    await stage.page.until_told(event="member", id=group.id, action="leave", who=lid)
    with pytest.raises(plugin.SimulatorError, match="not in the group"):
        await avi.write(group, "hello?")
    await stage.shop.remove_from_group(group, stage.shop)
    await stage.page.until("async (id) => !(await WPP.group.iAmMember(id))", group.id)
    result = await stage.page.ask("(id) => WPP.chat.sendTextMessage(id, 'still here?')", group.id)
    assert result["ack"] == -1
