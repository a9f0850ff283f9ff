"""One attempt: an event on its way to an endpoint, signed by the Standard Webhooks rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from yarl import URL

from chatgrow_bot.clock import Clock
from chatgrow_bot.errors import BadInput
from chatgrow_bot.hub import Event
from chatgrow_bot.plugin import Http, HttpAnswer
from chatgrow_bot.signatures import sign

from .endpoints import Endpoint
from .schedule import Verdict, judge, retry_after

#: Seconds that an attempt may take in all, and bytes of an answer that are read.
SECONDS, READ = 15.0, 64 * 1024
#: Of what was sent and answered, bytes that are shown later.
_BODY_SHOWN, _ANSWER_SHOWN = 4096, 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What is sent."""

    id: str  #: of the event
    type: str
    connection_id: str | None  #: of the event; None: this is a test
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of an attempt."""

    at: datetime
    verdict: Verdict
    host: str
    headers: Mapping[str, str]  #: of the request, without its signature
    body: str = field(repr=False)  #: the beginning of what was sent
    status: int | None = None  #: None: there was no answer
    answer: str = field(default="", repr=False)  #: its beginning
    reason: str = ""  #: why there was none, or none that counts
    wait: float = 0.0  #: seconds that the receiver asks for
    duration_ms: int


def trial(endpoint: Endpoint, name: str, now: datetime) -> Parcel:
    """What the test button sends."""
    event_id, kind = f"test-{name}", "webhook.test"
    told = {
        "id": event_id,
        "type": kind,
        "timestamp": now.isoformat().replace("+00:00", "Z"),
        "data": {"endpointId": endpoint.id, "connectionId": None},
    }
    return Parcel(id=event_id, type=kind, connection_id=None, body=msgspec.json.encode(told))


class Sender:
    """Sends through the safe door."""

    def __init__(self, http: Http, clock: Clock, public_url: str) -> None:
        self._http = http
        self._clock = clock
        self._public_url = public_url.rstrip("/")

    def parcel(self, event: Event) -> Parcel:
        """An event, as it is sent; a file's address is whole when we know our own."""
        return Parcel(
            id=event.id,
            type=event.type.value,
            connection_id=event.connection_id,
            body=self._body(event).encode(),
        )

    def _body(self, event: Event) -> str:
        media = event.data.get("media")
        if not (self._public_url and media):
            return event.json
        told = msgspec.json.decode(event.json)
        told["data"]["media"]["url"] = f"{self._public_url}{media['url']}"
        return msgspec.json.encode(told).decode()

    async def send(self, endpoint: Endpoint, parcel: Parcel) -> Outcome:
        """Try once. Raises nothing that the receiver does."""
        now, began = self._clock.now(), self._clock.monotonic()
        timestamp = str(int(now.timestamp()))
        named = {
            "content-type": "application/json",
            "webhook-id": parcel.id,
            "webhook-timestamp": timestamp,
        }
        keys = endpoint.keys(now)
        signature = " ".join(sign(key, parcel.id, timestamp, parcel.body) for key in keys)
        got, reason = None, "its secret was sealed with another installation's key: rotate it"
        if keys:
            got, reason = await self._ask(endpoint.url, named | {"webhook-signature": signature}, parcel.body)
        status = got.status if got else None
        return Outcome(
            at=now,
            verdict=judge(None if reason else status),
            host=URL(endpoint.url).host or "",
            headers=named,
            body=parcel.body[:_BODY_SHOWN].decode(errors="replace"),
            status=status,
            answer=got.body[:_ANSWER_SHOWN].decode(errors="replace") if got else "",
            reason=reason,
            wait=retry_after(got.headers.get("Retry-After", ""), now) if got else 0.0,
            duration_ms=round((self._clock.monotonic() - began) * 1000),
        )

    async def _ask(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[HttpAnswer | None, str]:
        """The answer, and why it does not count."""
        try:
            got = await self._http.request(
                "POST",
                url,
                headers=headers,
                data=body,
                seconds=SECONDS,
                max_bytes=READ,
                cut=True,
                same_origin=True,
            )
        except BadInput as error:
            return None, error.detail
        if got.method != "POST":
            return got, "it redirects by a status that drops the body (use 307 or 308)"
        return got, ""
