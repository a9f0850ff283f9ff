"""Another account on a connection with a queue, and one account on two connections: a person decides."""

import pytest

from chatgrow_bot.connections.newly_linked import is_newly_linked, is_other
from chatgrow_bot.messages import ConnectionState, Delivery, Outbound, State
from chatgrow_bot.testing import TalkingBot

from .keeping import Faults, connections, settled, view

DANA = "15551230001@c.us"
OLD, NEW = "15559990000@c.us", "15558880000@c.us"


async def send(bot: TalkingBot, text: str) -> Delivery:
    message = Outbound(to=DANA, text=text)
    return await bot.running.hub.outbox.enqueue(bot.admin.user_id, "shop", message, source="test")


async def relinked(bot: TalkingBot, me: str, *, waiting: int) -> list[Delivery]:
    """The account is unlinked with so many messages waiting, then this one is linked."""
    session = await bot.connect()
    session.becomes(ConnectionState.RECONNECTING)
    await bot.reaches("shop", ConnectionState.RECONNECTING)
    queued = [await send(bot, f"number {each}") for each in range(waiting)]
    session.becomes(ConnectionState.LOGGED_OUT)
    await bot.reaches("shop", ConnectionState.LOGGED_OUT)
    await settled(bot, lambda: "shop" not in bot.engine.opened)
    bot.engine.accounts["shop"] = me
    await connections(bot).reconnect(bot.admin.user_id, "shop")
    await bot.online()
    return queued


async def test_a_queue_does_not_leave_from_another_number_before_a_person_says_so(bot: TalkingBot) -> None:
    await bot.start(Faults)
    queued = await relinked(bot, NEW, waiting=3)
    assert "resume sends them" in await Faults.heard_of("it was paused")
    shown = await view(bot)
    assert (shown.paused, shown.me) == (True, NEW)
    assert "another account (…000@c.us) was linked while 3 message(s) waited" in shown.paused_because
    session = bot.engine.opened["shop"]
    outbox = bot.running.hub.outbox
    await outbox.cancel(bot.admin.user_id, queued[0].id)
    for _ in range(20):
        await bot.running.ground.db.write(lambda conn: None)
    assert session.sent == []
    await connections(bot).resume(bot.admin.user_id, "shop")
    await settled(bot, lambda: len(session.sent) == 2)
    assert (await outbox.get(bot.admin.user_id, queued[0].id)).state is State.CANCELLED


async def test_it_is_still_so_after_a_restart(bot: TalkingBot) -> None:
    await bot.start(Faults)
    await relinked(bot, NEW, waiting=1)
    await Faults.heard_of("it was paused")
    await bot.stop()
    await bot.start(Faults)
    session = await bot.online()
    assert (await view(bot)).paused
    assert session.sent == []


@pytest.mark.parametrize(("me", "waiting"), [(OLD, 2), (NEW, 0)])
async def test_the_same_account_or_an_empty_queue_is_no_matter(
    bot: TalkingBot, me: str, waiting: int
) -> None:
    await bot.start(Faults)
    await relinked(bot, me, waiting=waiting)
    assert not (await view(bot)).paused
    await settled(bot, lambda: len(bot.engine.opened["shop"].sent) == waiting)


async def test_the_second_connection_of_one_account_is_paused_and_both_keep_their_place(
    bot: TalkingBot,
) -> None:
    await bot.start(Faults)
    await bot.connect("first")
    bot.engine.accounts["second"] = OLD
    await bot.connect("second")
    await Faults.heard_of("linked to connection 'first' too")
    shown = await view(bot, "second")
    assert shown.paused
    assert "linked to connection 'first' too" in shown.paused_because
    assert not (await view(bot, "first")).paused
    await connections(bot).resume(bot.admin.user_id, "second")
    await bot.stop()
    await bot.start(Faults)
    await bot.online("second")
    await bot.online("first")
    assert not (await view(bot, "second")).paused  # a person has said so


@pytest.mark.parametrize("restarted", [False, True])
async def test_an_account_that_went_to_another_connection_meanwhile_is_noticed_when_it_comes_back(
    bot: TalkingBot, restarted: bool
) -> None:
    await bot.start(Faults)
    first = await bot.connect("first")
    first.becomes(ConnectionState.LOGGED_OUT)
    await bot.reaches("first", ConnectionState.LOGGED_OUT)
    bot.engine.accounts["second"] = OLD
    await bot.connect("second")
    assert not (await view(bot, "second")).paused
    if restarted:
        await bot.stop()
        await bot.start(Faults)
        await bot.online("second")
    await connections(bot).reconnect(bot.admin.user_id, "first")
    await bot.online("first")
    await Faults.heard_of("linked to connection 'second' too")
    assert (await view(bot, "first")).paused


def test_a_linked_id_and_a_number_may_be_the_same_account() -> None:
    assert not is_other(OLD, OLD)
    assert is_other(OLD, NEW)
    assert not is_other(OLD, "123456789012345@lid")
    assert is_newly_linked(None, OLD, was_unlinked=False)
    assert is_newly_linked(OLD, OLD, was_unlinked=True)
    assert not is_newly_linked(OLD, OLD, was_unlinked=False)
