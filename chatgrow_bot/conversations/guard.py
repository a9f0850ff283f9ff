"""Whether a message that came in is a matter of people: of a conversation that is open in its chat, of an
agent who writes, of a customer who says how it was. Then no plugin is asked."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from ..config.teams import PHONE
from ..errors import ChatgrowError
from ..messages import REMARKS, ConversationState, Inbound, Kind
from ..store import conversations as store
from ..store.happenings import THE_CUSTOMER
from .desk import Desk
from .telling import Turn
from .texts import stars


class Moved(ChatgrowError):
    """Decide anew: a conversation was opened or closed since it was decided."""


class Matter(StrEnum):
    """What a message is to people."""

    HEARD = "heard"  #: the customer writes in his conversation
    LEAVES = "leaves"  #: he does not want to wait any more
    PHONE = "phone"  #: somebody of the business wrote to him from the linked phone
    AGENT = "agent"  #: an agent writes to the business's number
    RATES = "rates"  #: the customer says how it was


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the way in of such a message ends, and why."""

    matter: Matter
    outcome: str
    reason: str
    conversation_id: str = ""


class Guard:
    """Looks, and does what follows. `leaves` tells whether a text says no more than that he leaves."""

    def __init__(self, desk: Desk, leaves: Callable[[str], bool]) -> None:
        self._desk = desk
        self._leaves = leaves

    def look(self, conn: Connection, message: Inbound) -> Verdict | None:
        """What a message is to people; None when it is for the plugins."""
        if message.kind in REMARKS or message.participant:
            return None
        roster = self._desk.teams.roster
        if not message.from_me and (agent := roster.agent(message.tenant, chat=message.chat)):
            reason = f"it is from the agent '{agent.id}'; nobody is asked"
            return Verdict(Matter.AGENT, "from an agent", reason)
        held = store.open_in(conn, message.tenant, message.connection_id, message.chat)
        if held is None:
            return None if message.from_me else self._rating(conn, message)
        talk = held.conversation
        if message.from_me:
            reason = f"typed on the phone itself, in conversation #{talk.number}"
            is_said = message.kind is not Kind.VOTE
            return Verdict(Matter.PHONE, "from me", reason, talk.id) if is_said else None
        if talk.state is ConversationState.WAITING:
            if self._leaves(message.text):
                reason = f"the customer leaves conversation #{talk.number}"
                return Verdict(Matter.LEAVES, "with a team", reason, talk.id)
            reason = f"conversation #{talk.number} waits for {talk.team}; the bot is silent"
        else:
            reason = f"conversation #{talk.number} is with {talk.agent} of {talk.team}; the bot is silent"
        return Verdict(Matter.HEARD, "with a team", reason, talk.id)

    def heed(self, turn: Turn, message: Inbound, verdict: Verdict | None) -> None:
        """Do what follows from a message. Raises Moved when it is not any more to people what it was."""
        if self.look(turn.conn, message) != verdict:
            raise Moved
        if verdict is None or verdict.matter is Matter.AGENT:
            return
        held = store.get(turn.conn, message.tenant, verdict.conversation_id)
        if held is None:
            raise Moved
        match verdict.matter:
            case Matter.HEARD:
                self._desk.wrote(turn, held, message.received_at)
            case Matter.LEAVES:
                self._desk.close(turn, held, THE_CUSTOMER)
            case Matter.PHONE:
                self._desk.spoke(turn, held, PHONE)
            case Matter.RATES:
                self._desk.rate(turn, held, stars(message.text) or 0)

    def _rating(self, conn: Connection, message: Inbound) -> Verdict | None:
        given = stars(message.text) if message.kind is Kind.TEXT else None
        held = store.to_rate(conn, message, message.received_at) if given else None
        if held is None:
            return None
        reason = f"it rates conversation #{held.conversation.number}"
        return Verdict(Matter.RATES, "rated", reason, held.conversation.id)
