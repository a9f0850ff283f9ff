"""The chapter of the boutique: a menu, an order form that goes on over a restart of the hub, and a person who
takes the customer over on her own phone."""

from collections.abc import Sequence

from ..client import SimulatorClient
from ..phones import Customer, Phone
from .api import Api
from .processes import until
from .stage import AGENT, AGENT_NUMBER, BOUTIQUE
from .steps import demand, step

NUMBER = "+972501234569"
_CUSTOMER = "+972541112236"
#: What is written and what is told, before the hub is stopped and behind that.
_BEGINS = (
    ("menu", "What can we do for you?"),
    ("order a cake", "How many cakes would you like?"),
    ("3", "For which day?"),
)
_GOES_ON = (("tomorrow", "How would you like to get it?"), ("I pick it up", "Thank you! 3 x cake for"))
_TAKEN = f"You are now talking with {AGENT}"


async def linked(api: Api, simulator: SimulatorClient) -> Phone:
    """The boutique's phone, linked with a connection of its own. Raises DemoFailed."""
    phone = await simulator.phone(NUMBER, name="Boutique")
    await api.create(BOUTIQUE, "The boutique", NUMBER)
    await until(lambda: api.connection(BOUTIQUE), lambda found: found["state"] == "qr")
    shown = await api.call("GET", f"/api/whatsapp/connections/{BOUTIQUE}/qr")
    await phone.scan(shown["code"])
    await until(lambda: api.connection(BOUTIQUE), lambda found: found["state"] == "online")
    return phone


class Boutique:
    """A customer, and Maya of the team that serves him."""

    def __init__(self, simulator: SimulatorClient, patience: float) -> None:
        self._simulator = simulator
        self._patience = patience
        self._phone: Phone
        self._lior: Customer
        self._maya: Customer
        self._seen: dict[str, int] = {}  #: the last message that each of them was seen to receive

    async def begin(self, api: Api) -> None:
        """Up to the middle of the form. Raises DemoFailed at the first step that did not happen."""
        self._lior = await self._simulator.customer(_CUSTOMER, name="Lior")
        self._maya = await self._simulator.customer(AGENT_NUMBER, name=AGENT)
        async with step("a boutique is linked; Maya, who serves its customers, writes to it from her phone"):
            self._phone = await linked(api, self._simulator)
            await self._maya.write(self._phone, "/list")
            await self._sees(self._maya, "Nothing is open")
        async with step("a customer chooses in the boutique's menu, and begins to fill in its form"):
            await self._asks(_BEGINS)

    async def go_on(self) -> None:
        """From the middle of the form to the end. Raises DemoFailed as `begin`."""
        async with step("the form goes on where it was before the hub was stopped"):
            await self._asks(_GOES_ON)
        async with step("the customer is handed to Maya, who gets the order on her phone"):
            await self._sees(self._lior, _TAKEN)
            await self._sees(self._maya, "Order: 3 x cake")
        async with step("they talk: each sees the boutique's number only; meanwhile the bot is silent"):
            await self._lior.write(self._phone, "Is the price of it the same?")
            await self._sees(self._maya, "Is the price of it the same?")
            await self._maya.write(self._phone, "It is. See you tomorrow!")
            await self._sees(self._lior, "It is. See you tomorrow!")
        async with step("Maya closes it, the customer rates it, and the bot answers him again"):
            await self._maya.write(self._phone, "/close")
            await self._sees(self._lior, "How was it?")
            await self._lior.write(self._phone, "5")
            await self._sees(self._maya, "rated it 5 of 5")
            await self._asks([("price?", "chocolate cake")])
        async with step("the customer writes STOP, and is told once that nothing more comes"):
            await self._asks([("STOP", "You will get no more messages")])

    async def _asks(self, steps: Sequence[tuple[str, str]]) -> None:
        for said, told in steps:
            await self._lior.write(self._phone, said)
            await self._sees(self._lior, told)

    async def _sees(self, person: Customer, words: str) -> None:
        """The next message that says this; what stands between is none of the rules' for people."""
        known = self._seen.get(person.number, 0)
        found = await person.received(0, after=known)
        while not (good := [each for each in found if words in (each.text or "")]):
            last = found[-1].seq if found else known
            found += await person.received(1, after=last, timeout=self._patience)
        demand(good[0].sender == self._phone.number, f"{good[0].sender} wrote it")
        self._seen[person.number] = good[0].seq
