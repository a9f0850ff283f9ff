"""What the core's parts say to each other of messages from outside, and of the keys that sign them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from ..signatures import Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class FromOutside:
    """What somebody wrote outside WhatsApp."""

    sender: str  #: his chat id
    text: str
    name: str = ""  #: that he gave himself
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """An id under which a message comes from outside: good for one on its connection."""

    id: str
    key_id: str = ""  #: of the key that signed it, if one did


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What became of a message from outside."""

    message_id: str
    is_news: bool  #: False: its id was used before, for this message, and nothing happened
    unanswered: str = ""  #: why nobody is asked to answer it, in a sentence, as far as that is known at once


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookKey:
    """A key that signs messages from outside, without its secret."""

    id: str
    connection_id: str
    created_at: datetime
    expires_at: datetime | None  #: from then on it is good for nothing
    used_at: datetime | None  #: when a message that it signed last came in


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshKey:
    """A key just made. Its secret is told this once."""

    key: WebhookKey
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Whose key signed a request."""

    tenant: str
    key_id: str


class WebhookKeys(Protocol):
    """The keys of connections. Foreign and missing ids raise the same ConnectionNotFound."""

    async def list(self, tenant: str, connection_id: str) -> Sequence[WebhookKey]:
        """Those that are good now, oldest first."""
        ...

    async def make(self, tenant: str, connection_id: str) -> FreshKey:
        """One more. Raises Conflict where there are as many as may be."""
        ...

    async def rotate(self, tenant: str, connection_id: str, keep_old: timedelta) -> FreshKey:
        """A new one; all others end after so long. Raises Conflict as `make` does."""
        ...

    async def remove(self, tenant: str, connection_id: str, key_id: str) -> None:
        """End one at once. Raises NotFound."""
        ...

    async def verify(self, connection_id: str, signature: Signature, body: bytes) -> Signer:
        """Who signed a request, by its bytes as they came. Raises NotLoggedIn, the same for a wrong
        signature, a connection without keys and one that there is not."""
        ...
