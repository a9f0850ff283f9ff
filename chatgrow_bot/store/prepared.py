"""Statements that every message goes through. SQLAlchemy compiles each of them once and converts every value
as ever, but they run on the driver's own cursor: Core takes many times longer for a statement than SQLite."""

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Select, Update
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import ReturningUpdate

#: Rows in one statement, at most: SQLite takes 32,766 values.
_AT_ONCE = 256
#: By place, of the values that are stored otherwise than Python holds them.
_Converts = Sequence[tuple[int, Callable[[Any], Any]]]


@dataclass(frozen=True, slots=True)
class _Ready:
    """A compiled statement: its words, and how values by name become its parameters."""

    words: str
    names: Sequence[str]
    converts: _Converts
    values: str = ""  #: what stands in it once for each row, where several rows can be one statement

    def parameters(self, values: Mapping[str, Any]) -> list[Any]:
        return _converted([values[name] for name in self.names], self.converts)


class Prepared:
    """An insert into these columns, or an update of them, for many rows at once. It fills in no default."""

    def __init__(self, statement: Insert | Update, columns: Iterable[str]) -> None:
        self._statement = statement
        self._columns = list(columns)
        self._ready: dict[str, _Ready] = {}  #: by dialect
        self._many: dict[int, str] = {}  #: by the number of rows

    def run(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it once for each row; a row has a value for each of its parameters."""
        if not rows:
            return
        name = conn.dialect.name
        ready = self._ready.get(name) or self._ready.setdefault(name, self._compiled(conn.dialect))
        given = [ready.parameters(row) for row in rows]
        with _cursor(conn, ready.words) as cursor:
            if not ready.values:
                cursor.executemany(ready.words, given)
                return
            for part in _parts(given):
                cursor.execute(self._for(ready, len(part)), [*chain.from_iterable(part)])

    def _for(self, ready: _Ready, count: int) -> str:
        """The words for so many rows at once: a step of the database less for each means a change of threads
        less, in which the loop may hold the writer up."""
        if count not in self._many:
            self._many[count] = ready.words.replace(ready.values, ", ".join([ready.values] * count), 1)
        return self._many[count]

    def _compiled(self, dialect: Dialect) -> _Ready:
        compiled = self._statement.compile(dialect=dialect, column_keys=self._columns)
        names = compiled.positiontup or ()  # both our drivers count their parameters
        types = (compiled.binds[name].type.dialect_impl(dialect) for name in names)
        values = f"({', '.join('?' * len(names))})"
        is_one = isinstance(self._statement, Insert) and dialect.paramstyle == "qmark"
        return _Ready(
            str(compiled),
            names,
            _converts(each.bind_processor(dialect) for each in types),
            values if is_one else "",
        )


@dataclass(frozen=True, slots=True)
class _ReadyToAnswer:
    """The same with lists of certain lengths, and how its rows are read."""

    ask: _Ready
    fixed: Mapping[str, Any]  #: values that stand in the statement itself
    lists: Mapping[str, Sequence[str]]  #: by a list's name the names of its values
    converts: _Converts


class Asked:
    """A statement that answers with rows, for lists of any length."""

    def __init__(self, statement: Select[Any] | ReturningUpdate[Any]) -> None:
        self._statement = statement
        self._compiled: dict[str, SQLCompiler] = {}  #: by dialect
        self._ready: dict[tuple[object, ...], _ReadyToAnswer] = {}  #: and by how long the lists are
        names = [str(each.key) for each in statement.exported_columns]
        self._row: Any = namedtuple("Row", names)  # type: ignore[misc]

    def rows(self, conn: Connection, **given: Any) -> Sequence[Any]:
        """What it answers, with each row's values by name. What is given as a list is one of its lists, none
        of which is empty."""
        lists = {name: _padded(each) for name, each in given.items() if isinstance(each, list)}
        key = (conn.dialect.name, *map(len, lists.values()))
        ready = self._ready.get(key)
        if ready is None:
            ready = self._ready[key] = self._expanded(conn.dialect, {**given, **lists})
        values = {**ready.fixed, **given}
        for name, each in lists.items():
            values.update(zip(ready.lists[name], each, strict=True))
        with _cursor(conn, ready.ask.words) as cursor:
            cursor.execute(ready.ask.words, ready.ask.parameters(values))
            return [self._row._make(_converted([*row], ready.converts)) for row in cursor.fetchall()]

    def _expanded(self, dialect: Dialect, given: Mapping[str, Any]) -> _ReadyToAnswer:
        name = dialect.name
        if name not in self._compiled:
            self._compiled[name] = self._statement.compile(dialect=dialect)
        compiled = self._compiled[name]
        state = compiled.construct_expanded_state(given)
        names, lists = state.positiontup or (), state.parameter_expansion
        of = {value: name for name, values in lists.items() for value in values}
        types = (compiled.binds[of.get(name, name)].type.dialect_impl(dialect) for name in names)
        answers = (each.type.dialect_impl(dialect) for each in self._statement.exported_columns)
        return _ReadyToAnswer(
            _Ready(state.statement, names, _converts(each.bind_processor(dialect) for each in types)),
            {name: value for name, value in state.parameters.items() if name not in of},
            lists,
            _converts(each.result_processor(dialect, None) for each in answers),
        )


@contextmanager
def _cursor(conn: Connection, words: str) -> Iterator[DBAPICursor]:
    """The driver's own, whose errors come out as Core's do."""
    connection, errors = conn.connection, conn.dialect.loaded_dbapi.Error
    cursor = connection.cursor()
    try:
        yield cursor
    except errors as error:
        is_gone = conn.dialect.is_disconnect(error, connection, cursor)
        raise DBAPIError.instance(
            words,
            None,
            error,
            errors,
            hide_parameters=True,
            connection_invalidated=is_gone,
            dialect=conn.dialect,
        ) from error
    finally:
        cursor.close()


def _converts(processors: Iterable[Callable[[Any], Any] | None]) -> _Converts:
    return [(at, each) for at, each in enumerate(processors) if each]


def _converted(values: list[Any], converts: _Converts) -> list[Any]:
    for at, convert in converts:
        if (value := values[at]) is not None:  # which every type stores as it is
            values[at] = convert(value)
    return values


def _parts(rows: Sequence[list[Any]]) -> Iterator[Sequence[list[Any]]]:
    """In lengths that are powers of two, so that there are few to be ready for."""
    at = 0
    while left := len(rows) - at:
        length = min(_AT_ONCE, 1 << (left.bit_length() - 1))
        yield rows[at : at + length]
        at += length


def _padded(values: list[Any]) -> list[Any]:
    """With its last value repeated up to a power of two, so that there are few lengths to be ready for."""
    length = 1 << (len(values) - 1).bit_length()
    return values + values[-1:] * (length - len(values))
