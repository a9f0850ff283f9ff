"""Tasks that live as long as a block. A TaskGroup alone would wrap the block's own error in a group, and
whoever waits for a ConfigError would not know it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import structlog

T = TypeVar("T")

log = structlog.get_logger("chatgrow.background")


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
    """Something that runs for the time of the block, in which it has already begun; its failure is the
    block's."""
    async with task_group() as group:
        task = group.create_task(work, name=name)
        try:
            await asyncio.sleep(0)
            yield
        finally:
            task.cancel()


async def to_the_end(group: asyncio.TaskGroup, work: Callable[[], Awaitable[T]], name: str) -> T:
    """Do this in the group, and whole also when who asks for it goes away meanwhile: what a commit and what
    follows it in memory say is then never cut apart. Its error is raised here, and ends nobody else."""
    answer: list[T] = []

    async def run() -> Exception | None:
        try:
            answer.append(await work())
        except Exception as error:
            return error
        return None

    task = group.create_task(run(), name=name)
    try:
        error = await asyncio.shield(task)
    except asyncio.CancelledError:
        task.add_done_callback(_unheard)
        raise
    if error:
        raise error
    return answer[0]


def _unheard(task: asyncio.Task[Exception | None]) -> None:
    if not task.cancelled() and (error := task.result()):
        log.error("what nobody waited for any longer failed", task=task.get_name(), exc_info=error)
