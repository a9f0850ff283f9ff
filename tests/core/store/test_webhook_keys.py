"""Ids of messages from outside, on both databases: each is one message's."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection

from chatgrow_bot.hub import WebhookKey
from chatgrow_bot.store import webhook_keys
from chatgrow_bot.store.database import open_database
from chatgrow_bot.store.webhook_keys import Sealed

from .conftest import ready
from .test_outbox import NOW, ground


def take(conn: Connection, numbers: Sequence[int]) -> Sequence[str]:
    return [webhook_keys.take(conn, "shop", f"msg_{n % 5}", f"m{n}", NOW) for n in numbers]


async def test_the_first_to_use_an_id_has_it(url: str) -> None:
    async with open_database(await ready(url)) as db:
        await db.write(ground)
        taken = await asyncio.gather(*(db.write_together(take, n) for n in range(100)))
        assert taken == [f"m{n % 5}" for n in range(100)]
        assert await db.write(lambda conn: take(conn, [7])) == ["m2"]


async def test_keys_are_good_until_their_end_and_are_the_tenants(url: str) -> None:
    def key(name: str, minutes: int | None) -> Sealed:
        end = None if minutes is None else NOW + timedelta(minutes=minutes)
        made = WebhookKey(id=name, connection_id="shop", created_at=NOW, expires_at=end, used_at=None)
        return Sealed(key=made, tenant="u", sealed="sealed")

    def work(conn: Connection) -> None:
        for each in (key("a", None), key("b", 1), key("c", 60)):
            webhook_keys.add(conn, each)
        assert [each.key.id for each in webhook_keys.good(conn, "shop", NOW)] == ["a", "b", "c"]
        later = NOW + timedelta(minutes=1)
        assert [each.id for each in webhook_keys.of(conn, "u", "shop", later)] == ["a", "c"]
        assert webhook_keys.of(conn, "other", "shop", NOW) == []
        webhook_keys.end(conn, "other", "shop", NOW)
        webhook_keys.remove_ended(conn, "other", "shop", later)
        assert not webhook_keys.remove(conn, "other", "shop", "a")
        webhook_keys.end(conn, "u", "shop", later)
        ends = [each.key.expires_at for each in webhook_keys.good(conn, "shop", NOW)]
        assert ends == [later, later, later]
        webhook_keys.remove_ended(conn, "u", "shop", later)
        assert webhook_keys.good(conn, "shop", NOW) == []

    async with open_database(await ready(url)) as db:
        await db.write(ground)
        await db.write(work)
