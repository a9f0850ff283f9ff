"""What every route needs: who asks, an endpoint as it is shown, and a model as an answer."""

from typing import Any

from aiohttp import web

from .dispatch import Dispatch
from .endpoints import Endpoint
from .models import Answer, EndpointShown, ReplayShown
from .records import Kind


def reply(body: Answer, *, status: int = 200, location: str | None = None) -> web.Response:
    """A model as JSON."""
    return web.Response(
        status=status,
        body=body.model_dump_json(by_alias=True).encode(),
        content_type="application/json",
        headers={"Location": location} if location else None,
    )


def shown(dispatch: Dispatch, endpoint: Endpoint) -> EndpointShown:
    """An endpoint, all but its secrets."""
    return EndpointShown(**told(dispatch, endpoint))


def told(dispatch: Dispatch, endpoint: Endpoint) -> dict[str, Any]:
    """The same as plain data."""
    live, now = dispatch.post(endpoint).live, dispatch.now()
    older = [each.until for each in endpoint.secrets if each.until and each.is_good(now)]
    replay = dispatch.place(endpoint, Kind.REPLAY)
    state = "disabled" if live.stopped_at else "retrying" if live.attempts else "ok"
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "description": endpoint.description,
        "events": None if endpoint.events is None else sorted(endpoint.events),
        "connections": None if endpoint.connections is None else sorted(endpoint.connections),
        "created_at": endpoint.created_at,
        "old_secret_until": max(older, default=None),
        "state": state,
        "reason": live.stopped_because,
        "attempts": live.attempts,
        "next_try_at": None if live.stopped_at else live.next_at,
        "behind": dispatch.behind(endpoint),
        "replaying": replay is not None,
        "replay": replay and ReplayShown(position=replay.position, until=replay.until or 0),
        "retrying_dead_letters": dispatch.is_under_way(endpoint, Kind.LETTERS),
    }
