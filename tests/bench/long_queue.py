"""A queue of any length, made in one go: for figures that must not depend on it. The rows are as `enqueue`
leaves them, each with its step and its fact, but SQLite makes them up itself, in seconds."""

import asyncio
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chatgrow_bot.messages import Kind, Lane, Priority, State
from chatgrow_bot.store.database import open_database
from chatgrow_bot.store.tables import journal, outbox, timeline

from .yard import TENANT, TEXT, settle

_NUMBERS = "WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < {last})"
#: Older than any id made now, as they grow with time.
_ID = "printf('0%031x', n)"


async def lengthen(folder: Path, count: int, lines: int) -> float:
    """Put a database into the folder in which so many messages wait, spread over so many connections and, on
    each, over a hundred chats; the seconds it took."""
    began = time.perf_counter()
    names = [f"line{n:05d}" for n in range(lines)]
    async with open_database(f"sqlite:///{folder}/chatgrow.db") as db:
        await db.write(lambda conn: settle(conn, names))
    await asyncio.to_thread(_fill, folder / "chatgrow.db", count, lines)
    return time.perf_counter() - began


def _fill(file: Path, count: int, lines: int) -> None:
    past = datetime.now(UTC) - timedelta(hours=1)
    at, end = (int(when.timestamp() * 1e6) for when in (past, past + timedelta(days=7)))
    numbers = _NUMBERS.format(last=count - 1)
    name = f"printf('line%05d', n % {lines})"
    values = {
        "id": _ID,
        "tenant": f"'{TENANT}'",
        "connection_id": name,
        "chat": f"printf('1555%07d@c.us', n / {lines} % 100)",
        "wa_id": "printf('3EB0%018X', abs(random()))",
        "kind": f"'{Kind.TEXT}'",
        "text": f"'{TEXT}'",
        "lane": f"'{Lane.SEND}'",
        "priority": str(int(Priority.NORMAL)),
        "state": f"'{State.QUEUED}'",
        "source": "'bench'",
        **dict.fromkeys(("ack", "attempts", "recoveries", "epoch"), "0"),
        **dict.fromkeys(("reason", "because"), "''"),
        **dict.fromkeys(("due", "created_at", "updated_at"), f"{at} + n"),
        "expires_at": f"{end} + n",
    }
    step = {"id": _ID, "message_id": _ID, "at": f"{at} + n", "state": f"'{State.QUEUED}'", "reason": "''"}
    fact = {"at": f"{at} + n", "hook": "'on_outbound'", "tenant": f"'{TENANT}'", "connection_id": name}
    fact["body"] = f"""'{{"id":"' || {_ID} || '","state":"{State.QUEUED}","ack":0,"reason":""}}'"""
    with closing(sqlite3.connect(file, isolation_level=None)) as conn:
        for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000"):
            conn.execute(f"PRAGMA {setting}")  # nobody minds the loss of it
        for table, given in ((outbox, values), (timeline, step), (journal, fact)):
            columns = f"({', '.join(given)}) {numbers} SELECT {', '.join(given.values())} FROM number"
            conn.execute(f"INSERT INTO {table.name} {columns}")
        conn.execute("PRAGMA journal_mode = WAL")
