"""Whether the whole queue stands still, and by whose word."""

from datetime import datetime

from sqlalchemy import Connection

from ..hub import Halt, Halting
from . import meta

_KEY = "halt"


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
