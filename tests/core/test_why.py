"""`chatgrow why`: the whole life of a message, both ways, beside the hub that runs and without it."""

import asyncio

from click.testing import CliRunner

from chatgrow_bot.cli.main import main
from chatgrow_bot.errors import SendFailed
from chatgrow_bot.messages import Delivery, Inbound, Outbound, State
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store import outbox as stored
from chatgrow_bot.testing import TalkingBot

from .delivering import NO_WAIT, becomes, send


class Shop(Plugin):
    @hook
    async def answer(self, message: Inbound) -> Outbound:
        return Outbound(to=message.chat, text="we open at nine", because="rules/hours.yaml:3")

    @hook
    async def filter_outbound(self, message: Outbound, delivery: Delivery) -> None:
        return None


async def why(bot: TalkingBot, name: str) -> str:
    plain = (
        bot.folder / "config" / "plain.yaml"
    )  # the same folder, without the plugins that are given as classes
    plain.write_text("server: {port: 0}\n")
    words = ["why", name, "--config", str(plain)]
    result = await asyncio.to_thread(CliRunner().invoke, main, words)
    assert result.exit_code == 0, result.output
    return result.output


async def test_both_ways_of_an_answer_lead_to_each_other_also_by_whatsapp_s_ids(bot: TalkingBot) -> None:
    await bot.start(Shop, settings=NO_WAIT)
    session = await bot.connect()
    session.outcomes = [SendFailed("the page is busy")]
    came = await session.hears("when do you open?")
    await bot.rest()
    [reply] = await bot.read(lambda conn: stored.in_state(conn, State.SENT))
    inbound = await why(bot, came.wa_id)
    assert f"caused message {reply.delivery.id}, which is sent" in inbound
    assert "answer shop: answered" in inbound
    await bot.stop()
    outbound = await why(bot, reply.delivery.wa_id)
    steps = [line.split()[2] for line in outbound.splitlines() if " 202" in line and "lives" not in line]
    assert steps == ["queued", "claimed", "sending", "retry", "claimed", "sending", "sent"]
    assert "sending (try 2)" in outbound
    assert "the page is busy" in outbound
    assert "filter shop: passed" in outbound
    assert "because of rules/hours.yaml:3" in outbound
    assert outbound == await why(bot, reply.delivery.id)
    cause = outbound.partition("caused by message ")[2].split()[0]
    assert inbound == await why(bot, cause)
    for said in (inbound, outbound):
        assert "when do you open" not in said
        assert "nine" not in said
        assert "15551230001" not in said


class Ponders(Plugin):
    """A filter that takes its time."""

    asked, may_go = asyncio.Event(), asyncio.Event()

    @hook
    async def filter_outbound(self, message: Outbound, delivery: Delivery) -> None:
        self.asked.set()
        await self.may_go.wait()


async def test_it_says_since_when_a_message_is_on_its_way(bot: TalkingBot) -> None:
    Ponders.asked, Ponders.may_go = asyncio.Event(), asyncio.Event()
    await bot.start(Ponders, settings=NO_WAIT)
    session = await bot.connect()
    session.gate.clear()
    sent = await send(bot, "hello")
    await Ponders.asked.wait()
    assert "taken from the queue and about to leave" in await why(bot, sent.id)
    Ponders.may_go.set()
    await session.sending.wait()
    since = (await bot.running.hub.outbox.get(sent.tenant, sent.id)).updated_at
    said = f"waits: it is on its way since {since:%F %T} UTC: WhatsApp has not answered yet\n"
    assert said in await why(bot, sent.id)
    session.gate.set()
    await becomes(bot, sent, State.SENT)
    assert "waits" not in await why(bot, sent.id)


async def test_it_says_what_a_message_waits_for(bot: TalkingBot) -> None:
    await bot.start(settings={"queue": {"retryDelays": [300_000], "reconcileAfter": 0}})
    session = await bot.connect()
    session.outcomes = [SendFailed("busy")]
    first = await becomes(bot, await send(bot, "first"), State.RETRY)
    second = await send(bot, "second")
    assert f"its chat is held by message {first.id}, which is retry (busy)" in await why(bot, second.id)
    assert "it is not due before" in await why(bot, first.id)
    await bot.running.hub.queue.stop("rina", "it went wild")
    assert "waits: the whole queue was stopped by rina" in await why(bot, second.id)
    await bot.stop()
    assert "waits: the whole queue was stopped by rina" in await why(bot, second.id)
