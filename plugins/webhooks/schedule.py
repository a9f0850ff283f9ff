"""What an answer means, and when the next try is: pure, by the Standard Webhooks rules."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

#: Seconds before each try but the first.
DELAYS = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
#: Of a wait, how much more it may be, so that not all come at once.
JITTER = 0.1
#: The longest that a receiver may ask us to wait.
LONGEST = 86400.0

_GONE, _TEMPORARY = 410, frozenset({408, 429})


class Verdict(StrEnum):
    """What an attempt came to."""

    DELIVERED = "delivered"  #: the receiver has it
    REFUSED = "refused"  #: the receiver will never take it: a dead letter
    GONE = "gone"  #: the receiver wants nothing more: the endpoint is disabled
    LATER = "later"  #: it is tried again


def judge(status: int | None) -> Verdict:
    """By the status of the answer; None when there was none, or when it is of another request than ours."""
    if status is None:
        return Verdict.LATER
    if 200 <= status < 300:
        return Verdict.DELIVERED
    if status == _GONE:
        return Verdict.GONE
    return Verdict.REFUSED if 400 <= status < 500 and status not in _TEMPORARY else Verdict.LATER


def wait_after(attempts: int, asked: float, chance: float) -> float | None:
    """Seconds until the next try after so many; None when that was the last. `asked` is what the receiver
    asked for, `chance` is from 0 to 1."""
    if attempts > len(DELAYS):
        return None
    return max(DELAYS[attempts - 1] * (1 + JITTER * chance), min(max(asked, 0.0), LONGEST))


def retry_after(header: str, now: datetime) -> float:
    """Seconds that a Retry-After asks for: a number, or a time. 0 when it is neither."""
    text = header.strip()
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        # one without a zone is meant in UTC
        return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())
    except (ValueError, OverflowError):
        return 0.0
