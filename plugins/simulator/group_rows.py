"""Groups in the database: their names, and who is in them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime

from .database import Database
from .nouns import Group


class GroupRows(Database):
    """Everything that is asked of groups."""

    def put_group(self, name: str) -> str:
        """The id of the group of that name, which is made when there is none."""
        insert = "INSERT INTO group_chats VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING"
        id_ = f"1203634{secrets.randbelow(10**11):011d}@g.us"  # as WhatsApp makes them
        self._db.execute(insert, (id_, name, self.now().isoformat()))
        return str(self._db.execute("SELECT id FROM group_chats WHERE name = ?", (name,)).fetchone()[0])

    def put_members(self, group: str, numbers: Iterable[str], *, admin: bool) -> None:
        """Adds people, or gives those who are in it already another standing."""
        insert = """INSERT INTO members VALUES (?, ?, ?)
            ON CONFLICT (chat, number) DO UPDATE SET admin = excluded.admin"""
        self._db.executemany(insert, [(group, number, admin) for number in numbers])

    def remove_member(self, group: str, number: str) -> None:
        """Takes a person out."""
        self._db.execute("DELETE FROM members WHERE chat = ? AND number = ?", (group, number))

    def group(self, id_: str) -> Group | None:
        """A group by its id."""
        row = self._db.execute("SELECT name, made FROM group_chats WHERE id = ?", (id_,)).fetchone()
        if row is None:
            return None
        members = "SELECT number, admin FROM members WHERE chat = ? ORDER BY rowid"
        inside = self._db.execute(members, (id_,)).fetchall()
        return Group(
            id=id_,
            name=row[0],
            members=tuple(number for number, _ in inside),
            admins=tuple(number for number, admin in inside if admin),
            made=datetime.fromisoformat(row[1]),
        )

    def groups_of(self, number: str) -> list[Group]:
        """The groups a person is in, oldest first."""
        query = (
            "SELECT id FROM group_chats JOIN members ON chat = id WHERE number = ? ORDER BY group_chats.rowid"
        )
        found = [self.group(id_) for (id_,) in self._db.execute(query, (number,)).fetchall()]
        return [group for group in found if group]
