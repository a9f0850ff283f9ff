"""What every route needs: who asks, and a model as an answer."""

from aiohttp import web

from chatgrow_bot.plugin import IDENTITY

from .models.base import Answer


def tenant_of(request: web.Request) -> str:
    """Whose things are meant: the caller's, and nobody else's, whatever the request says."""
    return request[IDENTITY].user_id


def reply(body: Answer, *, status: int = 200, location: str | None = None) -> web.Response:
    """A model as JSON."""
    return web.Response(
        status=status,
        body=body.model_dump_json(by_alias=True).encode(),
        content_type="application/json",
        headers={"Location": location} if location else None,
    )
