"""`chatgrow why`: the whole life of a message, both ways, beside the hub that runs and without it."""

import asyncio
from pathlib import Path
from typing import ClassVar

from click.testing import CliRunner

from chatgrow_bot.cli.main import main
from chatgrow_bot.errors import SendFailed
from chatgrow_bot.messages import Delivery, Inbound, Outbound, State
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.responses import Page, Response, Trace
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


async def why(bot: TalkingBot, name: str, *more: str) -> str:
    plain = (
        bot.folder / "config" / "plain.yaml"
    )  # the same folder, without the plugins that are given as classes
    plain.write_text("server: {port: 0}\n")
    words = ["why", name, *more, "--config", str(plain)]
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


class Rules(Plugin):
    """Answers, and tells how it came to that."""

    trace: ClassVar[Trace]

    @hook
    async def answer(self, message: Inbound) -> Response:
        return Response(messages=(Outbound(to=message.chat, text="at nine"),), trace=self.trace)


async def asked(bot: TalkingBot, trace: Trace) -> str:
    """WhatsApp's id of a message that was answered after so much was asked."""
    Rules.trace = trace
    await bot.start(Rules, settings=NO_WAIT)
    session = await bot.connect()
    came = await session.hears("when do you open?")
    await bot.rest()
    return came.wa_id


async def below_its_answer(bot: TalkingBot, name: str, *more: str) -> str:
    """What is told between the step of the one who answered and the end."""
    _, _, behind = (await why(bot, name, *more)).partition("     answer rules: answered (")
    return behind.partition("\n")[2].partition("     ended: ")[0]


async def test_for_each_rule_it_says_in_their_order_why_it_did_not_answer(bot: TalkingBot) -> None:
    page = Page(
        (
            "rules/a.yaml:3\tgreeting\tnone of 'hello' is in the text (line 5)",
            "rules/a.yaml:12\torder-status\tthe text is not exactly '1'",
            "rules/hours.yaml:3\thours\tits words are not there",
            "rules/rest.yaml:1\trest\tnobody comes so far",
        )
    )
    marks = {
        1: "rules/a.yaml:15\torder-status\tbusiness is \x1b[2Jopen",
        2: "rules/hours.yaml:3\thours\tmatches",
    }
    came = await asked(bot, Trace(page=page, asked=3, marks=marks, is_dull=False))
    assert await below_its_answer(bot, came) == (
        "       rules/a.yaml:3      greeting      none of 'hello' is in the text (line 5)\n"
        "       rules/a.yaml:15     order-status  business is  [2Jopen\n"
        "       rules/hours.yaml:3  hours         matches\n"
        "       1 behind were not asked\n"
    )


async def test_of_a_thousand_rules_it_shows_those_that_have_to_do_with_the_message_unless_all_are_wanted(
    bot: TalkingBot,
) -> None:
    page = Page(tuple(f"a.yaml:{n}\trule-{n}\tnone of its words" for n in range(1000)))
    marks = {7: "a.yaml:7\trule-7\tfailed: its template", 990: "a.yaml:990\trule-990\tmatches"}
    came = await asked(bot, Trace(page=page, asked=991, marks=marks, is_dull=False))
    assert await below_its_answer(bot, came) == (
        "       a.yaml:7    rule-7    failed: its template\n"
        "       a.yaml:990  rule-990  matches\n"
        "       989 more were asked in vain: `--all` shows why\n"
        "       9 behind were not asked\n"
    )
    every = (await below_its_answer(bot, came, "--all")).splitlines()
    assert len(every) == 992
    assert every[6:8] == [
        "       a.yaml:6    rule-6    none of its words",
        "       a.yaml:7    rule-7    failed: its template",
    ]


async def test_when_nothing_had_to_do_with_the_message_it_says_how_much_was_asked(bot: TalkingBot) -> None:
    page = Page(tuple(f"a.yaml:{n}\trule-{n}\tnone of its words" for n in range(1000)))
    came = await asked(bot, Trace(page=page, asked=1000))
    told = await below_its_answer(bot, came)
    assert told == "       1000 were asked in vain: `--all` shows why\n"


async def test_of_a_message_that_no_rule_of_the_shipped_folder_answers_it_names_what_each_misses_first(
    bot: TalkingBot,
) -> None:
    folder = Path(__file__).parents[2] / "config" / "rules"
    rules = {"rules": str(folder), "timeZone": "Asia/Jerusalem", "watch": False}
    await bot.start("auto_reply", settings=NO_WAIT, auto_reply=rules)
    session = await bot.connect()
    came = await session.hears("qwerty")
    await bot.rest()
    told = (await why(bot, came.wa_id)).partition("answer auto_reply: passed")[2].splitlines()[1:-1]
    asked = [line.split(maxsplit=3) for line in told]
    written = [line for path in sorted(folder.glob("*.yaml")) for line in path.read_text().splitlines()]
    ids = [line.partition("- id: ")[2] for line in written if line.startswith("  - id: ")]
    assert [name for _, name, _, _ in asked] == ids
    for mark, name, place, missed in asked:
        file, _, line = place.rpartition(":")
        assert mark == "✗"
        stands = (folder / Path(file).name).read_text().splitlines()[int(line) - 1]
        assert stands.strip().partition(":")[0] in ("any", "text", "pattern", "exact", "all", "starts"), name
        assert "the text" in missed, name
