"""AC-18: a whole hub in virtual time, seed by seed. What a seed does it does again."""

import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from .checks import Check, Done, Size, Verdict

#: Stories, and in how many processes.
_COUNT = {Size.FULL: 1000, Size.SLICE: 2}
_PROCESSES = {Size.FULL: 2, Size.SLICE: 1}
#: Stories of the broken engine, which calls certain what is not: the servers do not know ids in them. A few
#: in a hundred come to a double, and which do changes with every step of the hub: told until one does.
_CONTROL = [range(start, start + 8) for start in range(8, 136, 8)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a process tells of its stories."""

    seed: int
    faults: tuple[str, ...]
    messages: int
    doubled: int
    allowed: int
    lost: int
    held: int
    kills: int
    again: bool  #: a second run of the seed took the same steps


async def run(size: Size) -> Verdict:
    """As many stories as the size says, each fifth of them twice."""
    count, processes = _COUNT[size], _PROCESSES[size]
    shares = [range(number, count, processes) for number in range(processes)]
    async with asyncio.TaskGroup() as group:
        parts = [group.create_task(_stories(share)) for share in shares]
        broken = group.create_task(_caught())
    told = [each for part in parts for each in part.result()]
    faults = [f"seed {each.seed}: {fault}" for each in told for fault in each.faults]
    faults += [f"seed {each.seed}: it does not play again" for each in told if not each.again]
    figures = {
        "messages": sum(each.messages for each in told),
        "kills": sum(each.kills for each in told),
        "lost": sum(each.lost for each in told),
        "doubled": sum(each.doubled for each in told),
        "doubled where ids are not known": sum(each.allowed for each in told),
        "held": sum(each.held for each in told),
    }
    return Verdict(
        done=(Done(what=f"{len(told):,} stories in virtual time", figures=figures),),
        broken=tuple(faults),
        control=broken.result(),
    )


async def _caught() -> str:
    """What is said of the broken engine; empty when it is not found out."""
    for seeds in _CONTROL:
        faults = [fault for each in await _stories(seeds, "--dishonest") for fault in each.faults]
        if doubles := [fault for fault in faults if "times" in fault]:
            return f"an engine that calls an unclear send a certain failure: {doubles[0]}"
    return ""


async def _stories(seeds: range, *words: str) -> Sequence[Told]:
    """In a process of their own: the loop of a story is no ordinary one."""
    which = ("--seed", str(seeds.start), "--count", str(len(seeds)), "--step", str(seeds.step))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.accept.simulation", "--json", *which, *words),
        env={**os.environ, "PYTHONHASHSEED": "0"},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    told = msgspec.json.decode(b"[" + b",".join(output.splitlines()) + b"]", type=list[Told])
    if len(told) != len(seeds):
        raise RuntimeError(f"of {len(seeds)} stories {len(told)} came to their end: see above")
    return told


CHECK = Check(
    name="AC-18",
    promise="no story loses, doubles, overtakes or starves a message; any replays",
    kept_in="the part that the story blames: `python -m tests.accept.simulation --seed N` tells it again",
    run=run,
)
