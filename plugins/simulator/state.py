"""What the simulated servers remember, in one SQLite file: a restart of the simulator finds the same network.

Calls are synchronous: each touches a handful of rows on a local disk, which costs less than a thread would.
"""

from __future__ import annotations

import json
from typing import Any

from .group_rows import GroupRows
from .message_rows import MessageRows
from .nouns import Device, Person, Privacy, Stanza

_PEOPLE = "SELECT number, name, online, privacy FROM people"


class State(MessageRows, GroupRows):
    """Everything that is kept. `with State(path) as state:` closes the file at the end."""

    # people

    def put_person(self, number: str, name: str) -> None:
        """Adds a person, online; a known one only takes the new name."""
        person = Person(number=number, name=name, online=True)
        insert = """INSERT INTO people (number, name, online, privacy, lid) VALUES (?, ?, 1, ?, ?)
            ON CONFLICT (number) DO UPDATE SET name = excluded.name"""
        self._db.execute(insert, (number, name, person.privacy, person.lid))

    def set_online(self, number: str, online: bool) -> None:
        """Switches a person's phone on or off."""
        self._db.execute("UPDATE people SET online = ? WHERE number = ?", (online, number))

    def set_privacy(self, number: str, privacy: Privacy) -> None:
        """Sets how others meet a person."""
        self._db.execute("UPDATE people SET privacy = ? WHERE number = ?", (privacy, number))

    def set_banned(self, number: str, banned: bool) -> None:
        """Closes or opens a person's account."""
        self._db.execute("UPDATE people SET banned = ? WHERE number = ?", (banned, number))

    def is_banned(self, number: str) -> bool:
        """Whether an account is closed."""
        row = self._db.execute("SELECT banned FROM people WHERE number = ?", (number,)).fetchone()
        return bool(row and row[0])

    def person(self, number: str) -> Person | None:
        """The owner of a number, or None: then the number is not on WhatsApp."""
        return next(iter(self._people(f"{_PEOPLE} WHERE number = ?", number)), None)

    def person_of_lid(self, lid: str) -> Person | None:
        """The person behind a LID."""
        return next(iter(self._people(f"{_PEOPLE} WHERE lid = ?", lid)), None)

    def people(self) -> list[Person]:
        """Everybody who is on WhatsApp, in the order in which they came."""
        return self._people(f"{_PEOPLE} ORDER BY rowid")

    def acquaintances(self, number: str) -> list[Person]:
        """Everybody with whom a person shares a chat."""
        query = """number <> :me AND (
            number IN (SELECT recipient FROM messages WHERE sender = :me) OR
            EXISTS (SELECT 1 FROM messages WHERE sender = people.number AND recipient = :me) OR
            number IN (SELECT theirs.number FROM members mine JOIN members theirs USING (chat)
              WHERE mine.number = :me))"""
        return self._people(f"{_PEOPLE} WHERE {query}", {"me": number})

    def _people(self, query: str, *values: Any) -> list[Person]:
        parameters = values[0] if values and isinstance(values[0], dict) else values
        return [
            Person(number=number, name=name, online=bool(online), privacy=Privacy(privacy))
            for number, name, online, privacy in self._db.execute(query, parameters)
        ]

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
