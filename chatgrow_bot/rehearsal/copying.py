"""What a rehearsal copies of the real database: the rows that decide about one person's message, and no more,
so that a large database takes no longer than a small one. It is only read, beside the hub that runs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, TextClause, inspect, or_, select, union_all

from ..config.models import Settings
from ..errors import BadInput, ConnectionNotFound
from ..hub import Role
from ..store import consent, engines, suppressions
from ..store.account_tables import usage, users
from ..store.conversation_tables import dialogues
from ..store.customer_tables import customers
from ..store.dialect import is_unavailable, unavailable
from ..store.dialogues import of as of_people
from ..store.tables import (
    IN_GROUP,
    IS_ELSEWHERE,
    IS_REPLY,
    connections,
    consent_ledger,
    contacts,
    inbox,
    meta,
    outbox,
    plugin_store,
)
from ..store.tables import consent as consent_table
from ..vault import FILE, Vault
from .scene import Scene

#: Messages of his chat, and of what else counts, at most; the newest.
_MESSAGES = 500
_REPLIES = 5_000
#: What a plugin keeps that does not name him, at most.
_KEPT = 1_000
#: Under which key a plugin's own tables are noted: they are made anew.
_TABLES = "chatgrow.tables"
_COPIED = (users, meta, connections, contacts, customers, consent_table, consent_ledger, usage)
_LOOKED_AT = (*_COPIED, dialogues, plugin_store, inbox, outbox)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The rows, table by table in the order in which they go in, and whose message it is."""

    tenant: str = ""  #: empty where there is nobody yet
    username: str = "admin"
    connection: str = ""  #: empty where the user has none
    rows: Sequence[tuple[Table, Sequence[Mapping[str, Any]]]] = ()
    suppressed: Sequence[str] = ()  #: his names under which he was erased and wants nothing
    note: str = ""  #: why nothing was copied
    engines: frozenset[str] = field(default_factory=frozenset)


async def sample(settings: Settings, scene: Scene) -> Sample:
    """What counts for a scene. Raises BadInput for a user that there is not, ConnectionNotFound,
    StoreUnavailable."""
    address = engines.parse(settings.database_url)
    file = engines.sqlite_file(address)
    if file and not file.exists():
        return _nothing(scene, "There is no database yet")
    engine = engines.reading(address)
    key = _key(settings)
    try:
        async with engine.connect() as conn:
            return await conn.run_sync(_sample, settings, scene, key)
    except Exception as error:
        if is_unavailable(error):
            raise unavailable(error, "the database cannot be read") from error
        raise
    finally:
        await engine.dispose()


def _key(settings: Settings) -> bytes:
    """By which suppressed people are known; nothing where no hub has been."""
    there = (settings.session_dir / FILE).exists()
    return Vault.open(settings.session_dir).derive(suppressions.KEY) if there else b""


def _nothing(scene: Scene, why: str) -> Sample:
    if scene.user or scene.connection:
        raise BadInput(f"{why}, and so no user or connection to choose: leave out --as and --connection")
    return Sample(note=f"{why}, so nobody is known")


def _sample(conn: Connection, settings: Settings, scene: Scene, key: bytes) -> Sample:
    if not _is_ours(conn):
        return _nothing(scene, "No hub of this version has been here")
    tenant, username, connection = _whose(conn, scene)
    if not tenant:
        return _nothing(scene, "There are no users yet")
    his = sorted(consent.names(conn, tenant, scene.sender))
    if key:
        conn.info[suppressions.KEY] = key
    gone = suppressions.among(conn, {(tenant, name) for name in his})
    queries = _queries(settings, scene, (tenant, connection, his))
    rows = [(table, [dict(row) for row in conn.execute(query).mappings()]) for table, query in queries]
    for row in (row for table, its in rows if table is users for row in its):
        row["password_hash"] = ""  # nobody logs in
    used = {row["settings"].get("engine", "") for table, its in rows if table is connections for row in its}
    return Sample(
        tenant=tenant,
        username=username,
        connection=connection,
        rows=rows,
        suppressed=[name for _, name in gone],
        engines=frozenset(used),
    )


def _is_ours(conn: Connection) -> bool:
    """Whether this version's tables are there."""
    look = inspect(conn)
    there = set(look.get_table_names())
    return all(
        table.name in there and {each["name"] for each in look.get_columns(table.name)} >= set(table.c.keys())
        for table in _LOOKED_AT
    )


def _whose(conn: Connection, scene: Scene) -> tuple[str, str, str]:
    """The user, his name, and the connection: as asked, or the first there is."""
    known = conn.execute(select(users).order_by(users.c.role != Role.ADMIN, users.c.created_at)).all()
    mine = select(connections.c.id, connections.c.tenant).order_by(connections.c.created_at, connections.c.id)
    if scene.connection:
        mine = mine.where(connections.c.id == scene.connection)
    found = conn.execute(mine).all()
    if scene.connection and not found:
        raise ConnectionNotFound(f"There is no connection '{scene.connection}'")
    owners = {row.tenant for row in found} if scene.connection else {row.id for row in known}
    chosen = [row for row in known if row.id in owners]
    if scene.user:
        chosen = [row for row in known if scene.user in (row.username, row.id)]
        if not chosen:
            raise BadInput(f"There is no user '{scene.user}': `chatgrow user list` shows who there is")
        if chosen[0].id not in owners:
            raise ConnectionNotFound(f"The user '{scene.user}' has no connection '{scene.connection}'")
    if not chosen:
        return "", "", ""
    first = next((row.id for row in found if row.tenant == chosen[0].id), "")
    return chosen[0].id, chosen[0].username, first


def _queries(
    settings: Settings, scene: Scene, whose: tuple[str, str, Sequence[str]]
) -> Iterator[tuple[Table, Select[Any]]]:
    """What to read, in the order in which it can be written."""
    tenant, connection, his = whose
    mine = select(connections.c.id).where(connections.c.tenant == tenant)
    yield users, select(users)
    yield meta, select(meta)
    yield connections, select(connections).where(connections.c.tenant == tenant)
    named = or_(contacts.c.lid.in_(his), contacts.c.chat.in_(his))
    yield contacts, select(contacts).where(contacts.c.connection_id.in_(mine), named)
    for table in (customers, consent_table, consent_ledger):
        yield table, select(table).where(table.c.tenant == tenant, table.c.person.in_(his))
    yield usage, select(usage).where(usage.c.tenant == tenant)
    waits = (dialogues.c.connection_id == connection, dialogues.c.tenant == tenant)
    yield dialogues, select(dialogues).where(*waits, of_people(his))
    yield plugin_store, _kept(tenant, [*his, scene.chat])
    yield inbox, _came(tenant, connection, scene.chat, his)
    yield outbox, _left(settings, tenant, connection, [*his, scene.chat], scene.at)


def _kept(tenant: str, names: Sequence[str]) -> Select[Any]:
    """What plugins keep: all that names him, and of the rest what comes first."""
    t = plugin_store
    here = (t.c.tenant.in_((tenant, "")), t.c.key != _TABLES)
    names_him = or_(*(t.c.key.contains(name, autoescape=True) for name in names))
    rest = select(t.c.instance, t.c.tenant, t.c.key).where(*here).limit(_KEPT).subquery()
    is_one = (
        select(rest.c.key)
        .where(rest.c.instance == t.c.instance, rest.c.tenant == t.c.tenant, rest.c.key == t.c.key)
        .exists()
    )
    return select(t).where(*here, or_(names_him, is_one))


def _came(tenant: str, connection: str, chat: str, his: Sequence[str]) -> Select[Any]:
    """What came in his chat, and from him anywhere on the connection: an index each."""
    t = inbox
    here = (t.c.tenant == tenant, t.c.connection_id == connection)
    return _any_of(
        t,
        *(_newest(t, _MESSAGES, *here, t.c.chat == each) for each in dict.fromkeys([chat, *his])),
        *(_newest(t, _MESSAGES, *here, IN_GROUP, t.c.participant == each) for each in his),
    )


def _left(
    settings: Settings, tenant: str, connection: str, chats: Sequence[str], at: datetime
) -> Select[Any]:
    """What was sent to his chat, and what counts for the limits of the connection."""
    t = outbox
    since = at - max(timedelta(hours=1), timedelta(seconds=settings.inbound.loop_breaker.long_window))
    here = (t.c.tenant == tenant, t.c.connection_id == connection)
    return _any_of(
        t,
        *(_newest(t, _MESSAGES, *here, t.c.chat == each) for each in dict.fromkeys(chats)),
        *(_since(t, since, *here, which) for which in (IS_REPLY, IS_ELSEWHERE)),
    )


def _newest(table: Table, most: int, *which: ColumnElement[bool] | TextClause) -> Select[Any]:
    return select(table.c.id).where(*which).order_by(table.c.id.desc()).limit(most)


def _since(table: Table, since: datetime, *which: ColumnElement[bool] | TextClause) -> Select[Any]:
    at = table.c.created_at
    return select(table.c.id).where(*which, at >= since).order_by(at.desc()).limit(_REPLIES)


def _any_of(table: Table, *queries: Select[Any]) -> Select[Any]:
    ids = union_all(*(select(query.subquery().c.id) for query in queries))
    return select(table).where(table.c.id.in_(ids)).order_by(table.c.id.desc())
