"""A hub with teams, for tests of conversations."""

from collections.abc import Mapping
from typing import Any

from chatgrow_bot.hub import Conversation, Conversations
from chatgrow_bot.messages import Inbound, Outbound
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.responses import Customer, HandOff, Response
from chatgrow_bot.testing import TalkingBot

CUSTOMER, OTHER, AVI = "15551230001@c.us", "15551230002@c.us", "972541112233@c.us"
AGENTS = {"dana": {"name": "Dana Levi", "user": "dana"}, "avi": {"name": "Avi", "whatsapp": "+972541112233"}}
QUICK = {"inbound": {"ageGate": 10**9}}


class Bot(Plugin):
    """Hands off whoever writes `person` or `person TEAM`, and echoes everything else."""

    @hook
    async def answer(self, message: Inbound, customer: Customer) -> Response:
        word, _, team = message.text.partition(" ")
        if word == "person":
            return Response(
                deeds=(HandOff(team=team or "sales", note="wants cake", language="en", because="rules:1"),)
            )
        return Response(messages=(Outbound(to=message.chat, text=f"re {message.text}"),))


def teams(agents: Mapping[str, Any] = AGENTS, **teams: Mapping[str, Any]) -> Mapping[str, Any]:
    """Settings with a team `sales` of Dana and Avi, unless others are given."""
    return {"agents": agents, "teams": teams or {"sales": {"members": ["dana", "avi"]}}, **QUICK}


async def started(bot: TalkingBot, settings: Mapping[str, Any] | None = None) -> Conversations:
    """Start a hub with these."""
    await bot.start(Bot, settings=settings or teams())
    return bot.running.hub.conversations


async def only(bot: TalkingBot) -> Conversation:
    """The one conversation that there is."""
    everything = ("waiting", "agent", "closed")
    [talk] = await bot.running.hub.conversations.list(bot.admin.user_id, states=everything)  # type: ignore[arg-type]
    return talk
