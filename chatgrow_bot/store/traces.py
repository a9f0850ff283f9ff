"""How plugins came to answer messages, or not to. What a trace shares with others, its page, is stored once
for all of them; what nobody will ask about is kept for a shorter time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import blake2b

from sqlalchemy import Connection, bindparam, delete, exists, select, text, tuple_, update

from ..responses import Trace
from .customer_tables import trace_pages, traces
from .dialect import insert_ignore
from .prepared import Asked, Prepared

#: A page is noted as used at most once in so long, and stays for so long after that: whoever has just seen
#: that it is there can name it.
_NOTED, PAGES_KEPT = timedelta(hours=1), timedelta(days=1)
#: The index's own term, as a literal: without it SQLite does not use the index.
_DULL = text("traces.is_dull")
_UNNAMED = ~exists().where(traces.c.page == trace_pages.c.digest)

_USED = Asked(select(trace_pages.c.used_at).where(trace_pages.c.digest == bindparam("which")))
_NOTE = Prepared(update(trace_pages).where(trace_pages.c.digest == bindparam("which")), ("used_at",))
_PAGE = Prepared(insert_ignore(trace_pages), trace_pages.c.keys())
_KEEP = Prepared(insert_ignore(traces), traces.c.keys())


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A trace as it is read again."""

    plugin: str
    lines: Sequence[str]  #: of what was asked, in that order
    marked: Collection[int]  #: which of them tell of this message, and not of all
    unasked: int  #: lines of the page that came behind these


def keep(conn: Connection, message_id: str, plugin: str, trace: Trace, at: datetime) -> None:
    """Keep how a plugin came to its response to a stored message; the first time counts."""
    page = _digest(trace.page.lines)
    used = _USED.rows(conn, which=page)
    if not used:
        _PAGE.run(conn, [{"digest": page, "used_at": at, "lines": list(trace.page.lines)}])
    elif abs(at - used[0].used_at) > _NOTED:
        _NOTE.run(conn, [{"which": page, "used_at": at}])
    row = {
        "message_id": message_id,
        "plugin": plugin,
        "page": page,
        "asked": max(0, min(trace.asked, len(trace.page.lines))),
        "marks": _news(trace) or None,
        "is_dull": trace.is_dull,
        "at": at,
    }
    _KEEP.run(conn, [row])


def _news(trace: Trace) -> Mapping[str, str]:
    """What the page does not say already."""
    lines = trace.page.lines[: max(0, trace.asked)]
    marks = ((place, mark) for place, mark in trace.marks.items() if 0 <= place < len(lines))
    return {str(place): mark for place, mark in marks if mark != lines[place]}


@lru_cache(maxsize=16)
def _digest(lines: tuple[str, ...]) -> str:
    """The name of a page. Each line with its length: two pages that say different things have two names."""
    found = blake2b(digest_size=16)
    for line in lines:
        written = line.encode(errors="surrogatepass")
        found.update(b"%d:" % len(written) + written)
    return found.hexdigest()


def of(conn: Connection, message_id: str) -> Sequence[Kept]:
    """The traces of a message that the asker may see, by plugin."""
    query = select(traces, trace_pages.c.lines).join(trace_pages, trace_pages.c.digest == traces.c.page)
    kept = []
    for row in conn.execute(query.where(traces.c.message_id == message_id).order_by(traces.c.plugin)):
        lines = row.lines[: row.asked]
        marks = {int(place): mark for place, mark in (row.marks or {}).items()}
        marked = sorted(marks)
        for place in marked:
            lines[place] = marks[place]
        unasked = len(row.lines) - len(lines)
        kept.append(Kept(plugin=row.plugin, lines=lines, marked=marked, unasked=unasked))
    return kept


def dull(conn: Connection, before: datetime, most: int) -> Sequence[tuple[str, str]]:
    """Dull traces from before then, by message and plugin; the others go with their messages."""
    query = select(traces.c.message_id, traces.c.plugin).where(_DULL, traces.c.at < before)
    return [(row.message_id, row.plugin) for row in conn.execute(query.limit(most))]


def remove_dull(conn: Connection, found: Sequence[tuple[str, str]], before: datetime) -> int:
    """Let go of those of these traces that still may go; how many went."""
    named = tuple_(traces.c.message_id, traces.c.plugin).in_(found)
    return conn.execute(delete(traces).where(named, _DULL, traces.c.at < before)).rowcount


def idle_pages(conn: Connection, before: datetime, most: int) -> Sequence[str]:
    """Pages that no trace names, used last before then."""
    query = select(trace_pages.c.digest).where(trace_pages.c.used_at < before, _UNNAMED)
    return conn.execute(query.limit(most)).scalars().all()


def remove_pages(conn: Connection, digests: Sequence[str], before: datetime) -> int:
    """Let go of those of these pages that still may go; how many went."""
    may_go = (trace_pages.c.digest.in_(digests), trace_pages.c.used_at < before, _UNNAMED)
    return conn.execute(delete(trace_pages).where(*may_go)).rowcount
