"""What lies in the folder of profiles and may go: nothing that anybody may still need, whatever a database
says that may be new, an older copy, or another's."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chatgrow_bot.errors import Conflict
from chatgrow_bot.hub import ConnectionView
from chatgrow_bot.messages import ConnectionChange, ConnectionState
from chatgrow_bot.sessions import cleanup
from chatgrow_bot.store import connections as store
from chatgrow_bot.store import journal
from chatgrow_bot.store.database import open_database

NOW = datetime.now(UTC)
WEEKS = timedelta(days=20)


def view(connection_id: str, me: str | None) -> ConnectionView:
    return ConnectionView(
        connection_id=connection_id,
        tenant="t",
        name="",
        phone_number="",
        settings={},
        state=ConnectionState.CREATED,
        reason="",
        paused=False,
        me=me,
        created_at=NOW,
        state_since=NOW,
    )


@pytest.fixture
def profiles(tmp_path: Path) -> Path:
    return tmp_path / "profiles"


def made(profiles: Path, name: str, *, linked: bool = False, idle: timedelta = WEEKS) -> Path:
    """A folder in which nothing was changed for so long."""
    folder = profiles / name
    (folder / "profile").mkdir(parents=True)
    (folder / "profile" / "file").touch()
    if linked:
        (folder / "linked").touch()
    then = (NOW - idle).timestamp()
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (then, then))
    return folder


def judged(profiles: Path, *known: ConnectionView, **deleted: timedelta) -> dict[str, bool]:
    """What is told, and whether it may go. `deleted`: how long ago it was last heard of each."""
    views = {each.connection_id: each for each in known}
    heard = {name: NOW - ago for name, ago in deleted.items()}
    left = list(cleanup.leftovers(profiles, views, heard, NOW))
    for each in left:
        if each.removable:
            cleanup.remove(each)
        else:
            with pytest.raises(Conflict):
                cleanup.remove(each)
    assert {each.folder.name for each in left if each.folder.exists()} == {
        each.folder.name for each in left if not each.removable
    }
    return {each.folder.name: each.removable for each in left}


def test_only_what_nobody_needs_is_cleared_away(profiles: Path) -> None:
    for name in ("linked", "old", "deleted", "stranger", "shop.aside-20260101T000000Z", "shop.restoring"):
        made(profiles, name)
    made(profiles, "fresh", idle=timedelta(days=1))
    (profiles.parent / "outside").mkdir()
    (profiles / "deleted2").symlink_to(profiles.parent / "outside")
    known = (view("linked", "1@c.us"), view("old", None), view("fresh", None))
    assert judged(profiles, *known, deleted=WEEKS, deleted2=WEEKS) == {
        "deleted": True,
        "old": True,
        "stranger": False,
        "shop.aside-20260101T000000Z": True,
        "shop.restoring": True,
    }
    assert sorted(path.name for path in profiles.iterdir()) == ["deleted2", "fresh", "linked", "stranger"]
    assert (profiles.parent / "outside").is_dir()


def test_a_database_that_is_new_or_another_takes_no_login_away(profiles: Path) -> None:
    made(profiles, "shop", linked=True)
    assert judged(profiles) == {"shop": False}, "a new one"
    assert judged(profiles, view("shop", None)) == {"shop": False}, "a copy from before it was linked"
    weeks_before = WEEKS + timedelta(days=5)
    assert judged(profiles, shop=weeks_before) == {"shop": False}, "one that had such a name once"


def test_what_a_deleted_connection_left_behind_goes_a_week_after_it(profiles: Path) -> None:
    made(profiles, "shop", linked=True)
    assert judged(profiles, shop=timedelta(days=6)) == {"shop": False}
    made(profiles, "bakery", idle=timedelta(days=6))
    assert judged(profiles, shop=timedelta(days=8), bakery=WEEKS) == {"bakery": False, "shop": True}


def test_a_folder_that_is_in_use_is_not_cleared_away(profiles: Path) -> None:
    (made(profiles, "deleted") / "lock").touch()
    os.utime(profiles / "deleted", (0, 0))
    os.utime(profiles / "deleted" / "lock", (0, 0))
    [leftover] = cleanup.leftovers(profiles, {}, {"deleted": NOW - WEEKS}, NOW)
    assert leftover.removable
    code = "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, 2); print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(profiles / "deleted" / "lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout
        holder.stdout.readline()
        with pytest.raises(Conflict):
            cleanup.remove(leftover)
        holder.communicate()
    assert leftover.folder.is_dir()


async def test_a_database_knows_when_it_last_heard_of_a_connection(tmp_path: Path) -> None:
    async with open_database(f"sqlite:///{tmp_path / 'chatgrow.db'}") as db:
        for days in (3, 9, 5):
            change = ConnectionChange(
                connection_id="shop",
                tenant="t",
                state=ConnectionState.ONLINE,
                previous=ConnectionState.SYNCING,
                reason="",
                at=NOW - timedelta(days=days),
            )
            await db.write(lambda conn, change=change: journal.tell(conn, change, at=change.at))  # type: ignore[misc]
        heard = await db.read(lambda conn: store.last_heard_of(conn, ["shop", "bakery"]))
    assert heard == {"shop": NOW - timedelta(days=3)}
