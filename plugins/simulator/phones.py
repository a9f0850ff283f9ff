"""Virtual phones to script: a Phone links pages by their QR codes, a Customer writes and reads.

A handle holds no state: it speaks verbs over a line, in process or over HTTP, to a simulator.
"""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, Self

from .nouns import Ack, number_of


class Line(Protocol):
    """How a handle reaches the simulator."""

    async def call(self, verb: str, **arguments: Any) -> Any:
        """Calls a verb; JSON in, JSON out. Raises SimulatorError when the simulator refuses."""

    async def put_media(self, data: bytes) -> str:
        """Stores bytes, answers their hash."""

    async def get_media(self, filehash: str) -> bytes:
        """The bytes of a hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneMessage:
    """A message as a phone shows it. `content` holds a file's bytes, in messages that were received."""

    seq: int
    id: str
    sender: str
    recipient: str
    type: str
    text: str | None
    caption: str | None
    filename: str | None
    mimetype: str | None
    size: int | None
    filehash: str | None
    ack: Ack
    at: datetime
    content: bytes | None = None

    @classmethod
    def from_json(cls, body: dict[str, Any], content: bytes | None = None) -> Self:
        """From what a verb answers."""
        known = {**body, "ack": Ack(body["ack"]), "at": datetime.fromisoformat(body["at"])}
        return cls(text=known.pop("body"), content=content, **known)


@dataclass(frozen=True, slots=True)
class Customer:
    """A person with a phone. `number` is digits only; partners are handles, or numbers in any form."""

    line: Line
    number: str
    name: str

    async def write(self, to: Customer | str, text: str, *, message_id: str | None = None) -> PhoneMessage:
        """Sends a text. `message_id` repeats an id on purpose."""
        return await self._send("write", to, text=text, message_id=message_id)

    async def send_media(
        self,
        to: Customer | str,
        content: bytes | Path,
        *,
        type: str = "document",
        filename: str | None = None,
        mimetype: str | None = None,
        caption: str | None = None,
    ) -> PhoneMessage:
        """Sends a file: `type` is image or document; name and mimetype are guessed from a path."""
        if isinstance(content, Path):
            filename = filename or content.name
        return await self._send(
            "send_media",
            to,
            type=type,
            filehash=await self.line.put_media(_bytes(content)),
            filename=filename,
            mimetype=mimetype or mimetypes.guess_type(filename or "")[0] or "application/octet-stream",
            caption=caption,
        )

    async def received(self, count: int = 1, *, after: int = 0, timeout: float = 10) -> list[PhoneMessage]:  # noqa: ASYNC109
        """What was delivered to this phone since the message `after` (a seq), oldest first, files with bytes.

        Waits until there are at least `count` messages; raises TimeoutError after `timeout` seconds.
        """
        bodies = await self.line.call(
            "received", number=self.number, count=count, after=after, timeout=timeout
        )
        return [
            PhoneMessage.from_json(
                body, await self.line.get_media(body["filehash"]) if body["filehash"] else None
            )
            for body in bodies
        ]

    async def sent(self, *, after: int = 0) -> list[PhoneMessage]:
        """What this number sent, by hand or from a linked page, with how far each has come."""
        bodies = await self.line.call("sent", number=self.number, after=after)
        return [PhoneMessage.from_json(body) for body in bodies]

    async def acked(self, message: PhoneMessage, ack: Ack = Ack.READ, *, timeout: float = 10) -> PhoneMessage:  # noqa: ASYNC109
        """A message of this number once it has come that far; raises TimeoutError after `timeout` seconds."""
        return PhoneMessage.from_json(
            await self.line.call("acked", number=self.number, seq=message.seq, ack=int(ack), timeout=timeout)
        )

    async def read(self, author: Customer | str | None = None) -> None:
        """Looks at what was delivered, from one author or from all: blue ticks for them."""
        partner = _number(author) if author is not None else None
        await self.line.call("read", number=self.number, author=partner)

    async def chat_states(self, author: Customer | str) -> list[str]:
        """What this person saw of an author's typing, oldest first: composing, recording, paused."""
        states: list[str] = await self.line.call("chat_states", number=self.number, author=_number(author))
        return states

    async def online(self) -> None:
        """Switches the phone on: what waited is delivered."""
        await self.line.call("set_online", number=self.number, online=True)

    async def offline(self) -> None:
        """Switches the phone off: messages to it stay at one tick."""
        await self.line.call("set_online", number=self.number, online=False)

    async def _send(self, verb: str, to: Customer | str, **arguments: Any) -> PhoneMessage:
        return PhoneMessage.from_json(
            await self.line.call(verb, number=self.number, to=_number(to), **arguments)
        )


@dataclass(frozen=True, slots=True)
class Phone(Customer):
    """A person whose number is linked to pages."""

    async def scan(self, qr_text: str) -> None:
        """Links the page that shows this QR code. Raises SimulatorError when the code has expired."""
        await self.line.call("scan", number=self.number, qr_text=qr_text)

    async def linked(self) -> int:
        """How many pages are linked."""
        return len(await self.line.call("devices", number=self.number))

    async def hang_up(self) -> None:
        """Cuts the link between the linked pages and WhatsApp for a moment; they come back by themselves."""
        await self.line.call("hang_up", number=self.number)

    async def logout_device(self) -> None:
        """Logs every linked page out, as on the phone under Linked devices."""
        await self.line.call("unlink", number=self.number)


def _bytes(content: bytes | Path) -> bytes:
    return content.read_bytes() if isinstance(content, Path) else content


def _number(partner: Customer | str) -> str:
    return partner.number if isinstance(partner, Customer) else number_of(partner)
