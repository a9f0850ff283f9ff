"""Files on their way: copied under their hash before anything is promised, so that a message can be sent
again after a crash although the path, the URL or the request it came by is long gone."""

import asyncio
import hashlib
import os
import secrets
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath

from pydantic import ValidationError
from yarl import URL

from .clock import Clock
from .errors import BadInput, FileTooLarge, MediaRefused
from .messages import Kind, Media
from .plugin import Http
from .safety.blocks import in_blocks, read_blocks
from .safety.files import NewFile, open_inside, write_new
from .safety.media import HEAD, display_name, kind_of, mimetype_of
from .spool_files import KEPT as KEPT
from .spool_files import UPLOADS, Upload, is_untouched, load, sweep, time_there, untouched, uploaded

#: How long it may take from a file's arrival until a message names it, and seconds between two looks.
_IN_HAND, _LOOK_AGAIN = timedelta(seconds=30), 1.0


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
        upload = Upload(media=media, expires_at=self._clock.now() + KEPT)
        upload_id = secrets.token_urlsafe(24)
        data = upload.model_dump_json(by_alias=True).encode()
        await asyncio.to_thread(write_new, self._home(tenant) / UPLOADS, f"{upload_id}.json", data)
        return upload_id

    async def from_upload(self, tenant: str, upload_id: str) -> Media:
        """A file uploaded before, by the same tenant. Raises MediaRefused."""
        refusal = MediaRefused("There is no upload of that id, or its 24 hours are over")
        try:
            upload = await asyncio.to_thread(load, self._home(tenant) / UPLOADS, f"{upload_id}.json")
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
        return await asyncio.to_thread(sweep, self._folder, now)

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
        for tenant, files in (await asyncio.to_thread(untouched, self._folder, before)).items():
            kept = await named(tenant, files.keys())
            left = [path for sha256, path in files.items() if sha256 not in kept]
            if rehearse:
                gone += len(left)
            else:
                gone += await asyncio.to_thread(self._remove, left, before)
        return gone

    async def read(self, tenant: str, sha256: str) -> AsyncIterator[bytes]:
        """A tenant's file. Raises MediaRefused when it is not there."""
        file, size = await asyncio.to_thread(open_inside, [self._home(tenant)], self._place(tenant, sha256))
        try:
            async for block in read_blocks(file, size):
                yield block
        finally:
            await asyncio.to_thread(file.close)

    async def let_go(
        self,
        tenant: str,
        hashes: Collection[str],
        named: Callable[[str, Collection[str]], Awaitable[Collection[str]]],
    ) -> int:
        """Remove these files of a tenant's now, but those that a message or an upload names; how many went.
        One that was named by somebody a moment ago may be part of a message that is just being made: that one
        is waited for."""
        if not await asyncio.to_thread(self._home(tenant).is_dir):
            return 0  # he never had a file, or a restore brought none back
        gone, left = 0, set(hashes)
        while left:
            before = await asyncio.to_thread(time_there, self._home(tenant)) - _IN_HAND
            left -= {*await named(tenant, left)} | await asyncio.to_thread(uploaded, self._home(tenant))
            paths = [path for each in left if (path := self._place(tenant, each)).exists()]
            gone += await asyncio.to_thread(self._remove, paths, before)
            left = {path.name for path in paths if path.exists()}
            if left:
                await asyncio.sleep(_LOOK_AGAIN)
        return gone

    def _remove(self, paths: Sequence[Path], before: datetime) -> int:
        gone = 0
        for path in paths:
            with self._names:
                if is_untouched(path, before):
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
