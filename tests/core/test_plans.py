"""A plan's limits on the whole hub: what counts, what is refused, who is told."""

import pytest
from sqlalchemy import select

from chatgrow_bot.errors import RateLimitExceeded
from chatgrow_bot.hub import Used
from chatgrow_bot.messages import Fault, Inbound, Outbound
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store.tables import journal, outbox
from chatgrow_bot.testing import FakeClock, TalkingBot

from .delivering import send

LIMIT = 5


class Echo(Plugin):
    """Answers, and passes on what it is told to."""

    def __init__(self, bot: object) -> None:
        super().__init__(bot)  # type: ignore[arg-type]
        self.refused: list[str] = []
        self.faults: list[Fault] = []

    @hook
    async def answer(self, message: Inbound) -> Outbound | None:
        if message.text != "pass it on":
            return Outbound(to=message.chat, text=message.text)
        try:
            await self.bot.send(message.tenant, Outbound(to="+14155550199", text="passed on"))
        except RateLimitExceeded as error:
            self.refused.append(str(error))
        return None

    @hook
    async def on_fault(self, fault: Fault) -> None:
        self.faults.append(fault)


@pytest.fixture
async def limited(bot: TalkingBot, clock: FakeClock) -> TalkingBot:
    plans = {"enterprise": {"messagesPerDay": LIMIT, "messagesPerMonth": 100}}
    await bot.start(Echo, settings={"plans": plans})
    await bot.connect()
    return bot


async def today(bot: TalkingBot) -> Used:
    return (await bot.running.hub.plans.usage(bot.admin.user_id)).messages[0]


async def told(bot: TalkingBot) -> list[str]:
    query = select(journal.c.body).where(journal.c.hook == "on_fault").order_by(journal.c.position)
    bodies = await bot.read(lambda conn: conn.execute(query).scalars().all())
    return [body["reason"].partition(";")[0] for body in bodies if body["where"] == "plans"]


async def test_an_answer_is_given_past_the_limit_and_counts(limited: TalkingBot) -> None:
    for n in range(LIMIT + 2):
        assert await limited.say(f"{n}", f"1555000000{n}@c.us") == [f"{n}"]

    used = await today(limited)
    assert (used.used, used.refused, used.remaining, used.is_near) == (LIMIT + 2, 0, 0, True)
    assert await told(limited) == [
        "4 of 5 messages of the plan 'enterprise' are used today",
        "5 of 5 messages of the plan 'enterprise' are used today",
    ]


async def test_a_plugin_that_sends_of_itself_is_refused_past_the_limit(limited: TalkingBot) -> None:
    for n in range(LIMIT):
        await send(limited, f"{n}", to=f"1555{n:07d}@c.us")
    with pytest.raises(RateLimitExceeded, match="5 of 5 messages"):
        await send(limited, "one more")

    await limited.say("pass it on")

    plugin = limited.running.ground.hooks._registry.get("echo")
    assert plugin is not None
    [refused] = plugin.plugin.refused  # type: ignore[attr-defined]
    assert refused.endswith("Wait for the limit to renew, or move to a larger plan.")
    assert (await today(limited)).refused == 2
    rows = await limited.read(lambda conn: conn.execute(select(outbox.c.id)).all())
    assert len(rows) == LIMIT


async def test_the_next_day_begins_with_nothing_used_and_what_was_queued_stays(
    limited: TalkingBot, clock: FakeClock
) -> None:
    for n in range(LIMIT):
        await send(limited, f"{n}", to=f"1555{n:07d}@c.us")
    clock.advance(12 * 3600)
    await send(limited, "tomorrow")

    usage = await limited.running.hub.plans.usage(limited.admin.user_id)
    assert [each.used for each in usage.messages] == [1, LIMIT + 1]


async def test_a_restart_forgets_nothing(bot: TalkingBot, limited: TalkingBot) -> None:
    for n in range(LIMIT):
        await send(limited, f"{n}", to=f"1555{n:07d}@c.us")
    await bot.stop()
    plans = {"enterprise": {"messagesPerDay": LIMIT, "messagesPerMonth": 100}}
    await bot.start(Echo, settings={"plans": plans})
    with pytest.raises(RateLimitExceeded):
        await send(bot, "one more")
