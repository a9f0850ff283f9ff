"""The phone of complete.py: it plays WhatsApp, so that the example needs no account and nothing leaves this
machine. In life there is nothing in its place: the plugin `engine_web` shows the code, and you scan it."""

from datetime import UTC, datetime

from chatgrow_bot.messages import ConnectionState
from chatgrow_bot.testing import FakeEngine, FakeSession

CUSTOMER = "14155550123@c.us"


class VirtualPhone:
    """An account that links when it is told to, and a customer who writes to it."""

    def __init__(self) -> None:
        self.engine = FakeEngine(lambda: datetime.now(UTC))
        self.engine.on_open = self._show_a_code

    def _show_a_code(self, session: FakeSession) -> None:
        session.state, session.qr = ConnectionState.QR, "2@an,example,that,links,nothing"

    def scan(self, connection_id: str) -> None:
        """What a person does with the code on the screen."""
        self.engine.opened[connection_id].becomes(ConnectionState.ONLINE)

    async def write(self, connection_id: str, text: str) -> None:
        """The customer writes."""
        await self.engine.opened[connection_id].hears(text, CUSTOMER, name="Dana")

    async def read(self, connection_id: str) -> None:
        """The customer reads what came so far; returns once the ticks are blue."""
        session = self.engine.opened[connection_id]
        for parcel in list(session.sent):
            await session.acks(parcel.wa_id, 3, parcel.chat)
