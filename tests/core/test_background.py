"""Tasks that live as long as a block."""

import asyncio

import pytest

from chatgrow_bot.background import background, to_the_end
from chatgrow_bot.errors import ConfigError


async def test_the_blocks_own_error_comes_out_as_it_is_once_the_work_has_ended() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(ConfigError):
        async with background(work(), "endless"):
            await asyncio.sleep(0)
            raise ConfigError("the port is taken")
    assert ended.is_set()


async def test_a_failure_of_the_work_ends_the_block() -> None:
    async def work() -> None:
        raise ValueError

    with pytest.raises(ExceptionGroup) as failed:
        async with background(work(), "broken"):
            await asyncio.Event().wait()
    assert failed.group_contains(ValueError)


async def test_a_cancelled_block_is_cancelled_and_ends_its_work() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def block() -> None:
        async with background(work(), "endless"):
            await asyncio.Event().wait()

    task = asyncio.create_task(block())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


async def test_what_is_done_to_the_end_goes_on_when_who_asked_goes_away() -> None:
    begun, gate, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await gate.wait()
        done.set()

    async with asyncio.TaskGroup() as group:
        asking = asyncio.create_task(to_the_end(group, work, "whole"))
        await begun.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        gate.set()
        await asyncio.wait_for(done.wait(), 10)


async def test_its_answer_and_its_error_are_the_askers_and_end_nobody_else() -> None:
    async def answers() -> int:
        return 7

    async def fails() -> int:
        raise ConfigError("the port is taken")

    async with asyncio.TaskGroup() as group:
        assert await to_the_end(group, answers, "answers") == 7
        with pytest.raises(ConfigError):
            await to_the_end(group, fails, "fails")


async def test_an_error_that_nobody_waits_for_any_longer_is_logged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    gate = asyncio.Event()

    async def fails() -> None:
        await gate.wait()
        raise ConfigError("the port is taken")

    async with asyncio.TaskGroup() as group:
        asking = asyncio.create_task(to_the_end(group, fails, "whole"))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait([asking])
        gate.set()
    assert "what nobody waited for any longer failed" in capsys.readouterr().out
