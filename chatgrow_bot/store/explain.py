"""What is known of a message's life, in lines for the operator, whosever it is. No line says what the message
says."""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from ..addresses import masked
from ..messages import WAITING
from .tables import inbox, outbox, timeline


def inbound(conn: Connection, message_id: str) -> Iterator[str]:
    """The way in of a message: who was asked, and what came of it."""
    row = conn.execute(select(inbox).where(inbox.c.id == message_id)).first()
    if row is None:
        return
    yield f"in   {row.kind} from {masked(row.chat)} on '{row.connection_id}', sent {row.sent_at:%F %T} UTC"
    for step in row.trace or ():
        who = f" {step['by']}" if step["by"] else ""
        yield f"     {step['stage']}{who}: {step['result']} ({step['ms']:.1f} ms)"
    yield f"     ended: {row.outcome or 'not yet'}"


def outgoing(conn: Connection, message_id: str) -> Iterator[str]:
    """The way out of a message: every state, when and why."""
    row = conn.execute(select(outbox).where(outbox.c.id == message_id)).first()
    if row is None:
        return
    yield f"out  {row.kind} to {masked(row.chat)} on '{row.connection_id}', lane {row.lane}, by {row.source}"
    if row.because:
        yield f"     because of {row.because}"
    query = select(timeline).where(timeline.c.message_id == message_id).order_by(timeline.c.at, timeline.c.id)
    for step in conn.execute(query):
        reason = f"  {step.reason}" if step.reason else ""
        yield f"     {step.at:%F %T.%f} {step.state}{reason}"
    if row.state in WAITING:
        yield f"     waits; due {row.due:%F %T} UTC, lives until {row.expires_at:%F %T} UTC"
