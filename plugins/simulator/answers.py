"""What a page is answered when it asks for something, and what ordered faults make of the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from .faults import Block, DelayAcks, DropAcks, HangSends, RefuseSends
from .nouns import SimulatorError
from .page_requests import REQUESTS, SENDS, Page

Frame = dict[str, Any]


class Answers:
    """The answers to one page. `say` sends it a frame."""

    def __init__(self, page: Page, say: Callable[[Frame], Awaitable[None]]) -> None:
        self._page = page
        self._orders = page.exchange.orders
        self._say = say

    async def to(self, frame: Frame, tasks: asyncio.TaskGroup) -> None:
        """Does what a frame asks for, and answers: at once, later by one of `tasks`, or never."""
        faulty = frame["verb"] in SENDS
        if faulty and self._orders.take(HangSends, self._page.device):
            return
        answer = (self._refusal(frame) if faulty else None) or await self._work(frame)
        reply = {"type": "reply", "id": frame["id"], **answer}
        if faulty and self._orders.take(DropAcks, self._page.device):
            return
        if faulty and (late := self._orders.stands(DelayAcks, self._page.device)):
            tasks.create_task(self._say_late(reply, late.fault.seconds), name="late ack")
        else:
            await self._say(reply)

    def _refusal(self, frame: Frame) -> Frame | None:
        order = self._orders.take(RefuseSends, self._page.device)
        if order is None:
            return None
        word, result = str(order.fault.code or order.fault.result), order.fault.result
        if frame["verb"] != "send":  # only messages have a mark for it
            return {"error": f"the server refused: {word}"}
        return {"value": {"refused": word, "result": result}}

    async def _work(self, frame: Frame) -> Frame:
        try:
            if self._orders.stands(Block, self._page.device):
                raise SimulatorError("the page is blocked")
            return {"value": await REQUESTS[frame["verb"]](self._page, frame["body"])}
        except Exception as error:  # whatever it meets, the page must hear of it
            return {"error": f"{type(error).__name__}: {error}"}

    async def _say_late(self, reply: Frame, seconds: float | None) -> None:
        device = self._page.device
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._page.exchange.changes.until(lambda: not self._orders.stands(DelayAcks, device))
        await self._say(reply)
