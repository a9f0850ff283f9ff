"""Tasks that live as long as a block."""

import asyncio

import pytest

from chatgrow_bot.background import background
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
