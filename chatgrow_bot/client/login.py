"""Who calls: a fixed token (an API key, or an access token), or a login that renews itself."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import msgspec

from .errors import NotLoggedIn, UnexpectedAnswer, Unreachable

#: Seconds before its end at which a token is renewed: it must still be good when it arrives.
_EARLY = 30.0
#: A call of the hub without a token: path and body; its answer's bytes.
Post = Callable[[str, Mapping[str, Any]], Awaitable[bytes]]


class Caller(Protocol):
    """Who calls."""

    async def token(self, post: Post, now: float) -> str:
        """What to show the hub; empty for a stranger."""
        ...

    async def renewed(self, post: Post, now: float, refused: str) -> bool:
        """The hub refused a token: whether there is another one by now."""
        ...

    def ended(self) -> str:
        """The caller is done: the token to log out with; empty where there is nothing to end."""
        ...


class Token:
    """Implements Caller for an API key or an access token that somebody else looks after."""

    def __init__(self, text: str) -> None:
        self._text = text

    async def token(self, post: Post, now: float) -> str:
        """The same, always."""
        return self._text

    async def renewed(self, post: Post, now: float, refused: str) -> bool:
        """Never."""
        return False

    def ended(self) -> str:
        """Nothing: who made it ends it."""
        return ""


class _Tokens(msgspec.Struct, frozen=True, rename="camel"):
    access_token: str
    refresh_token: str
    expires_in: float

    def __repr__(self) -> str:
        return "<tokens>"


class Login:
    """Implements Caller for a name and a password: logs in when first needed, renews before the token ends.

    A refresh token is good once. So there is one renewal at a time, and where its answer was lost the next
    step is to log in again, never to show the old one: the hub would take it for stolen.
    """

    def __init__(self, username: str, password: str) -> None:
        self._body = {"username": username, "password": password}
        self._tokens: _Tokens | None = None
        self._until = 0.0
        self._renewing = asyncio.Lock()

    def __repr__(self) -> str:
        return f"<login of {self._body['username']}>"

    async def token(self, post: Post, now: float) -> str:
        """One that is good for a while."""
        async with self._renewing:
            if self._tokens is None or now >= self._until - _EARLY:
                await self._renew(post, now)
            assert self._tokens  # noqa: S101 (for the type checker)
            return self._tokens.access_token

    async def renewed(self, post: Post, now: float, refused: str) -> bool:
        """Whether there is another; another call may have got it meanwhile."""
        async with self._renewing:
            if self._tokens and self._tokens.access_token == refused:
                await self._renew(post, now)
            return True

    async def _renew(self, post: Post, now: float) -> None:
        old, self._tokens = self._tokens, None
        if old:
            try:
                self._keep(await post("/api/auth/refresh", {"refreshToken": old.refresh_token}), now)
            except (NotLoggedIn, Unreachable):
                old = None
            else:
                return
        self._keep(await post("/api/auth/login", self._body), now)

    def ended(self) -> str:
        """The token of the login, if there was one, to log out with: from here on there is none."""
        last, self._tokens = self._tokens, None
        return last.access_token if last else ""

    def _keep(self, body: bytes, now: float) -> None:
        try:
            self._tokens = msgspec.json.decode(body, type=_Tokens)
        except msgspec.MsgspecError as error:
            raise UnexpectedAnswer(f"The answer to the login cannot be read: {error}") from error
        self._until = now + self._tokens.expires_in
