"""Who waits where: one message at a time per chat, and no connection in another's way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chatgrow_bot.inbox.lanes import AT_ONCE, Lanes
from chatgrow_bot.store.inbox import Job


class Works:
    """Notes what is worked on; each piece of work ends when a test lets it."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.gate = asyncio.Event()

    async def __call__(self, message_id: str) -> None:
        self.begun.append(message_id)
        await self.gate.wait()


@asynccontextmanager
async def lanes(works: Works) -> AsyncIterator[Lanes]:
    async with asyncio.TaskGroup() as tasks:
        yield Lanes(tasks, works)
        works.gate.set()


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_so_many_chats_of_a_connection_are_worked_on_at_once_and_those_of_another_do_not_wait() -> None:
    works = Works()
    async with lanes(works) as line:
        for number in range(AT_ONCE + 50):
            line.enter(Job("busy", f"chat {number}", f"busy {number}"))
        line.enter(Job("quiet", "chat", "quiet"))
        await settled()
        assert len(works.begun) == AT_ONCE + 1
        assert "quiet" in works.begun
    assert len(works.begun) == AT_ONCE + 51


async def test_a_chat_with_many_messages_lets_others_go_between() -> None:
    works = Works()
    async with lanes(works) as line:
        for number in range(AT_ONCE - 1):
            line.enter(Job("shop", f"held {number}", "held"))
        for number in range(3):
            line.enter(Job("shop", "a", f"a{number}"))
        line.enter(Job("shop", "b", "b0"))
        await settled()
        works.begun.clear()
    assert works.begun == ["b0", "a1", "a2"]


async def test_who_waits_under_a_linked_id_stands_behind_those_who_wait_under_the_number() -> None:
    works = Works()
    async with lanes(works) as line:
        for name in ("lid", "number"):
            for number in range(3):
                line.enter(Job("shop", name, f"{name}{number}"))
        await settled()
        line.join("shop", "lid", "number")
        line.join("shop", "nobody", "number")
        line.enter(Job("shop", "number", "last"))
    assert works.begun == ["lid0", "number0", "number1", "number2", "lid1", "lid2", "last"]


async def test_a_lane_that_is_joined_goes_on_under_its_new_name() -> None:
    works = Works()
    async with lanes(works) as line:
        line.enter(Job("shop", "lid", "1"))
        line.enter(Job("shop", "lid", "2"))
        await settled()
        line.join("shop", "lid", "number")
        line.enter(Job("shop", "number", "3"))
        await settled()
        assert works.begun == ["1"]
    assert works.begun == ["1", "2", "3"]
