"""WhatsApp's side of a message: who gets it, how far it has come, and who is told.

Every person has a phone (online or not) and any number of linked devices. What is for a device is kept as a
stanza until the device has stored it, whether its page is open or not: there is no second way of delivery.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from .changes import Changes
from .nouns import Ack, Content, Device, Message, Person, SimulatorError
from .state import State
from .switches import Switches


class Exchange:
    """Routes messages and receipts."""

    def __init__(self, state: State, switches: Switches) -> None:
        self.state = state
        self.switches = switches
        self.changes = Changes()
        # what each reader saw of each author's typing; as with WhatsApp, nobody keeps it
        self.chat_states: defaultdict[tuple[str, str], list[str]] = defaultdict(list)

    def person(self, number: str) -> Person:
        """The owner of a number. Raises SimulatorError when nobody is."""
        person = self.state.person(number)
        if person is None:
            raise SimulatorError(f"+{number} is not on WhatsApp: make a phone or a customer of it first")
        return person

    def register(self, number: str, name: str) -> Person:
        """Puts a number on WhatsApp; a known one takes the new name."""
        self.state.put_person(number, name)
        return self.person(number)

    def accept(
        self, id_: str, sender: str, recipient: str, content: Content, *, source: Device | None = None
    ) -> Message:
        """Takes a message from a person's phone, or from `source`, one of the devices, and sends it on."""
        author, reader = self.person(sender), self.person(recipient)
        known = self.state.message(id_, sender, recipient)
        if known and self.switches.deduplicate:
            return known
        with self.state.together():
            message = self.state.add_message(id_, sender, recipient, content)
            for device in self.state.devices(recipient):
                self.state.add_stanza(device, "message", _stanza(message, author, reader, own=False))
            for device in self.state.devices(sender):
                if device != source:
                    self.state.add_stanza(device, "message", _stanza(message, author, reader, own=True))
            if reader.online:
                self._advance([message], Ack.DELIVERED)
        self.changes.ring()
        return message

    def set_online(self, number: str, online: bool) -> None:
        """Switches a person's phone on or off; what waited is delivered as it comes on."""
        with self.state.together():
            self.state.set_online(number, online)
            if online:
                self._advance(self.state.standing_at(Ack.SERVER, number), Ack.DELIVERED)
        self.changes.ring()

    def read(self, reader: str, author: str | None = None) -> None:
        """The reader has seen what was delivered, from one author or from all."""
        with self.state.together():
            self._advance(self.state.standing_at(Ack.DELIVERED, reader, author), Ack.READ)
        self.changes.ring()

    def show_state(self, author: str, reader: str, state: str) -> None:
        """The author is composing, recording or has paused."""
        self.chat_states[author, reader].append(state)
        self.changes.ring()

    def stored(self, device: Device, seq: int) -> None:
        """A device says it has stored a stanza: nothing will bring it again."""
        self.state.forget_stanza(device, seq)

    def unlink(self, device: Device) -> None:
        """Takes a browser off its owner's list."""
        self.state.remove_device(device)
        self.changes.ring()

    def _advance(self, messages: list[Message], ack: Ack) -> None:
        """Raises acks, and tells the devices of every author, one receipt for each chat."""
        self.state.raise_acks(messages, ack)
        chats: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for message in messages:
            chats[message.sender, message.recipient].append(message.id)
        for (sender, recipient), ids in chats.items():
            body = {"chat": self.person(recipient).pn, "ids": ids, "ack": int(ack)}
            for device in self.state.devices(sender):
                self.state.add_stanza(device, "receipt", body)


def _stanza(message: Message, author: Person, reader: Person, *, own: bool) -> dict[str, Any]:
    """A message as a linked device is told of it: `own` when the device belongs to the author."""
    partner = reader if own else author
    content = message.content
    return {
        "id": message.id,
        "fromMe": own,
        "chat": partner.pn,
        "person": partner.card(),
        "from": author.pn,
        "to": reader.pn,
        "notifyName": author.name,
        "t": int(message.at.timestamp()),
        "ack": int(message.ack),
        "type": content.type,
        "body": content.body,
        "caption": content.caption,
        "filename": content.filename,
        "mimetype": content.mimetype,
        "size": content.size,
        "filehash": content.filehash,
    }
