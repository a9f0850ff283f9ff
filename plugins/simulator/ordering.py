"""How a script makes things go wrong: the same calls on a simulator here and on a line to one elsewhere."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from .partings import Reason
from .phones import Customer


class Ordering(ABC):
    """The calls, over verbs. README.md has the table of the faults and what each shows.

    `of` narrows a fault to a handle, a number in any form, or one device, as `devices` names it.
    """

    @abstractmethod
    async def call(self, verb: str, **arguments: Any) -> Any:
        """Calls a verb. Raises SimulatorError when it is refused."""

    async def switch(self, **changes: Any) -> None:
        """Changes how the servers behave, by the names in switches.py. Raises SimulatorError on another."""
        await self.call("switch", **changes)

    async def order(self, fault: str, of: Customer | str | None = None, **details: Any) -> None:
        """Orders a fault by its name and details in faults.py, beside those that stand.

        Raises SimulatorError when there is no such fault, detail or number.
        """
        await self.call("order", fault=fault, of=_address(of), **details)

    async def heal(self, fault: str | None = None, of: Customer | str | None = None) -> int:
        """Takes orders back: of one name or all, for one or for all. Answers how many stood."""
        return int(await self.call("heal", fault=fault, of=_address(of)))

    async def orders(self) -> list[dict[str, Any]]:
        """The orders that stand, oldest first: name as `fault`, details, and `left`, how many times more."""
        standing: list[dict[str, Any]] = await self.call("orders")
        return standing

    async def ban(self, whom: Customer | str) -> None:
        """WhatsApp closes an account: its pages are logged out and none can be linked, over restarts too."""
        await self.call("ban", number=_address(whom))

    async def pardon(self, whom: Customer | str) -> None:
        """The account is open again; its pages have to be linked anew."""
        await self.call("pardon", number=_address(whom))

    async def devices(self, whom: Customer | str) -> list[str]:
        """The pages linked to a number, oldest first, as `of` takes one: `972501234567:3`."""
        found = await self.call("devices", number=_address(whom))
        return [f"{device['number']}:{device['id']}" for device in found]

    async def log_out(self, whom: Customer | str, reason: str = Reason.UNKNOWN_COMPANION) -> None:
        """WhatsApp logs the linked pages of a number out, for one of the reasons in partings.py."""
        await self.call("unlink", number=_address(whom), reason=reason)

    async def open_elsewhere(self, of: Customer | str) -> int:
        """Opens the login in another browser: the pages that have it stand still. Answers how many."""
        return int(await self.call("open_elsewhere", of=_address(of)))

    async def rest_codes(self) -> None:
        """The QR codes shown now run out: their pages rest until somebody asks for another."""
        await self.call("rest_codes")

    async def repeats(self, whom: Customer | str) -> int:
        """How often the number's pages sent what the server had already, dropped or not."""
        return int(await self.call("repeats", number=_address(whom)))


def _address(whom: Customer | str | None) -> str | None:
    return whom.number if isinstance(whom, Customer) else whom
