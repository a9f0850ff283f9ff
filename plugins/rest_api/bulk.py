"""Bulk sends: one request for thousands of people, followed, stopped, and what became of each of them."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from aiohttp import web

from chatgrow_bot.errors import BadInput, BatchNotFound, ConnectionNotFound, NothingAccepted
from chatgrow_bot.hub import Batch, Hub, Progress, Scope, Taken
from chatgrow_bot.plugin import IDENTITY, Access, Doc, Route
from chatgrow_bot.server.bodies import read_query, read_raw

from .accepting import idempotency_key
from .bulk_asked import Asked, from_form, from_json
from .content import fetched
from .forms import MULTIPART, fields_of
from .models.bulk import (
    BatchesAsked,
    BatchList,
    BatchListed,
    BatchShown,
    BulkAccepted,
    BulkSend,
    RejectionShown,
)
from .replies import reply, tenant_of

PATH = "/api/whatsapp/bulk"
#: Bytes of a request.
_LARGEST = 16 << 20
#: Requests that are held in memory while they are read.
_READ_AT_ONCE = 4
#: Rejected rows that a refusal lists.
_LISTED = 1000

_TAG = "Bulk"
_SENT = Doc(
    tag=_TAG,
    body=BulkSend,
    headers=("Idempotency-Key",),
    answer=BulkAccepted,
    status=202,
    also=(404, 409, 429),
    sends=("Location",),
)
_SENT_CSV = replace(_SENT, body=None, also=(400, 404, 408, 409, 413, 415, 422, 429))
_LIST = Doc(tag=_TAG, query=BatchesAsked, answer=BatchList)
_ONE = Doc(tag=_TAG, answer=BatchShown)
_TURNED = Doc(tag=_TAG, answer=BatchShown, also=(409,))


class BulkRoutes:
    """/api/whatsapp/bulk, but for the results."""

    def __init__(self, hub: Hub) -> None:
        self._hub, self._bulk = hub, hub.bulk
        self._reading = asyncio.Semaphore(_READ_AT_ONCE)

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        one, operator, viewer = f"{PATH}/{{batch_id}}", Access.OPERATOR, Access.VIEWER
        for path, handler, types, doc in (
            (f"{PATH}/send", self.send, ("application/json",), _SENT),
            (f"{PATH}/csv", self.csv, (MULTIPART,), _SENT_CSV),
        ):
            yield Route(
                method="POST",
                path=path,
                handler=handler,
                access=operator,
                scope=Scope.SEND,
                max_body=_LARGEST,
                content_types=types,
                doc=doc,
            )
        for method, path, handler, access, scope, doc in (
            ("GET", PATH, self.list, viewer, Scope.READ, _LIST),
            ("GET", one, self.get, viewer, Scope.READ, _ONE),
            ("POST", f"{one}/pause", self.pause, operator, Scope.SEND, _TURNED),
            ("POST", f"{one}/resume", self.resume, operator, Scope.SEND, _TURNED),
            ("POST", f"{one}/cancel", self.cancel, operator, Scope.SEND, _TURNED),
        ):
            yield Route(method=method, path=path, handler=handler, access=access, scope=scope, doc=doc)

    async def send(self, request: web.Request) -> web.Response:
        """Send to many people: each row is looked at by itself; all that fit are stored when this answers.

        They leave at the connection's pace, behind everything else that it has to send.
        """
        await self._bulk.check(tenant_of(request))
        async with self._reading:
            asked = await asyncio.to_thread(from_json, await read_raw(request))
        return await self._take(request, asked)

    async def csv(self, request: web.Request) -> web.Response:
        """The same for people in a CSV file.

        A form with the parts connectionId, content, file and, if wanted, name and options (JSON). The column
        `to` (or `phone`, or `number`) has the number, any other fills in a field of the content.
        """
        await self._bulk.check(tenant_of(request))
        async with self._reading:
            asked = await asyncio.to_thread(from_form, await fields_of(request))
        return await self._take(request, asked)

    async def _take(self, request: web.Request, asked: Asked) -> web.Response:
        tenant, order, key = tenant_of(request), asked.order, idempotency_key(request)
        if not request[IDENTITY].may_use(order.connection_id):
            raise ConnectionNotFound(f"There is no connection '{order.connection_id}'")
        # Before a file is fetched, which may be gone by now.
        if key and (before := await self._bulk.taken_before(tenant, key, asked.digest)):
            return _accepted(before)
        if asked.media and order.template:
            await self._bulk.check(tenant, order.connection_id)
            most = await self._hub.plans.media_size(tenant)
            media = await fetched(self._hub.spool, tenant, asked.media, most)
            order = replace(order, template=replace(order.template, media=media))
        try:
            return _accepted(await self._bulk.take(tenant, order, key=key, asked=asked.digest))
        except NothingAccepted as error:
            raise _with_rows(error, asked.pointer) from error

    async def list(self, request: web.Request) -> web.Response:
        """The caller's bulk sends, newest first."""
        asked, who = read_query(request, BatchesAsked), request[IDENTITY]
        found = await self._bulk.list(who.user_id, asked.limit + 1, asked.before, who.connections)
        page = found[: asked.limit]
        more = page[-1].batch_id if len(found) > len(page) else None
        return reply(BatchList(batches=[BatchListed(**_listed(each)) for each in page], next=more))

    async def get(self, request: web.Request) -> web.Response:
        """How far a bulk send has come."""
        batch = await find(self._hub, request)
        return _shown(await self._bulk.progress(batch.tenant, batch.batch_id))

    async def pause(self, request: web.Request) -> web.Response:
        """Let no more of it leave: what is in the queue is taken back, and waits."""
        batch = await find(self._hub, request)
        return _shown(await self._bulk.pause(batch.tenant, batch.batch_id))

    async def resume(self, request: web.Request) -> web.Response:
        """Let it go on."""
        batch = await find(self._hub, request)
        return _shown(await self._bulk.resume(batch.tenant, batch.batch_id))

    async def cancel(self, request: web.Request) -> web.Response:
        """Give up whatever has not left."""
        batch = await find(self._hub, request)
        return _shown(await self._bulk.cancel(batch.tenant, batch.batch_id))


async def find(hub: Hub, request: web.Request) -> Batch:
    """The one that a path names. Raises BatchNotFound, also for one of a connection that the caller's key is
    not bound to."""
    name = request.match_info["batch_id"]
    batch = await hub.bulk.get(tenant_of(request), name)
    if not request[IDENTITY].may_use(batch.connection_id):
        raise BatchNotFound(f"There is no bulk send '{name}'")
    return batch


def _with_rows(error: NothingAccepted, pointer: str) -> BadInput:
    rows = error.facts["rejections"]
    listed = [
        {"pointer": pointer.format(row.number - 1), "detail": f"Row {row.number}: {row.reason}"}
        for row in (rows if isinstance(rows, list) else [])[:_LISTED]
    ]
    return NothingAccepted(error.detail, errors=listed)


def _accepted(taken: Taken) -> web.Response:
    batch = taken.batch
    return reply(
        BulkAccepted(
            batch_id=batch.batch_id,
            status=batch.state,
            accepted=batch.accepted,
            rejected=batch.rejected,
            rejections=[
                RejectionShown(row=each.number, to=each.to, reason=each.reason) for each in taken.rejections
            ],
            estimated_completion=taken.estimated_completion,
        ),
        status=202,
        location=f"{PATH}/{batch.batch_id}",
    )


def _listed(batch: Batch) -> dict[str, Any]:
    return {
        "batch_id": batch.batch_id,
        "connection_id": batch.connection_id,
        "name": batch.name,
        "status": batch.state,
        "waits_for": batch.reason,
        "accepted": batch.accepted,
        "rejected": batch.rejected,
        "send_at": batch.send_at,
        "expires_at": batch.expires_at,
        "created_at": batch.created_at,
        "ended_at": batch.ended_at,
    }


def _shown(progress: Progress) -> web.Response:
    return reply(
        BatchShown(
            **_listed(progress.batch),
            counts=dict(progress.counts),
            percent=progress.percent,
            estimated_completion=progress.estimated_completion,
        )
    )
