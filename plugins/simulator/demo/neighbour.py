"""The chapter of the second user: a connection of his own, linked by a code that is typed on the phone, and
answered for by ready rules of the gallery."""

import asyncio

from ..client import SimulatorClient
from ..phones import Customer, Phone
from .api import Api
from .processes import DemoFailed, until
from .stage import CAFE
from .steps import demand, step

_NUMBER = "+972501234568"
#: By language: what a guest writes, and what the gallery's rules for a restaurant answer.
_SAID = {
    "English": (
        "Hi, a table for 4 on Friday at 20:00, please",
        "A table for 4, on Friday at 20:00.",
    ),
    "Hebrew": ("היי, אפשר לראות את התפריט?", "תבשיל עדשים"),
}


async def play(
    api: Api, neighbour: Api, simulator: SimulatorClient, dana: Customer, noam: Customer, patience: float
) -> None:
    """Raises DemoFailed at the first step that did not happen."""
    phone = await simulator.phone(_NUMBER, name="Café")
    async with step("another user links a connection of his own, by a code that is typed on the phone"):
        await neighbour.create(CAFE, "The café", _NUMBER)
        await until(lambda: neighbour.connection(CAFE), lambda found: found["state"] == "qr")
        shown = await neighbour.call("POST", f"/api/whatsapp/connections/{CAFE}/pairing-code", {})
        await phone.enter_code(shown["code"])
        await until(lambda: neighbour.connection(CAFE), lambda found: found["state"] == "online")
    async with step("both send at once; each message comes from its own number"):
        known = await dana.received(0)
        after = known[-1].seq if known else 0
        await asyncio.gather(
            api.send("shop", f"+{dana.number}", "from the shop"),
            neighbour.send(CAFE, f"+{dana.number}", "from the café"),
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
    await _rules_of_the_gallery(phone, noam, patience)


async def _rules_of_the_gallery(cafe: Phone, noam: Customer, patience: float) -> None:
    for language, (asked, answered) in _SAID.items():
        async with step(f"a guest writes to the café in {language}, and a ready rule of the gallery answers"):
            known = await noam.received(0)
            await noam.write(cafe, asked)
            after = known[-1].seq if known else 0
            [got, *_] = await noam.received(1, after=after, timeout=patience)
            demand(got.sender == cafe.number, f"{got.sender} answered")
            demand(answered in (got.text or ""), f"the answer was: {got.text}")
