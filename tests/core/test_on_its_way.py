"""A page that is on its way, and does not arrive."""

import itertools

import pytest

from chatgrow_bot.messages import ConnectionState
from chatgrow_bot.testing import FakeClock, TalkingBot

from .keeping import Faults, connections, settled, turned_until, view


@pytest.mark.parametrize(
    "wavering", [[ConnectionState.SYNCING], [ConnectionState.STARTING, ConnectionState.SYNCING]]
)
async def test_after_five_minutes_a_person_is_told_once_and_finds_a_picture(
    bot: TalkingBot, clock: FakeClock, wavering: list[ConnectionState]
) -> None:
    await bot.start(Faults)
    session = await bot.connect()
    session.picture = b"PNG"
    states = itertools.cycle(wavering)

    async def waver(until: float) -> None:
        while clock.monotonic() < until:
            state = next(states)
            session.looked.clear()
            session.becomes(state)
            await settled(bot, session.looked.is_set)
            await bot.reaches("shop", state)
            clock.advance(20)

    await waver(290)
    assert Faults.heard == []
    await waver(700)
    said = await Faults.heard_of("on its way for 5 minutes")
    assert Faults.heard == [said]
    assert (await view(bot)).picture_at is not None
    session.becomes(ConnectionState.ONLINE)
    await bot.reaches("shop", ConnectionState.ONLINE)
    await settled(bot, lambda: connections(bot).keepers()["shop"].picture is None)  # type: ignore[attr-defined]
    await turned_until(bot, clock, lambda: clock.monotonic() > 1200, step=20)
    assert Faults.heard == [said]
