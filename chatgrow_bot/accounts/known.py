"""Who tokens belong to, remembered: a request that shows a known one asks the database nothing."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ..hub import Identity

_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Verified:
    """Whose a token is, and how long that need not be asked again."""

    identity: Identity
    until: datetime


class Known:
    """The tokens and keys that were verified, by their SHA-256."""

    def __init__(self) -> None:
        self._verified: dict[bytes, Verified] = {}
        #: How often anything was revoked.
        self.revocations = 0
        #: Set at the next time; then there is another.
        self.revoked = asyncio.Event()

    def get(self, key: bytes, now: datetime) -> Identity | None:
        """Whose a token is, if it is known and not over."""
        found = self._verified.get(key)
        return found.identity if found and now < found.until else None

    def remember(self, key: bytes, verified: Verified, now: datetime, before: int) -> None:
        """Keep it, unless something was revoked since the count was `before`: the rows may have been read
        just before they changed."""
        if before != self.revocations:
            return
        if len(self._verified) >= _MOST:
            self._verified = {each: kept for each, kept in self._verified.items() if now < kept.until}
        if len(self._verified) < _MOST:
            self._verified[key] = verified

    def forget(self, whom: Callable[[Identity], bool]) -> None:
        """Something was revoked: ask again about these, and wake who waits for that."""
        self.revocations += 1
        self._verified = {key: kept for key, kept in self._verified.items() if not whom(kept.identity)}
        self.revoked.set()
        self.revoked = asyncio.Event()
