"""How people write: every kind of message, as calls on a handle.

A handle holds no state: it speaks verbs over a line, in process or over HTTP, to a simulator.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict, Unpack

from .line import Line
from .nouns import is_group, number_of
from .phone_message import PhoneMessage


@dataclass(frozen=True, slots=True)
class Group:
    """A group chat, by its id."""

    line: Line
    id: str
    name: str


class Envelope(TypedDict, total=False):
    """What any message may carry beside its content."""

    #: the message that it answers
    quote: PhoneMessage | None
    #: people it names; WhatsApp wants each in the text as @ and the number
    mentions: Sequence[Writer | str]
    forwarded: bool
    #: linked browsers get a placeholder that they cannot decrypt, until `unseal`
    sealed: bool
    #: repeats an id on purpose
    message_id: str | None


@dataclass(frozen=True, slots=True)
class Writer:
    """A person with a phone. `number` is digits only; others are handles, or numbers or group ids."""

    line: Line
    number: str
    name: str

    async def write(self, to: Writer | Group | str, text: str, **envelope: Unpack[Envelope]) -> PhoneMessage:
        """Sends a text."""
        return await self._send("write", to, envelope, text=text)

    async def send_media(
        self,
        to: Writer | Group | str,
        content: bytes | Path,
        *,
        type: str = "document",
        filename: str | None = None,
        mimetype: str | None = None,
        caption: str | None = None,
        duration: int | None = None,
        **envelope: Unpack[Envelope],
    ) -> PhoneMessage:
        """Sends a file: `type` is image, video, audio, ptt (a voice message), sticker or document.

        Name and mimetype are guessed from a path; `duration` is in seconds.
        """
        if isinstance(content, Path):
            filename = filename or content.name
        return await self._send(
            "send_media",
            to,
            envelope,
            type=type,
            filehash=await self.line.put_media(_bytes(content)),
            filename=filename,
            mimetype=mimetype or mimetypes.guess_type(filename or "")[0] or "application/octet-stream",
            caption=caption,
            duration=duration,
        )

    async def send_location(
        self,
        to: Writer | Group | str,
        latitude: float,
        longitude: float,
        name: str = "",
        address: str = "",
        **envelope: Unpack[Envelope],
    ) -> PhoneMessage:
        """Sends a place, in degrees."""
        place = {"latitude": latitude, "longitude": longitude, "name": name, "address": address}
        return await self._send("send_location", to, envelope, **place)

    async def send_contact(
        self, to: Writer | Group | str, name: str, number: str, **envelope: Unpack[Envelope]
    ) -> PhoneMessage:
        """Passes on somebody's number."""
        return await self.send_contacts(to, [(name, number)], **envelope)

    async def send_contacts(
        self,
        to: Writer | Group | str,
        contacts: Sequence[tuple[str, str]],
        **envelope: Unpack[Envelope],
    ) -> PhoneMessage:
        """Passes on several people's, each as (name, number)."""
        cards = [{"name": name, "number": number} for name, number in contacts]
        return await self._send("send_contacts", to, envelope, contacts=cards)

    async def send_poll(
        self,
        to: Writer | Group | str,
        question: str,
        options: Sequence[str],
        choices: int = 1,
        **envelope: Unpack[Envelope],
    ) -> PhoneMessage:
        """Asks; 0 choices: as many as one likes."""
        poll = {"question": question, "options": list(options), "choices": choices}
        return await self._send("send_poll", to, envelope, **poll)

    async def _send(
        self, verb: str, to: Writer | Group | str, envelope: Envelope, **arguments: Any
    ) -> PhoneMessage:
        extras: dict[str, Any] = {**envelope}
        if quote := envelope.get("quote"):
            extras["quote"] = quote.seq
        extras["mentions"] = [address_of(person) for person in envelope.get("mentions", ())]
        return PhoneMessage.from_json(
            await self.line.call(verb, number=self.number, to=address_of(to), **arguments, **extras)
        )


def _bytes(content: bytes | Path) -> bytes:
    return content.read_bytes() if isinstance(content, Path) else content


def address_of(partner: Writer | Group | str) -> str:
    """The number or the group's id of whoever is meant."""
    if isinstance(partner, Group):
        return partner.id
    if isinstance(partner, Writer):
        return partner.number
    return partner if is_group(partner) else number_of(partner)
