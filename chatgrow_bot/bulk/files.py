"""The files that rows name themselves: fetched when it is their turn, and a failure fails its row alone."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import structlog

from ..clock import Clock
from ..errors import BadInput, StoreUnavailable, UrlUnreachable
from ..hub import FileNamed, Spool
from ..messages import Kind, Media
from ..safety.media import display_name, kind_of
from ..store import bulk_feeding as store
from ..store.database import Database

#: Files fetched at the same time, of all bulk sends together.
AT_ONCE = 4
#: Seconds before each further try; after the last one the row has failed.
_AGAIN = (5.0, 30.0)

log = structlog.get_logger("chatgrow.bulk")


class Sizes(Protocol):
    """Who knows how large a file may be."""

    async def media_size(self, tenant: str) -> int:
        """How many bytes a file may have that he sends."""
        ...


class Files:
    """Fetches them."""

    def __init__(self, *, db: Database, clock: Clock, spool: Spool, sizes: Sizes) -> None:
        self._db = db
        self._clock = clock
        self._spool = spool
        self._sizes = sizes
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._under_way: set[tuple[str, int]] = set()

    def under_way(self, batch_id: str) -> int:
        """How many of a bulk send are being fetched."""
        return sum(each == batch_id for each, _ in self._under_way)

    def begin(self, group: asyncio.TaskGroup, tenant: str, batch_id: str, row: Any) -> None:
        """Fetch a row's file, if that is not being done."""
        place = (batch_id, row.number)
        if place not in self._under_way:
            self._under_way.add(place)
            group.create_task(self._fetch(tenant, batch_id, row), name=f"bulk file:{batch_id}:{row.number}")

    async def _fetch(self, tenant: str, batch_id: str, row: Any) -> None:
        try:
            got = await self._patiently(tenant, to_file(row.file))
            if isinstance(got, Media):
                await self._db.write(lambda conn: store.keep_file(conn, batch_id, row.number, got))
            else:
                await self._db.write(lambda conn: store.refuse(conn, batch_id, row.number, got))
        except Exception as error:  # the feeder begins it again; the hub must not end with it
            is_bug = not isinstance(error, StoreUnavailable)
            log.warning("a file is fetched later", batch=batch_id, cause=repr(error), exc_info=is_bug)
            await self._clock.sleep(_AGAIN[0])
        finally:
            self._under_way.discard((batch_id, row.number))

    async def _patiently(self, tenant: str, named: FileNamed) -> Media | str:
        """The file, or why there is none."""
        for wait in (*_AGAIN, None):
            try:
                async with self._turns:
                    return await self._got(tenant, named)
            except BadInput as error:
                if wait is None or not isinstance(error.__cause__, UrlUnreachable):
                    return f"its file cannot be had: {error.detail}"
                await self._clock.sleep(wait)
        raise AssertionError("the last try ends it")

    async def _got(self, tenant: str, named: FileNamed) -> Media:
        most = await self._sizes.media_size(tenant)
        label = (named.mimetype, named.filename, named.kind, most)
        if named.path:
            return await self._spool.from_path(tenant, Path(named.path), *label)
        if named.url:
            return await self._spool.from_url(tenant, named.url, *label)
        media = await self._spool.from_upload(tenant, named.upload_id)
        return replace(
            media,
            kind=kind_of(media.mimetype, named.kind or media.kind),
            filename=display_name(named.filename or media.filename, media.mimetype),
        )


def to_file(value: Any) -> FileNamed:
    """A stored name of a file."""
    return FileNamed(**{**value, "kind": Kind(value["kind"]) if value["kind"] else None})


def from_file(file: FileNamed | None) -> Any:
    """A name of a file as it is stored."""
    if file is None:
        return None
    return {
        "path": file.path,
        "url": file.url,
        "upload_id": file.upload_id,
        "kind": file.kind,
        "filename": file.filename,
        "mimetype": file.mimetype,
    }
