"""The one SQLite file of the simulated servers: its tables, and how it is opened, closed and written to."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from .nouns import SimulatorError

#: raised whenever the tables change: what the simulator remembers is not worth a migration
_VERSION = 2
_SCHEMA = """
CREATE TABLE IF NOT EXISTS people (
  number TEXT PRIMARY KEY, name TEXT NOT NULL, online INTEGER NOT NULL, privacy TEXT NOT NULL,
  lid TEXT NOT NULL UNIQUE, banned INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS bans (number TEXT PRIMARY KEY REFERENCES people);
CREATE TABLE IF NOT EXISTS devices (
  id INTEGER PRIMARY KEY AUTOINCREMENT, number TEXT NOT NULL REFERENCES people, identity TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS group_chats (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, made TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS members (
  chat TEXT NOT NULL REFERENCES group_chats, number TEXT NOT NULL REFERENCES people, admin INTEGER NOT NULL,
  PRIMARY KEY (chat, number));
CREATE TABLE IF NOT EXISTS messages (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, sender TEXT NOT NULL REFERENCES people,
  recipient TEXT NOT NULL, content TEXT NOT NULL, marks TEXT NOT NULL, at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS messages_by_id ON messages (id, sender, recipient);
CREATE INDEX IF NOT EXISTS messages_by_sender ON messages (sender, seq);
CREATE TABLE IF NOT EXISTS deliveries (
  message INTEGER NOT NULL REFERENCES messages, number TEXT NOT NULL REFERENCES people, ack INTEGER NOT NULL,
  PRIMARY KEY (message, number));
CREATE INDEX IF NOT EXISTS deliveries_by_number ON deliveries (number, message);
CREATE INDEX IF NOT EXISTS deliveries_by_ack ON deliveries (number, ack);
CREATE TABLE IF NOT EXISTS stanzas (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, device INTEGER NOT NULL REFERENCES devices ON DELETE CASCADE,
  kind TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS stanzas_by_device ON stanzas (device, seq);
"""


class Database:
    """The file, open. Raises SimulatorError when another version of the simulator has written it."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version != _VERSION and self._db.execute("SELECT 1 FROM sqlite_master").fetchone():
            self._db.close()
            raise SimulatorError(f"{path} is of another version of the simulator: delete it")
        self._db.execute("PRAGMA journal_mode = WAL")
        # a killed process loses nothing by this, only a power cut could
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.executescript(_SCHEMA)
        self._db.execute(f"PRAGMA user_version = {_VERSION}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def now(self) -> datetime:
        """The time on WhatsApp's servers: whoever dates something asks here."""
        return datetime.now(UTC)

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
