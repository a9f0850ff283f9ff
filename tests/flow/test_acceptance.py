"""A slice of every acceptance check, the longer ones among the slow tests; `make accept` tries all at full
size. How long anything takes is judged there only: beside other tests a clock proves nothing."""

import pytest

from tests.accept.checks import Check, Size
from tests.accept.every import CHECKS

strong_passwords = True

#: Whose slices take half a minute or more: together they would take half of all tests' time.
_LONG = {
    *("AC-03", "AC-04", "AC-05", "AC-06", "AC-07", "AC-08", "AC-09", "AC-10"),
    *("AC-14", "AC-15", "AC-18", "AC-20", "AC-21", "AC-22", "AC-23"),
}
_EVERY = [pytest.param(each, marks=pytest.mark.slow if each.name in _LONG else ()) for each in CHECKS]


@pytest.mark.parametrize("check", _EVERY, ids=lambda check: check.name)
async def test_the_promise_holds_and_the_check_would_notice_if_it_did_not(check: Check) -> None:
    verdict = await check.run(Size.SLICE)
    assert verdict.broken == ()
    assert verdict.control, "the broken variant was not caught: the check proves nothing"
