"""Everything a virtual phone can do, as plain calls with JSON in and out.

The same verbs are called in process and over HTTP: a phone in another process is no other phone.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import asdict, fields
from typing import Any

from .exchange import Exchange
from .linking import find_page
from .media import MediaStore
from .nouns import Content, Message, SimulatorError, number_of
from .page_session import PageSession
from .switches import Switches

Json = dict[str, Any]

#: what may be called over HTTP
VERBS = (
    "register", "set_online", "scan", "devices", "unlink", "hang_up",
    "write", "send_media", "read", "received", "sent", "acked", "chat_states", "switch",
)  # fmt: skip
_SWITCHES = [field.name for field in fields(Switches)]


class Verbs:
    """The verbs over one exchange. Numbers come in any form; a verb that refuses raises SimulatorError."""

    def __init__(self, exchange: Exchange, media: MediaStore, sessions: list[PageSession]) -> None:
        self._exchange = exchange
        self._media = media
        self._sessions = sessions

    def register(self, *, number: str, name: str) -> Json:
        """Puts a number on WhatsApp."""
        return asdict(self._exchange.register(number_of(number), name))

    async def set_online(self, *, number: str, online: bool) -> None:
        """Switches a person's phone on or off; while off, messages to it stay at one tick."""
        self._exchange.set_online(self._own(number), online)

    async def scan(self, *, number: str, qr_text: str) -> Json:
        """Links the page that shows this QR code to the number."""
        own = self._own(number)
        device = find_page([*self._sessions], qr_text).scanned(own)
        self._exchange.changes.ring()
        return asdict(device)

    async def devices(self, *, number: str) -> list[Json]:
        """The browsers linked to the number."""
        return [asdict(device) for device in self._exchange.state.devices(self._own(number))]

    async def unlink(self, *, number: str) -> None:
        """Logs every linked browser out, as a person does on the phone."""
        for device in self._exchange.state.devices(self._own(number)):
            self._exchange.unlink(device)

    async def hang_up(self, *, number: str) -> None:
        """Cuts the link to the number's pages; they come back by themselves."""
        own = self._own(number)
        for session in [*self._sessions]:
            if session.device and session.device.number == own:
                await session.close()

    async def write(self, *, number: str, to: str, text: str, message_id: str | None = None) -> Json:
        """Sends a text from the phone."""
        return self._send(number, to, Content(type="chat", body=text), message_id)

    async def send_media(
        self,
        *,
        number: str,
        to: str,
        filehash: str,
        type: str,
        filename: str | None = None,
        mimetype: str | None = None,
        caption: str | None = None,
        message_id: str | None = None,
    ) -> Json:
        """Sends a file from the phone, its bytes stored before under `filehash`."""
        size = self._media.path(filehash).stat().st_size
        content = Content(
            type=type, filehash=filehash, size=size, filename=filename, mimetype=mimetype, caption=caption
        )
        return self._send(number, to, content, message_id)

    async def read(self, *, number: str, author: str | None = None) -> None:
        """The person looks at what was delivered, from one author or from all."""
        self._exchange.read(self._own(number), number_of(author) if author else None)

    async def received(self, *, number: str, count: int, after: int, timeout: float) -> list[Json]:  # noqa: ASYNC109
        """What was delivered to the phone after `after`, once there are at least `count` messages."""
        own, state = self._own(number), self._exchange.state
        async with asyncio.timeout(timeout):
            await self._exchange.changes.until(lambda: len(state.received(own, after)) >= count)
        return [as_json(message) for message in state.received(own, after)]

    async def sent(self, *, number: str, after: int) -> list[Json]:
        """What the number sent, from the phone or a linked page, with how far each has come."""
        return [as_json(message) for message in self._exchange.state.sent(self._own(number), after)]

    async def acked(self, *, number: str, seq: int, ack: int, timeout: float) -> Json:  # noqa: ASYNC109
        """A message of the number, once it has come at least as far as `ack`."""
        own, state = self._own(number), self._exchange.state

        def far_enough() -> list[Message]:
            return [each for each in state.sent(own, seq - 1) if each.seq == seq and each.ack >= ack]

        async with asyncio.timeout(timeout):
            return as_json((await self._exchange.changes.until(far_enough))[0])

    async def chat_states(self, *, number: str, author: str) -> list[str]:
        """What the person saw of an author's typing, oldest first: composing, recording, paused."""
        return self._exchange.chat_states[number_of(author), self._own(number)]

    async def switch(self, **changes: Any) -> None:
        """Changes how the servers behave."""
        for name, value in changes.items():
            if name not in _SWITCHES:
                raise SimulatorError(f"no switch {name!r}; there are {', '.join(_SWITCHES)}")
            setattr(self._exchange.switches, name, value)

    def _own(self, number: str) -> str:
        return self._exchange.person(number_of(number)).number

    def _send(self, number: str, to: str, content: Content, message_id: str | None) -> Json:
        id_ = message_id or "3A" + secrets.token_hex(9).upper()  # as phones make them
        own, partner = self._own(number), self._own(to)
        if own == partner:
            raise SimulatorError("a phone cannot write to itself here")
        return as_json(self._exchange.accept(id_, own, partner, content))


def as_json(message: Message) -> Json:
    """A message as a flat JSON object."""
    flat = {
        **asdict(message),
        **asdict(message.content),
        "ack": int(message.ack),
        "at": message.at.isoformat(),
    }
    del flat["content"]
    return flat
