"""AC-07: the power is cut at any moment. The statements of a hub, recorded, run over a file system that notes
each write and each sync; from its notes the disk is put together as a cut could have left it (all that was
synced, any part of what was not) and opened again."""

import asyncio
import random
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .checks import Check, Done, Size, Verdict
from .power.notes import images
from .power.replay import opened, replay
from .power.workload import Recorded, record

_CUTS = {Size.FULL: 5000, Size.SLICE: 60}
_ROUNDS = {Size.FULL: 80, Size.SLICE: 30}
_DATABASE = "chatgrow.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """What cuts did."""

    cuts: int
    commits: int
    lost: int  #: rows that were promised and are gone, all cuts together
    behind: int  #: databases that lack a commit that had returned
    corrupt: int  #: databases that are not whole
    halves: int  #: databases with part of a transaction
    amid: int  #: cuts while something was written and not yet synced

    def broken(self) -> tuple[str, ...]:
        """What does not hold, a sentence each."""
        said = []
        if self.lost or self.behind:
            said.append(f"{self.behind} databases lack {self.lost} rows that were promised, or their changes")
        if self.corrupt or self.halves:
            said.append(f"{self.corrupt} corrupt databases, {self.halves} with half a transaction")
        if self.amid < self.cuts // 10:
            said.append(f"only {self.amid} of {self.cuts} cuts came amid writes: too few to say anything")
        return tuple(said)


async def run(size: Size) -> Verdict:
    """The cuts, and the same ones on a database that syncs less."""
    recorded = await record(_ROUNDS[size])
    loose = recorded.with_setting("synchronous = FULL", "PRAGMA synchronous = NORMAL")
    found = await asyncio.to_thread(_cut, recorded, _CUTS[size])
    control = await asyncio.to_thread(_cut, loose, max(60, _CUTS[size] // 20))
    caught = f"with synchronous=NORMAL {control.cuts} cuts lost {control.lost:,} rows" if control.lost else ""
    figures = {"amid writes": found.amid, "commits": found.commits}
    figures |= {"lost": found.lost, "lack a commit": found.behind, "corrupt": found.corrupt}
    done = Done(what=f"{found.cuts:,} power cuts", figures=figures)
    return Verdict(done=(done,), broken=found.broken(), control=caught)


def _cut(recorded: Recorded, count: int) -> Damage:
    replayed = replay(recorded)
    latest = {state.digest: number for number, state in enumerate(replayed.states)}
    lost = behind = corrupt = halves = amid = 0
    with tempfile.TemporaryDirectory(prefix="chatgrow-cuts-") as folder:
        for cut in images({_DATABASE: recorded.base}, replayed.notes, count, random.Random(7)):
            amid += bool(cut.amid)
            for old in Path(folder).iterdir():
                old.unlink()
            for name, content in cut.files.items():
                (Path(folder) / name).write_bytes(content)
            found = opened(Path(folder) / _DATABASE)
            if found is None:
                corrupt += 1
            elif found.digest not in latest:
                halves += 1
            elif latest[found.digest] < cut.acknowledged:
                behind += 1
                lost += replayed.states[cut.acknowledged].rows - found.rows
    return Damage(
        cuts=count,
        commits=len(replayed.states) - 1,
        lost=lost,
        behind=behind,
        corrupt=corrupt,
        halves=halves,
        amid=amid,
    )


CHECK = Check(
    name="AC-07",
    promise="a power cut at any moment loses no row that was acknowledged and leaves a whole database",
    kept_in="chatgrow_bot/store/engines.py and writer.py",
    run=run,
)
