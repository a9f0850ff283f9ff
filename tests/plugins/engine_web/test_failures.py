"""Browsers crash, hang and are killed: the session says so at once, and nothing of it is left behind."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from chatgrow_bot.engine import Parcel
from chatgrow_bot.errors import EngineError, SendUnknown
from chatgrow_bot.messages import ConnectionState as State

from .conftest import World, browser_page, chat_of, impatient, new_world, part, reach

pytestmark = pytest.mark.slow

WA_ID = "3EB00123456789ABCDEF01"


def processes(world: World, name: str = "shop") -> list[psutil.Process]:
    found: list[psutil.Process] = part("profile").Profile(world.folder / name).processes()
    return found


async def dies(session: Any, match: str | None, seconds: float) -> None:
    began = time.monotonic()
    with pytest.raises(EngineError, match=match):
        async with asyncio.timeout(seconds):
            while True:
                await session.snapshot()
    assert time.monotonic() - began < seconds


async def test_a_crashed_page_ends_the_session(world: World) -> None:
    async with world.open() as session:
        await reach(session, State.QR, world.inlet)
        page = browser_page(session)
        cdp = await page.context.new_cdp_session(page)
        with contextlib.suppress(Exception):
            async with asyncio.timeout(2):
                await cdp.send("Page.crash")
        await dies(session, "crashed", 10)
        with pytest.raises(EngineError):
            await session.resolve("972541112233@c.us")
    assert not processes(world)


async def test_a_killed_browser_ends_the_session_and_a_new_one_is_still_linked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world.open() as session:
        await world.link(session)
    async with world.open() as session:
        await reach(session, State.ONLINE, world.inlet)
        changes = world.inlet.changes
        processes(world)[0].kill()
        await world.inlet.until(lambda: world.inlet.changes > changes, seconds=2)
        await dies(session, "ended", 10)
        with pytest.raises(EngineError):
            await session.send(Parcel(chat="972541112233@c.us", wa_id=WA_ID, text="hello"))
    async with world.open() as session:
        await reach(session, State.ONLINE, world.inlet)


async def test_a_renderer_that_hangs_ends_the_session_and_is_killed(tmp_path: Path) -> None:
    async with new_world(tmp_path, close_seconds=1) as world:
        async with world.open() as session:
            await reach(session, State.QR, world.inlet)
            impatient(session)
            spin = asyncio.create_task(browser_page(session).evaluate("() => { for (;;); }"))
            await dies(session, "hangs", 15)
        assert not processes(world)
        with contextlib.suppress(Exception):
            await spin


async def test_a_frozen_browser_is_killed_when_its_time_to_close_is_over(tmp_path: Path) -> None:
    async with new_world(tmp_path, close_seconds=1) as world:
        async with world.open() as session:
            await reach(session, State.QR, world.inlet)
            processes(world)[0].suspend()
        assert not processes(world)
        async with world.open() as session:
            await reach(session, State.QR, world.inlet)


async def test_a_browser_killed_in_the_middle_of_a_send_leaves_it_unknown(world: World) -> None:
    dana = world.customer()
    async with world.open() as session:
        await world.link(session)
        sent_to_page = asyncio.Event()
        call = session._page.call

        async def watched(name: str, *args: Any, **more: Any) -> Any:
            if name == "send":
                sent_to_page.set()
            return await call(name, *args, **more)

        session._page.call = watched
        await dana.offline()
        browser = processes(world)[0]
        async with asyncio.TaskGroup() as tasks:
            parcel = Parcel(chat=chat_of(dana), wa_id=WA_ID, text="x" * 60_000)

            async def send() -> None:
                with pytest.raises(SendUnknown):
                    await session.send(parcel)

            tasks.create_task(send())
            await sent_to_page.wait()
            browser.kill()


async def test_a_leftover_browser_is_ended_before_a_new_one_starts(world: World) -> None:
    (world.folder / "shop").mkdir(parents=True, mode=0o700)
    path = part("profile").Profile(world.folder / "shop").path
    (path / "SingletonLock").symlink_to("elsewhere-1")
    orphan = f"{sys.executable} -c 'import time; time.sleep(600)' --user-data-dir={path} &"
    await (await asyncio.create_subprocess_shell(orphan)).wait()
    async with asyncio.timeout(10):
        while not (found := processes(world)):  # noqa: ASYNC110 (a process tells nobody that it has begun)
            await asyncio.sleep(0.01)
    [leftover] = found
    async with world.open() as session:
        assert leftover.pid not in {process.pid for process in processes(world)}
        await reach(session, State.QR, world.inlet)


async def test_after_closing_no_process_and_no_descriptor_is_left(world: World) -> None:
    async def once() -> None:
        async with world.open() as session:
            await reach(session, State.QR, world.inlet)

    await once()
    me = psutil.Process()
    family = [me, *me.children(recursive=True)]
    before = {process.pid: process.num_fds() for process in family}
    for _ in range(3):
        await once()
    assert not processes(world)
    assert {process.pid for process in (me, *me.children(recursive=True))} == set(before)
    after = {process.pid: process.num_fds() for process in family}
    assert all(after[pid] <= count + 1 for pid, count in before.items()), (before, after)


async def test_playwright_itself_may_die_and_the_next_session_starts_another(world: World) -> None:
    async with world.open() as session:
        await reach(session, State.QR, world.inlet)
        driver = next(child for child in psutil.Process().children() if "node" in child.name())
        os.kill(driver.pid, signal.SIGKILL)
        await dies(session, None, 15)
    async with world.open() as session:
        await reach(session, State.QR, world.inlet)


async def test_an_error_in_the_body_comes_out_as_it_is(world: World) -> None:
    class Mine(Exception):
        pass

    with pytest.raises(Mine):
        async with world.open():
            raise Mine
    assert not processes(world)


async def test_a_session_that_is_cancelled_while_open_closes_its_browser(world: World) -> None:
    opened = asyncio.Event()

    async def hold() -> None:
        async with world.open():
            opened.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hold())
    await opened.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not processes(world)


async def test_a_page_that_cannot_be_reached_is_an_error_with_a_sentence(world: World) -> None:
    unreachable = part("settings").WebSettings(simulator="127.0.0.1:1")
    world.engine._settings = unreachable
    with pytest.raises(EngineError, match=r"web\.whatsapp\.com cannot be reached: .*REFUSED"):
        async with world.open():
            pass
    assert not processes(world)
