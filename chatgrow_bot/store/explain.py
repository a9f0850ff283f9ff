"""What is known of a message's life, in lines for the operator, whosever it is: both ways, every step, what
caused it and what it caused. No line says what the message says."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Any

from sqlalchemy import Connection, Row, select

from ..addresses import masked
from ..messages import State
from . import traces, waits
from .rows import to_outgoing
from .tables import inbox, outbox, timeline
from .traces import Kept

#: So many lines of a plugin's trace are shown in any case; of a longer one those that tell of this message.
_SHORT = 20


def lines(conn: Connection, name: str, now: datetime, *, whole: bool = False) -> Sequence[str]:
    """Everything about the messages of this id, ours or WhatsApp's; none when there is no such message.
    Long traces are shortened unless they are wanted `whole`."""
    return _said(conn, "id", name, now, whole) or _said(conn, "wa_id", name, now, whole)


def way_in(conn: Connection, message_id: str, *, whole: bool = False) -> Sequence[str]:
    """The steps of a message's way in, without what differs from one time to the next."""
    row = conn.execute(select(inbox).where(inbox.c.id == message_id)).one()
    return [*_steps(conn, row, whole, is_timed=False)]


def _said(conn: Connection, column: str, name: str, now: datetime, whole: bool) -> Sequence[str]:
    said: list[str] = []
    for row in conn.execute(select(inbox).where(inbox.c[column] == name).order_by(inbox.c.id)):
        said += _inbound(conn, row, whole)
    for row in conn.execute(select(outbox).where(outbox.c[column] == name).order_by(outbox.c.id)):
        said += _outgoing(conn, row, now)
    return said


def _inbound(conn: Connection, row: Row[Any], whole: bool) -> Iterator[str]:
    """The way in: who was asked, how he came to his answer, what came of it, and what was sent because of
    it."""
    yield f"in   {row.id}  {row.kind} from {masked(row.chat)} on '{row.connection_id}'"
    yield f"     WhatsApp's id {row.wa_id}, sent {row.sent_at:%F %T} UTC"
    yield f"     {row.received_at:%F %T.%f} received"
    yield from _steps(conn, row, whole)
    caused = select(outbox.c.id, outbox.c.state).where(outbox.c.cause == row.id, outbox.c.cause != "")
    for reply in conn.execute(caused.order_by(outbox.c.id)):
        yield f"     caused message {reply.id}, which is {reply.state}"


def _steps(conn: Connection, row: Row[Any], whole: bool, is_timed: bool = True) -> Iterator[str]:
    kept = {each.plugin: each for each in traces.of(conn, row.id)}
    for step in row.trace or ():
        yield _step(step, is_timed)
        if step["stage"] == "answer" and (of_it := kept.pop(step["by"], None)):
            yield from _asked(of_it, whole)
    yield f"     ended: {row.outcome or 'not yet'}"


def _outgoing(conn: Connection, row: Row[Any], now: datetime) -> Iterator[str]:
    """The way out: what caused it, every state and why, and what it waits for now."""
    yield f"out  {row.id}  {row.kind} to {masked(row.chat)} on '{row.connection_id}'"
    yield f"     WhatsApp's id {row.wa_id}, lane {row.lane}, by {row.source}"
    if row.request_id:
        yield f"     asked for by request {row.request_id}"
    if row.cause:
        yield f"     caused by message {row.cause}"
    if row.because:
        yield f"     because of {row.because}"
    if row.about:
        yield f"     about message {row.about}"
    query = select(timeline).where(timeline.c.message_id == row.id).order_by(timeline.c.at, timeline.c.id)
    tries = 0
    for step in conn.execute(query):
        tries += step.state == State.SENDING
        told = f" (try {tries})" if step.state == State.SENDING else ""
        reason = f"  {step.reason}" if step.reason else ""
        yield f"     {step.at:%F %T.%f} {step.state}{told}{reason}"
    yield from map(_step, row.trace or ())
    yield f"     ack {row.ack}, recovered {row.recoveries} times, lives until {row.expires_at:%F %T} UTC"
    if waiting := waits.waits_for(conn, to_outgoing(row).delivery, now):
        yield f"     waits: {waiting}"


def _step(step: Mapping[str, Any], is_timed: bool = True) -> str:
    who = f" {step['by']}" if step["by"] else ""
    took = f" ({step['ms']:.1f} ms)" if is_timed else ""
    return f"     {step['stage']}{who}: {step['result']}{took}"


def _asked(kept: Kept, whole: bool) -> Iterator[str]:
    """What a plugin asked, in that order; a tab in a line is where its next column begins."""
    chosen = kept.lines
    if not whole and len(chosen) > _SHORT:
        chosen = [kept.lines[place] for place in kept.marked]
    yield from _aligned([line.split("\t") for line in chosen])
    if left := len(kept.lines) - len(chosen):
        more = f"{left} more" if chosen else f"{left}"
        yield f"       {more} were asked in vain: `--all` shows why"
    if kept.unasked:
        yield f"       {kept.unasked} behind were not asked"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        yield f"       {'  '.join([*cells[:-1], row[-1]])}"
