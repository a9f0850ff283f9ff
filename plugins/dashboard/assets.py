"""The files that the pages load: read once, and named by their content, so that a browser may keep them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from chatgrow_bot.errors import NotFound, PluginError

_FOLDER = Path(__file__).parent
_FOR_EVER = "public, max-age=31536000, immutable"
_SCRIPT, _STYLE, _PICTURE = "text/javascript", "text/css", "image/svg+xml"
#: What a page may load: its name there, where it lies, and what it is.
FILES: Mapping[str, tuple[str, str]] = {
    "htmx.js": ("node_modules/htmx.org/dist/htmx.min.js", _SCRIPT),
    "sse.js": ("node_modules/htmx-ext-sse/dist/sse.min.js", _SCRIPT),
    "pico.css": ("node_modules/@picocss/pico/css/pico.jade.min.css", _STYLE),
    "console.js": ("static/console.js", _SCRIPT),
    "console.css": ("static/console.css", _STYLE),
    "logo.svg": ("static/logo.svg", _PICTURE),
}


@dataclass(frozen=True, slots=True)
class _Asset:
    body: bytes
    kind: str
    version: str


class Assets:
    """The files, in memory."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._files = {name: _read(*entry) for name, entry in FILES.items()}

    def url(self, name: str) -> str:
        """Where a page finds a file; another address when its content is another."""
        return f"{self._path}/{name}?v={self._files[name].version}"

    async def serve(self, request: web.Request) -> web.Response:
        """One file, of those above and no other."""
        asset = self._files.get(request.match_info["name"])
        if asset is None:
            raise NotFound("There is no such file")
        is_current = request.query.get("v") == asset.version
        response = web.Response(body=asset.body, content_type=asset.kind, charset="utf-8")
        response.headers["Cache-Control"] = _FOR_EVER if is_current else "no-cache"
        response.enable_compression()
        return response


def _read(path: str, kind: str) -> _Asset:
    try:
        body = (_FOLDER / path).read_bytes()
    except OSError as error:
        raise PluginError(f"'{path}' is not installed: run `npm ci` in {_FOLDER}") from error
    return _Asset(body=body, kind=kind, version=hashlib.sha256(body).hexdigest()[:12])
