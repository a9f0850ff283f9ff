"""Linking an account, keeping it over a restart, and losing it."""

import stat
from pathlib import Path

import pytest

from chatgrow_bot.errors import EngineError
from chatgrow_bot.messages import ConnectionState as State

from .conftest import World, browser_page, new_world, part, reach


async def test_a_scanned_qr_code_brings_the_session_online(world: World) -> None:
    async with world.open() as session:
        await world.link(session)
        snapshot = await session.snapshot()
        assert (snapshot.me, snapshot.qr, snapshot.reason) == ("972501234567@c.us", None, "")


async def test_a_code_typed_on_the_phone_brings_the_session_online(world: World) -> None:
    async with world.open() as session:
        await reach(session, State.QR, world.inlet)
        code = await session.pairing_code(world.shop.number)
        shown = await reach(session, State.PAIRING_CODE, world.inlet)
        assert (shown.pairing_code, shown.qr, len(code)) == (code, None, 8)
        await world.shop.enter_code(code)
        online = await reach(session, State.ONLINE, world.inlet)
        assert online.pairing_code is None


@pytest.mark.slow
async def test_who_changes_his_mind_gets_a_qr_code_instead_of_the_pairing_code(world: World) -> None:
    async with world.open() as session:
        await reach(session, State.QR, world.inlet)
        await session.pairing_code(world.shop.number)
        await reach(session, State.PAIRING_CODE, world.inlet)
        await session.refresh_qr()
        await world.link(session)


@pytest.mark.slow
async def test_the_small_browser_without_a_window_works_too(tmp_path: Path) -> None:
    async with new_world(tmp_path, channel="headless-shell") as world:
        for _ in range(2):
            async with world.open() as session:
                if not await world.shop.linked():
                    await world.link(session)
                await reach(session, State.ONLINE, world.inlet)


async def test_a_restart_needs_no_qr_code(world: World) -> None:
    async with world.open() as session:
        await world.link(session)
    seen = set()
    async with world.open() as session:
        while State.ONLINE not in seen:
            seen.add((await session.snapshot()).state)
        assert State.QR not in seen
    assert await world.shop.linked() == 1


async def test_the_session_folder_is_for_its_owner_only(world: World) -> None:
    async with world.open():
        for path in (world.folder / "shop", world.folder / "shop" / "profile"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o700


@pytest.mark.slow
async def test_two_sessions_cannot_share_a_folder(world: World) -> None:
    async with world.open():
        with pytest.raises(EngineError, match="open already"):
            async with world.open():
                pass
    async with world.open() as session:
        await reach(session, State.QR, world.inlet)


@pytest.mark.slow
async def test_unlinking_on_the_phone_is_seen_and_a_new_session_links_again(world: World) -> None:
    async with world.open() as session:
        await world.link(session)
        await world.shop.logout_device()
        await browser_page(session).wait_for_selector("canvas")  # it has loaded anew and shows a QR code
        await reach(session, State.LOGGED_OUT, world.inlet)
    async with world.open() as session:
        await world.link(session)


@pytest.mark.slow
async def test_unlinking_while_we_were_away_is_a_logout_and_not_just_a_qr_code(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part("session"), "SETTLED_AFTER", 0.0)
    async with world.open() as session:
        await world.link(session)
        await session.snapshot()
    await world.shop.logout_device()
    async with world.open() as session:
        snapshot = await reach(session, State.LOGGED_OUT, world.inlet)
        assert "unlinked" in snapshot.reason


@pytest.mark.slow
async def test_logging_out_unlinks_the_phone(world: World) -> None:
    async with world.open() as session:
        await world.link(session)
        await session.logout()
        assert await world.shop.linked() == 0
        await reach(session, State.LOGGED_OUT, world.inlet)


async def test_the_screen_can_be_seen(world: World) -> None:
    async with world.open() as session:
        await reach(session, State.QR, world.inlet)
        assert (await session.screenshot()).startswith(b"\x89PNG")
