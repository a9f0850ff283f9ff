"""Accept headers, by RFC 9110."""

import pytest

from chatgrow_bot.server.problems import NotAcceptable

from .conftest import part

OFFERS = ("application/json", "image/png", "image/svg+xml", "text/plain")


@pytest.mark.parametrize(
    ("accept", "best"),
    [
        ([], "application/json"),
        ([""], "application/json"),
        (["*/*"], "application/json"),
        (["image/png"], "image/png"),
        (["IMAGE/PNG"], "image/png"),
        (["image/*"], "image/png"),
        (["text/plain, image/png"], "image/png"),  # equally liked: our order
        (["text/plain", "image/png;q=0.9"], "text/plain"),  # two headers
        (["image/png;q=0.1, text/plain;q=0.2"], "text/plain"),
        (["*/*;q=0.1, image/svg+xml"], "image/svg+xml"),
        (["image/*, image/png;q=0.1"], "image/svg+xml"),  # the closer range decides
        (["application/json;q=0, */*"], "image/png"),
        (["text/html,application/xhtml+xml,image/webp,*/*;q=0.8"], "application/json"),
        (["text/plain ; q=0.7 ; x=y , image/png ;q=0.3"], "text/plain"),
        (["garbage, text/plain"], "text/plain"),
        (["image/png;q=high, text/plain"], "text/plain"),
        (["image/png;q=7, text/plain"], "text/plain"),
        (["image/png;q=nan, text/plain"], "text/plain"),
        (["video/*"], None),
        (["*/*;q=0"], None),
        (["application/json;q=0"], None),
    ],
)
def test_the_best_liked_offer_is_answered(accept: list[str], best: str | None) -> None:
    choose = part("negotiation").best
    if best is None:
        with pytest.raises(NotAcceptable):
            choose(accept, OFFERS)
    else:
        assert choose(accept, OFFERS) == best
