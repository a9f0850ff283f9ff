"""The simulator as one object: enter it, and there is a WhatsApp with phones on this machine."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .nouns import number_of
from .ordering import Ordering
from .phones import Customer, Phone, group_arguments
from .server import running
from .switches import Switches
from .writing import Group


class Simulator(Ordering):
    """`async with Simulator(folder) as sim:`; `folder` keeps the network over restarts.

    `port` is where the page is served over TLS: the browser is told to find web.whatsapp.com there.
    `address` is the control address for other processes.
    """

    def __init__(
        self, folder: Path, *, port: int = 0, control_port: int = 0, switches: Switches | None = None
    ) -> None:
        self.port = port
        self._control_port = control_port
        self._folder = folder
        self._switches = switches or Switches()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            server = running(
                self._folder, port=self.port, control_port=self._control_port, switches=self._switches
            )
            entered = await stack.enter_async_context(server)
            self._verbs, self._media, self.port, self._control_port = entered
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    @property
    def address(self) -> str:
        """The control address."""
        return f"http://127.0.0.1:{self._control_port}"

    def phone(self, number: str, *, name: str) -> Phone:
        """A number that scans QR codes; made when it is not there yet."""
        self._verbs.register(number=number, name=name)
        return Phone(self, number_of(number), name)

    def customer(self, number: str, *, name: str) -> Customer:
        """A person who writes to such numbers; made when not there yet."""
        self._verbs.register(number=number, name=name)
        return Customer(self, number_of(number), name)

    def group(
        self, name: str, members: Sequence[Customer | str], admins: Sequence[Customer | str] = ()
    ) -> Group:
        """The group of that name with these people in it; made when there is none."""
        made = self._verbs.make_group(**group_arguments(name, members, admins))
        return Group(self, made["id"], name)

    async def call(self, verb: str, **arguments: Any) -> Any:
        """Calls a verb in this process."""
        value = getattr(self._verbs, verb)(**arguments)
        return await value if inspect.isawaitable(value) else value

    async def put_media(self, data: bytes) -> str:
        """Stores bytes, answers their hash."""

        async def whole() -> AsyncIterator[bytes]:
            yield data

        return (await self._media.put(whole()))[0]

    async def get_media(self, filehash: str) -> bytes:
        """The bytes of a hash."""
        return self._media.path(filehash).read_bytes()


async def serve(
    folder: Path,
    port: int = 8443,
    control_port: int = 8444,
    *,
    announce: Callable[[Simulator], None] | None = None,
    switches: Switches | None = None,
) -> None:
    """Runs a simulator until cancelled. `announce` is called once, with the running one."""
    async with Simulator(folder, port=port, control_port=control_port, switches=switches) as simulator:
        if announce:
            announce(simulator)
        await asyncio.get_running_loop().create_future()
