"""API keys: a user's own, made and revoked by a login only: a key that fell into the wrong hands makes no
other."""

from collections.abc import Iterable
from typing import Any

from aiohttp import web

from chatgrow_bot.hub import Keys, KeyView, Scope
from chatgrow_bot.plugin import IDENTITY, Access, Doc, Route
from chatgrow_bot.server.bodies import read_body

from .models.keys import KeyList, KeyMade, KeyShown, NewKey
from .replies import reply, tenant_of

PATH = "/api/keys"

_TAG = "API keys"
_ALL = Doc(tag=_TAG, answer=KeyList)
_MADE = Doc(tag=_TAG, body=NewKey, answer=KeyMade, status=201, also=(404, 409))
_GONE = Doc(tag=_TAG, status=204)


class KeyRoutes:
    """/api/keys."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom: everybody's own. What a key may do is bounded by his role."""
        served = (
            ("GET", PATH, self.list, _ALL),
            ("POST", PATH, self.create, _MADE),
            ("DELETE", f"{PATH}/{{key_id}}", self.revoke, _GONE),
        )
        for method, path, handler, doc in served:
            yield Route(method=method, path=path, handler=handler, access=Access.VIEWER, doc=doc)

    async def list(self, request: web.Request) -> web.Response:
        """The caller's keys, oldest first, and when each was used last."""
        keys = await self._keys.list(tenant_of(request))
        return reply(KeyList(keys=[KeyShown(**_shown(key)) for key in keys]))

    async def create(self, request: web.Request) -> web.Response:
        """Make a key, which is told here and nowhere else."""
        body = await read_body(request, NewKey)
        key, text = await self._keys.make(
            request[IDENTITY],
            body.name,
            scopes=frozenset(map(Scope, body.scopes)),
            connections=body.connections,
            expires_at=body.expires_at,
        )
        return reply(KeyMade(**_shown(key), key=text), status=201)

    async def revoke(self, request: web.Request) -> web.Response:
        """End a key, at once."""
        await self._keys.revoke(tenant_of(request), request.match_info["key_id"])
        return web.Response(status=204)


def _shown(key: KeyView) -> dict[str, Any]:
    return {
        "key_id": key.key_id,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "connections": None if key.connections is None else sorted(key.connections),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "used_at": key.used_at,
    }
