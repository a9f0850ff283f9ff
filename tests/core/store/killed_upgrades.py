"""Run as a program: upgrades one database again and again, killed one step later each time, until an upgrade
comes through. Prints a line of JSON per attempt. Each is a fork, so that the libraries are loaded once.

A step is a statement, a commit about to happen, or a file opened, renamed or removed on the way.
"""

import asyncio
import json
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine, event

from chatgrow_bot.store.upgrade import upgrade

_KILLED = 9
_FILE_STEPS = {"sqlite3.connect", "os.rename", "os.remove", "os.chmod"}


def die_at(step: int) -> None:
    left = step

    def count(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os._exit(_KILLED)

    event.listen(Engine, "before_cursor_execute", count)
    event.listen(Engine, "commit", count)
    sys.addaudithook(lambda name, _: count() if name in _FILE_STEPS else None)


def state(file: Path) -> dict[str, object]:
    """What stands in the file: its revision, its rows by table, whether nothing is broken."""
    with closing(sqlite3.connect(file)) as conn:
        names = [name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {name: conn.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}
        versions = (
            conn.execute("SELECT version_num FROM alembic_version") if "alembic_version" in rows else ()
        )
        return {
            "revision": next((version for (version,) in versions), None),
            "rows": {name: count for name, count in rows.items() if count and name != "alembic_version"},
            "integrity": conn.execute("PRAGMA integrity_check").fetchone()[0],
            "broken": conn.execute("PRAGMA foreign_key_check").fetchall(),
        }


def main(file: Path, versions: list[Path]) -> None:
    step, code = 0, _KILLED
    while code == _KILLED:
        step += 1
        child = os.fork()
        if child == 0:
            die_at(step)
            asyncio.run(upgrade(f"sqlite:///{file}", versions=versions))
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(json.dumps({"code": code, **state(file)}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(word) for word in sys.argv[2:]])
