"""One try: a call on its way, named and signed by the rules of standardwebhooks.com, and what its answer
means."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

from chatgrow_bot.clock import Clock
from chatgrow_bot.errors import BadInput, UrlRefused, UrlUnreachable
from chatgrow_bot.plugin import Http, HttpAnswer
from chatgrow_bot.signatures import sign, to_key

from .calls_rows import LONGEST, Waiting

#: Seconds that a try may take in all, and bytes of an answer that are read.
SECONDS, READ = 15.0, 64 * 1024

#: Statuses that say "not now", among those that say "never".
_TEMPORARY = frozenset({408, 425, 429})
#: What we say of a request ourselves: a rule's own headers come beside it, and not instead.
OURS = frozenset(
    {
        *("content-type", "content-length", "transfer-encoding", "connection", "host"),
        *("webhook-id", "webhook-timestamp", "webhook-signature"),
    }
)


class Verdict(StrEnum):
    """What a try came to."""

    TAKEN = "taken"  #: the receiver has it
    REFUSED = "refused"  #: the receiver will never take it
    LATER = "later"  #: it is tried again


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a try."""

    verdict: Verdict
    why: str  #: what was answered, or why nothing was
    wait: float = 0.0  #: seconds that the receiver asks for
    silent: bool = False  #: nobody answered, and nobody would have answered another call either


class Sender:
    """Sends through the safe door."""

    def __init__(self, http: Http, clock: Clock, secret: str) -> None:
        self._http = http
        self._clock = clock
        self._key = to_key(secret) if secret else None

    async def send(self, call: Waiting) -> Outcome:
        """Try once. Never raises: what is behind it in its line would wait for ever."""
        now = self._clock.now()
        try:
            got = await self._http.request(
                "POST",
                call.url,
                headers=self._headers(call, now),
                data=call.body,
                seconds=SECONDS,
                max_bytes=READ,
                cut=True,
                same_origin=True,
            )
        except BadInput as error:
            silent = isinstance(error, UrlRefused | UrlUnreachable)
            return Outcome(verdict=Verdict.LATER, why=error.detail, silent=silent)
        except Exception as error:
            return Outcome(verdict=Verdict.LATER, why=f"it cannot be sent: {type(error).__name__}")
        return judge(got, now)

    def _headers(self, call: Waiting, now: datetime) -> Mapping[str, str]:
        timestamp = str(int(now.timestamp()))
        own = {name: value for name, value in call.headers.items() if name.strip().lower() not in OURS}
        named = {"content-type": "application/json", "webhook-id": call.id, "webhook-timestamp": timestamp}
        if self._key:
            named["webhook-signature"] = sign(self._key, call.id, timestamp, call.body)
        return own | named


def judge(got: HttpAnswer, now: datetime) -> Outcome:
    """What an answer means."""
    if got.method != "POST":
        why = "it redirects by a status that drops the body (use 307 or 308)"
        return Outcome(verdict=Verdict.LATER, why=why)
    why, wait = f"it answered with status {got.status}", retry_after(got.headers.get("Retry-After", ""), now)
    if 200 <= got.status < 300:
        return Outcome(verdict=Verdict.TAKEN, why=why)
    if 400 <= got.status < 500 and got.status not in _TEMPORARY:
        return Outcome(verdict=Verdict.REFUSED, why=why)
    return Outcome(verdict=Verdict.LATER, why=why, wait=wait)


def retry_after(header: str, now: datetime) -> float:
    """Seconds that a Retry-After asks for, at most LONGEST: a number, or a time. 0 when it is neither."""
    text, longest = header.strip(), LONGEST.total_seconds()
    if text.isascii() and text.isdecimal():
        return min(float(text[:10]), longest)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return 0.0
    wait = (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()  # without a zone: in UTC
    return min(max(0.0, wait), longest)
