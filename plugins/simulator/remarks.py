"""What people do to messages that are there already: react, vote, edit, take back; and LIDs that open up."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Any

from .contents import Content, Marks, Message
from .exchange import Exchange
from .nouns import Device, SimulatorError, is_group

#: how long a message may be given other words, as in WhatsApp
EDITABLE = timedelta(minutes=15)


class Remarks:
    """Remarks on messages. `by` is the number of the person who makes one, on the phone or on `source`."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def find(self, by: str, chat: str, id_: str) -> Message:
        """A message by its name in somebody's chat. Raises SimulatorError when it is not there."""
        state, partner = self._exchange.state, self._exchange.behind(chat)
        if is_group(partner):
            found = state.message_to_group(id_, partner)
        else:
            found = state.message(id_, by, partner) or state.message(id_, partner, by)
        if found is None:
            raise SimulatorError(f"there is no message {id_} in the chat")
        return found

    def react(self, by: str, message: Message, emoji: str, *, source: Device | None = None) -> Message:
        """Sets the person's reaction; an empty one takes it back."""
        self._must_see(by, message)
        others = {who: each for who, each in message.marks.reactions.items() if who != by}
        marks = replace(message.marks, reactions={**others, by: emoji} if emoji else others)
        return self._keep(by, replace(message, marks=marks), "reaction", {"emoji": emoji}, source)

    def vote(self, by: str, message: Message, options: list[str]) -> Message:
        """Sets what the person chooses in a poll; nothing takes the vote back."""
        self._must_see(by, message)
        content = message.content
        if content.type != "poll_creation" or not set(options) <= set(content.options):
            raise SimulatorError(f"{options!r} is no choice here; there are {', '.join(content.options)}")
        if content.choices and len(options) > content.choices:
            raise SimulatorError(f"at most {content.choices} of the options")
        votes = {**message.marks.votes, by: options}
        chosen = [content.options.index(option) for option in options]
        marks = replace(message.marks, votes={who: each for who, each in votes.items() if each})
        return self._keep(by, replace(message, marks=marks), "vote", {"options": chosen})

    def edit(
        self,
        by: str,
        message: Message,
        text: str,
        *,
        remark_id: str | None = None,
        source: Device | None = None,
    ) -> Message:
        """Gives one's own text or caption other words, within EDITABLE."""
        self._must_see(by, message)
        if by != message.sender or self._exchange.state.now() - message.at > EDITABLE:
            raise SimulatorError("one edits what one wrote oneself, and not for long")
        content = message.content
        if content.body is None and content.caption is None:
            raise SimulatorError("there are no words to edit")
        words = {"body": text} if content.type == "chat" else {"caption": text}
        content = replace(content, body=words.get("body"), caption=words.get("caption"))
        edited = replace(message, content=content, marks=replace(message.marks, edited=True))
        return self._keep(by, edited, "edit", words, source, remark_id)

    def revoke(self, by: str, message: Message, *, source: Device | None = None) -> Message:
        """Takes a message back for everyone: one's own, or as an admin anybody's in the group."""
        self._must_see(by, message)
        admins = self._exchange.group(message.group).admins if message.group else ()
        if by != message.sender and by not in admins:
            raise SimulatorError("one takes back what one wrote oneself")
        content = Content(type=message.content.type)  # nothing of what it said is left
        revoked = replace(message, content=content, marks=Marks(revoked=True))
        subtype = "sender_revoke" if by == message.sender else "admin_revoke"
        return self._keep(by, revoked, "revoke", {"subtype": subtype}, source)

    def unseal(self, message: Message) -> Message:
        """What linked browsers could not decrypt reaches them after all."""
        opened = replace(message, marks=replace(message.marks, sealed=False))
        with self._exchange.state.together():
            self._exchange.state.rewrite(opened)
            self._exchange.announce(opened, self._people(message))
        self._exchange.changes.ring()
        return opened

    def _must_see(self, by: str, message: Message) -> None:
        if by not in self._people(message):
            raise SimulatorError("it is not in a chat of theirs")
        if message.marks.revoked:
            raise SimulatorError("the message was taken back")

    def _people(self, message: Message) -> list[str]:
        if message.group:
            return list(self._exchange.group(message.group).members)
        return [message.recipient, message.sender]

    def _keep(
        self,
        by: str,
        message: Message,
        kind: str,
        facts: dict[str, Any],
        source: Device | None = None,
        remark_id: str | None = None,
    ) -> Message:
        stanzas, now = self._exchange.stanzas, self._exchange.state.now()
        remark = {"remark": remark_id or "3A" + secrets.token_hex(9).upper(), "at": now.timestamp(), **facts}
        card = self._exchange.person(by).card()
        with self._exchange.state.together():
            self._exchange.state.rewrite(message)
            for owner in self._people(message):
                names = {"key": stanzas.key(message, owner), "by": stanzas.name(by, message, owner)}
                body = {**names, "byMe": owner == by, "people": [] if owner == by else [card], **remark}
                self._exchange.tell(owner, kind, body, source=source)
        self._exchange.changes.ring()
        return message
