"""Indexes over some rows only, and the words with which SQLite finds them again."""

from collections.abc import Iterable

from sqlalchemy import Index, Table, TextClause, text

from ..messages import State


def in_states(column: str, states: Iterable[State]) -> TextClause:
    """A condition on a message's state. As literals: SQLite uses a partial index only when the index's own
    terms stand in the query."""
    words = ", ".join(f"'{state}'" for state in states)
    return text(f"{column} IN ({words})")


def partial(name: str, where: TextClause, table: Table, columns: str, unique: bool = False) -> None:
    """An index over some rows only: queries that name `where` literally read it."""
    found = (table.c[each] for each in columns.split())
    Index(name, *found, unique=unique, sqlite_where=where, postgresql_where=where)
