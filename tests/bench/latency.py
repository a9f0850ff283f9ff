"""How long a message takes, pacing off: one at a time, seen from where a person would see it."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from .product import hub, link, staged
from .runs import Figure

if TYPE_CHECKING:
    from plugins.simulator import Customer

_SAMPLES = 30
_CUSTOMER = "+972541112233"


async def measure(runs: int) -> Sequence[Figure]:
    """REST send to arrival, inbound to reply; every run adds to the samples of both."""
    sends, replies = [], []
    async with staged() as (stage, simulator):
        phone = await simulator.phone("+972501234567", name="Shop")
        dana = await simulator.customer(_CUSTOMER, name="Dana")
        async with hub(stage), stage.api() as api:
            await link(api, phone, "shop")
            for _ in range(max(1, _SAMPLES // runs) * runs):
                sends.append(await _arrival(dana, lambda: api.send("shop", _CUSTOMER, "Your order is ready")))
                replies.append(await _arrival(dana, lambda: dana.write(phone, "ping")))
    return [
        Figure(name="REST send to arrival", unit="ms", samples=sends, aim="150 ms"),
        Figure(name="inbound to reply", unit="ms", samples=replies, aim="200 ms"),
    ]


async def _arrival(customer: "Customer", act: Callable[[], Awaitable[object]]) -> float:
    """Milliseconds from an act until the next message has reached the customer's phone."""
    seen = max((message.seq for message in await customer.received(0)), default=0)
    began = time.perf_counter()
    await act()
    await customer.received(1, after=seen, timeout=30)
    return (time.perf_counter() - began) * 1000
