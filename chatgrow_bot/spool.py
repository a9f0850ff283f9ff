"""Files on their way: copied under their hash before anything is promised, so that a message can be sent
again after a crash although the path, the URL or the request it came by is long gone."""

import asyncio
import hashlib
import os
import secrets
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel
from yarl import URL

from .clock import Clock
from .errors import BadInput, FileTooLarge, MediaRefused
from .messages import Kind, Media
from .plugin import Http
from .safety.blocks import BLOCK, in_blocks, read_blocks
from .safety.files import UNFINISHED, NewFile, open_inside, write_new
from .safety.media import HEAD, display_name, kind_of, mimetype_of

#: How long an upload waits for the message that names it, and a crash's leavings for the sweep.
KEPT = timedelta(hours=24)
_UPLOADS = "uploads"


class _Upload(BaseModel):
    """A file that was uploaded and is not yet part of a message, as stored beside the media."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    media: Media
    expires_at: AwareDatetime


class Spool:
    """Implements `hub.Spool`: files as `<folder>/<tenant>/<ab>/<sha256>`.

    `folder` is the session folder's `media`; `roots` are what `from_path` may read for every tenant, besides
    each one's own; `max_bytes` is the largest file. Whatever writes raises StoreUnavailable when the disk
    fails, and leaves nothing behind.
    """

    def __init__(
        self,
        folder: Path,
        *,
        http: Http,
        clock: Clock,
        roots: Sequence[Path] = (),
        max_bytes: int = 64 << 20,
        admit: Callable[[], None] = lambda: None,
    ) -> None:
        self._folder = folder.absolute()
        self._http = http
        self._clock = clock
        self._roots = tuple(roots)
        self._max_bytes = max_bytes
        self._admit = admit  #: raises StoreUnavailable while nothing more may be taken in
        self._names = threading.Lock()  #: a file is not removed while it is given its name again

    async def from_path(
        self,
        tenant: str,
        path: Path,
        mimetype: str = "",
        filename: str = "",
        kind: Kind | None = None,
        max_bytes: int | None = None,
    ) -> Media:
        """A file inside the allowed folders or the tenant's own. Raises MediaRefused."""
        roots, most = [*self._roots, self._home(tenant)], self._most(max_bytes)
        file, size = await asyncio.to_thread(open_inside, roots, path, max_bytes=most)
        try:
            return await self._take(tenant, read_blocks(file, size), mimetype, filename or path.name, kind)
        finally:
            await asyncio.to_thread(file.close)

    async def from_stream(
        self,
        tenant: str,
        chunks: AsyncIterator[bytes],
        mimetype: str = "",
        filename: str = "",
        kind: Kind | None = None,
        max_bytes: int | None = None,
    ) -> Media:
        """Bytes as they come. Raises MediaRefused past the size limit, or past `max_bytes` if it is less."""
        return await self._take(tenant, chunks, mimetype, filename, kind, max_bytes)

    async def from_url(
        self,
        tenant: str,
        url: str,
        mimetype: str = "",
        filename: str = "",
        kind: Kind | None = None,
        max_bytes: int | None = None,
    ) -> Media:
        """A file fetched through the safe door. Raises MediaRefused."""
        chunks = self._http.stream(url, max_bytes=self._max_bytes)
        try:
            return await self._take(tenant, chunks, mimetype, filename or _last_part(url), kind, max_bytes)
        except MediaRefused:
            raise
        except BadInput as error:
            raise MediaRefused(error.detail) from error

    async def upload(self, tenant: str, media: Media) -> str:
        """Keep a file of the tenant's for 24 hours under an id that cannot be guessed."""
        if media.path != self._place(tenant, media.sha256):
            raise MediaRefused("The file is not in this user's spool")
        if not await asyncio.to_thread(self._touch, media.path):
            raise MediaRefused("The file is not in this user's spool any more")
        upload = _Upload(media=media, expires_at=self._clock.now() + KEPT)
        upload_id = secrets.token_urlsafe(24)
        data = upload.model_dump_json(by_alias=True).encode()
        await asyncio.to_thread(write_new, self._home(tenant) / _UPLOADS, f"{upload_id}.json", data)
        return upload_id

    async def from_upload(self, tenant: str, upload_id: str) -> Media:
        """A file uploaded before, by the same tenant. Raises MediaRefused."""
        refusal = MediaRefused("There is no upload of that id, or its 24 hours are over")
        try:
            upload = await asyncio.to_thread(_load, self._home(tenant) / _UPLOADS, f"{upload_id}.json")
        except (MediaRefused, ValidationError) as error:
            raise refusal from error
        media = replace(upload.media, path=self._place(tenant, upload.media.sha256))
        if upload.expires_at <= self._clock.now() or not await asyncio.to_thread(self._touch, media.path):
            raise refusal
        return media

    async def expire(self, now: datetime) -> int:
        """Forget the uploads whose time is over and what a crash left unfinished; answers how many uploads.

        The files themselves stay: a message may hold them.
        """
        return await asyncio.to_thread(_sweep, self._folder, now)

    async def forget(
        self,
        before: datetime,
        named: Callable[[str, Collection[str]], Awaitable[Collection[str]]],
        *,
        rehearse: bool = False,
    ) -> int:
        """Remove the files that nobody has named since and no message names; how many. With `rehearse` they
        are only counted.

        `named(tenant, hashes)` tells which of a tenant's files a message names. Whoever means to name a file
        makes it young first, so one that is named between the question and its removal stays.
        """
        gone = 0
        for tenant, files in (await asyncio.to_thread(_untouched, self._folder, before)).items():
            kept = await named(tenant, files.keys())
            left = [path for sha256, path in files.items() if sha256 not in kept]
            if rehearse:
                gone += len(left)
            else:
                gone += await asyncio.to_thread(self._remove, left, before)
        return gone

    def _remove(self, paths: Sequence[Path], before: datetime) -> int:
        gone = 0
        for path in paths:
            with self._names:
                if _is_untouched(path, before):
                    path.unlink()
                    gone += 1
        return gone

    def _touch(self, path: Path) -> bool:
        """Make a file young; whether it is there."""
        with self._names:
            try:
                os.utime(path, follow_symlinks=False)
            except FileNotFoundError:
                return False
            return True

    def _keep(self, file: NewFile, name: str) -> Path:
        with self._names:
            return file.keep(name)

    async def _take(
        self,
        tenant: str,
        chunks: AsyncIterator[bytes],
        declared: str,
        filename: str,
        kind: Kind | None,
        max_bytes: int | None = None,
    ) -> Media:
        self._admit()
        file, digest, size, mimetype = NewFile(self._home(tenant)), hashlib.sha256(), 0, ""
        most = self._most(max_bytes)

        def absorb(block: bytes) -> None:
            digest.update(block)
            file.write(block)

        try:
            async with aclosing(in_blocks(chunks)) as blocks:
                async for block in blocks:
                    size += len(block)
                    if size > most:
                        raise FileTooLarge(f"The file is larger than {most} bytes")
                    if not mimetype:
                        mimetype = mimetype_of(block[:HEAD], declared, filename)
                        kind = kind_of(mimetype, kind)
                    await asyncio.to_thread(absorb, block)
            if kind is None or not size:
                raise MediaRefused("The file is empty")
            sha256 = digest.hexdigest()
            path = await asyncio.to_thread(self._keep, file, str(_relative(sha256)))
        finally:
            await asyncio.to_thread(file.close)
        name = display_name(filename, mimetype)
        return Media(path=path, sha256=sha256, mimetype=mimetype, filename=name, size=size, kind=kind)

    def _most(self, max_bytes: int | None) -> int:
        return self._max_bytes if max_bytes is None else min(max_bytes, self._max_bytes)

    def _home(self, tenant: str) -> Path:
        if not tenant.replace("-", "").replace("_", "").isalnum() or not tenant.isascii():
            raise BadInput("A user's id is made of letters, digits, '-' and '_'")
        return self._folder / tenant

    def _place(self, tenant: str, sha256: str) -> Path:
        return self._home(tenant) / _relative(sha256)


def _relative(sha256: str) -> PurePosixPath:
    return PurePosixPath(sha256[:2], sha256)


def _last_part(url: str) -> str:
    try:
        return URL(url).name
    except ValueError:
        return ""  # the safe door says what is wrong with it


def _load(folder: Path, name: str) -> _Upload:
    file, size = open_inside([folder], Path(name), max_bytes=BLOCK)
    with file:
        return _Upload.model_validate_json(file.read(size))


def _untouched(folder: Path, before: datetime) -> Mapping[str, Mapping[str, Path]]:
    """The files that were named last before then: by tenant and SHA-256."""
    found: dict[str, dict[str, Path]] = {}
    for path in folder.glob("*/[0-9a-f][0-9a-f]/*"):
        if _is_untouched(path, before):
            found.setdefault(path.parts[-3], {})[path.name] = path
    return found


def _is_untouched(path: Path, before: datetime) -> bool:
    try:
        return path.stat().st_mtime < before.timestamp()
    except FileNotFoundError:
        return False


def _sweep(folder: Path, now: datetime) -> int:
    ended = 0
    for path in folder.glob(f"*/{_UPLOADS}/*.json"):
        try:
            over = _load(path.parent, path.name).expires_at <= now
        except (MediaRefused, ValidationError):
            over = True  # nobody can use it
        if over:
            path.unlink(missing_ok=True)
            ended += 1
    for pattern in (f"*/{UNFINISHED}*", f"*/{_UPLOADS}/{UNFINISHED}*"):
        for path in folder.glob(pattern):
            if path.stat().st_mtime < (now - KEPT).timestamp():
                path.unlink(missing_ok=True)
    return ended
