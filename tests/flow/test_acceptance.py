"""A slice of every acceptance check; `make accept` tries them at full size. How long anything takes is judged
there only: beside other tests a clock proves nothing."""

import pytest

from tests.accept.checks import Check, Size
from tests.accept.every import CHECKS

strong_passwords = True


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
async def test_the_promise_holds_and_the_check_would_notice_if_it_did_not(check: Check) -> None:
    verdict = await check.run(Size.SLICE)
    assert verdict.broken == ()
    assert verdict.control, "the broken variant was not caught: the check proves nothing"
