"""The page that shows the document, and the files it loads: all from here, so that it works without a network
and under a policy that lets in no script of anyone else's."""

import asyncio
import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from chatgrow_bot.errors import NotFound

PATH = "/docs"

_HERE = Path(__file__).parent
_LIBRARY = _HERE.parent / "node_modules" / "swagger-ui-dist"
_FOR_EVER = "public, max-age=31536000, immutable"
#: What the page may load: its name there, where it lies, and what it is.
FILES: Mapping[str, tuple[Path, str]] = {
    "swagger-ui.js": (_LIBRARY / "swagger-ui-bundle.js", "text/javascript"),
    "swagger-ui.css": (_LIBRARY / "swagger-ui.css", "text/css"),
    "docs.js": (_HERE / "static" / "docs.js", "text/javascript"),
    "docs.css": (_HERE / "static" / "docs.css", "text/css"),
}
_PAGE = _HERE / "static" / "docs.html"
#: The library sets styles on its elements, and draws its pictures from `data:`.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    packed: bytes
    version: str


class Pages:
    """/docs and its files, read when they are first asked for."""

    def __init__(self) -> None:
        self._files: Mapping[str, _File] | None = None

    async def show(self, request: web.Request) -> web.Response:
        """The document, to be read and tried in a browser."""
        files = await self._all()
        page = await asyncio.to_thread(_PAGE.read_text, "utf-8")
        for name, file in files.items():
            page = page.replace(f"{{{name}}}", f"{PATH}/{name}?v={file.version}")
        headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"}
        return web.Response(text=page, content_type="text/html", headers=headers)

    async def serve(self, request: web.Request) -> web.Response:
        """One file of the page, of a closed list."""
        name = request.match_info["file"]
        if name not in FILES:
            raise NotFound("There is no such file")
        file = (await self._all())[name]
        is_current = request.query.get("v") == file.version
        headers = {"Cache-Control": _FOR_EVER if is_current else "no-cache", "Vary": "Accept-Encoding"}
        packs = "gzip" in request.headers.get("Accept-Encoding", "")
        if packs:
            headers["Content-Encoding"] = "gzip"
        body = file.packed if packs else file.body
        return web.Response(body=body, content_type=FILES[name][1], charset="utf-8", headers=headers)

    async def _all(self) -> Mapping[str, _File]:
        if self._files is None:
            self._files = await asyncio.to_thread(_read)
        return self._files


def _read() -> Mapping[str, _File]:
    try:
        found = {name: path.read_bytes() for name, (path, _) in FILES.items()}
    except OSError as error:
        raise NotFound("The page's library is not installed: run `npm ci` in plugins/rest_api") from error
    return {
        name: _File(body, gzip.compress(body, 6), hashlib.sha256(body).hexdigest()[:12])
        for name, body in found.items()
    }
