"""Passwords, hashed off the loop and few at once: a hash is slow on purpose, a flood of them an attack."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ..errors import BadInput, RateLimitExceeded

LONGEST = 1024  #: characters
_SHORTEST, _DIFFERENT = 10, 5
_AT_ONCE, _IN_LINE = 2, 20


def hasher() -> PasswordHasher:
    """What makes a hash, in about a tenth of a second on a small machine."""
    return PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)


class Passwords:
    """argon2id, at most two hashes at a time."""

    def __init__(self) -> None:
        self._argon2 = hasher()
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._in_line = 0
        # Checked for a user there is not, so that this takes as long as for one there is.
        self._nobody = self._argon2.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        """The hash to keep. Raises BadInput for a password that is easily guessed."""
        if not _SHORTEST <= len(password) <= LONGEST:
            raise BadInput(f"A password has {_SHORTEST} to {LONGEST} characters")
        if len(set(password.lower())) < _DIFFERENT:
            raise BadInput(f"A password has at least {_DIFFERENT} different characters")
        async with self._slot():
            return await asyncio.to_thread(self._argon2.hash, password)

    async def check(self, kept: str | None, password: str) -> bool:
        """Whether a password fits the kept hash; None (no such user) takes as long and fits nothing.

        Raises RateLimitExceeded when too many wait already.
        """
        async with self._slot():
            fits = await asyncio.to_thread(self._fits, kept or self._nobody, password)
        return fits and kept is not None

    def _fits(self, kept: str, password: str) -> bool:
        try:
            return self._argon2.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        if self._in_line >= _IN_LINE:
            raise RateLimitExceeded("Too many logins at this moment", retry_after=2)
        self._in_line += 1
        try:
            async with self._turn:
                yield
        finally:
            self._in_line -= 1
