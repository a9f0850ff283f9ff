"""Whether the whole queue stands still, and by whose word."""

from datetime import datetime

from sqlalchemy import Connection, exists

from ..hub import Halt, Halting
from ..messages import Fault
from . import journal, meta
from .tables import meta as t

_KEY = "halt"
#: Part of what takes a message and of what lets it leave, so that a halt holds whichever process wrote it.
HALTED = exists().where(t.c.key == _KEY)


def get(conn: Connection) -> Halt | None:
    """The halt there is."""
    kept = meta.get(conn, _KEY)
    if kept is None:
        return None
    at = datetime.fromisoformat(kept["at"])
    return Halt(how=Halting(kept["how"]), by=kept["by"], reason=kept["reason"], at=at)


def put(conn: Connection, halt: Halt | None) -> None:
    """Keep a halt; None lets go."""
    if halt is None:
        meta.remove(conn, _KEY)
    else:
        kept = {"how": halt.how, "by": halt.by, "reason": halt.reason, "at": halt.at.isoformat()}
        meta.put(conn, _KEY, kept)


def said(halt: Halt) -> str:
    """A halt in a sentence."""
    how = "stopped" if halt.how is Halting.STOP else "paused"
    why = f": {halt.reason}" if halt.reason else ""
    return f"the whole queue was {how} by {halt.by} at {halt.at:%F %T} UTC{why}"


def tell(conn: Connection, said: str, at: datetime, tenant: str = "", connection_id: str = "") -> None:
    """Alert people that somebody shut or opened a way out, in the transaction that does it."""
    fault = Fault(where="queue", reason=said, tenant=tenant, connection_id=connection_id, at=at)
    journal.tell(conn, fault, at=at)
