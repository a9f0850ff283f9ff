"""What a page holds of the time in which nobody listened. Chats are read one by one: one that cannot be read
keeps out none of the others, and is owed until it can."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from chatgrow_bot.engine import Ack, Arrival, Inlet
from chatgrow_bot.errors import EngineError

from .page import Loading, NoAnswer, Page, SaidNo, converted
from .reports import AckReport, Message, readable
from .unswept import TRIES, Unswept

#: Seconds that the page may take to look something up.
LOOKING_SECONDS = 60.0


class ChatTold(msgspec.Struct, frozen=True):
    """What the bridge's `messagesSince` answers; whether it is all that was written since then."""

    told: list[Any]
    whole: bool


class Sweeping:
    """Of one session."""

    def __init__(self, page: Page, unswept: Unswept, inlet: Inlet, log: Any) -> None:
        self._page = page
        self._unswept = unswept
        self._inlet = inlet
        self._log = log

    async def sweep(self, since: datetime) -> AsyncIterator[Arrival]:
        """Messages sent at or after `since`, oldest first, and every unread one."""
        start = int(since.timestamp())
        chats = await self._page.call("chatsSince", start, seconds=LOOKING_SECONDS)
        asked = self._unswept.with_these(chats, start)
        messages: list[Message] = []
        failed: list[str] = []
        for chat, back_to in asked.items():
            found, whole = await self._chat(chat, back_to)
            messages += found
            if not whole:
                failed.append(chat)
        for message in sorted(messages, key=lambda each: each.sent_at):
            yield message.arrival()
        await self._note(asked, failed)  # what was read counts as read once it is in other hands

    async def _chat(self, chat: str, start: int) -> tuple[list[Message], bool]:
        """What it holds since then, as far as it can be read, and whether that is all."""
        try:
            raw = await self._page.call("messagesSince", chat, start, seconds=LOOKING_SECONDS)
        except (SaidNo, NoAnswer) as error:
            if isinstance(error, Loading) or await self._page.is_stuck():
                raise
            self._log.warning("a chat could not be swept", error=type(error).__name__)
            return [], False
        answer = converted(raw, ChatTold)
        messages, refused = readable(answer.told)
        if refused:
            self._log.warning("messages found by the sweep were refused", count=refused)
        return messages, answer.whole

    async def _note(self, asked: Mapping[str, int], failed: Sequence[str]) -> None:
        try:
            first, last = await asyncio.to_thread(self._unswept.note, asked, failed)
        except OSError as error:
            raise EngineError(f"which chats were not read cannot be noted: {error.strerror}") from error
        if first:
            self._inlet.troubled(
                f"{first} chat(s) could not be read whole; they are tried again with the next sweeps"
            )
        if last:
            self._inlet.troubled(
                f"{last} chat(s) could not be read whole by {TRIES} sweeps and are not tried again: only the "
                "phone shows what came in them while the hub was away"
            )

    async def progress(self, since: datetime) -> AsyncIterator[Ack]:
        """How far our own messages that were sent at or after `since` have come."""
        start = int(since.timestamp())
        for chat in await self._page.call("chatsSince", start, seconds=LOOKING_SECONDS):
            try:
                told = await self._page.call("progressIn", chat, start, seconds=LOOKING_SECONDS)
            except SaidNo as error:  # the next time may do; one chat keeps out none of the others
                self._log.warning("a chat's acks could not be read", error=error.code)
                continue
            for each in converted(told, list[AckReport]):
                yield each.known()
