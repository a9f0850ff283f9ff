"""Whether there is room for one connection more: on the machine, in its control groups, in this process."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from chatgrow_bot.connections.memory import free_memory
from chatgrow_bot.connections.room import AT_ONCE, Lack, Room
from chatgrow_bot.errors import RateLimitExceeded
from chatgrow_bot.messages import ConnectionState
from chatgrow_bot.testing import FakeClock, TalkingBot

from .keeping import Faults, connections, settled, turned_until, view

MB = 1 << 20


async def nobody_waits(lack: Lack) -> None:
    raise AssertionError(lack)


def room(free: int = 10_000, mean: int | None = None, most: int = 100) -> Room:
    return Room(
        clock=FakeClock(),
        most=most,
        reserve=256 * MB,
        mean=lambda: mean and mean * MB,
        memory=lambda: free * MB,
    )


def test_what_sessions_take_here_counts_and_a_guess_before_any_was_weighed() -> None:
    assert room(free=656).lacking_memory() == ""
    said = room(free=655).lacking_memory()
    assert "655 MB of memory are free, one takes about 400 MB, and 256 MB are to stay free" in said
    assert room(free=655, mean=300).lacking_memory() == ""
    assert "about 300 MB" in room(free=555, mean=300).lacking_memory()


async def test_those_that_start_have_yet_to_take_what_they_will(bot: TalkingBot) -> None:
    place = room(free=1056)
    async with place.seat(nobody_waits) as seat:
        assert place.lacking_memory() == ""
        async with place.seat(nobody_waits):
            assert "2 more are starting" in place.lacking_memory()
            seat.settled()
            seat.settled()
            assert place.lacking_memory() == ""


async def test_few_start_at_once_and_whoever_waits_is_told_why_once() -> None:
    place, waits = room(), list[Lack]()

    async def told(lack: Lack) -> None:
        waits.append(lack)

    async with AsyncExitStack() as seats:
        settle = [await seats.enter_async_context(place.seat(nobody_waits)) for _ in range(AT_ONCE)]
        entering = asyncio.create_task(seats.enter_async_context(place.seat(told)))
        for _ in range(5):
            await asyncio.sleep(0)
        assert [lack.passing for lack in waits] == [True]
        settle[0].settled()
        await asyncio.wait_for(entering, 10)
        assert len(waits) == 1


async def test_whoever_waits_for_long_is_told_each_cause_once_however_often_they_take_turns() -> None:
    clock, free, waits = FakeClock(), [0], list[bool]()
    place = Room(clock=clock, most=9, reserve=MB, mean=lambda: MB, memory=lambda: free[0])

    async def told(lack: Lack) -> None:
        waits.append(lack.passing)

    async with AsyncExitStack() as seats:
        entering = asyncio.create_task(seats.enter_async_context(place.seat(told)))
        for _ in range(3):
            free[0] = 999 * MB
            async with AsyncExitStack() as others:
                for _ in range(AT_ONCE):
                    await others.enter_async_context(place.seat(nobody_waits))
                await _turned(clock)
                free[0] = 0
            await _turned(clock)
        assert waits == [True, False]
        free[0] = 999 * MB
        clock.advance(5)
        await asyncio.wait_for(entering, 10)


async def _turned(clock: FakeClock) -> None:
    clock.advance(5)
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_session_that_is_opened_anew_keeps_what_the_last_one_gave_back() -> None:
    place = room(free=1056, mean=400)
    async with place.seat(nobody_waits) as seat, place.seat(nobody_waits) as other:
        seat.settled()
        other.settled()
        assert place.lacking_memory() == ""
        seat.starts()
        other.starts()
        assert "2 more are starting" in place.lacking_memory()


async def test_no_more_are_open_than_this_process_may(bot: TalkingBot) -> None:
    place, waits = room(most=1), list[Lack]()

    async def told(lack: Lack) -> None:
        waits.append(lack)

    async with AsyncExitStack() as seats:
        first = AsyncExitStack()
        await first.enter_async_context(place.seat(nobody_waits))
        entering = asyncio.create_task(seats.enter_async_context(place.seat(told)))
        await asyncio.sleep(0)
        await first.aclose()
        await asyncio.wait_for(entering, 10)
        assert "1 connections at most" in waits[0].reason


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("0::/one/two", ("memory.max", "memory.current", "inactive_file")),
        ("4:memory:/one/two", ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")),
    ],
)
def test_the_tightest_control_group_counts_and_what_it_caches_is_free(
    tmp_path: Path, line: str, names: tuple[str, str, str]
) -> None:
    own = tmp_path / "cgroup"
    own.write_text(f"9:name=systemd:/\n{line}\n")
    top = tmp_path / "fs" / ("memory" if "memory" in line else "")
    limit, used, cached = names
    for folder, most in (("one", 64 * MB), ("one/two", 1 << 62)):
        (top / folder).mkdir(parents=True)
        (top / folder / limit).write_text(f"{most}\n")
        (top / folder / used).write_text(f"{40 * MB}\n")
        (top / folder / "memory.stat").write_text(f"anon 5\n{cached} {8 * MB}\n")
    assert free_memory(tmp_path / "fs", own) == 32 * MB
    (top / "one" / limit).write_text("max\n" if line.startswith("0") else f"{1 << 62}\n")
    assert free_memory(tmp_path / "fs", own) > 32 * MB
    assert free_memory(tmp_path / "fs", tmp_path / "none") > 32 * MB


async def test_a_full_machine_refuses_a_connection_with_the_figures(bot: TalkingBot) -> None:
    await bot.start(settings={"memoryReserve": "999999GB"})
    with pytest.raises(RateLimitExceeded, match=r"has no room for another session: .* are to stay free"):
        await connections(bot).create(bot.admin, "shop", "Shop", "", {})
    assert await connections(bot).list(bot.admin.user_id) == []


async def test_at_start_what_does_not_fit_waits_and_starts_when_there_is_room(bot: TalkingBot) -> None:
    bot.clock = clock = FakeClock()
    await bot.start(settings={"maxConnections": 2})
    await bot.connect("a")
    await bot.connect("b")
    await bot.stop()
    await bot.start(Faults, settings={"maxConnections": 1})
    await bot.online("a")
    await bot.reaches("b", ConnectionState.STARTING)
    await Faults.heard_of("it starts by itself when there is room")
    assert "1 connections at most" in (await view(bot, "b")).reason
    bot.engine.opened["a"].becomes(ConnectionState.BANNED)
    await settled(bot, lambda: "a" not in bot.engine.opened)
    await turned_until(bot, clock, lambda: "b" in bot.engine.opened)
    await bot.online("b")
