"""A connection's life, with a clock whose hands the test turns."""

import asyncio
from unittest.mock import ANY

import pytest
from sqlalchemy import select

from chatgrow_bot.errors import (
    BadInput,
    Conflict,
    ConnectionNotFound,
    ConnectionNotReady,
    EngineError,
    InvalidPhoneNumber,
    RateLimitExceeded,
)
from chatgrow_bot.hub import Connections
from chatgrow_bot.messages import ConnectionState
from chatgrow_bot.store.tables import journal
from chatgrow_bot.testing import FakeClock, FakeSession, TalkingBot

_CHANGES = select(journal.c.body).where(journal.c.hook == "on_connection").order_by(journal.c.position)


def connections(bot: TalkingBot) -> Connections:
    return bot.running.hub.connections


def shows_qr(session: FakeSession) -> None:
    session.becomes(ConnectionState.QR, "2@the-code")


async def test_a_new_connection_shows_its_qr_code_and_goes_online_once_scanned(bot: TalkingBot) -> None:
    await bot.start()
    bot.engine.on_open = shows_qr
    await connections(bot).create(bot.admin, "shop", "Shop", "+972 54-111-2233", {})
    code = await connections(bot).qr(bot.admin.user_id, "shop")
    assert code.code == "2@the-code"
    bot.engine.opened["shop"].becomes(ConnectionState.ONLINE)
    view = await bot.reaches("shop", ConnectionState.ONLINE)
    assert view.phone_number == "+972541112233"
    assert view.me == "15559990000@c.us"
    with pytest.raises(ConnectionNotReady, match="online"):
        await connections(bot).qr(bot.admin.user_id, "shop")


async def test_ids_are_unique_numbers_are_checked_and_the_machine_has_an_end(bot: TalkingBot) -> None:
    await bot.start(settings={"maxConnections": 1})
    create = connections(bot).create
    with pytest.raises(BadInput, match="connectionId"):
        await create(bot.admin, "no/good", "Shop", "", {})
    with pytest.raises(InvalidPhoneNumber):
        await create(bot.admin, "shop", "Shop", "12", {})
    with pytest.raises(BadInput, match="autoReconect"):
        await create(bot.admin, "shop", "Shop", "", {"autoReconect": True})
    await bot.connect()
    with pytest.raises(RateLimitExceeded, match="1 connections at most") as full:
        await create(bot.admin, "second", "Shop", "", {})
    assert full.value.facts == {"retry_after": 3600}


async def test_a_taken_id_is_a_conflict_and_a_foreign_one_is_not_found(bot: TalkingBot) -> None:
    await bot.start()
    await bot.connect()
    with pytest.raises(Conflict):
        await connections(bot).create(bot.admin, "shop", "Shop", "", {})
    with pytest.raises(ConnectionNotFound):
        await connections(bot).get("somebody else", "shop")


async def test_a_lost_connection_comes_back_at_once_and_later_tries_wait(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start()
    session = await bot.connect()
    bot.engine.refusal = EngineError("the network is away")
    session.dead = True
    session.inlet.changed()
    view = await bot.reaches("shop", ConnectionState.RECONNECTING)
    assert "Next try in 0 s" in view.reason
    async with asyncio.timeout(10):
        await bot.engine.tried_again.wait()  # without a turn of the clock
    while bot.engine.times < 6:
        clock.advance(40)
        await asyncio.sleep(0)
    view = await bot.reaches("shop", ConnectionState.DISCONNECTED)
    assert "the network is away" in view.reason
    bot.engine.refusal = None
    await connections(bot).reconnect(bot.admin.user_id, "shop")
    await bot.online()


async def test_without_auto_reconnect_it_stays_away(bot: TalkingBot) -> None:
    await bot.start()
    session = await bot.connect(autoReconnect=False)
    session.dead = True
    session.inlet.changed()
    await bot.reaches("shop", ConnectionState.DISCONNECTED)
    assert bot.engine.times == 1


async def test_asked_to_start_again_it_does_so_at_once_and_counts_no_failure(bot: TalkingBot) -> None:
    await bot.start()
    await bot.connect(autoReconnect=False)
    await connections(bot).reconnect(bot.admin.user_id, "shop")
    await bot.until(
        lambda conn: [body["state"] for body in conn.execute(_CHANGES).scalars()],
        lambda states: states == ["starting", "online", "starting", "online"],
    )


async def test_who_waits_for_the_qr_code_of_a_connection_that_is_deleted_is_told_it_is_gone(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start()
    bot.engine.on_open = lambda session: session.becomes(ConnectionState.STARTING)
    await connections(bot).create(bot.admin, "shop", "Shop", "", {})
    await bot.reaches("shop", ConnectionState.STARTING)
    tenant = bot.admin.user_id
    waiting = asyncio.ensure_future(connections(bot).qr(tenant, "shop"))
    await asyncio.sleep(0)
    await connections(bot).delete(tenant, "shop")
    with pytest.raises(ConnectionNotFound):
        await asyncio.wait_for(waiting, 10)


async def test_wrong_settings_are_named_by_their_places_all_at_once(bot: TalkingBot) -> None:
    await bot.start()
    wrong = {"autoReconect": True, "pacing": {"send": {"mn": 1}}, "reconnectInterval": "soon"}
    with pytest.raises(BadInput) as refused:
        await connections(bot).create(bot.admin, "shop", "Shop", "", wrong)
    faults = refused.value.facts["errors"]
    assert isinstance(faults, list)
    assert {fault["pointer"]: fault["detail"] for fault in faults} == {
        "/settings/autoReconect": "Unknown key, did you mean 'autoReconnect'?",
        "/settings/pacing/send/mn": "Unknown key, did you mean 'min'?",
        "/settings/reconnectInterval": ANY,
    }


async def test_an_engine_nobody_offers_is_named(bot: TalkingBot) -> None:
    await bot.start()
    await connections(bot).create(bot.admin, "shop", "Shop", "", {"engine": "webb"})
    view = await bot.reaches("shop", ConnectionState.FAILED)
    assert "No plugin offers the engine 'webb'" in view.reason


async def test_settings_are_merged_and_a_wrong_one_changes_nothing(bot: TalkingBot) -> None:
    await bot.start()
    await bot.connect(reconnectInterval=60)
    tenant = bot.admin.user_id
    view = await connections(bot).change(
        tenant, "shop", {"name": "Bakery", "settings": {"autoReconnect": False}}
    )
    assert view.name == "Bakery"
    assert view.settings == {"reconnectInterval": 60, "autoReconnect": False}
    with pytest.raises(BadInput, match="reconnectInterval"):
        await connections(bot).change(tenant, "shop", {"settings": {"reconnectInterval": "soon"}})
    assert (await connections(bot).get(tenant, "shop")).settings == view.settings


async def test_a_deleted_connection_is_gone_with_its_session_and_its_queue(bot: TalkingBot) -> None:
    await bot.start()
    session = await bot.connect()
    folder = bot.folder / "sessions" / "profiles" / "shop"
    assert folder.is_dir()
    assert folder.stat().st_mode & 0o777 == 0o700
    await connections(bot).delete(bot.admin.user_id, "shop")
    assert not folder.exists()
    assert session.state is ConnectionState.LOGGED_OUT
    assert await connections(bot).list(bot.admin.user_id) == []
    await bot.connect()  # its id is free again


async def test_connections_come_back_by_themselves_after_a_restart(bot: TalkingBot) -> None:
    await bot.start()
    await bot.connect()
    await bot.stop()
    await bot.start()
    await bot.online()
