"""A hub in a process of its own, for AC-20: `python -m tests.accept.quotas.hub FOLDER LIMIT`. Its admin's
plan allows so many messages a month; his connection is linked and paused, so that all are kept. It says where
it listens and how to log in, in a line, and goes on until it is killed.

With `broken` as a third word it counts as one would who does not know better: it looks how many there are,
and then stores one more.
"""

import asyncio
import json
import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog
import uvloop

from chatgrow_bot.accounts import Accounts
from chatgrow_bot.errors import RateLimitExceeded
from chatgrow_bot.outbox import Outbox
from chatgrow_bot.outbox.counting import Counting
from chatgrow_bot.plans import Plans
from chatgrow_bot.testing import TalkingBot

_PASSWORD = "correct horse battery"


async def main(folder: Path, limit: int, broken: bool) -> None:
    """Start, say so, and stay."""
    bot = TalkingBot(folder)
    settings = {"plans": {"enterprise": {"messagesPerDay": "unlimited", "messagesPerMonth": limit}}}
    running = await bot.start("rest_api", settings=settings, rest_api={"admin": True})
    hub = running.hub
    if broken:
        _break(hub.plans)
    names = [view.connection_id for view in await hub.connections.list(bot.admin.user_id)]
    await (bot.online() if names else bot.connect())
    await hub.connections.pause(bot.admin.user_id, "shop", "all is kept")
    assert isinstance(hub.accounts, Accounts)
    await hub.accounts.set_password(bot.admin.username, _PASSWORD)
    tokens = await hub.accounts.login(bot.admin.username, _PASSWORD, "127.0.0.1")
    said = {"port": running.port, "token": tokens.access_token, "tenant": bot.admin.user_id}
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def _break(plans: Any) -> None:
    """Nobody is refused where it is counted, but by what was true a moment before."""
    assert isinstance(plans, Plans)
    enqueue = Outbox.enqueue

    def note(counting: Counting, conn: Any, rows: Any) -> Mapping[str, RateLimitExceeded]:
        counting.note(conn, rows)
        return {}

    async def looked(outbox: Outbox, tenant: str, *rest: Any, **more: Any) -> Any:
        month = (await plans.usage(tenant)).messages[1]
        if month.remaining == 0:
            raise RateLimitExceeded("All are used", retry_after=1)
        await asyncio.sleep(0.02)  # the moment in between, as a busy machine makes it
        return await enqueue(outbox, tenant, *rest, **more)

    Counting.take = note  # type: ignore[assignment,method-assign]
    Outbox.enqueue = looked  # type: ignore[assignment]


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(Path(sys.argv[1]), int(sys.argv[2]), "broken" in sys.argv[3:]))
