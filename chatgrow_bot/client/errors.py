"""What a call may come to instead of an answer. One family, so that a caller may catch all of it or the one
thing that he can do something about."""

from collections.abc import Mapping, Sequence

import msgspec

from ..errors import ChatgrowError


class ClientError(ChatgrowError):
    """See what the hub said, and try again."""

    title = "Call failed"


class Unreachable(ClientError):
    """Start the hub (chatgrow run), or check its address and the way to it; then try again."""

    title = "Hub not reached"


class NoAnswer(Unreachable):
    """The hub may have done it: look before you ask again."""

    title = "No answer"


class UnexpectedAnswer(ClientError):
    """Check that the address is that of a ChatGrow Bot, of this version or a later one."""

    title = "Unexpected answer"


class _Problem(msgspec.Struct, frozen=True):
    """An error as the hub tells it (RFC 9457)."""

    title: str = ""
    detail: str = ""
    errors: Sequence[Mapping[str, object]] = ()
    requestId: str = ""  #: as it is called on the wire


class ApiError(ClientError):
    """The hub refused, or failed; its own words end with what to do."""

    def __init__(
        self,
        status: int,
        title: str = "",
        detail: str = "",
        *,
        errors: Sequence[Mapping[str, object]] = (),
        retry_after: float | None = None,
        request_id: str = "",
    ) -> None:
        self.status = status
        self.title = title or f"Status {status}"  # type: ignore[misc]  # the hub's, not the class's
        self.errors = tuple(errors)  #: each fault of a body: `pointer` where, `detail` what
        self.retry_after = retry_after  #: seconds after which to ask again, where the hub says so
        self.request_id = request_id  #: by which the hub's log has it
        super().__init__(detail)

    def __str__(self) -> str:
        return self.detail or f"{self.title}: the hub gave no reason"


class InvalidRequest(ApiError):
    """The hub cannot take what was sent (400, 405 to 422); `errors` says where."""


class NotLoggedIn(ApiError):
    """The token is missing, wrong, or has ended (401)."""


class NotAllowed(ApiError):
    """The user's role, or the key's scopes, do not reach so far (403)."""


class NotFound(ApiError):
    """There is no such thing, or it is another's (404)."""


class Conflict(ApiError):
    """It does not fit to how things stand (409)."""


class NotReady(Conflict):
    """The connection cannot do this in its present state (409)."""


class RateLimited(ApiError):
    """It is too much for the plan, or too often (429); `retry_after` says when to come back."""


class Unavailable(ApiError):
    """The hub, or what it stands on, cannot do it now (502 to 507)."""


_BY_STATUS: Mapping[int, type[ApiError]] = {
    401: NotLoggedIn,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    429: RateLimited,
    **dict.fromkeys((400, 405, 406, 408, 413, 415, 422), InvalidRequest),
    **dict.fromkeys((502, 503, 504, 507), Unavailable),
}


def error_of(status: int, body: bytes, headers: Mapping[str, str]) -> ApiError:
    """An answer that is an error, as one of ours."""
    try:
        said = msgspec.json.decode(body, type=_Problem)
    except msgspec.MsgspecError:
        said = _Problem(detail=_plain(status, body))
    kind = _BY_STATUS.get(status, ApiError)
    if status == 409 and said.title == "Connection not ready":
        kind = NotReady
    return kind(
        status,
        said.title,
        said.detail,
        errors=said.errors,
        retry_after=_seconds(headers.get("Retry-After", "")),
        request_id=said.requestId or headers.get("X-Request-Id", ""),
    )


def _plain(status: int, body: bytes) -> str:
    """For what somebody between us and the hub answered."""
    words = " ".join(body[:200].decode(errors="replace").split())
    return f"The answer was {status}, and not the hub's own: {words}" if words else f"The answer was {status}"


def _seconds(said: str) -> float | None:
    try:
        return max(0.0, float(said))
    except ValueError:
        return None
