"""What each measure that makes the REST API fast is worth: fifty callers hand in messages, by turns to the
hub as it is and to one that is without it (`lesser.py`)."""

from collections.abc import Sequence

from .lesser import LESSER
from .rest import Still, round_of, still
from .runs import Figure

_CALLERS = 50


async def measure(runs: int) -> Sequence[Figure]:
    """How many times as many the hub takes in as it would without each: a fresh pair of hubs for each, so
    that neither has a longer queue than it made itself."""
    figures: list[Figure] = []
    for without in LESSER:
        async with still() as whole, still(without) as lesser:
            ratios = [await _ratio(whole, lesser, whole_first=number % 2 == 0) for number in range(runs)]
        figures.append(Figure(name=f"worth of {without}", unit="x", samples=ratios))
    return figures


async def _ratio(whole: Still, lesser: Still, *, whole_first: bool) -> float:
    """One turn of each, either first by turns: whoever goes second finds the machine warm."""
    rates = {}
    for hub in (whole, lesser) if whole_first else (lesser, whole):
        rates[hub.url] = (await round_of(hub.url, hub.token, _CALLERS)).rate
    return rates[whole.url] / rates[lesser.url]
