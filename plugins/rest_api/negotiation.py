"""Which of the types we can answer the caller likes best (RFC 9110, section 12.5.1)."""

from collections.abc import Iterable, Sequence

from chatgrow_bot.server.problems import NotAcceptable


def best(accept: Iterable[str], offers: Sequence[str]) -> str:
    """The offer to answer with, given the values of all Accept headers. Our own order breaks ties.

    Raises NotAcceptable when none will do.
    """
    ranges = [parsed for part in ",".join(accept).split(",") if (parsed := _parse(part))]
    if not ranges:
        return offers[0]
    liked = max(offers, key=lambda offer: _quality(offer, ranges))
    if _quality(liked, ranges) <= 0:
        raise NotAcceptable(f"This answers {', '.join(offers)}")
    return liked


def _parse(part: str) -> tuple[str, float] | None:
    """A media range and its weight; None for what is not one."""
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    if name.count("/") != 1:
        return None
    weight = next((value[2:] for value in parameters if value.startswith("q=")), "1")
    try:
        quality = float(weight)
    except ValueError:
        return None
    return (name, quality) if 0 <= quality <= 1 else None


def _quality(offer: str, ranges: Sequence[tuple[str, float]]) -> float:
    """The weight of an offer: the most specific range that covers it decides, not the highest."""
    for covering in (offer, f"{offer.partition('/')[0]}/*", "*/*"):
        weights = [quality for name, quality in ranges if name == covering]
        if weights:
            return max(weights)
    return 0.0
