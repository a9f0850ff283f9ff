"""WhatsApp's side of a message: who gets it, how far it has come, and who is told.

Every person has a phone (online or not) and any number of linked devices. What is for a device is kept as a
stanza until the device has stored it, whether its page is open or not: there is no second way of delivery.
Only what a moment later is of no worth (somebody is typing) goes to open pages alone, and is kept by nobody.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from .changes import Changes
from .contents import Content, Marks, Message
from .faults import DropAcks
from .nouns import Ack, Device, Group, Person, SimulatorError, is_group, number_of
from .orders import Orders
from .partings import Partings
from .stanzas import Stanzas
from .state import State
from .switches import Switches

#: what people show of themselves: the first three in one chat, the others to all who look
SHOWN = ("composing", "recording", "paused", "available", "unavailable")


class Exchange:
    """Routes messages and receipts."""

    def __init__(self, state: State, switches: Switches) -> None:
        self.state = state
        self.switches = switches
        self.stanzas = Stanzas(state)
        self.changes = Changes()
        self.orders = Orders(self.changes)
        self.partings = Partings(state, self.changes)
        # how often each number's pages sent what the server had already
        self.repeats: Counter[str] = Counter()
        # when the page of a device was last open, by the event loop's clock
        self.ended: dict[int, float] = {}
        # what each reader saw of each author, in SHOWN's words; as with WhatsApp, nobody keeps it
        self.chat_states: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        # for each device whose page is open: what it has not been told yet of what nobody keeps
        self.passing: dict[int, list[tuple[str, dict[str, Any]]]] = {}

    # who

    def person(self, number: str) -> Person:
        """The owner of a number. Raises SimulatorError when nobody is."""
        person = self.state.person(number)
        if person is None:
            raise SimulatorError(f"+{number} is not on WhatsApp: make a phone or a customer of it first")
        return person

    def group(self, id_: str) -> Group:
        """A group by its id. Raises SimulatorError when there is none."""
        group = self.state.group(id_)
        if group is None:
            raise SimulatorError(f"there is no group {id_}")
        return group

    def behind(self, address: str) -> str:
        """The number, or the group's id, behind an address in any form."""
        if is_group(address):
            return self.group(address).id
        if not address.endswith("@lid"):
            return number_of(address)
        person = self.state.person_of_lid(address)
        if person is None:
            raise SimulatorError(f"nobody has the LID {address}")
        return person.number

    def register(self, number: str, name: str) -> Person:
        """Puts a number on WhatsApp; a known one takes the new name."""
        self.state.put_person(number, name)
        return self.person(number)

    def readers(self, sender: str, recipient: str) -> list[str]:
        """Whom a message is for. Raises SimulatorError for nobody, and for a group that one is not in."""
        if not is_group(recipient):
            return [self.person(recipient).number]
        members = self.group(recipient).members
        if sender not in members:
            raise SimulatorError(f"+{sender} is not in the group {recipient}")
        return [member for member in members if member != sender]

    # messages

    def accept(
        self,
        id_: str,
        sender: str,
        recipient: str,
        content: Content,
        *,
        source: Device | None = None,
        sealed: bool = False,
    ) -> Message:
        """Takes a message from a person's phone, or from `source`, one of the devices, and sends it on."""
        self.person(sender)
        self.partings.check_open(sender)
        readers = self.readers(sender, recipient)
        known = self.state.message(id_, sender, recipient)
        self.repeats[sender] += known is not None
        if known and self.switches.deduplicate:
            return known
        with self.state.together():
            marks = Marks(sealed=sealed)
            message = self.state.add_message(id_, sender, recipient, content, marks, readers)
            self.announce(message, [*readers, sender], source=source)
            for reader in readers:
                if self.person(reader).online:
                    self._advance([message], reader, Ack.DELIVERED)
        self.changes.ring()
        return message

    def announce(self, message: Message, owners: Iterable[str], *, source: Device | None = None) -> None:
        """Hands a message to the devices of people, save the one it came from."""
        for owner in owners:
            self.tell(owner, "message", self.stanzas.message(message, owner), source=source)

    def tell(self, owner: str, kind: str, body: dict[str, Any], *, source: Device | None = None) -> None:
        """Keeps a stanza for each device of a person, save the one that caused it."""
        for device in self.state.devices(owner):
            if device != source and not (kind == "receipt" and self.orders.take(DropAcks, device)):
                self.state.add_stanza(device, kind, body)

    # receipts

    def set_online(self, number: str, online: bool) -> None:
        """Switches a person's phone on or off; what waited is delivered as it comes on."""
        with self.state.together():
            self.state.set_online(number, online)
            if online:
                self._advance(self.state.standing_at(Ack.SERVER, number), number, Ack.DELIVERED)
        self.changes.ring()

    def read(self, reader: str, chat: str | None = None) -> None:
        """The reader has seen what was delivered: from one author, in one group, or all."""
        with self.state.together():
            self._advance(self.state.standing_at(Ack.DELIVERED, reader, chat), reader, Ack.READ)
        self.changes.ring()

    def play(self, reader: str, message: Message) -> None:
        """The reader has listened to a voice message, or watched a video."""
        if reader not in self.readers(message.sender, message.recipient):
            raise SimulatorError("one plays what one was sent")
        with self.state.together():
            self._advance([message], reader, Ack.PLAYED)
        self.changes.ring()

    def _advance(self, messages: list[Message], reader: str, ack: Ack) -> None:
        """Raises acks with one reader, and tells the devices of every author, one receipt for each chat."""
        chats: defaultdict[tuple[str, str, Ack], list[str]] = defaultdict(list)
        for message in self.state.raise_acks(messages, reader, ack):
            chats[message.sender, message.recipient, message.ack].append(message.id)
        person = self.person(reader)
        for (sender, recipient, total), ids in chats.items():
            body: dict[str, Any] = {"chat": person.chat, "ids": ids, "ack": int(ack), "total": int(total)}
            if is_group(recipient):
                body |= {"chat": recipient, "participant": person.lid}
            self.tell(sender, "receipt", body)

    # what nobody keeps

    def show_state(self, author: str, chat: str, state: str) -> None:
        """The author is seen as `state`, one of SHOWN, by whoever is in the chat."""
        if state not in SHOWN:
            raise SimulatorError(f"nobody can show {state!r}; there are {', '.join(SHOWN)}")
        person, recipient = self.person(author), self.behind(chat)
        body = {"chat": person.chat, "state": state}
        if is_group(recipient):
            body |= {"chat": recipient, "participant": person.lid}
        for reader in self.readers(author, recipient):
            self._show(author, reader, body)
        self.changes.ring()

    def appear(self, author: str, available: bool) -> None:
        """The author is seen online, or no longer, by everybody with whom he shares a chat."""
        body = {"chat": self.person(author).chat, "state": "available" if available else "unavailable"}
        for person in self.state.acquaintances(author):
            self._show(author, person.number, body)
        self.changes.ring()

    def _show(self, author: str, reader: str, body: dict[str, Any]) -> None:
        self.chat_states[author, reader].append(body["state"])
        for device in self.state.devices(reader):
            self.passing.get(device.id, []).append(("shown", body))

    # devices

    def link(self, number: str, identity: str) -> Device:
        """Links a browser to a number; it learns at once of the groups that the person is in."""
        with self.state.together():
            device = self.state.add_device(number, identity)
            for group in self.state.groups_of(number):
                self.state.add_stanza(device, "group", self.stanzas.group(group))
        return device

    def stored(self, device: Device, seq: int) -> None:
        """A device says it has stored a stanza: nothing will bring it again."""
        self.state.forget_stanza(device, seq)
