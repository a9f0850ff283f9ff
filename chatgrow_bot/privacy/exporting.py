"""All that is kept of a person, piece by piece, as it is read: a page of rows is in memory, and no more."""

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from ..errors import PluginError
from ..hub import PersonalData
from ..store import personal_rows
from ..store.database import Database
from ..store.people import Person
from ..store.personal import AT_ONCE, Kind, page


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One row of one section."""

    section: str
    row: Any
    file: str = ""  #: SHA-256 of the file that it names


async def pieces(
    db: Database, person: Person, plugins: Sequence[tuple[str, PersonalData]]
) -> AsyncGenerator[Piece]:
    """Section after section, each section's together."""
    ids: list[str] = []
    for kind in personal_rows.KINDS:
        async for key, row, file in _rows(db, person, kind):
            if kind.messages:
                ids.append(key)
            if row is not None:
                yield Piece(section=kind.name, row=row, file=file)
    for by, data in plugins:
        for names, some in ((person.names, ()), *(((), part) for part in _parts(ids))):
            for row in await _told(db, person, by, data, names, some):
                yield Piece(section=f"{by}: {data.name}", row=row)


async def _rows(
    db: Database, person: Person, kind: Kind
) -> AsyncIterator[tuple[Any, Mapping[str, Any] | None, str]]:
    after: Any = None
    while True:
        looked = await db.read(page(kind, person, after))
        for found in looked.found:
            yield found.key, found.shown, found.file
        after = looked.after
        if after is None:
            return


async def _told(
    db: Database,
    person: Person,
    by: str,
    data: PersonalData,
    names: Collection[str],
    ids: Collection[str],
) -> Sequence[Any]:
    def look(conn: Connection) -> Sequence[Any]:
        return list(data.export(conn, person.tenant, names, ids))

    try:
        return await db.read(look)
    except Exception as error:
        raise PluginError(f"'{by}' cannot tell what it keeps as {data.name}: {error!r}") from error


def _parts(ids: Sequence[str]) -> Sequence[Sequence[str]]:
    return [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]
