"""What each measure that makes the REST API fast is worth: fifty callers hand in messages, by turns to the
hub as it is and to one that is without it (`lesser.py`)."""

from collections.abc import Sequence

from .lesser import LESSER
from .rest import round_of, still
from .runs import Figure

_CALLERS = 50


async def measure(runs: int) -> Sequence[Figure]:
    """How many times as many the hub takes in as it would without each."""
    figures: list[Figure] = []
    async with still() as whole:
        for without in LESSER:
            async with still(without) as lesser:
                pairs = [
                    (
                        await round_of(whole.url, whole.token, _CALLERS),
                        await round_of(lesser.url, lesser.token, _CALLERS),
                    )
                    for _ in range(runs)
                ]
            ratios = [ours.rate / theirs.rate for ours, theirs in pairs]
            figures.append(Figure(name=f"worth of {without}", unit="x", samples=ratios))
    return figures
