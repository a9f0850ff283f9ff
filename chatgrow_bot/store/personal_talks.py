"""What else is kept of a person: what plugins wait for from him, and his conversations with teams."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from . import conversations as stored
from . import happenings
from .conversation_tables import conversations as t
from .conversation_tables import dialogues
from .conversation_tables import happenings as h
from .people import Person
from .personal import Found, Kind, fields, on_connection, walk


def _shown(conn: Connection, person: Person, row: Row[Any]) -> Found:
    story = conn.execute(select(h).where(h.c.conversation_id == row.id).order_by(h.c.at, h.c.id))
    told = [fields(line, "id", "conversation_id") for line in story]
    return Found(key=(row.id,), shown={**fields(row, "due_at"), "happenings": told})


def _remove(conn: Connection, person: Person, keys: Sequence[tuple[str]], now: datetime) -> int:
    """One that is open ends before, so that whoever has it knows."""
    ids = [key for (key,) in keys]
    for conversation_id in ids:
        held = stored.get(conn, person.tenant, conversation_id)
        if held and held.conversation.state is not stored.CLOSED:
            happenings.close(conn, held, by="an erasure", at=now)
    return conn.execute(delete(t).where(t.c.tenant == person.tenant, t.c.id.in_(ids))).rowcount


DIALOGUES = on_connection("dialogues", dialogues, "chat", "participant")
CONVERSATIONS = Kind(
    name="conversations",
    tables=(t.name, h.name),
    look=walk(
        t,
        [t.c.id],
        lambda person: t.c.tenant == person.tenant,
        lambda person: t.c.chat.in_(person.names),
        _shown,
    ),
    remove=_remove,
)
