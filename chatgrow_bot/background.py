"""Tasks that live as long as a block. A TaskGroup alone would wrap the block's own error in a group, and
whoever waits for a ConfigError would not know it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def task_group() -> AsyncIterator[asyncio.TaskGroup]:
    """A TaskGroup whose block's own error comes out as it is, once the tasks have ended: the block sees to it
    that they do. A task's error ends the block and comes out in a group, as ever."""
    failure: BaseException | None = None
    async with asyncio.TaskGroup() as group:
        try:
            yield group
        except BaseException as error:
            failure = error
    if failure is not None:
        raise failure


@asynccontextmanager
async def background(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """Something that runs for the time of the block; its failure is the block's."""
    async with task_group() as group:
        task = group.create_task(work, name=name)
        try:
            yield
        finally:
            task.cancel()
