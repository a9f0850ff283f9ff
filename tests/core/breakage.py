"""A transaction that breaks in the middle, beneath a hub that runs."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event


class Breakage:
    """Breaks the transaction that ends a way in, at the n-th change that it makes, until it is mended."""

    def __init__(self, at: int) -> None:
        self._at = at
        self._counts: dict[Any, int] = {}  #: such statements, by the connection that is in it
        self._loop = asyncio.get_running_loop()
        self.happened = asyncio.Event()
        self.mended = False

    @contextmanager
    def there(self) -> Iterator["Breakage"]:
        hooks = (("before_cursor_execute", self._before), ("rollback", self._over), ("commit", self._over))
        for name, heard in hooks:
            event.listen(Engine, name, heard)
        try:
            yield self
        finally:
            for name, heard in hooks:
                event.remove(Engine, name, heard)

    def _before(self, conn: Any, cursor: Any, words: str, *_: Any) -> None:
        if words.startswith("DELETE FROM jobs"):
            self._counts[conn] = 0
        if conn not in self._counts or self.mended or words.startswith("SELECT"):
            return
        if self._counts[conn] == self._at:
            self._loop.call_soon_threadsafe(self.happened.set)
            raise RuntimeError("broken")
        self._counts[conn] += 1

    def _over(self, conn: Any) -> None:
        self._counts.pop(conn, None)
