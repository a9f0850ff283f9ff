"""Waiting for something to become true without polling: look, and look again whenever anything changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


class Changes:
    """One bell for the whole network: rung at every change, heard by everyone who waits."""

    def __init__(self) -> None:
        self._bell = asyncio.Event()

    def ring(self) -> None:
        """Something changed."""
        self._bell.set()
        self._bell = asyncio.Event()

    async def until(self, look: Callable[[], Value]) -> Value:
        """Answers the first true value `look` gives, now or after some change."""
        while not (value := look()):
            await self._bell.wait()
        return value
