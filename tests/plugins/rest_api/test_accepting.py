"""A message that is stored is answered as accepted, whatever happens behind its commit: a caller who is told
of an error sends it again."""

import asyncio
import errno
from typing import Any

import pytest
from sqlalchemy import Connection, event

from chatgrow_bot.messages import Delivery, Outbound

from .conftest import CONNECTIONS, Api

PATIENCE = 20.0
BODY = {"to": "+1 415 555 0123", "message": "hello"}


def goes_away_behind_the_commit(api: Api) -> asyncio.Event:
    """The disk of the store: nothing can be read of it any more, until this is set."""
    outbox: Any = api.hub.outbox
    enqueue, is_gone, is_back = outbox.enqueue, asyncio.Event(), asyncio.Event()

    async def stored(tenant: str, connection_id: str, message: Outbound, **more: Any) -> Delivery:
        delivery: Delivery = await enqueue(tenant, connection_id, message, **more)
        is_gone.set()
        return delivery

    def begin(conn: Connection) -> None:
        if is_gone.is_set() and not is_back.is_set():
            raise OSError(errno.EIO, "the disk is gone")

    outbox.enqueue = stored
    event.listen(api._db._readers.sync_engine, "begin", begin)
    return is_back


@pytest.mark.parametrize("query", ["", "?wait=60"])
async def test_when_the_store_goes_away_behind_its_commit(api: Api, query: str) -> None:
    session = await api.connect("shop")
    await api.ask("POST", f"{CONNECTIONS}/shop/pause")
    is_back = goes_away_behind_the_commit(api)
    asked = api.ask("POST", f"{CONNECTIONS}/shop/send{query}", json=BODY)
    answer = await asyncio.wait_for(asked, PATIENCE)

    assert (answer.status, answer.body["status"]) == (202, "queued")
    is_back.set()
    shown = (await api.ask("GET", answer.headers["Location"])).body
    assert answer.body["messageId"] == shown["messageId"]
    assert answer.body["estimatedSendAt"] == shown["createdAt"], "it was due when it was stored"
    await api.ask("POST", f"{CONNECTIONS}/shop/resume")
    await api.leaves(answer)
    assert len(session.sent) == 1
