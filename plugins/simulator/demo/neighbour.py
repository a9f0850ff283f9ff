"""The chapter of the second user: a connection of his own, linked by a code that is typed on the phone."""

import asyncio

from ..client import SimulatorClient
from ..phones import Customer
from .api import Api
from .processes import DemoFailed, until
from .steps import demand, step

_NUMBER = "+972501234568"


async def play(api: Api, neighbour: Api, simulator: SimulatorClient, dana: Customer) -> None:
    """Raises DemoFailed at the first step that did not happen."""
    phone = await simulator.phone(_NUMBER, name="Café")
    async with step("another user links a connection of his own, by a code that is typed on the phone"):
        await neighbour.create("cafe", "The café", _NUMBER)
        await until(lambda: neighbour.connection("cafe"), lambda found: found["state"] == "qr")
        shown = await neighbour.call("POST", "/api/whatsapp/connections/cafe/pairing-code", {})
        await phone.enter_code(shown["code"])
        await until(lambda: neighbour.connection("cafe"), lambda found: found["state"] == "online")
    async with step("both send at once; each message comes from its own number"):
        known = await dana.received(0)
        after = known[-1].seq if known else 0
        await asyncio.gather(
            api.send("shop", f"+{dana.number}", "from the shop"),
            neighbour.send("cafe", f"+{dana.number}", "from the café"),
        )
        got = {message.text: message.sender for message in await dana.received(2, after=after, timeout=60)}
        demand(got.get("from the café") == phone.number, f"they came from {got}")
        demand(got.get("from the shop") not in (None, phone.number), f"they came from {got}")
    async with step("neither sees the other's connection"):
        try:
            await neighbour.connection("shop")
        except DemoFailed as refused:
            demand("404" in str(refused), str(refused))
        else:
            raise DemoFailed("the neighbour sees the shop's connection")
