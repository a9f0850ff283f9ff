"""The verdict over a send, from what the page answers."""

from typing import Any

import pytest

from chatgrow_bot.errors import SendFailed, SendRefused, SendUnknown

from .conftest import part

outcome = part("outcome")


def verdict(ack: int | None = None, result: str | None = None, error: tuple[str, str] | None = None) -> Any:
    thrown = outcome.PageError(*error) if error else None
    return outcome.ack_of(outcome.SendAnswer(ack=ack, result=result, error=thrown), 20)


@pytest.mark.parametrize("ack", [1, 2, 3, 4, 5])
def test_an_ack_is_a_success_whatever_else_is_said(ack: int) -> None:
    assert verdict(ack, "ERROR_NETWORK", ("oops", "oops")) == min(ack, 4)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({}, SendUnknown),
        ({"ack": 0}, SendUnknown),
        ({"ack": 0, "result": "OK"}, SendUnknown),
        ({"ack": 0, "result": "ERROR_NETWORK"}, SendUnknown),
        ({"ack": 0, "error": ("TypeError", "x is undefined")}, SendUnknown),
        ({"error": ("TypeError", "x is undefined")}, SendFailed),
        ({"error": ("file_too_large", "too large")}, SendRefused),
        ({"ack": -1, "result": "ERROR_NETWORK"}, SendFailed),
        ({"ack": -1, "result": "ERROR_UPLOAD"}, SendFailed),
        ({"ack": -1, "result": "ERROR_UNKNOWN"}, SendRefused),
        ({"ack": -1, "result": "ERROR_UNKNOWN 463"}, SendRefused),
        ({"ack": -1}, SendRefused),
    ],
)
def test_every_other_answer_has_one_name(answer: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        verdict(**answer)


def test_the_servers_number_is_kept() -> None:
    with pytest.raises(SendRefused) as refused:
        verdict(-1, "ERROR_UNKNOWN 463")
    assert refused.value.facts["code"] == "463"
