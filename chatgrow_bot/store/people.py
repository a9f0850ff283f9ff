"""One person under all the names by which a tenant's connections know him: the chat of his number, and the
linked ids that are known to be his."""

from collections.abc import Collection, Set
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Connection, or_, select

from ..addresses import PERSON, names_one_of
from .tables import connections, contacts


@dataclass(frozen=True, kw_only=True)
class Person:
    """Whom it is about, and whose customer he is."""

    tenant: str
    names: frozenset[str]  #: chat ids

    @property
    def chat(self) -> str:
        """The name under which he is written down: that of his number where it is known."""
        return min(self.names, key=lambda name: (not name.endswith(PERSON), name))

    @cached_property
    def digits(self) -> Collection[str]:
        """What is particular about each of his names."""
        return sorted({name.partition("@")[0] for name in self.names})

    def is_named_in(self, text: str) -> bool:
        """Whether a text holds his number, however it is spelled, or another of his names."""
        return names_one_of(text, self.names)


def find(conn: Connection, tenant: str, chat: str) -> Person:
    """The person of a chat id."""
    names: Set[str] = {chat}
    while (more := names | _next_to(conn, tenant, names)) != names:
        names = more
    return Person(tenant=tenant, names=frozenset(names))


def _next_to(conn: Connection, tenant: str, names: Set[str]) -> Set[str]:
    query = (
        select(contacts.c.lid, contacts.c.chat)
        .join(connections, connections.c.id == contacts.c.connection_id)
        .where(connections.c.tenant == tenant)
        .where(or_(contacts.c.lid.in_(names), contacts.c.chat.in_(names)))
    )
    return {name for row in conn.execute(query) for name in row}
