"""Messages in the database: what was said, how far it has come with each reader, what became of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from .contents import Content, Marks, Message, spare
from .database import Database
from .nouns import Ack

_MESSAGES = """
SELECT seq, id, sender, recipient, content, marks, at,
  coalesce((SELECT min(every.ack) FROM deliveries every WHERE every.message = seq), 1)
FROM messages
"""
_DELIVERED = f"{_MESSAGES} JOIN deliveries mine ON mine.message = seq"


class MessageRows(Database):
    """Everything that is asked of messages and their deliveries."""

    def add_message(
        self, id_: str, sender: str, recipient: str, content: Content, marks: Marks, readers: Iterable[str]
    ) -> Message:
        """Takes a message in for its readers: from now on the server has it."""
        row = (id_, sender, recipient, *_texts(content, marks), self.now().isoformat())
        insert = "INSERT INTO messages (id, sender, recipient, content, marks, at) VALUES (?, ?, ?, ?, ?, ?)"
        seq = self._db.execute(insert, row).lastrowid
        deliveries = [(seq, reader, Ack.SERVER) for reader in readers]
        self._db.executemany("INSERT INTO deliveries VALUES (?, ?, ?)", deliveries)
        return self._read(f"{_MESSAGES} WHERE seq = ?", seq)[0]

    def message_at(self, seq: int) -> Message | None:
        """A message by its place."""
        return next(iter(self._read(f"{_MESSAGES} WHERE seq = ?", seq)), None)

    def message(self, id_: str, sender: str, recipient: str) -> Message | None:
        """The first message of that id from the one to the other, if any."""
        where = "WHERE id = ? AND sender = ? AND recipient = ? ORDER BY seq LIMIT 1"
        return next(iter(self._read(f"{_MESSAGES} {where}", id_, sender, recipient)), None)

    def message_to_group(self, id_: str, group: str) -> Message | None:
        """The first message of that id in a group, whoever wrote it."""
        where = "WHERE id = ? AND recipient = ? ORDER BY seq LIMIT 1"
        return next(iter(self._read(f"{_MESSAGES} {where}", id_, group)), None)

    def received(self, number: str, after: int) -> list[Message]:
        """Messages delivered to a number, newer than `after`, oldest first."""
        where = "WHERE mine.number = ? AND seq > ? AND mine.ack >= ? ORDER BY seq"
        return self._read(f"{_DELIVERED} {where}", number, after, Ack.DELIVERED)

    def standing_at(self, ack: Ack, number: str, chat: str | None = None) -> list[Message]:
        """Messages to a number that have come exactly so far with it, oldest first.

        `chat` narrows them to those in a group (its id), or to those from one author in private.
        """
        where = """WHERE mine.number = :number AND mine.ack = :ack AND (:chat IS NULL OR
            recipient = :chat OR (recipient = :number AND sender = :chat)) ORDER BY seq"""
        return self._read(f"{_DELIVERED} {where}", {"number": number, "ack": ack, "chat": chat})

    def sent(self, number: str, after: int) -> list[Message]:
        """Messages from a number, newer than `after`, oldest first."""
        return self._read(f"{_MESSAGES} WHERE sender = ? AND seq > ? ORDER BY seq", number, after)

    def raise_acks(self, messages: Iterable[Message], reader: str, ack: Ack) -> list[Message]:
        """Moves messages forward with a reader, never back; answers them as they are then."""
        update = "UPDATE deliveries SET ack = max(ack, ?) WHERE message = ? AND number = ?"
        found = []
        for message in messages:
            self._db.execute(update, (ack, message.seq, reader))
            slowest = "SELECT min(ack) FROM deliveries WHERE message = ?"
            found.append(replace(message, ack=Ack(self._db.execute(slowest, (message.seq,)).fetchone()[0])))
        return found

    def rewrite(self, message: Message) -> None:
        """Keeps a message's content and marks as they are now."""
        update = "UPDATE messages SET content = ?, marks = ? WHERE seq = ?"
        self._db.execute(update, (*_texts(message.content, message.marks), message.seq))

    def _read(self, query: str, *values: Any) -> list[Message]:
        parameters = values[0] if values and isinstance(values[0], dict) else values
        return [
            Message(
                seq=seq,
                id=id_,
                sender=sender,
                recipient=recipient,
                content=Content.from_json(json.loads(content)),
                marks=Marks(**json.loads(marks)),
                ack=Ack(ack),
                at=datetime.fromisoformat(at),
            )
            for seq, id_, sender, recipient, content, marks, at, ack in self._db.execute(query, parameters)
        ]


def _texts(content: Content, marks: Marks) -> tuple[str, str]:
    return json.dumps(spare(content)), json.dumps(spare(marks))
