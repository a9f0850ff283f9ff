"""The simulator from another process: the same phones, over its control address."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import aiohttp

from .nouns import SimulatorError, number_of
from .ordering import Ordering
from .phones import Customer, Phone, group_arguments
from .writing import Group


class SimulatorClient(Ordering):
    """A line to a running simulator. `async with SimulatorClient("http://127.0.0.1:8444") as sim:`."""

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")

    async def __aenter__(self) -> Self:
        # A wait for a message lasts as long as its own timeout says, not the session's.
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None, connect=5))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()

    async def phone(self, number: str, *, name: str) -> Phone:
        """A number that scans QR codes; made when it is not there yet."""
        await self.call("register", number=number, name=name)
        return Phone(self, number_of(number), name)

    async def customer(self, number: str, *, name: str) -> Customer:
        """A person who writes to such numbers; made when not there yet."""
        await self.call("register", number=number, name=name)
        return Customer(self, number_of(number), name)

    async def group(
        self, name: str, members: Sequence[Customer | str], admins: Sequence[Customer | str] = ()
    ) -> Group:
        """The group of that name with these people in it; made when there is none."""
        made = await self.call("make_group", **group_arguments(name, members, admins))
        return Group(self, made["id"], name)

    async def call(self, verb: str, **arguments: Any) -> Any:
        """Calls a verb. Raises SimulatorError when refused, TimeoutError when a wait was in vain."""
        async with self._http.post(f"{self._address}/control/{verb}", json=arguments) as response:
            if response.status == 408:
                raise TimeoutError(await response.text())
            if response.status != 200:
                raise SimulatorError(await response.text())
            return await response.json()

    async def put_media(self, data: bytes) -> str:
        """Stores bytes, answers their hash."""
        async with self._http.post(f"{self._address}/media", data=data) as response:
            response.raise_for_status()
            return str((await response.json())["filehash"])

    async def get_media(self, filehash: str) -> bytes:
        """The bytes of a hash."""
        async with self._http.get(f"{self._address}/media/{filehash}") as response:
            response.raise_for_status()
            return await response.read()
