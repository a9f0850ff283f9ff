"""What a session lets be seen of itself: its picture, what it takes of the machine, its login's files."""

import asyncio
import io
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from chatgrow_bot.errors import EngineError
from chatgrow_bot.messages import ConnectionState as State

from .conftest import World, browser_page, new_world, part, reach


def image(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[World]:
    async with new_world(tmp_path) as world:
        yield world


@pytest.mark.slow
async def test_no_picture_has_a_code_in_it_and_one_of_a_dialog_shows_it(own: World) -> None:
    async with own.open() as session:
        await reach(session, State.QR, own.inlet)
        assert zxingcpp.read_barcodes(image(await browser_page(session).screenshot()))
        assert not zxingcpp.read_barcodes(image(await session.screenshot()))
        await own.link(session)
        await browser_page(session).evaluate(
            """() => {
                const canvas = document.body.appendChild(document.createElement('canvas'));
                canvas.style.position = 'fixed';
                canvas.getContext('2d').fillStyle = '#f0f';
                canvas.getContext('2d').fillRect(0, 0, 500, 500);
            }"""
        )
        await own.sim.order("dialog", own.shop, text="What is new?")
        await reach(session, State.ACTION_REQUIRED, own.inlet)
        seen = {colour for _, colour in image(await session.screenshot()).getcolors(1 << 24) or ()}
        assert (255, 0, 255) not in seen
        assert len(seen) > 10


@pytest.mark.slow
async def test_what_a_session_takes_is_told_and_its_login_files_alone_are_a_login(own: World) -> None:
    profile = part("profile").Profile
    async with own.open() as session:
        await own.link(session)
        used = await session.usage()
        resident = sum(each.memory_info().rss for each in profile(own.folder / "shop").processes())
        assert used.processes >= 3
        assert 30 << 20 < used.memory < resident  # shared pages are counted in parts
        assert 0 < used.cpu <= (await session.usage()).cpu
    assert await session.usage() is None
    profile(own.folder / "shop").mark_linked(True)
    kept = own.engine.login_files(own.folder / "shop")
    assert Path("linked") in kept
    for each in kept:
        source, target = own.folder / "shop" / each, own.folder / "moved" / each
        target.parent.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(shutil.copytree if source.is_dir() else shutil.copy, source, target)
    async with own.open("moved") as session:
        await reach(session, State.ONLINE, own.inlet)


async def test_no_browser_is_started_on_a_full_disk(
    own: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(part("profile"), "LEAST_ROOM", 1 << 60)
    with pytest.raises(EngineError, match=r"the disk is full: .* free at least"):
        async with own.open():
            pass
    (tmp_path / "file").touch()
    with (
        pytest.raises(EngineError, match="cannot be used: Not a directory"),
        part("profile").held(tmp_path / "file" / "shop"),
    ):
        pass
