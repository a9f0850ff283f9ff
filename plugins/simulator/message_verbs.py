"""Verbs of writing: every kind of message that a phone sends, to a person or into a group."""

from __future__ import annotations

from typing import Unpack

from .contents import ContactCard, Content
from .desk import Desk, Envelope, Json
from .nouns import SimulatorError, number_of


class MessageVerbs(Desk):
    """What a person writes. `to` is a number or a group's id; all answer the message."""

    async def write(self, *, number: str, to: str, text: str, **envelope: Unpack[Envelope]) -> Json:
        """A text."""
        return self._send(number, to, Content(type="chat", body=text), envelope)

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
        duration: int | None = None,
        **envelope: Unpack[Envelope],
    ) -> Json:
        """A file, its bytes stored before under `filehash`."""
        content = Content(
            type=type,
            filehash=filehash,
            size=self._media.path(filehash).stat().st_size,
            filename=filename,
            mimetype=mimetype,
            caption=caption,
            duration=duration,
        )
        return self._send(number, to, content, envelope)

    async def send_location(
        self,
        *,
        number: str,
        to: str,
        latitude: float,
        longitude: float,
        name: str = "",
        address: str = "",
        **envelope: Unpack[Envelope],
    ) -> Json:
        """A place, in degrees."""
        content = Content(
            type="location",
            latitude=latitude,
            longitude=longitude,
            place=name or None,
            address=address or None,
        )
        return self._send(number, to, content, envelope)

    async def send_contacts(
        self, *, number: str, to: str, contacts: list[Json], **envelope: Unpack[Envelope]
    ) -> Json:
        """One or more people's cards: {name, number} each; they need not be on WhatsApp."""
        cards = tuple(ContactCard(name=each["name"], number=number_of(each["number"])) for each in contacts)
        if not cards:
            raise SimulatorError("no contact to send")
        kind = "vcard" if len(cards) == 1 else "multi_vcard"
        return self._send(number, to, Content(type=kind, contacts=cards), envelope)

    async def send_poll(
        self,
        *,
        number: str,
        to: str,
        question: str,
        options: list[str],
        choices: int = 1,
        **envelope: Unpack[Envelope],
    ) -> Json:
        """A question; 0 choices: as many as one likes."""
        if len(options) < 2 or len(set(options)) < len(options):
            raise SimulatorError("a poll has two options or more, each of them different")
        content = Content(type="poll_creation", question=question, options=tuple(options), choices=choices)
        return self._send(number, to, content, envelope)
