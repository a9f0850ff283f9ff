"""Statements that are run for many rows at once. SQLAlchemy compiles each of them once and converts every
value as ever, but the rows go to the driver as they are: Core takes longer for a row than SQLite does."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Update


class Prepared:
    """An insert into these columns, or an update of them, kept ready. It fills in no default."""

    def __init__(self, statement: Insert | Update, columns: Iterable[str]) -> None:
        self._statement = statement
        self._columns = list(columns)
        self._ready: dict[str, _Ready] = {}  #: by dialect

    def run(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it once for each row; a row has a value for each of its parameters."""
        if not rows:
            return
        name = conn.dialect.name
        if name not in self._ready:
            self._ready[name] = self._compiled(conn.dialect)
        ready = self._ready[name]
        conn.exec_driver_sql(ready.words, [ready.values(row) for row in rows])

    def _compiled(self, dialect: Dialect) -> "_Ready":
        compiled = self._statement.compile(dialect=dialect, column_keys=self._columns)
        names = compiled.positiontup or ()  # both our drivers count their parameters
        types = (compiled.binds[name].type.dialect_impl(dialect) for name in names)
        converts = enumerate(each.bind_processor(dialect) for each in types)
        return _Ready(str(compiled), itemgetter(*names), [(at, each) for at, each in converts if each])


@dataclass(frozen=True, slots=True)
class _Ready:
    """A compiled statement: its words, and how a row becomes its parameters."""

    words: str
    pick: Callable[[Mapping[str, Any]], Sequence[Any]]
    converts: Sequence[tuple[int, Callable[[Any], Any]]]  #: by place, of those that are stored otherwise

    def values(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        found = list(self.pick(row))
        for at, convert in self.converts:
            found[at] = convert(found[at])
        return tuple(found)
