"""A whole hub with three connections, asked over HTTP by people whom it does not know."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from sqlalchemy import func, select

from chatgrow_bot.hub import WebhookKey
from chatgrow_bot.ids import new_id
from chatgrow_bot.store import webhook_keys
from chatgrow_bot.store.tables import inbox
from chatgrow_bot.store.webhook_keys import Sealed
from chatgrow_bot.testing import FakeClock, TalkingBot

from .forging import VECTOR_AT, VECTOR_KEY, Sent

#: Seconds that an answer may take on a busy machine.
_PATIENCE = 60.0


@dataclass(kw_only=True)
class Outside:
    """The hub as it is seen from outside."""

    bot: TalkingBot
    http: aiohttp.ClientSession
    keys: dict[str, str] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def now(self) -> datetime:
        """What its clock shows."""
        return self.bot.clock.now()

    async def post(self, sent: Sent) -> tuple[int, dict[str, object]]:
        """What is answered."""
        url = f"http://127.0.0.1:{self.bot.running.port}/api/whatsapp/webhook/{sent.to}"
        headers = {"Content-Type": "application/json", **sent.headers}
        async with asyncio.timeout(_PATIENCE), self.http.post(url, data=sent.body, headers=headers) as answer:
            self.statuses[answer.status] += 1
            return answer.status, await answer.json(content_type=None)

    async def post_all(self, requests: Sequence[Sent], at_once: int) -> Sequence[int]:
        """The statuses of many, so many at a time."""
        gate = asyncio.Semaphore(at_once)

        async def one(sent: Sent) -> int:
            async with gate:
                return (await self.post(sent))[0]

        return await asyncio.gather(*map(one, requests))

    async def stored(self) -> int:
        """Messages that came in."""
        count = select(func.count()).select_from(inbox)
        return await self.bot.read(lambda conn: conn.execute(count).scalar_one())

    async def add_key(self, connection_id: str) -> str:
        """One more key of a connection, made as its owner makes it."""
        made = await self.bot.running.hub.webhook_keys.make(self.bot.admin.user_id, connection_id)
        return made.secret

    async def add_vector_key(self, connection_id: str) -> None:
        """The key of the standard's published vector, which no owner can choose."""
        ground = self.bot.running.ground
        key = WebhookKey(
            id=new_id(), connection_id=connection_id, created_at=self.now, expires_at=None, used_at=None
        )
        sealed = Sealed(key=key, tenant=self.bot.admin.user_id, sealed=ground.vault.seal(VECTOR_KEY))
        await ground.db.write(lambda conn: webhook_keys.add(conn, sealed))


@asynccontextmanager
async def outside(folder: Path) -> AsyncIterator[Outside]:
    """A hub whose clock stands at the time of the standard's vector."""
    bot = TalkingBot(folder, FakeClock(datetime.fromtimestamp(VECTOR_AT, UTC)))
    await bot.start("rest_api", rest_api={"admin": True})
    try:
        async with aiohttp.ClientSession() as http:
            hub = Outside(bot=bot, http=http)
            for name in ("shop", "other", "keyless"):
                await bot.running.hub.connections.create(bot.admin, name, "", "", {})
            hub.keys = {name: await hub.add_key(name) for name in ("shop", "other")}
            yield hub
    finally:
        await bot.stop()
