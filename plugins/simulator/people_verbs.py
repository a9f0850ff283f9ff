"""Verbs of people and their phones: being on WhatsApp, linking browsers, groups, hidden numbers."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

from .desk import Desk, Json
from .linking import find_page, page_of_code
from .nouns import Group, Privacy, number_of
from .partings import Reason


class PeopleVerbs(Desk):
    """What a person does to the own account."""

    def register(self, *, number: str, name: str) -> Json:
        """Puts a number on WhatsApp."""
        return asdict(self._exchange.register(number_of(number), name))

    async def set_online(self, *, number: str, online: bool) -> None:
        """Switches a person's phone on or off; while off, messages to it stay at one tick."""
        self._exchange.set_online(self._own(number), online)

    async def hide_number(self, *, number: str) -> None:
        """From now on others meet the person under the LID, and are not told the number."""
        self._circles.meet(self._own(number), Privacy.HIDDEN)

    async def reveal_number(self, *, number: str) -> None:
        """The number becomes known to whoever has a chat with the person; the chats stay under the LID."""
        self._circles.meet(self._own(number), Privacy.REVEALED)

    # linking

    async def scan(self, *, number: str, qr_text: str) -> Json | None:
        """Links the page that shows this QR code to the number; None: once a passkey was shown."""
        own = self._own(number)
        device = find_page([*self._sessions], qr_text).scanned(own)
        self._exchange.changes.ring()
        return asdict(device) if device else None

    async def enter_code(self, *, number: str, code: str) -> Json | None:
        """Links the page that shows this pairing code for the number; None: once a passkey was shown."""
        own, now = self._own(number), asyncio.get_running_loop().time()
        device = page_of_code(self._sessions, own, code, now).scanned(own)
        self._exchange.changes.ring()
        return asdict(device) if device else None

    async def devices(self, *, number: str) -> list[Json]:
        """The browsers linked to the number."""
        return [asdict(device) for device in self._exchange.state.devices(self._own(number))]

    async def unlink(self, *, number: str, reason: str = Reason.UNKNOWN_COMPANION) -> None:
        """Logs every linked browser out: as a person does on the phone, or for another reason."""
        self._exchange.partings.unlink_all(self._own(number), reason)

    async def hang_up(self, *, number: str) -> None:
        """Cuts the link to the number's pages; they come back by themselves."""
        own = self._own(number)
        for session in [*self._sessions]:
            if session.device and session.device.number == own:
                await session.close()

    # groups

    def make_group(self, *, name: str, members: list[str], admins: list[str]) -> Json:
        """The group of that name with these people in it, made when there is none."""
        numbers = [[self._own(each) for each in people] for people in (members, admins)]
        return _as_json(self._circles.make(name, *numbers))

    async def groups(self, *, number: str) -> list[Json]:
        """The groups a person is in."""
        return [_as_json(group) for group in self._exchange.state.groups_of(self._own(number))]

    async def add_to_group(self, *, number: str, group: str, member: str) -> Json:
        """A person takes somebody into a group."""
        return _as_json(self._circles.add(self._own(number), group, self._own(member)))

    async def remove_from_group(self, *, number: str, group: str, member: str) -> Json:
        """A person sends somebody out of a group; oneself: leaves it."""
        return _as_json(self._circles.remove(self._own(number), group, self._own(member)))


def _as_json(group: Group) -> Json:
    return {**asdict(group), "made": group.made.isoformat()}
