"""The verbs by which things are made to go wrong, beside what phones do; in process and over HTTP."""

from __future__ import annotations

from typing import Any

from .desk import Desk, Json
from .faults import fault_named
from .nouns import Device, SimulatorError
from .orders import Orders, whom

FAULT_VERBS = (
    "switch", "order", "heal", "orders", "ban", "pardon", "open_elsewhere", "rest_codes", "repeats",
)  # fmt: skip


class FaultVerbs(Desk):
    """What WhatsApp, the network and the browser may do to an account."""

    async def switch(self, **changes: Any) -> None:
        """Changes how the servers behave, by the names in switches.py."""
        self._exchange.switches.change(changes)

    async def order(self, *, fault: str, of: str | None = None, **details: Any) -> None:
        """Orders a fault by its name in faults.py: for everybody, a number, or a device of a number."""
        self._orders.place(fault_named(fault, details | {"of": self._whom(of)}))

    async def heal(self, *, fault: str | None = None, of: str | None = None) -> int:
        """Takes orders back: by name or all, for one or for all. Answers how many stood."""
        return self._orders.heal(fault, self._whom(of))

    async def orders(self) -> list[Json]:
        """The orders that stand, oldest first, with `left`: how many times more (None: until healed)."""
        return self._orders.all()

    async def ban(self, *, number: str) -> None:
        """WhatsApp closes the account, over restarts too."""
        self._exchange.partings.ban(self._number(number))

    async def pardon(self, *, number: str) -> None:
        """WhatsApp opens the account again."""
        self._exchange.partings.pardon(self._number(number))

    async def open_elsewhere(self, *, of: str) -> int:
        """The login is used in another browser: the pages that have it stand still. Answers how many."""
        address = self._whom(of)
        pages = [page for page in self._sessions if page.device and _is(page.device, address)]
        for page in pages:
            await page.stand_still()
        return len(pages)

    async def rest_codes(self) -> None:
        """The QR codes that are shown now run out, however many were to follow."""
        for page in self._sessions:
            page.rest()

    async def repeats(self, *, number: str) -> int:
        """How often a number's pages sent a message under an id that the server had already."""
        return self._exchange.repeats[self._number(number)]

    @property
    def _orders(self) -> Orders:
        return self._exchange.orders

    def _number(self, address: str) -> str:
        return self._exchange.person(whom(address).partition(":")[0]).number

    def _whom(self, address: str | None) -> str | None:
        """The number or device an address names. Raises SimulatorError when there is no such one."""
        if address is None:
            return None
        number, named = self._number(address), whom(address)
        devices = self._exchange.state.devices(number)
        if named != number and not any(_is(device, named) for device in devices):
            raise SimulatorError(f"+{number} has no device {named!r}")
        return named


def _is(device: Device, address: str | None) -> bool:
    return address in {device.number, f"{device.number}:{device.id}"}
