"""kill -9 in the midst of a bulk send: none is lost, none is doubled, and the progress is right."""

import asyncio
import os
import signal
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest

ROOT = Path(__file__).parents[3]


async def life(folder: Path, rows: int, until: int | None, dies_at: int = 0) -> str:
    """One life of the hub, killed once so many have left in all, or right after a commit of its own; what it
    said at its end."""
    module = ".".join((Path(__file__).parent / "killed").relative_to(ROOT).parts)
    args = (module, str(folder), str(rows), *([str(dies_at)] if dies_at else []))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *args, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    try:
        if dies_at:
            await process.communicate()
            assert process.returncode == -signal.SIGKILL, "it has so many commits"
            return ""
        if until is None:
            said, _ = await process.communicate()
            assert process.returncode == 0
            return said.decode().splitlines()[-1]
        async with asyncio.timeout(120):
            while len(left(folder)) < until:
                assert process.returncode is None, "it is killed before it ends"
                await asyncio.sleep(0.005)
        return ""
    finally:
        if process.returncode is None:
            os.kill(process.pid, signal.SIGKILL)
            await process.communicate()


def left(folder: Path) -> list[str]:
    file = folder / "left"
    return file.read_text().splitlines() if file.exists() else []


async def killed_while(folder: Path, rows: int, kills: int) -> None:
    chance = Random(rows)
    for at in sorted(chance.sample(range(2, rows - 2), kills)):
        await life(folder, rows, at)
    await ends(folder, rows)


async def ends(folder: Path, rows: int) -> None:
    """A last life: each has left once."""
    said = await life(folder, rows, None)
    assert said == f"{{'sent': {rows}}}"
    shown = Counter(line.split(" ", 2)[2] for line in left(folder))
    assert shown == {f"Hello row {n}": 1 for n in range(1, rows + 1)}


@pytest.mark.slow
async def test_a_kill_in_the_midst_loses_and_doubles_none(tmp_path: Path) -> None:
    await killed_while(tmp_path, rows=100, kills=1)


@pytest.mark.parametrize("commit", [5])
async def test_a_kill_between_two_commits_loses_and_doubles_none(tmp_path: Path, commit: int) -> None:
    await life(tmp_path, 20, None, commit)
    await ends(tmp_path, 20)


@pytest.mark.slow
@pytest.mark.parametrize("commit", [1, 2, 3, 4, 6, 7, 8, 10, 15])
async def test_a_kill_after_any_commit_loses_and_doubles_none(tmp_path: Path, commit: int) -> None:
    await life(tmp_path, 20, None, commit)
    await ends(tmp_path, 20)


@pytest.mark.slow
async def test_six_kills_in_a_bulk_send_of_a_thousand_lose_and_double_none(tmp_path: Path) -> None:
    await killed_while(tmp_path, rows=1_000, kills=6)
