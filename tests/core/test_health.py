"""The regular look at everything."""

from datetime import timedelta

import pytest

from chatgrow_bot.health import Health
from chatgrow_bot.messages import ConnectionState, Outbound, State
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


async def test_the_end_of_a_message_that_was_in_the_way_has_its_queue_looked_at(
    bot: TalkingBot, clock: FakeClock
) -> None:
    running = await bot.start()
    session = await bot.connect()
    session.becomes(ConnectionState.RECONNECTING)
    await bot.reaches("shop", ConnectionState.RECONNECTING)
    short_lived = Outbound(to=DANA, text="hello", ttl=timedelta(minutes=1))
    tenant, outbox = bot.admin.user_id, running.hub.outbox
    waiting = await outbox.enqueue(tenant, "shop", short_lived, source="test")
    clock.advance(120)
    view = await running.hub.connections.get(tenant, "shop")
    woken: list[str] = []
    look = Health(
        db=running.ground.db,
        clock=clock,
        interval=60,
        keepers=dict,
        view=lambda name: view,
        wake=woken.append,
        tidy=running.hub.spool.expire,  # type: ignore[attr-defined]
        report=lambda fact: None,
    )
    await look.look()
    assert (await outbox.get(tenant, waiting.id)).state is State.EXPIRED
    assert woken == ["shop"]
