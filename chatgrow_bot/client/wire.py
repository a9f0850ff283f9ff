"""Requests and their answers. What is safe to ask again is asked again, for a while: what only reads, and
what goes under an Idempotency-Key; anything else only when it certainly never left."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec
from yarl import URL

from ..clock import Clock
from ..errors import BadInput
from .errors import (
    ApiError,
    ClientError,
    NoAnswer,
    NotLoggedIn,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
    error_of,
)
from .login import Caller

T = TypeVar("T")

#: Seconds: until a connection is there, for an answer (a QR code may be waited for), between two tries.
_CONNECT, _ANSWER, _FIRST, _LONGEST = 10.0, 90.0, 0.25, 5.0
#: And in which a live stream that says nothing at all counts as dead; the hub says something every 20.
_SILENCE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One thing to ask of the hub."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: object = None  #: sent as JSON
    form: Callable[[], aiohttp.FormData] | None = None  #: instead; made anew for each try
    key: str = ""  #: Idempotency-Key: by it the hub knows a repeat
    again: bool = False  #: doing it twice does no more than doing it once
    fine: Collection[int] = ()  #: statuses of errors whose body is an answer all the same
    accept: str = "application/json"

    @property
    def is_safe(self) -> bool:
        """Whether it may be asked again when it is not known what became of it."""
        return self.again or self.method == "GET" or bool(self.key)

    def headers(self, token: str) -> dict[str, str]:
        """Its headers."""
        found = {"Accept": self.accept}
        if token:
            found["Authorization"] = f"Bearer {token}"
        if self.key:
            found["Idempotency-Key"] = self.key
        if self.body is not None:
            found["Content-Type"] = "application/json"
        return found


class Wire:
    """The way to one hub. Lives as an async context manager."""

    def __init__(self, url: str, caller: Caller, clock: Clock, patience: float) -> None:
        """`patience`: seconds for which what is safe to ask again is asked again."""
        self.url = _address(url)
        self.clock = clock
        self._caller, self.patience = caller, patience
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(
            headers={"User-Agent": "ChatGrowBot-Client"},
            timeout=aiohttp.ClientTimeout(total=_ANSWER, sock_connect=_CONNECT),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._http:
            if token := self._caller.ended():
                with suppress(ClientError, asyncio.CancelledError):  # it ends by itself, only later
                    await self._answer(Call(method="POST", path="/api/auth/logout"), token)
            await self._http.close()
            self._http = None

    async def get(self, kind: type[T], path: str, /, *, fine: Collection[int] = (), **query: Any) -> T:
        """Look at something."""
        return self.read(kind, await self.raw(Call(method="GET", path=path, query=_given(query), fine=fine)))

    async def post(self, kind: type[T], path: str, body: object = None, /, **query: Any) -> T:
        """Do something; not again when it is not known whether it was done."""
        call = Call(method="POST", path=path, body=body, query=_given(query))
        return self.read(kind, await self.raw(call))

    async def delete(self, path: str) -> bytes:
        """Take something away."""
        return await self.raw(Call(method="DELETE", path=path))

    def read(self, kind: type[T], body: bytes) -> T:
        """An answer's body. Raises UnexpectedAnswer."""
        try:
            return msgspec.json.decode(body, type=kind)
        except msgspec.MsgspecError as error:
            raise UnexpectedAnswer(f"{self.url} answered what cannot be read: {error}") from error

    async def raw(self, call: Call) -> bytes:
        """The body of an answer, asked for again where that is safe. Raises ApiError, Unreachable; NoAnswer
        if any of the tries may have been heard, whatever became of the last."""
        end: float | None = None
        wait, lost = _FIRST, None
        while True:
            try:
                return await self._once(call)
            except (Unreachable, Unavailable, RateLimited) as error:
                now = self.clock.monotonic()
                end = now + self.patience if end is None else end  # an answer may take its time
                pause = wait * random.uniform(0.5, 1.5)  # noqa: S311 (that not all come back at once)
                if isinstance(error, ApiError) and error.retry_after is not None:
                    pause = max(pause, error.retry_after)
                never_left = isinstance(error, Unreachable) and not isinstance(error, NoAnswer)
                lost = error if isinstance(error, NoAnswer) else lost
                if not (call.is_safe or never_left) or now + pause > end:
                    if lost is None or lost is error or call.method == "GET":
                        raise
                    raise lost from error
            await self.clock.sleep(pause)
            wait = min(2 * wait, _LONGEST)

    async def _once(self, call: Call) -> bytes:
        token = await self._token()
        try:
            return await self._answer(call, token)
        except NotLoggedIn:
            if not await self.renewed(token):
                raise
        return await self._answer(call, await self._token())

    async def _token(self) -> str:
        return await self._caller.token(self._unknown, self.clock.monotonic())

    async def renewed(self, refused: str) -> bool:
        """Whether there is another token for one that the hub refused."""
        return await self._caller.renewed(self._unknown, self.clock.monotonic(), refused)

    async def _unknown(self, path: str, body: Mapping[str, Any]) -> bytes:
        """Ask as somebody who has no token yet."""
        return await self._answer(Call(method="POST", path=path, body=body), "")

    async def _answer(self, call: Call, token: str) -> bytes:
        # a file takes as long as it takes to get there; the hub's answer to it does not
        whole = None if call.form else _ANSWER
        within = aiohttp.ClientTimeout(total=whole, sock_connect=_CONNECT, sock_read=_ANSWER)
        async with self._asked(call, token, within) as it:
            return await it.read()

    @asynccontextmanager
    async def stream(
        self, call: Call, headers: Mapping[str, str]
    ) -> AsyncIterator[tuple[aiohttp.StreamReader, str]]:
        """An answer that goes on, with the token that opened it. Raises ApiError, Unreachable; NoAnswer also
        when it breaks off, and UnexpectedAnswer for one of another kind."""
        token = await self._token()
        quiet = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT, sock_read=_SILENCE)
        async with self._asked(call, token, quiet, headers) as answer:
            if answer.content_type != call.accept:
                raise UnexpectedAnswer(f"{self.url} answered {answer.content_type}, and no {call.accept}")
            yield answer.content, token

    @asynccontextmanager
    async def _asked(
        self, call: Call, token: str, within: aiohttp.ClientTimeout, more: Mapping[str, str] | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        if self._http is None:
            raise RuntimeError("the client is used outside its `async with`")
        data = call.form() if call.form else None if call.body is None else msgspec.json.encode(call.body)
        try:
            async with self._http.request(
                call.method,
                f"{self.url}{call.path}",
                params=call.query,
                data=data,
                headers={**call.headers(token), **(more or {})},
                allow_redirects=False,  # a token goes where it was meant to go
                timeout=within,
            ) as answer:
                if answer.status >= 400 and answer.status not in call.fine:
                    raise error_of(answer.status, await answer.read(), answer.headers)
                if 300 <= answer.status < 400:
                    raise UnexpectedAnswer(f"{self.url} redirects to {answer.headers.get('Location', '?')}")
                yield answer
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unreachable(f"{self.url} cannot be reached ({_reason(error)})") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NoAnswer(f"{self.url} broke off before its answer was there ({_reason(error)})") from error


class Calls:
    """Some of what may be asked of a hub, by topic."""

    _wire: Wire


def part(text: str) -> str:
    """An id as a part of a path. Raises BadInput for what is none."""
    if text in ("", ".", ".."):
        raise BadInput(f"'{text}' is no id")
    return quote(text, safe="")


def _given(query: Mapping[str, Any]) -> dict[str, str]:
    """What was given of a query, as text."""
    given = {name: each for name, each in query.items() if each is not False and each not in (None, "")}
    return {name: "true" if each is True else str(msgspec.to_builtins(each)) for name, each in given.items()}


def _address(url: str) -> str:
    try:
        parsed = URL(url)
    except ValueError:
        parsed = URL()
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise BadInput(f"'{url}' is no address of a hub, as http://127.0.0.1:3000 is")
    return str(parsed.with_query(None).with_fragment(None)).rstrip("/")


def _reason(error: Exception) -> str:
    """Why, without an address: that stands in the sentence already."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    inner = getattr(error, "os_error", None) or error
    number = getattr(inner, "errno", None)
    return os.strerror(number) if number and number > 0 else str(inner) or type(inner).__name__
