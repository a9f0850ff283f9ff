"""A plugin that gives whatever a test wants, and what came of it."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, select

from chatgrow_bot.messages import Inbound, Outbound
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.responses import Customer, Response
from chatgrow_bot.store import journal
from chatgrow_bot.store.tables import inbox, outbox
from chatgrow_bot.testing import TalkingBot

Given = Outbound | Sequence[Outbound] | Response | None

DANA, NOAM, OWNER = "15551230001@c.us", "15551230002@c.us", "15551230009@c.us"
LID, GROUP = "100000000000001@lid", "120363000000000001@g.us"


def answers(give: Callable[[Inbound, Customer], Given]) -> type[Plugin]:
    """A plugin named `answers` that gives this."""

    class Answers(Plugin):
        @hook
        async def answer(self, message: Inbound, customer: Customer) -> Given:
            return give(message, customer)

    return Answers


async def ended(bot: TalkingBot, text: str) -> Any:
    """The row of a message with this text, once its way in has ended."""

    def look(conn: Connection) -> Any:
        return conn.execute(select(inbox).where(inbox.c.text == text, inbox.c.outcome != "")).first()

    return await bot.until(look, seconds=20)


async def results(bot: TalkingBot, text: str, stage: str) -> list[str]:
    """What the steps of a stage came to."""
    return [step["result"] for step in (await ended(bot, text)).trace if step["stage"] == stage]


async def sent_rows(bot: TalkingBot) -> Sequence[Any]:
    return await bot.read(lambda conn: conn.execute(select(outbox).order_by(outbox.c.id)).all())


def told(conn: Connection, hook: str) -> Sequence[Any]:
    """The facts of one kind so far."""
    return [fact.body for fact in journal.read_after(conn, 0, 10_000) if fact.hook == hook]


def faults(conn: Connection) -> Sequence[str]:
    return [str(body["reason"]) for body in told(conn, "on_fault")]
