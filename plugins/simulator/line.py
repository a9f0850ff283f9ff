"""How a handle of a phone reaches the simulator: in process or over HTTP."""

from __future__ import annotations

from typing import Any, Protocol


class Line(Protocol):
    """A way to the verbs."""

    async def call(self, verb: str, **arguments: Any) -> Any:
        """Calls a verb; JSON in, JSON out. Raises SimulatorError when the simulator refuses."""

    async def put_media(self, data: bytes) -> str:
        """Stores bytes, answers their hash."""

    async def get_media(self, filehash: str) -> bytes:
        """The bytes of a hash."""
