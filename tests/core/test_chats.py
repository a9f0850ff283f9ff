"""What is done in a chat at once, past the queue."""

import pytest

from chatgrow_bot.engine import Activity, Group, Member
from chatgrow_bot.errors import ConnectionNotFound, ConnectionNotReady, InvalidPhoneNumber
from chatgrow_bot.messages import ConnectionState
from chatgrow_bot.testing import TalkingBot

DANA = "15551230001@c.us"


async def test_it_reaches_the_session_under_the_chat_s_own_name(bot: TalkingBot) -> None:
    await bot.start()
    session = await bot.connect()
    session.known_groups.append(Group(chat="1@g.us", name="Family", members=(Member(chat=DANA, admin=True),)))
    session.strangers.add("15551230002@c.us")
    chats, tenant = bot.running.hub.chats, bot.admin.user_id
    await chats.mark_read(tenant, "shop", "+1 555 123 0001")
    await chats.show(tenant, "shop", DANA, Activity.RECORDING, 60)
    await chats.be_available(tenant, "shop", True)
    assert session.read == [DANA]
    assert session.shown == [(DANA, Activity.RECORDING, 25)]
    assert session.available is True
    assert await chats.groups(tenant, "shop") == session.known_groups
    assert await chats.check(tenant, "shop", "+15551230001") == DANA
    assert await chats.check(tenant, "shop", "+15551230002") is None


async def test_it_says_who_is_wrong_when_it_cannot(bot: TalkingBot) -> None:
    await bot.start()
    session = await bot.connect()
    chats, tenant = bot.running.hub.chats, bot.admin.user_id
    with pytest.raises(InvalidPhoneNumber):
        await chats.mark_read(tenant, "shop", "12")
    with pytest.raises(ConnectionNotFound):
        await chats.groups("somebody else", "shop")
    session.reason = "the network is away"
    session.becomes(ConnectionState.RECONNECTING)
    await bot.reaches("shop", ConnectionState.RECONNECTING)
    with pytest.raises(ConnectionNotReady, match="is reconnecting: the network is away") as refused:
        await chats.be_available(tenant, "shop", True)
    assert refused.value.facts["state"] is ConnectionState.RECONNECTING
    assert session.available is None
