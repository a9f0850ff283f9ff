"""The end of a connection: its messages, its login and its id."""

import asyncio
import errno
import shutil
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select

from chatgrow_bot.errors import ConnectionNotFound, EngineError, RateLimitExceeded, StoreUnavailable
from chatgrow_bot.hub import Identity, Role
from chatgrow_bot.messages import ConnectionState, Delivery, Inbound, Outbound, State
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store import connections as stored_connections
from chatgrow_bot.store.account_tables import users
from chatgrow_bot.store.tables import outbox
from chatgrow_bot.testing import FakeClock, FakeEngine, TalkingBot

from .keeping import Faults, settled, turned_until
from .weather import Disk

DANA, NOAM = "15551230001@c.us", "15551230002@c.us"
OTHER = Identity(user_id="other", username="other", role=Role.OPERATOR, plan="premium")


async def send(bot: TalkingBot, text: str, to: str = DANA) -> Delivery:
    message = Outbound(to=to, text=text)
    return await bot.running.hub.outbox.enqueue(bot.admin.user_id, "shop", message, source="test")


async def state(bot: TalkingBot, delivery: Delivery) -> State:
    return (await bot.running.hub.outbox.get(delivery.tenant, delivery.id)).state


async def delete(bot: TalkingBot) -> None:
    await bot.running.hub.connections.delete(bot.admin.user_id, "shop")


def profiles(bot: TalkingBot) -> Path:
    return bot.folder / "sessions" / "profiles"


async def another_tenant(bot: TalkingBot) -> None:
    values = {"id": OTHER.user_id, "username": "other", "password_hash": "", "role": "operator"}
    row = insert(users).values(**values, plan="premium", created_at=bot.clock.now())
    await bot.running.ground.db.write(lambda conn: conn.execute(row))


async def test_what_was_being_sent_is_left_to_a_person_and_not_to_whoever_takes_the_id(
    bot: TalkingBot,
) -> None:
    await bot.start()
    session = await bot.connect()
    session.gate.clear()
    sending = await send(bot, "private")
    waiting = await send(bot, "private too")
    await session.sending.wait()
    await delete(bot)
    session.dead = True  # as a page that is closed ends what it was doing
    session.gate.set()
    assert await state(bot, sending) is State.QUARANTINED
    assert await state(bot, waiting) is State.CANCELLED
    await another_tenant(bot)
    await bot.running.hub.connections.create(OTHER, "shop", "Theirs", "", {})
    await bot.until(
        lambda conn: stored_connections.by_id(conn, {"shop"})["shop"].state,
        lambda found: found is ConnectionState.ONLINE,
    )
    message = Outbound(to=DANA, text="of the new owner")
    await bot.running.hub.outbox.enqueue("other", "shop", message, source="test")
    async with asyncio.timeout(10):
        await bot.engine.opened["shop"].sending.wait()
    assert [parcel.text for parcel in bot.engine.opened["shop"].sent] == ["of the new owner"]
    with pytest.raises(ConnectionNotFound):
        await bot.running.hub.outbox.resend(bot.admin.user_id, sending.id)
    assert await state(bot, sending) is State.QUARANTINED
    assert await bot.read(lambda conn: stored_connections.unsent(conn, bot.admin.user_id, "shop")) == 1
    await bot.until(lambda conn: stored_connections.unsent(conn, "other", "shop"), lambda left: left == 0)


async def test_two_deletions_at_once_are_one(bot: TalkingBot) -> None:
    await bot.start()
    await bot.connect()
    ends = await asyncio.gather(delete(bot), delete(bot), return_exceptions=True)
    assert [type(end) for end in ends] == [type(None), ConnectionNotFound]


async def test_its_login_is_out_of_the_way_before_its_id_is_free(bot: TalkingBot) -> None:
    await bot.start()
    await bot.connect()
    disk = Disk(bot)
    disk.gate.clear()
    deleting = asyncio.create_task(delete(bot))
    async with asyncio.timeout(10):
        while (profiles(bot) / "shop").exists():  # noqa: ASYNC110 (a folder has no event)
            await asyncio.sleep(0.01)
    assert "shop" in await bot.read(lambda conn: stored_connections.by_id(conn, {"shop"}))
    disk.gate.set()
    await deleting
    assert list(profiles(bot).iterdir()) == []


async def test_one_that_the_database_cannot_forget_lives_on_and_can_be_deleted_again(
    bot: TalkingBot,
) -> None:
    bot.clock = clock = FakeClock()
    bot.engine = FakeEngine(clock.now)
    await bot.start()
    session = await bot.connect()

    async def hangs() -> None:
        raise EngineError("the page hangs")

    session.logout = hangs  # type: ignore[method-assign]
    (profiles(bot) / "shop" / "login").touch()
    disk = Disk(bot)
    disk.full = True
    with pytest.raises(StoreUnavailable):
        await delete(bot)
    disk.full = False
    assert (profiles(bot) / "shop" / "login").exists()
    await turned_until(bot, clock, lambda: bot.engine.times == 2)
    await bot.online()
    await delete(bot)
    assert await bot.running.hub.connections.list(bot.admin.user_id) == []


async def test_what_cannot_be_removed_is_told_and_is_in_nobodys_way(
    bot: TalkingBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(folder: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    await bot.start(Faults)
    await bot.connect()
    (profiles(bot) / "shop" / "login").touch()
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", refuses)
        await delete(bot)
    said = await Faults.heard_of("cannot be removed: Permission denied; remove it by hand")
    [left] = profiles(bot).glob("shop.deleted-*")
    assert str(left) in said
    await bot.connect()
    assert not (profiles(bot) / "shop" / "login").exists()


async def test_a_deletion_alarms_nobody(bot: TalkingBot) -> None:
    await bot.start(Faults)
    session, other = await bot.connect(), await bot.connect("other")

    async def slowly() -> None:
        session.becomes(ConnectionState.LOGGED_OUT)
        await settled(bot, lambda: "shop" not in bot.engine.opened)

    session.logout = slowly  # type: ignore[method-assign]
    await delete(bot)
    other.becomes(ConnectionState.BANNED)
    await Faults.heard_of("Ask for a review")
    assert len(Faults.heard) == 1


async def test_a_limit_holds_also_when_many_ask_at_once(bot: TalkingBot) -> None:
    await bot.start(settings={"maxConnections": 2})
    create = bot.running.hub.connections.create
    asked = [create(bot.admin, f"c{number}", "Shop", "", {}) for number in range(5)]
    refused = [
        each for each in await asyncio.gather(*asked, return_exceptions=True) if isinstance(each, Exception)
    ]
    assert [type(each) for each in refused] == [RateLimitExceeded] * 3


async def test_a_new_connection_has_its_own_settings_though_messages_of_an_older_one_are_asked_for(
    bot: TalkingBot,
) -> None:
    await bot.start()
    await bot.connect()
    old = await send(bot, "hello")
    await delete(bot)
    await bot.running.hub.outbox.estimate(old)
    session = await bot.connect(autoReconnect=False)
    session.dead = True
    session.inlet.changed()
    await bot.reaches("shop", ConnectionState.DISCONNECTED)


class Borrower(Plugin):
    @hook
    async def answer(self, message: Inbound) -> list[Outbound]:
        return [
            Outbound(to=NOAM, text=message.text, connection_id=name) for name in ("theirs", "mine", "gone")
        ]


async def test_an_answer_leaves_by_another_connection_only_if_it_is_the_tenant_s(bot: TalkingBot) -> None:
    await bot.start(Borrower)
    await another_tenant(bot)
    await bot.running.hub.connections.create(OTHER, "theirs", "Theirs", "", {})
    session = await bot.connect()
    mine = await bot.connect("mine")
    await session.hears("hello")
    async with asyncio.timeout(10):
        await mine.sending.wait()
    assert [parcel.text for parcel in mine.sent] == ["hello"]

    def others(conn: Connection) -> list[str]:
        return list(conn.execute(select(outbox.c.id).where(outbox.c.connection_id != "mine")).scalars())

    assert await bot.read(others) == []
