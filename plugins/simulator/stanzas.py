"""How a linked device is told of messages and people: under which names, seen from its owner's side."""

from __future__ import annotations

from typing import Any

from .contents import Message
from .nouns import Group, Person
from .page_words import to_page
from .state import State

Body = dict[str, Any]


class Stanzas:
    """Composes what devices are told. `owner` is always the person whose device it is for."""

    def __init__(self, state: State) -> None:
        self._state = state

    def key(self, message: Message, owner: str) -> Body:
        """The message's name in the owner's chats; in groups people go by LID, as in WhatsApp's new ones."""
        key = {"id": message.id, "fromMe": message.sender == owner, "chat": self._chat(message, owner)}
        return {**key, "participant": self._known(message.sender).lid} if message.group else key

    def message(self, message: Message, owner: str) -> Body:
        """A message with everybody who occurs in it; one that cannot be decrypted says nothing."""
        author, content = self._known(message.sender), message.content
        chat, me = self._chat(message, owner), self.name(owner, message, owner)
        others = [message.sender, *content.mentions]
        if not message.group:
            others.append(message.recipient)
        body = {
            **self.key(message, owner),
            "from": me if message.sender == owner else chat,
            "to": chat if message.sender == owner else me,
            "people": [self._known(each).card() for each in others if each != owner],
            "notifyName": author.name,
            "t": int(message.at.timestamp()),
            "ack": int(message.ack),
        }
        if message.marks.sealed:
            return {**body, "type": "ciphertext"}
        mentioned = [self.name(each, message, owner) for each in content.mentions]
        return {
            **body,
            **to_page(content),
            **({"mentionedJidList": mentioned} if mentioned else {}),
            **self._quote(message, owner),
        }

    def group(self, group: Group) -> Body:
        """A group's metadata."""
        members = [self._known(number) for number in group.members]
        return {
            "id": group.id,
            "subject": group.name,
            "creation": int(group.made.timestamp()),
            "people": [person.card() for person in members],
            "participants": [
                {"id": each.lid, "isAdmin": each.number in group.admins, "isSuperAdmin": False}
                for each in members
            ],
        }

    def name(self, number: str, message: Message, owner: str) -> str:
        """A person's address in the chat of a message: by LID where that chat goes by LIDs."""
        by_lid = not self._chat(message, owner).endswith("@c.us")
        person = self._known(number)
        return person.lid if by_lid else person.pn

    def _chat(self, message: Message, owner: str) -> str:
        partner = message.recipient if message.sender == owner else message.sender
        return message.group or self._known(partner).chat

    def _quote(self, message: Message, owner: str) -> Body:
        if not message.content.quoted:
            return {}
        quoted = self.quoted(message)
        if quoted is None:
            return {"quotedStanzaID": message.content.quoted}
        return {
            "quotedStanzaID": quoted.id,
            "quotedParticipant": self.name(quoted.sender, message, owner),
            "quotedMsg": to_page(quoted.content),
        }

    def quoted(self, message: Message) -> Message | None:
        """The message that this one answers, looked for in its own chat."""
        id_, sender, recipient = message.content.quoted or "", message.sender, message.recipient
        if message.group:
            return self._state.message_to_group(id_, message.group)
        return self._state.message(id_, sender, recipient) or self._state.message(id_, recipient, sender)

    def _known(self, number: str) -> Person:
        person = self._state.person(number)
        assert person is not None  # noqa: S101 - the tables hold no message or member without its person
        return person
