"""AC-03: whatever path a message names its file by, only files of the allowed folders go. Over the real API:
paths that people have tried, paths made up, and names that turn into links while they are looked up; and
files uploaded under names that would lead away from where they are kept.

The control is a door that checks a name and then opens by name.
"""

import asyncio
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from unittest import mock
from urllib.parse import quote

from .checks import Check, Done, Figure, Size, Verdict
from .hostile.house import CONNECTIONS, House, Reply, house
from .paths.swaps import TURNING, opened_by_name, swapping
from .paths.traps import CANARY, HONEST, Place, lay

#: Paths made up, swaps, and seconds between two of them.
_MADE_UP = {Size.FULL: 5_000, Size.SLICE: 100}
_SWAPS = {Size.FULL: 1_000, Size.SLICE: 50}
_PAUSE = 0.01
_TRIES = 5  #: of the control, which a quiet machine might let by
_AT_ONCE = 8
_SECOND = 1.0
_SEND = f"{CONNECTIONS}/shop/send"
_KEPT = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}|uploads/[\w-]+\.json")
_NAMES_TEXT = r"""
    ../../canary.pdf ../../../etc/cron.d/x /etc/passwd ..\..\x.pdf C:\x.pdf CON CON.pdf nul.txt com1 aux. . ..
    ... ~/.bashrc $(id).pdf `id`.pdf |id ;id %2e%2e%2fx uploads/x.json 00/x .new-x ../uploads/x.json a/b/c.pdf
"""
_NAMES = _NAMES_TEXT.split()


@dataclass(slots=True)
class Seen:
    """What came of the paths."""

    asked: int = 0
    sent: int = 0
    slowest: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def note(self, path: str, reply: Reply) -> None:
        """One path, and how it was answered."""
        self.asked += 1
        self.sent += reply.status == 202
        self.slowest = max(self.slowest, reply.seconds)
        if reply.status not in (202, 400, 413, 422):
            self.wrong.append(f"the path {path[:80]!r} is answered with {reply.status}")
        if CANARY in reply.raw:
            self.wrong.append(f"the answer to the path {path[:80]!r} shows what lies outside")


async def run(size: Size) -> Verdict:
    """The paths, the swaps and the names at one hub; then the broken door at another."""
    with tempfile.TemporaryDirectory() as folder:
        seen, swapped, names, broken = await _story(Path(folder), size)
    control = ""
    for _ in range(_TRIES):
        if not control:
            control = await _control()
    slowest = max(seen.slowest, swapped.slowest)
    figures: dict[str, Figure] = {
        "sent": seen.sent + swapped.sent,
        "while they turned": f"{swapped.sent} sent, {swapped.asked - swapped.sent} refused",
        "uploads": names,
        "slowest, s": slowest,
    }
    late = [f"a call took {slowest:.1f} s, not {_SECOND:g}"] if slowest > _SECOND else []
    done = Done(what=f"{seen.asked:,} paths and {_SWAPS[size]:,} swaps", figures=figures)
    return Verdict(done=(done,), broken=tuple(broken), late=tuple(late), control=control)


async def _story(folder: Path, size: Size) -> tuple[Seen, Seen, int, list[str]]:
    place = lay(folder)
    async with house(folder, allowedMediaRoots=["media"]) as here:
        await here.person("anna")
        await here.person("stranger")
        await here.connect("anna", "shop")
        foreign = await _foreign(here)
        fixed = place.fixed(_descriptors(), [*foreign, *_own_files(folder)])
        seen = Seen()
        for each in place.good():
            if (reply := await _send(here, each)).status != 202:
                seen.wrong.append(f"a good file does not go: {each}: {reply.raw[:200]!r}")
        await _ask(here, fixed, seen)
        await _ask(here, place.made_up(_MADE_UP[size], Random(3)), seen)
        swapped = await _swapped(here, place, _SWAPS[size])
        if min(swapped.sent, swapped.asked - swapped.sent) < _SWAPS[size] // 20:
            seen.wrong.append("too few of the names were met on both sides of a swap to say anything")
        names = await _uploads(here, size)
    broken = [*_first(seen.wrong + swapped.wrong), *_strayed(folder, here, foreign)]
    return seen, swapped, names, broken


async def _foreign(here: House) -> Sequence[Path]:
    """What another user has uploaded: where it lies."""
    tenant = here.folder / "sessions" / "media" / here.user_ids["stranger"]
    headers = {"Content-Type": "application/pdf"}
    await here.ask("POST", "/api/whatsapp/media", "stranger", data=b"%PDF-1.4 " + CANARY, headers=headers)
    return [path for path in tenant.rglob("*") if path.is_file()]


def _own_files(folder: Path) -> Sequence[Path]:
    """What the hub itself keeps."""
    return [path for each in ("sessions", "config") for path in (folder / each).iterdir() if path.is_file()]


def _descriptors() -> Sequence[int]:
    return sorted(int(each) for each in os.listdir("/proc/self/fd"))[:40]  # noqa: PTH208


async def _send(here: House, path: str) -> Reply:
    body = {"to": "+14155550123", "message": {"media": {"path": path}}}
    return await here.ask("POST", _SEND, "anna", json=body)


async def _ask(here: House, paths: Iterable[str], seen: Seen) -> None:
    """Send every file that these paths name, several at once."""
    left = iter(paths)

    async def sender() -> None:
        for path in left:
            seen.note(path, await _send(here, path))

    async with asyncio.TaskGroup() as senders:
        for _ in range(_AT_ONCE):
            senders.create_task(sender())


async def _swapped(here: House, place: Place, count: int) -> Seen:
    seen = Seen()
    async with swapping(place, count, _PAUSE) as swaps:
        while swaps.returncode is None:
            await _ask(here, [*TURNING, *(f"{place.root}/{each}" for each in TURNING)], seen)
    if swaps.returncode:
        seen.wrong.append("the swaps broke off")
    return seen


async def _uploads(here: House, size: Size) -> int:
    """Upload files under names that lead elsewhere; how many."""
    odd = ["x" * 5000, "a\0b.pdf", "\u202efdp.exe", "x\r\nSet-Cookie: a=b", "é" * 300, "\ud83d", '"; x="y']
    names = [*_NAMES, *odd, *(f"../{each}" for each in _NAMES), *("../" * n + "x.pdf" for n in range(1, 30))]
    names += ["/" * n + each for each in _NAMES for n in (1, 2, 3, 4, 5)] if size is Size.FULL else []
    wrong = Counter[int]()
    for name in names:
        place = f"/api/whatsapp/media?filename={quote(name.encode(errors='replace'), safe='')[:7000]}"
        headers = {"Content-Type": "application/pdf"}
        wrong[(await here.ask("POST", place, "anna", data=HONEST[0], headers=headers)).status] += 1
    if wrong.keys() - {201, 400, 422}:
        raise RuntimeError(f"uploads under odd names were answered with {dict(wrong)}")
    return len(names)


def _first(wrong: Sequence[str]) -> Sequence[str]:
    return [*wrong[:10], *([f"and {len(wrong) - 10} more"] if len(wrong) > 10 else [])]


def _strayed(folder: Path, here: House, foreign: Sequence[Path]) -> list[str]:
    """What was kept that should not be, or where it should not be."""
    home, wrong = folder / "sessions" / "media" / here.user_ids["anna"], []
    for path in (each for each in home.rglob("*") if each.is_file()):
        name = path.relative_to(home).as_posix()
        if not _KEPT.fullmatch(name):
            wrong.append(f"a file was kept as {name!r}")
        elif not name.startswith("uploads/") and path.read_bytes() not in HONEST:
            wrong.append(f"a file that nobody may read was sent: {path.read_bytes()[:60]!r}")
    for path in (each for each in (folder / "sessions").rglob("*") if each.is_file() and each not in foreign):
        if CANARY in path.read_bytes():
            wrong.append(f"{path.relative_to(folder)} holds what lies outside")
    known = {"sessions", "media", "secret", "config", "logs"}
    wrong += [f"'{each.name}' was made" for each in folder.iterdir() if each.name not in known]
    return wrong


async def _control() -> str:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        place = lay(folder)
        with mock.patch("chatgrow_bot.spool.open_inside", opened_by_name):
            async with house(folder, allowedMediaRoots=["media"]) as here:
                await here.person("anna")
                await here.connect("anna", "shop")
                await _swapped(here, place, 60)
        caught = [each for each in _strayed(folder, here, ()) if "sent" in each]
    return (
        f"a door that checks the name and opens by name: {len(caught)} foreign files sent" if caught else ""
    )


CHECK = Check(
    name="AC-03",
    promise="a path in a message reads files of the allowed folders and nothing else, whatever it is",
    kept_in="chatgrow_bot/safety/files.py and spool.py",
    run=run,
)
