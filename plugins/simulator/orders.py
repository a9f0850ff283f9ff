"""Which faults stand now, for whom, and how many times more. Kept in memory: each start is a fair one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from .changes import Changes
from .faults import NAMES, PAGE_FAULTS, AnyFault, Counted, Fault, Passing
from .nouns import Device, SimulatorError, number_of, unknown

F = TypeVar("F", bound=Fault)


@dataclass(slots=True, kw_only=True, eq=False)
class Order(Generic[F]):
    """A fault that was ordered. `left`: how many times more; None: until it is healed."""

    fault: F
    left: int | None
    healed: bool = False


class Orders:
    """The standing orders, oldest first. `changes` is rung whenever they are others."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._standing: list[Order[Any]] = []

    def place(self, fault: AnyFault) -> None:
        """Orders a fault, beside those that stand."""
        times = fault.times if isinstance(fault, Counted) else None
        order = Order(fault=fault, left=times)
        self._standing.append(order)
        self._changes.ring()
        if isinstance(fault, Passing) and fault.seconds is not None:
            asyncio.get_running_loop().call_later(fault.seconds, self._end, [order])

    def heal(self, name: str | None, of: str | None) -> int:
        """Takes back what was ordered by that name and for that one (None: all); answers how many."""
        if name is not None and name not in NAMES:
            raise SimulatorError(unknown("fault", name, NAMES))
        healed = [
            order for order in self._standing if name in (None, _name(order)) and of in (None, order.fault.of)
        ]
        self._end(healed)
        return len(healed)

    def _end(self, orders: list[Order[Any]]) -> None:
        for order in orders:
            order.healed = True
        self._standing = [order for order in self._standing if not order.healed]
        self._changes.ring()

    def all(self) -> list[dict[str, Any]]:
        """What stands, as JSON objects with `left`, how many times more."""
        return [{**msgspec.to_builtins(order.fault), "left": order.left} for order in self._standing]

    def stands(self, kind: type[F], who: Device | str | None) -> Order[F] | None:
        """The oldest order of this kind for a device or number, left as it is."""
        for order in self._standing:
            if isinstance(order.fault, kind) and _meets(order.fault.of, who):
                return order
        return None

    def take(self, kind: type[F], who: Device | str | None) -> Order[F] | None:
        """The same, used once."""
        order = self.stands(kind, who)
        if order and order.left is not None:
            order.left -= 1
            if order.left == 0:
                self._standing.remove(order)
        return order

    def on_page(self, who: Device | None) -> list[dict[str, Any]]:
        """What the page of a device has to do itself."""
        return [
            msgspec.to_builtins(order.fault)
            for order in self._standing
            if isinstance(order.fault, PAGE_FAULTS) and _meets(order.fault.of, who)
        ]


def whom(address: str) -> str:
    """A number (digits only), or a number with a device (`972501234567:3`), from any form of either."""
    _, colon, device = address.partition("@")[0].partition(":")
    return number_of(address) + colon + device


def _name(order: Order[Any]) -> str:
    return str(msgspec.to_builtins(order.fault)["fault"])


def _meets(of: str | None, who: Device | str | None) -> bool:
    if of is None or who is None:
        return of is None
    return of in ({who} if isinstance(who, str) else {who.number, f"{who.number}:{who.id}"})
