"""What a tenant knows of a person: what is kept about him, and what his messages tell. The tenant's
connections may know him by different names: what is kept stands under each of them, and is found by any."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, TextClause, bindparam, select, text

from ..messages import REMARKS, Inbound, Kind
from ..responses import Customer
from .consent import names
from .customer_tables import customers as t
from .dialect import upsert
from .prepared import Asked
from .tables import IN_GROUP, inbox, outbox

#: Tags of one person, and fields, at most.
TAGS, FIELDS = 64, 64
_KEPT = Asked(
    select(t.c.tags, t.c.fields, t.c.wrote).where(
        t.c.tenant == bindparam("tenant"), t.c.person == bindparam("person")
    )
)
_HERE = (
    inbox.c.tenant == bindparam("tenant"),
    inbox.c.connection_id == bindparam("name"),
    inbox.c.id < bindparam("before"),
)
_PRIVATELY = (inbox.c.chat == bindparam("person"), inbox.c.from_me.is_(False))
_IN_GROUPS = (inbox.c.participant == bindparam("person"), IN_GROUP)
#: A reaction or a vote is no writing.
_WRITES = text(f"kind NOT IN ({', '.join(repr(kind.value) for kind in (*sorted(REMARKS), Kind.VOTE))})")


def _newest(*which: ColumnElement[bool] | TextClause) -> Asked:
    return Asked(select(inbox.c.sent_at).where(*_HERE, *which).order_by(inbox.c.id.desc()).limit(1))


_WROTE_PRIVATELY = _newest(*_PRIVATELY, _WRITES)
_WROTE_IN_GROUP = _newest(*_IN_GROUPS, inbox.c.chat == bindparam("chat"), _WRITES)
_CAME = (_newest(*_PRIVATELY), _newest(*_IN_GROUPS))
_LEFT = [inbox.c[each] for each in ("tenant", "connection_id", "chat", "participant", "kind", "sent_at")]
_ABOUT = tuple(
    Asked(
        select(table.c.id).where(table.c.id == bindparam("id"), table.c.tenant == bindparam("tenant"), *more)
    )
    for table, more in ((outbox, ()), (inbox, (inbox.c.from_me,)))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept about somebody."""

    tags: frozenset[str] = frozenset()
    fields: Mapping[str, str] = field(default_factory=dict)
    #: When each field was set last, or forgotten, in microseconds since 1970.
    set_at: Mapping[str, int] = field(default_factory=dict)
    #: When he last wrote what is kept no more, likewise, by place; 0 where it was no writing.
    wrote: Mapping[str, int] = field(default_factory=dict)


def of(conn: Connection, message: Inbound) -> Customer:
    """Who wrote a stored message, as its tenant knows him."""
    known, person = kept(conn, message.tenant, message.sender), message.sender
    here = {"tenant": message.tenant, "name": message.connection_id, "before": message.id, "person": person}
    if message.participant:
        wrote = _WROTE_IN_GROUP.rows(conn, **here, chat=message.chat)
    else:
        wrote = _WROTE_PRIVATELY.rows(conn, **here)
    return Customer(
        chat=person,
        tags=known.tags,
        fields=known.fields,
        is_new=not (wrote or _came_before(known, message))
        and not any(asked.rows(conn, **here) for asked in _CAME),
        last_wrote=wrote[0].sent_at if wrote else _moment(known.wrote.get(_place(message), 0)),
        about_ours=is_about_ours(conn, message),
    )


def is_about_ours(conn: Connection, message: Inbound) -> bool:
    """Whether a message is about one that we sent, or typed on the phone."""
    this = {"id": message.about, "tenant": message.tenant}
    return bool(message.about) and any(asked.rows(conn, **this) for asked in _ABOUT)


def _came_before(known: Kept, message: Inbound) -> bool:
    return any(place.partition(" ")[0] == message.connection_id for place in known.wrote)


def _place(message: Inbound | Row[Any]) -> str:
    """Where somebody wrote, as it is kept."""
    return f"{message.connection_id} {message.chat}" if message.participant else message.connection_id


def leave(conn: Connection, ids: Sequence[str], at: datetime) -> None:
    """These messages are removed now. That somebody wrote, where and when last, is kept."""
    wrote: dict[tuple[str, str], dict[str, int]] = {}
    for row in conn.execute(select(*_LEFT).where(inbox.c.id.in_(ids), inbox.c.from_me.is_(False))):
        places = wrote.setdefault((row.tenant, row.participant or row.chat), {})
        moment = 0 if row.kind in (*REMARKS, Kind.VOTE) else _number(row.sent_at)
        places[_place(row)] = max(moment, places.get(_place(row), 0))
    for (tenant, person), places in wrote.items():
        known = _whole(conn, tenant, person)
        if news := {each: moment for each, moment in places.items() if moment > known.wrote.get(each, -1)}:
            _put(conn, tenant, person, replace(known, wrote={**known.wrote, **news}), at)


def kept(conn: Connection, tenant: str, person: str) -> Kept:
    """What is kept about a person, by any of his names; `set_at` is left out."""
    rows = _KEPT.rows(conn, tenant=tenant, person=person)
    if not rows:
        return Kept()
    return Kept(tags=frozenset(rows[0].tags), fields=rows[0].fields, wrote=rows[0].wrote or {})


def tag(conn: Connection, tenant: str, person: str, words: Collection[str], at: datetime) -> Collection[str]:
    """Put words on somebody; those for which there is no room."""
    known = _whole(conn, tenant, person)
    new = sorted(set(words) - known.tags)
    room = max(0, TAGS - len(known.tags))
    if new[:room]:
        _put(conn, tenant, person, replace(known, tags=known.tags | set(new[:room])), at)
    return new[room:]


def untag(conn: Connection, tenant: str, person: str, words: Collection[str], at: datetime) -> None:
    """Take words off somebody."""
    known = _whole(conn, tenant, person)
    if not known.tags.isdisjoint(words):
        _put(conn, tenant, person, replace(known, tags=known.tags - set(words)), at)


def set_field(conn: Connection, tenant: str, person: str, name: str, value: str, at: datetime) -> bool:
    """Keep something about somebody, or forget it if it is empty; False when there is no room for it."""
    known = _whole(conn, tenant, person)
    if known.fields.get(name, "") == value:
        return True
    if value and name not in known.fields and len(known.fields) >= FIELDS:
        return False
    fields = {each: said for each, said in known.fields.items() if each != name}
    if value:
        fields[name] = value
    _put(conn, tenant, person, replace(known, fields=fields, set_at={**known.set_at, name: _number(at)}), at)
    return True


def join(conn: Connection, tenant: str, person: str) -> None:
    """More names of a person were learnt: what is kept under any of them holds for all. Of a field what was
    set last; tags of all of them."""
    his = names(conn, tenant, person)
    query = select(t).where(t.c.tenant == tenant, t.c.person.in_(his)).order_by(t.c.updated_at, t.c.person)
    rows = conn.execute(query).all()
    if not rows:
        return
    tags: dict[str, None] = {}
    fields: dict[str, str] = {}
    set_at: dict[str, int] = {}
    wrote: dict[str, int] = {}
    for row in rows:
        wrote |= {each: max(at, wrote.get(each, 0)) for each, at in (row.wrote or {}).items()}
        tags = dict.fromkeys(sorted(row.tags)) | tags  # the newest first, where there are too many
        for name, moment in _times(row).items():
            if moment >= set_at.get(name, moment):
                set_at[name] = moment
                fields.pop(name, None)
                if name in row.fields:
                    fields[name] = row.fields[name]
    newest = sorted(fields, key=lambda name: (-set_at[name], name))[:FIELDS]
    merged = Kept(
        tags=frozenset([*tags][:TAGS]),
        fields={name: fields[name] for name in newest},
        set_at=set_at,
        wrote=wrote,
    )
    _put(conn, tenant, person, merged, rows[-1].updated_at)


def _whole(conn: Connection, tenant: str, person: str) -> Kept:
    row = conn.execute(select(t).where(t.c.tenant == tenant, t.c.person == person)).first()
    if row is None:
        return Kept()
    return Kept(tags=frozenset(row.tags), fields=row.fields, set_at=_times(row), wrote=row.wrote or {})


def _times(row: Row[tuple[object, ...]]) -> Mapping[str, int]:
    """When each field of a row was set, or forgotten."""
    return {**dict.fromkeys(row.fields, _number(row.updated_at)), **(row.set_at or {})}


def _put(conn: Connection, tenant: str, person: str, known: Kept, at: datetime) -> None:
    """Under all his names. Of what was forgotten it is remembered when, for a while."""
    forgotten = sorted(known.set_at.keys() - known.fields.keys(), key=lambda name: -known.set_at[name])
    remembered = {*known.fields, *forgotten[:FIELDS]}
    values = {
        "tenant": tenant,
        "tags": sorted(known.tags),
        "fields": dict(known.fields),
        "set_at": {name: moment for name, moment in known.set_at.items() if name in remembered},
        "wrote": dict(known.wrote) or None,
        "updated_at": at,
    }
    rows = [{**values, "person": name} for name in sorted(names(conn, tenant, person))]
    conn.execute(upsert(t), rows)


def _number(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)


def _moment(number: int) -> datetime | None:
    return datetime.fromtimestamp(number / 1_000_000, UTC) if number else None
