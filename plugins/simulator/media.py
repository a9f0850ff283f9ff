"""The bytes of files, kept once under their hash: pages and phones bring and fetch them alike."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import AsyncIterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from aiohttp import web

from .nouns import SimulatorError

CHUNK = 256 * 1024


class MediaStore:
    """A folder of files named by the SHA-256 of their bytes, in hex."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def put(self, chunks: AsyncIterable[bytes]) -> tuple[str, int]:
        """Stores a stream; answers its hash and its size in bytes."""
        digest, size = hashlib.sha256(), 0
        with self._incoming() as file:
            async for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
        self._keep(file, digest.hexdigest())
        return digest.hexdigest(), size

    def path(self, filehash: str) -> Path:
        """Where the bytes of a hash lie. Raises SimulatorError when nobody brought them."""
        path = self._folder / filehash
        if len(filehash) != 64 or not filehash.isalnum() or not path.is_file():
            raise SimulatorError(f"no media {filehash!r}")
        return path

    @contextmanager
    def _incoming(self) -> Iterator[IO[bytes]]:
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix="incoming-", delete=False) as file:
            try:
                yield file
            except BaseException:  # an upload cut short leaves nothing behind
                Path(file.name).unlink()
                raise

    def _keep(self, file: IO[bytes], filehash: str) -> None:
        Path(file.name).replace(self._folder / filehash)

    def routes(self) -> list[web.RouteDef]:
        """POST /media stores a body, GET /media/{hash} answers it: for pages and for the phones' control."""
        return [web.post("/media", self._upload), web.get("/media/{filehash}", self._download)]

    async def _upload(self, request: web.Request) -> web.Response:
        filehash, size = await self.put(request.content.iter_chunked(CHUNK))
        return web.json_response({"filehash": filehash, "size": size})

    async def _download(self, request: web.Request) -> web.FileResponse:
        try:
            path = self.path(request.match_info["filehash"])
        except SimulatorError as error:
            raise web.HTTPNotFound(text=str(error)) from None
        return web.FileResponse(path, headers={"Content-Type": "application/octet-stream"})
