"""The way of stanzas to one page: in order and at once, unless a fault stands that says otherwise.

What is held here is not lost with the page: the server keeps a stanza until the page has stored it.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .faults import DelayAcks, Duplicate, Reorder
from .nouns import Device, Stanza
from .orders import Order, Orders
from .state import State


@dataclass(slots=True, kw_only=True)
class _Held:
    """Stanzas that wait for `due` (the loop's clock), or for their order to be healed."""

    order: Order[Any]
    due: float
    stanzas: list[Stanza]


class Road:
    """What is on its way to a device."""

    def __init__(self, state: State, orders: Orders, device: Device) -> None:
        self._state = state
        self._orders = orders
        self._device = device
        self._last = 0
        self._gathering: _Held | None = None
        self._late: list[_Held] = []
        self._clock = asyncio.get_running_loop().time

    def has_news(self) -> bool:
        """Whether there is something to tell now."""
        return bool(self._state.stanzas(self._device, self._last)) or any(map(self._is_due, self._held()))

    def due(self) -> float | None:
        """When what is held is to be told at the latest, by the loop's clock; None: no such time."""
        return min((held.due for held in self._held() if held.due < math.inf), default=None)

    def take(self) -> Iterator[Stanza]:
        """What is to be told now, in the order in which to tell it; each copy by itself."""
        for stanza in self._state.stanzas(self._device, self._last):
            self._last = stanza.seq
            match stanza.kind:
                case "message":
                    yield from self._copies(self._gather(stanza))
                case "receipt":
                    yield from self._receipt(stanza)
                case _:
                    yield stanza
        yield from self._copies(self._overdue())

    def _held(self) -> list[_Held]:
        return [*self._late, *([self._gathering] if self._gathering else [])]

    def _is_due(self, held: _Held) -> bool:
        return held.order.healed or held.due <= self._clock()

    def _hold(self, order: Order[Any], seconds: float | None) -> _Held:
        due = math.inf if seconds is None else self._clock() + seconds
        return _Held(order=order, due=due, stanzas=[])

    def _gather(self, stanza: Stanza) -> list[Stanza]:
        if self._gathering is None:
            order = self._orders.take(Reorder, self._device)
            if order is None:
                return [stanza]
            self._gathering = self._hold(order, order.fault.seconds)
        self._gathering.stanzas.append(stanza)
        complete = len(self._gathering.stanzas) >= self._gathering.order.fault.count
        return self._let_go() if complete else []

    def _let_go(self) -> list[Stanza]:
        held, self._gathering = self._gathering, None
        return held.stanzas[::-1] if held else []

    def _receipt(self, stanza: Stanza) -> Iterator[Stanza]:
        if order := self._orders.stands(DelayAcks, self._device):
            held = self._hold(order, order.fault.seconds)
            held.stanzas.append(stanza)
            self._late.append(held)
        else:
            yield stanza

    def _overdue(self) -> Iterator[Stanza]:
        """Receipts and messages whose time has come."""
        due = [held for held in self._late if self._is_due(held)]
        self._late = [held for held in self._late if held not in due]
        for held in due:
            yield from held.stanzas
        if self._gathering and self._is_due(self._gathering):
            yield from self._let_go()

    def _copies(self, stanzas: Iterable[Stanza]) -> Iterator[Stanza]:
        for stanza in stanzas:
            yield stanza
            order = self._orders.take(Duplicate, self._device) if stanza.kind == "message" else None
            for _ in range(order.fault.copies - 1 if order else 0):
                yield Stanza(seq=stanza.seq, kind=stanza.kind, body={**stanza.body, "again": True})
