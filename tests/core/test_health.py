"""The regular look at everything."""

from datetime import timedelta

import pytest

from chatgrow_bot.errors import SendFailed
from chatgrow_bot.health import Health
from chatgrow_bot.messages import Outbound, State
from chatgrow_bot.store.rows import outgoing
from chatgrow_bot.testing import FakeClock, FakeEngine, TalkingBot

DANA = "15551230001@c.us"


@pytest.fixture
def clock(bot: TalkingBot) -> FakeClock:
    clock = FakeClock()
    bot.clock, bot.engine = clock, FakeEngine(clock.now)
    return clock


def health(bot: TalkingBot) -> Health:
    found = bot.running.hub.health
    assert isinstance(found, Health)
    return found


async def test_a_page_seen_this_very_moment_has_a_heartbeat(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start()
    await bot.connect()
    report = (await health(bot).reports())[0]
    assert report.is_healthy
    assert report.heartbeat_age == 0.0


async def test_the_end_of_a_message_that_held_its_chat_lets_the_next_one_leave(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(settings={"queue": {"retryDelays": [3_600_000]}})
    session = await bot.connect()
    session.outcomes = [SendFailed("busy")]
    tenant, outbox = bot.admin.user_id, bot.running.hub.outbox
    short_lived = Outbound(to=DANA, text="first", ttl=timedelta(minutes=1))
    first = await outbox.enqueue(tenant, "shop", short_lived, source="test")
    await bot.until(
        lambda conn: outgoing(conn, tenant, first.id),
        lambda row: row is not None and row.delivery.state is State.RETRY,
    )
    second = await outbox.enqueue(tenant, "shop", Outbound(to=DANA, text="second"), source="test")
    clock.advance(120)
    await health(bot).look()
    await bot.until(
        lambda conn: outgoing(conn, tenant, second.id),
        lambda row: row is not None and row.delivery.state is State.SENT,
    )
    assert (await outbox.get(tenant, first.id)).state is State.EXPIRED
