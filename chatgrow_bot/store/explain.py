"""What is known of a message's life, in lines for the operator, whosever it is: both ways, every step, what
caused it and what it caused. No line says what the message says."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from ..addresses import masked
from ..messages import State
from . import waits
from .rows import to_outgoing
from .tables import inbox, outbox, timeline


def lines(conn: Connection, name: str, now: datetime) -> Sequence[str]:
    """Everything about the messages of this id, ours or WhatsApp's; none when there is no such message."""
    return _said(conn, "id", name, now) or _said(conn, "wa_id", name, now)


def _said(conn: Connection, column: str, name: str, now: datetime) -> Sequence[str]:
    said: list[str] = []
    for row in conn.execute(select(inbox).where(inbox.c[column] == name).order_by(inbox.c.id)):
        said += _inbound(conn, row)
    for row in conn.execute(select(outbox).where(outbox.c[column] == name).order_by(outbox.c.id)):
        said += _outgoing(conn, row, now)
    return said


def _inbound(conn: Connection, row: Row[Any]) -> Iterator[str]:
    """The way in: who was asked, what came of it, and what was sent because of it."""
    yield f"in   {row.id}  {row.kind} from {masked(row.chat)} on '{row.connection_id}'"
    yield f"     WhatsApp's id {row.wa_id}, sent {row.sent_at:%F %T} UTC"
    yield f"     {row.received_at:%F %T.%f} received"
    yield from _trace(row.trace)
    yield f"     ended: {row.outcome or 'not yet'}"
    caused = select(outbox.c.id, outbox.c.state).where(outbox.c.cause == row.id, outbox.c.cause != "")
    for reply in conn.execute(caused.order_by(outbox.c.id)):
        yield f"     caused message {reply.id}, which is {reply.state}"


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
    yield from _trace(row.trace)
    yield f"     ack {row.ack}, recovered {row.recoveries} times, lives until {row.expires_at:%F %T} UTC"
    if waiting := waits.waits_for(conn, to_outgoing(row).delivery, now):
        yield f"     waits: {waiting}"


def _trace(trace: Sequence[Mapping[str, Any]] | None) -> Iterator[str]:
    for step in trace or ():
        who = f" {step['by']}" if step["by"] else ""
        yield f"     {step['stage']}{who}: {step['result']} ({step['ms']:.1f} ms)"
