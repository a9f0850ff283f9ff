"""Chats are marked as read a few at a time, each once for all that was asked meanwhile."""

import asyncio
from datetime import UTC, datetime

from chatgrow_bot.inbox.seen import Seen
from chatgrow_bot.messages import Inbound

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def message(connection: str, number: int) -> Inbound:
    chat = f"1555{number:07}@c.us"
    return Inbound(
        id="m", tenant="u", connection_id=connection, chat=chat, wa_id="W", sent_at=NOW, received_at=NOW
    )


async def test_a_connection_has_five_under_way_at_most_and_holds_up_no_other() -> None:
    under_way, marked = list[str](), list[tuple[str, str]]()
    most, five, gate, all_are_marked = 0, asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def mark(tenant: str, connection: str, chat: str) -> None:
        nonlocal most
        if connection == "shop":
            under_way.append(chat)
            most = max(most, len(under_way))
            if len(under_way) == 5:
                five.set()
            await gate.wait()
            under_way.remove(chat)
        marked.append((connection, chat))
        if connection == "other":
            gate.set()
        if len(marked) == 101:
            all_are_marked.set()

    seen = Seen(mark)
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(seen.run())
        for number in range(100):
            for _ in range(2):
                seen.note(message("shop", number))
        await five.wait()
        seen.note(message("other", 1))
        await all_are_marked.wait()
        running.cancel()
    assert most == 5
    assert len(set(marked)) == 101
