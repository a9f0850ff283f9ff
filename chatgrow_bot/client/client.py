"""The hub from another program: its REST API as Python."""

from types import TracebackType
from typing import Any, Self

from ..clock import Clock, SystemClock
from ..errors import BadInput
from .bulk import BulkCalls
from .connections import ConnectionCalls
from .conversations import ConversationCalls
from .endpoints import EndpointCalls
from .events import EventCalls
from .figures import FigureCalls
from .login import Caller, Login, Token
from .messages import MessageCalls
from .nouns import Commanded
from .privacy import PrivacyCalls
from .wire import Wire, part

#: Seconds for which a call is tried again by itself.
_PATIENCE = 30.0


class Client(
    ConnectionCalls,
    MessageCalls,
    ConversationCalls,
    BulkCalls,
    FigureCalls,
    EventCalls,
    EndpointCalls,
    PrivacyCalls,
):
    """A caller of a hub.

        async with Client("http://127.0.0.1:3000", "cgk_...") as client:
            sent = await client.send_message("shop", "+14155550123", "Your order is ready", wait=60)

    Safe to use from several tasks at once. Every call raises ApiError (or what is more exactly the matter)
    when the hub refuses, Unreachable when it cannot be reached; what is safe to ask again is asked again for
    `patience` seconds before: whatever only reads, and messages, which go under an Idempotency-Key.
    """

    def __init__(
        self, url: str, token: str = "", *, patience: float = _PATIENCE, clock: Clock | None = None
    ) -> None:
        """`token`: an API key or an access token."""
        if not (token.isascii() and token.isprintable()) or " " in token:
            raise BadInput("A token is one word of printable ASCII characters")
        self._wire = _wire(url, Token(token), patience, clock)

    @classmethod
    def login(
        cls,
        url: str,
        username: str,
        password: str,
        *,
        patience: float = _PATIENCE,
        clock: Clock | None = None,
    ) -> Self:
        """A caller who logs in when it first asks, stays so while it lives, and logs out at its end."""
        client = cls(url)
        client._wire = _wire(url, Login(username, password), patience, clock)
        return client

    async def __aenter__(self) -> Self:
        await self._wire.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._wire.__aexit__(kind, error, trace)

    @property
    def url(self) -> str:
        """The hub's address."""
        return self._wire.url

    async def make_key(self, name: str, scopes: list[str], *, expires_at: Any = None) -> str:
        """An API key for the caller's own use, told this once. A login may make one, a key may not."""
        body = {"name": name, "scopes": scopes, "expiresAt": expires_at}
        made = await self._wire.post(dict[str, Any], "/api/keys", body)
        return str(made["key"])

    async def command(self, name: str, *args: str) -> Commanded:
        """Run an admin command. One that must be confirmed answers with a code in `data["confirm"]`, and runs
        when it is repeated with the code behind its arguments."""
        return await self._wire.post(Commanded, f"/api/commands/{part(name)}", {"args": args})


def _wire(url: str, caller: Caller, patience: float, clock: Clock | None) -> Wire:
    return Wire(url, caller, clock or SystemClock(), patience)
