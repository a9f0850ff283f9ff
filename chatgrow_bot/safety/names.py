"""Names become addresses as the machine has it, in threads of their own: a look-up that nobody answers takes
half a minute, and the event loop's few threads would then be missing everywhere else."""

import asyncio
import socket
from contextlib import suppress
from threading import Thread
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

#: Look-ups at a time. One that hangs holds a thread, and no more than that.
_THREADS = 256

_Found = list[tuple[Any, Any, int, str, Any]]


class Names(AbstractResolver):
    """Asks the machine."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(_THREADS)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name. Raises OSError."""
        found = await self._asked(host, port, family)
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=int(address[1]),
                family=kind,
                proto=proto,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, proto, _, address in found
        ]

    async def _asked(self, host: str, port: int, family: socket.AddressFamily) -> _Found:
        """In a daemon thread: an exit of the process waits for an executor's, and not for these."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[_Found] = loop.create_future()

        def tell(found: _Found, error: Exception | None) -> None:
            self._free.release()
            if answer.done():  # nobody waits any longer
                return
            if error:
                answer.set_exception(error)
            else:
                answer.set_result(found)

        def work() -> None:
            found: _Found = []
            failed: Exception | None = None
            try:
                found = _look_up(host, port, family)
            except Exception as error:
                failed = error
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(tell, found, failed)

        await self._free.acquire()  # given back once the thread ends, however long that takes
        try:
            Thread(target=work, name="names", daemon=True).start()
        except RuntimeError as error:
            self._free.release()
            raise OSError("no thread can be started") from error
        return await answer

    async def close(self) -> None:
        """Wait for none of those that hang."""


def _look_up(host: str, port: int, family: socket.AddressFamily) -> _Found:
    try:
        return socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    except UnicodeError as error:  # a part of it is empty, or longer than a name's may be
        raise OSError("this is no host's name") from error
