"""What a sender is told of when his message leaves, beside when it does, in virtual time."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pytest

from chatgrow_bot.messages import Inbound, Outbound
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.testing import TalkingBot

from .delivering import send
from .test_pacing import Watch

#: The pace that a hub has by itself: 30 to 45 s, 10 s more or less.
DEFAULT = {"send": {}, "reply": {"typing": False}}
MEAN, LONGEST = 37.5, 55.0


class Polite(Plugin):
    @hook
    async def answer(self, message: Inbound) -> Outbound:
        return Outbound(to=message.chat, text="thank you")


@pytest.fixture
async def watch(bot: TalkingBot, tmp_path: Path) -> Watch:
    return Watch(bot)


async def told(watch: Watch, texts: list[str], chats: int = 100) -> Mapping[str, datetime]:
    """Queue these, for so many people in turn; when each is said to leave, as it is queued."""
    estimates: dict[str, datetime] = {}
    for n, text in enumerate(texts):
        delivery = await send(watch.bot, text, to=f"1555{n % chats:07d}@c.us")
        estimates[text] = await watch.bot.running.hub.outbox.estimate(delivery)
    return estimates


@pytest.mark.slow
@pytest.mark.parametrize("chats", [3])
async def test_the_nth_message_leaves_about_when_its_sender_was_told(watch: Watch, chats: int) -> None:
    """Within one longest gap, 55 s, for any of twelve; and 20 s for a gap on average."""
    await watch.start(Polite, **DEFAULT)
    estimates = await told(watch, [f"{n}" for n in range(12)], chats)
    await watch.turn(100)
    session = watch.bot.engine.opened["shop"]
    await session.hears("hello", "972501234567@c.us")
    await watch.turn(13 * MEAN)

    left = {parcel.text: at for at, parcel in watch.left}
    assert left.keys() == {*estimates, "thank you"}, "a reply goes in between, and takes nobody's turn"
    wrong = {text: (left[text] - at).total_seconds() for text, at in estimates.items()}
    assert max(map(abs, wrong.values())) <= LONGEST, wrong
    assert abs(wrong["0"]) <= 1
    assert sum(map(abs, wrong.values())) / len(wrong) <= 20, wrong


async def test_who_comes_while_a_gap_runs_is_told_of_the_rest_of_it(watch: Watch) -> None:
    await watch.start(**DEFAULT)
    await told(watch, ["first"])
    await watch.turn(10)
    estimates = await told(watch, ["second", "third"])
    await watch.turn(3 * LONGEST)

    left = {parcel.text: at for at, parcel in watch.left}
    assert abs((left["second"] - estimates["second"]).total_seconds()) <= 1
    assert abs((left["third"] - estimates["third"]).total_seconds()) <= LONGEST - MEAN + 1
