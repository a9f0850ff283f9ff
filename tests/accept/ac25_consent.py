"""AC-25: who says STOP is left alone within a second, whatever was queued for him; who is erased leaves no
trace.

The controls: a hub that writes consent down and does not look at it, and an erase that forgets a table.
"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from .checks import Check, Done, Figure, Size, Verdict
from .consent import ignored, killed, stopped, unaided
from .privacy import erased, forgetful


async def run(size: Size) -> Verdict:
    """Both, and their controls."""
    with tempfile.TemporaryDirectory() as folder:
        said, broken = await stopped(_made(folder, "stop"), size)
        more: Mapping[str, Figure] = {}
        after: Sequence[str] = ()
        alone: Sequence[str] = ()
        if size is Size.FULL:
            more, after = await killed(_made(folder, "kill"), size)
            alone = await unaided(_made(folder, "unaided"))
        gone, traces = await erased(_made(folder, "erase"), size)
        consent = await ignored(_made(folder, "ignored"))
        erase = await forgetful(_made(folder, "forgetful"))
    what = f"{said['words']} ways to say STOP, {said['queued for each']} queued for each"
    done = (Done(what=what, figures={**said, **more}), Done(what="a person is erased", figures=gone))
    control = f"{consent}; {erase}" if consent and erase else ""
    return Verdict(done=done, broken=(*broken, *after, *alone, *traces), control=control)


def _made(root: str, name: str) -> Path:
    folder = Path(root) / name
    folder.mkdir()
    return folder


CHECK = Check(
    name="AC-25",
    promise="After STOP nothing but one confirmation leaves, from 1 s on; after an erase no trace is left",
    kept_in="chatgrow_bot/inbox/wishes.py, store/withdrawal.py and store/personal.py",
    run=run,
)
