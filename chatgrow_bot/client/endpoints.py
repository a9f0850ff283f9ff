"""Webhook endpoints: where the hub tells what happens by itself."""

from collections.abc import Collection, Sequence
from datetime import datetime

from .nouns import Answer
from .wire import Calls, part

PATH = "/api/whatsapp/webhooks"


class Endpoint(Answer, frozen=True, kw_only=True):
    """A webhook endpoint."""

    id: str
    url: str
    description: str = ""
    events: Sequence[str] | None = None  #: None: all
    connections: Sequence[str] | None = None  #: None: all
    state: str = "ok"  #: ok, retrying, disabled
    reason: str = ""
    attempts: int = 0
    next_try_at: datetime | None = None
    created_at: datetime | None = None  #: None: it is defined in chatgrow.yaml


class EndpointMade(Endpoint, frozen=True, kw_only=True):
    """A new endpoint, with the secret that verifies its signatures: told this once."""

    secret: str

    def __repr__(self) -> str:
        return f"EndpointMade(id={self.id!r}, url={self.url!r})"


class EndpointTested(Answer, frozen=True, kw_only=True):
    """What a receiver answered to a test."""

    outcome: str  #: delivered, refused, gone, later
    status: int | None = None
    duration_ms: int = 0
    answer: str = ""
    reason: str = ""


class _List(Answer, frozen=True, kw_only=True):
    endpoints: Sequence[Endpoint]


class EndpointCalls(Calls):
    """Webhook endpoints; served where the plugin for them is on."""

    async def webhooks(self) -> Sequence[Endpoint]:
        """All of the caller's, those of chatgrow.yaml first, and how each fares."""
        return (await self._wire.get(_List, PATH)).endpoints

    async def make_webhook(
        self,
        url: str,
        *,
        events: Collection[str] | None = None,
        connections: Collection[str] | None = None,
        description: str = "",
    ) -> EndpointMade:
        """Have what happens from now on sent to a URL, signed. A login may do this, an API key may not."""
        body = {
            "url": url,
            "events": None if events is None else list(events),
            "connections": None if connections is None else list(connections),
            "description": description,
        }
        return await self._wire.post(EndpointMade, PATH, body)

    async def delete_webhook(self, endpoint_id: str) -> None:
        """Send nothing there any more."""
        await self._wire.delete(f"{PATH}/{part(endpoint_id)}")

    async def test_webhook(self, endpoint_id: str) -> EndpointTested:
        """Send an event `webhook.test` there now, and tell what it answers."""
        return await self._wire.post(EndpointTested, f"{PATH}/{part(endpoint_id)}/test")
