"""The way out to URLs. Every sink (media, plugins) uses this one client, so that none of them can
be talked into calling the machine's own network."""

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from ipaddress import ip_address
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from ..errors import BadInput, UrlRefused, UrlUnreachable
from ..plugin import HttpAnswer
from .gate import Gate
from .names import Names

REDIRECTS = 3
_REDIRECTING = frozenset({301, 302, 303, 307, 308})
#: All that follows a redirect to another host: any other header may be a credential.
_HARMLESS = frozenset({"accept", "accept-language", "content-type", "user-agent"})
_CHUNK = 64 * 1024


class SafeHttp:
    """Implements `plugin.Http`; lives as an async context manager and owns its connections.

    `allow` is read by `Gate`. Proxies and credentials of the environment are not used, cookies not kept.
    Raises UrlRefused for what may not be called, UrlUnreachable for what does not answer, BadInput for a body
    past its limit.
    """

    def __init__(self, allow: Iterable[str] = (), *, resolver: AbstractResolver | None = None) -> None:
        self._gate = Gate(allow)
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None
        self._names: _CheckedResolver | None = None

    async def __aenter__(self) -> Self:
        self._names = _CheckedResolver(self._resolver or Names(), self._gate)
        connector = aiohttp.TCPConnector(
            resolver=self._names,
            socket_factory=self._socket,
            use_dns_cache=False,  # a cached name would be checked once and used for long
            # None is shared out: who waits for a slow host would hold up whoever calls another, and on a
            # host that many use, the others. Each caller bounds how much he asks for at a time.
            limit=0,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "ChatGrowBot"},
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),  # each call brings its own deadline
            trust_env=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session:
            await self._session.close()
            self._session = None
        if self._names:
            await self._names.close()  # a connector closes only what it made itself

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        seconds: float = 15.0,
        max_bytes: int = 1 << 20,
        cut: bool = False,
        same_origin: bool = False,
    ) -> HttpAnswer:
        """One request, at most three redirects, whatever the status; `seconds` bounds it all. With
        `same_origin`, a redirect to another origin raises UrlRefused."""
        deadline = asyncio.get_running_loop().time() + seconds
        async with self._answered(method, url, headers or {}, data, deadline, same_origin) as answer:
            body = bytearray()
            with suppress(*(BadInput,) if cut else ()):
                async with aclosing(_body(answer, deadline, max_bytes)) as chunks:
                    async for chunk in chunks:
                        body += chunk
            return HttpAnswer(
                status=answer.status, headers=answer.headers, body=bytes(body), method=answer.method
            )

    def check(self, url: str) -> None:
        """Whether a URL may be called, as far as it says so itself. Raises UrlRefused."""
        self._gate.admit(url)

    async def stream(
        self, url: str, *, seconds: float = 60.0, max_bytes: int = 1 << 26
    ) -> AsyncIterator[bytes]:
        """The body of a GET in chunks. A status other than 2xx raises UrlUnreachable."""
        deadline = asyncio.get_running_loop().time() + seconds
        async with self._answered("GET", url, {}, None, deadline) as answer:
            if not 200 <= answer.status < 300:
                raise UrlUnreachable(f"'{answer.url.host}' answered with status {answer.status}")
            async with aclosing(_body(answer, deadline, max_bytes)) as chunks:
                async for chunk in chunks:
                    yield chunk

    @asynccontextmanager
    async def _answered(
        self,
        method: str,
        text: str,
        headers: Mapping[str, str],
        data: bytes | None,
        deadline: float,
        same_origin: bool = False,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Ask, follow redirects by hand, and hold the last answer open."""
        if any(mark in part for item in headers.items() for part in item for mark in "\r\n\0"):
            raise BadInput("A header holds a line break")
        url = self._gate.admit(text)
        for _ in range(1 + REDIRECTS):
            answer = await self._ask(method, url, headers, data, deadline)
            async with answer:
                if answer.status not in _REDIRECTING or "Location" not in answer.headers:
                    yield answer
                    return
                onward = self._gate.admit(_joined(url, answer.headers["Location"]))
            if answer.status not in (307, 308) and method not in ("GET", "HEAD"):
                method, data = "GET", None
                headers = {name: value for name, value in headers.items() if name.lower() != "content-type"}
            if onward.origin() != url.origin():
                if same_origin:
                    raise UrlRefused("it redirects to another host: enter that address")
                headers = {name: value for name, value in headers.items() if name.lower() in _HARMLESS}
            url = onward
        raise UrlRefused(f"'{url.host}' redirects more than {REDIRECTS} times")

    async def _ask(
        self, method: str, url: URL, headers: Mapping[str, str], data: bytes | None, deadline: float
    ) -> aiohttp.ClientResponse:
        if self._session is None:
            raise RuntimeError("SafeHttp is used outside its `async with`")
        with _explained(url):
            async with asyncio.timeout_at(deadline):
                return await self._session.request(
                    method, url, headers=headers, data=data, allow_redirects=False
                )

    def _socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, proto, _, address = info
        try:
            self._gate.connecting(ip_address(address[0]), int(address[1]))
        except UrlRefused as error:
            raise PermissionError(str(error)) from error  # what aiohttp expects a socket to fail with
        return socket.socket(family, kind, proto)


class _CheckedResolver(AbstractResolver):
    """Passes on a name's addresses only when all of them may be called."""

    def __init__(self, inner: AbstractResolver, gate: Gate) -> None:
        self._inner = inner
        self._gate = gate

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        for result in found:
            self._gate.resolved(host, port, ip_address(result["host"]))
        return found

    async def close(self) -> None:
        await self._inner.close()


async def _body(answer: aiohttp.ClientResponse, deadline: float, max_bytes: int) -> AsyncGenerator[bytes]:
    """The body as it comes, unpacked. Counted after unpacking, so that a small bomb is not a large answer."""
    left = max_bytes
    while True:
        # the deadline is set around each read alone: between two the caller is at work, not the server
        with _explained(answer.url):
            async with asyncio.timeout_at(deadline):
                chunk = await answer.content.read(_CHUNK)
        if not chunk:
            return
        left -= len(chunk)
        if left < 0:
            raise BadInput(f"'{answer.url.host}' answered with more than {max_bytes} bytes")
        yield chunk


def _joined(url: URL, location: str) -> str:
    try:
        return str(url.join(URL(location)))
    except ValueError as error:
        raise UrlRefused(f"'{url.host}' redirects to a URL that cannot be read") from error


@contextmanager
def _explained(url: URL) -> Iterator[None]:
    """Turn the library's errors into ours: they carry addresses, which a caller must not learn."""
    host = url.host
    try:
        yield
    except TimeoutError as error:
        raise UrlUnreachable(f"'{host}' did not answer in time") from error
    except aiohttp.ClientConnectorDNSError as error:
        raise UrlUnreachable(f"'{host}' is not a known name") from error
    except aiohttp.ClientSSLError as error:
        raise UrlUnreachable(f"'{host}' shows no valid certificate") from error
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, PermissionError):
            raise UrlRefused(f"'{host}' may not be called") from error
        raise UrlUnreachable(f"'{host}' cannot be reached") from error
    except (aiohttp.ClientError, OSError) as error:
        raise UrlUnreachable(f"'{host}' broke off the connection") from error
