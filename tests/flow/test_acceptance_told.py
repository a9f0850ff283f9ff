"""What `python -m tests.accept` tells of its checks, above all of one that fails: its reader is new here."""

import pytest

from tests.accept.__main__ import tried
from tests.accept.checks import Check, Done, Size, Verdict
from tests.accept.table import HEAD


def check(name: str, **came: object) -> Check:
    """One that comes to this, or breaks down."""
    done = Done(
        what="kill -9 x100 in 10,000 sends", figures={"sent": 10_000, "lost": 0, "to resume": "6.8 s"}
    )

    async def run(size: Size) -> Verdict:
        if "error" in came:
            raise ExceptionGroup("of a group", [RuntimeError(came["error"])])
        return Verdict(**{"done": (done,), "control": "1 doubled"} | came)  # type: ignore[arg-type]

    return Check(name=name, promise="nothing lost", kept_in="chatgrow_bot/outbox/", run=run)


def said(capsys: pytest.CaptureFixture[str], *checks: Check, size: Size = Size.FULL) -> tuple[bool, str]:
    """Whether all is well, and what is printed."""
    return tried(checks, size), capsys.readouterr().out


def test_a_kept_promise_has_its_figures_on_a_line_and_in_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    well, told = said(capsys, check("AC-01"))
    assert well
    assert "kill -9 x100 in 10,000 sends: sent 10,000 · lost 0 · to resume 6.8 s\n" in told
    rows = [line for line in told.splitlines() if line.startswith("|")]
    assert [each.strip() for each in rows[0].strip("|").split("|")] == list(HEAD)
    assert "| AC-01 | kill -9 x100 in 10,000 sends | 0    |         |      | 6.8 s     | caught  |" in rows
    assert len({len(row) for row in rows}) == 1


def test_a_broken_promise_says_where_it_is_kept_and_how_to_try_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    well, told = said(capsys, check("AC-01", broken=("3 lost",)), check("AC-02"))
    assert not well
    assert "broken: 3 lost\n" in told
    assert "kept in chatgrow_bot/outbox/, the check is tests/flow/test_acceptance_told.py" in told
    assert "`make accept ONLY=AC-01`" in told
    assert told.rstrip().splitlines()[-1].startswith("FAILED: AC-01. ")


def test_a_check_that_notices_nothing_is_named_as_blind(capsys: pytest.CaptureFixture[str]) -> None:
    well, told = said(capsys, check("AC-01", control=""))
    assert not well
    assert "NOT CAUGHT" in told
    assert "it is blind" in told


def test_a_check_that_breaks_down_has_failed_and_the_others_are_tried(
    capsys: pytest.CaptureFixture[str],
) -> None:
    well, told = said(capsys, check("AC-01", error="no browser"), check("AC-02"))
    assert not well
    assert "it broke down: RuntimeError: no browser" in told
    assert "CAUGHT" not in told
    assert "| AC-02        | kill -9 x100" in told


def test_what_is_late_fails_at_full_size_only(capsys: pytest.CaptureFixture[str]) -> None:
    late = check("AC-01", late=("back only after 20 s",))
    assert said(capsys, late, size=Size.SLICE)[0]
    well, told = said(capsys, late)
    assert not well
    assert "a busy machine is late too" in told
