"""A slice of every acceptance check; `make accept` tries them at full size. How long anything takes is judged
there only: beside other tests a clock proves nothing."""

import pytest

from tests.accept import (
    ac06_kills,
    ac07_power_cuts,
    ac09_hardening,
    ac11_loops,
    ac16_store_faults,
    ac18_simulation,
)
from tests.accept.checks import Check, Size
from tests.accept.every import CHECKS

#: Those that are tried with every change. The slices of the others take minutes together.
_ALWAYS = (ac06_kills, ac07_power_cuts, ac09_hardening, ac11_loops, ac16_store_faults, ac18_simulation)
_QUICK = [each.CHECK for each in _ALWAYS]


@pytest.mark.parametrize(
    "check",
    [pytest.param(each, marks=() if each in _QUICK else pytest.mark.slow) for each in CHECKS],
    ids=lambda check: check.name,
)
async def test_the_promise_holds_and_the_check_would_notice_if_it_did_not(check: Check) -> None:
    verdict = await check.run(Size.SLICE)
    assert verdict.broken == ()
    assert verdict.control != "", "the broken variant was not caught: the check proves nothing"
