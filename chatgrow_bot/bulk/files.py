"""The files that rows name themselves. What is here is taken into the spool with the request, for an upload
is kept for a day; what is elsewhere is fetched when it is its turn. A failure concerns its row alone."""

import asyncio
from collections.abc import Iterable
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
from .orders import Entry

#: Files fetched at the same time, of all bulk sends together.
AT_ONCE = 4
#: Files of one bulk send under way at most, with those that rest before they are tried again.
_MOST_UNDER_WAY = 100
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
        self._under_way: dict[tuple[str, int], bool] = {}  #: whether it rests before it is tried again

    async def take_in(self, tenant: str, entries: Iterable[Entry]) -> None:
        """Have what is here already, each file once; a row whose file is not to be had is told why."""
        found: dict[FileNamed, Media | str] = {}
        for entry in entries:
            named = entry.content.file
            if entry.reason or named is None or named.url:
                continue
            if named not in found:
                try:
                    found[named] = await self._got(tenant, named)
                except BadInput as error:
                    found[named] = error.detail
            got = found[named]
            if isinstance(got, Media):
                entry.content = replace(entry.content, media=got, file=None)
            else:
                entry.reason = f"its file cannot be had: {got}"

    def under_way(self, batch_id: str) -> int:
        """How many of a bulk send are being fetched, or will be tried again."""
        return sum(each == batch_id for each, _ in self._under_way)

    def room(self, batch_id: str) -> int:
        """How many more of a bulk send may be begun: those that rest keep nobody from it."""
        tried = sum(name == batch_id and not rests for (name, _), rests in self._under_way.items())
        return min(AT_ONCE - tried, _MOST_UNDER_WAY - self.under_way(batch_id))

    def begin(self, group: asyncio.TaskGroup, tenant: str, batch_id: str, row: Any) -> bool:
        """Fetch a row's file, if that is not being done; whether it was begun."""
        place = (batch_id, int(row.number))
        if place in self._under_way:
            return False
        self._under_way[place] = False
        group.create_task(self._fetch(tenant, place, row), name=f"bulk file:{batch_id}:{row.number}")
        return True

    async def _fetch(self, tenant: str, place: tuple[str, int], row: Any) -> None:
        batch_id, _ = place
        try:
            got = await self._patiently(tenant, place, to_file(row.file))
            if isinstance(got, Media):
                await self._db.write(lambda conn: store.keep_file(conn, batch_id, row.number, got))
            else:
                await self._db.write(lambda conn: store.refuse(conn, batch_id, row.number, got))
        except Exception as error:  # the feeder begins it again; the hub must not end with it
            is_bug = not isinstance(error, StoreUnavailable)
            log.warning("a file is fetched later", batch=batch_id, cause=repr(error), exc_info=is_bug)
            await self._rest(place, _AGAIN[0])
        finally:
            self._under_way.pop(place, None)

    async def _patiently(self, tenant: str, place: tuple[str, int], named: FileNamed) -> Media | str:
        """The file, or why there is none."""
        for wait in (*_AGAIN, None):
            try:
                async with self._turns:
                    return await self._got(tenant, named)
            except StoreUnavailable:
                raise
            except BadInput as error:
                said, may_pass = error.detail, isinstance(error.__cause__, UrlUnreachable)
            except Exception:
                log.exception("a file cannot be fetched", batch=place[0], row=place[1])
                said, may_pass = "it was tried in vain; the log says more", True
            if wait is None or not may_pass:
                return f"its file cannot be had: {said}"
            await self._rest(place, wait)
        raise AssertionError("the last try ends it")

    async def _rest(self, place: tuple[str, int], seconds: float) -> None:
        self._under_way[place] = True
        await self._clock.sleep(seconds)
        self._under_way[place] = False

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
