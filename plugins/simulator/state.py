"""What the simulated servers remember, in one SQLite file: a restart of the simulator finds the same network.

Calls are synchronous: each touches a handful of rows on a local disk, which costs less than a thread would.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .nouns import Ack, Content, Device, Message, Person, Stanza

_SCHEMA = """
CREATE TABLE IF NOT EXISTS people (number TEXT PRIMARY KEY, name TEXT NOT NULL, online INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS devices (
  id INTEGER PRIMARY KEY AUTOINCREMENT, number TEXT NOT NULL REFERENCES people, identity TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS messages (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, sender TEXT NOT NULL REFERENCES people,
  recipient TEXT NOT NULL REFERENCES people, content TEXT NOT NULL, ack INTEGER NOT NULL, at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS messages_by_id ON messages (id, sender, recipient);
CREATE INDEX IF NOT EXISTS messages_by_recipient ON messages (recipient, seq);
CREATE INDEX IF NOT EXISTS messages_by_ack ON messages (recipient, ack);
CREATE INDEX IF NOT EXISTS messages_by_sender ON messages (sender, seq);
CREATE TABLE IF NOT EXISTS stanzas (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, device INTEGER NOT NULL REFERENCES devices ON DELETE CASCADE,
  kind TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS stanzas_by_device ON stanzas (device, seq);
"""


class State:
    """The tables. `with State(path) as state:` closes the file at the end."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        # a killed process loses nothing by this, only a power cut could
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.executescript(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is written inside is kept as a whole or not at all."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # people

    def put_person(self, number: str, name: str) -> None:
        """Adds a person, online; a known one only takes the new name."""
        self._db.execute(
            "INSERT INTO people VALUES (?, ?, 1) ON CONFLICT (number) DO UPDATE SET name = excluded.name",
            (number, name),
        )

    def set_online(self, number: str, online: bool) -> None:
        """Switches a person's phone on or off."""
        self._db.execute("UPDATE people SET online = ? WHERE number = ?", (online, number))

    def person(self, number: str) -> Person | None:
        """The owner of a number, or None: then the number is not on WhatsApp."""
        query = "SELECT number, name, online FROM people WHERE number = ?"
        row = self._db.execute(query, (number,)).fetchone()
        return Person(number=row[0], name=row[1], online=bool(row[2])) if row else None

    # devices

    def add_device(self, number: str, identity: str) -> Device:
        """Links a browser to a number."""
        insert = "INSERT INTO devices (number, identity) VALUES (?, ?)"
        cursor = self._db.execute(insert, (number, identity))
        assert cursor.lastrowid is not None  # noqa: S101 - an INSERT of one row always has one
        return Device(id=cursor.lastrowid, number=number, identity=identity)

    def devices(self, number: str) -> list[Device]:
        """The browsers linked to a number, oldest first."""
        query = "SELECT id, number, identity FROM devices WHERE number = ? ORDER BY id"
        rows = self._db.execute(query, (number,))
        return [Device(id=row[0], number=row[1], identity=row[2]) for row in rows]

    def is_linked(self, device: Device) -> bool:
        """Whether a browser is still on its owner's list."""
        return self._db.execute("SELECT 1 FROM devices WHERE id = ?", (device.id,)).fetchone() is not None

    def remove_device(self, device: Device) -> None:
        """Unlinks a browser; what waits for it is dropped."""
        self._db.execute("DELETE FROM devices WHERE id = ?", (device.id,))

    # messages

    def add_message(self, id_: str, sender: str, recipient: str, content: Content) -> Message:
        """Takes a message in: from now on the server has it."""
        at = datetime.now(UTC)
        text = json.dumps({name: value for name, value in asdict(content).items() if value is not None})
        row = (id_, sender, recipient, text, Ack.SERVER, at.isoformat())
        cursor = self._db.execute(
            "INSERT INTO messages (id, sender, recipient, content, ack, at) VALUES (?, ?, ?, ?, ?, ?)", row
        )
        return self._messages("seq = ?", cursor.lastrowid)[0]

    def message(self, id_: str, sender: str, recipient: str) -> Message | None:
        """The first message of that id between the two, if any."""
        found = self._messages("id = ? AND sender = ? AND recipient = ?", id_, sender, recipient)
        return found[0] if found else None

    def received(self, number: str, after: int) -> list[Message]:
        """Messages delivered to a number, newer than `after`, oldest first."""
        return self._messages("recipient = ? AND seq > ? AND ack >= ?", number, after, Ack.DELIVERED)

    def standing_at(self, ack: Ack, recipient: str, author: str | None = None) -> list[Message]:
        """Messages to a number, from one author or all, that have come exactly so far, oldest first."""
        return self._messages(
            "recipient = ? AND ack = ? AND sender = coalesce(?, sender)", recipient, ack, author
        )

    def sent(self, number: str, after: int) -> list[Message]:
        """Messages from a number, newer than `after`, oldest first."""
        return self._messages("sender = ? AND seq > ?", number, after)

    def raise_acks(self, messages: Iterable[Message], ack: Ack) -> None:
        """Moves messages forward, never back."""
        update = "UPDATE messages SET ack = max(ack, ?) WHERE seq = ?"
        self._db.executemany(update, [(ack, message.seq) for message in messages])

    def _messages(self, where: str, *values: object) -> list[Message]:
        columns = "seq, id, sender, recipient, content, ack, at"
        rows = self._db.execute(f"SELECT {columns} FROM messages WHERE {where} ORDER BY seq", values)  # noqa: S608
        return [
            Message(
                seq=seq,
                id=id_,
                sender=sender,
                recipient=recipient,
                content=Content(**json.loads(content)),
                ack=Ack(ack),
                at=datetime.fromisoformat(at),
            )
            for seq, id_, sender, recipient, content, ack, at in rows
        ]

    # stanzas

    def add_stanza(self, device: Device, kind: str, body: dict[str, Any]) -> None:
        """Keeps something for a device until it is acknowledged."""
        self._db.execute(
            "INSERT INTO stanzas (device, kind, body) VALUES (?, ?, ?)", (device.id, kind, json.dumps(body))
        )

    def stanzas(self, device: Device, after: int) -> list[Stanza]:
        """What waits for a device, newer than `after`, oldest first."""
        query = "SELECT seq, kind, body FROM stanzas WHERE device = ? AND seq > ? ORDER BY seq"
        rows = self._db.execute(query, (device.id, after))
        return [Stanza(seq=seq, kind=kind, body=json.loads(body)) for seq, kind, body in rows]

    def forget_stanza(self, device: Device, seq: int) -> None:
        """The device has stored it."""
        self._db.execute("DELETE FROM stanzas WHERE device = ? AND seq = ?", (device.id, seq))
