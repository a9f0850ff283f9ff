"""What may be done with a conversation, by how it stands."""

from sqlalchemy import Connection

from ..config.teams import PHONE
from ..errors import Conflict, ConversationNotFound
from ..messages import ConversationState
from ..store import conversations as store
from ..store.conversations import Held


class AlreadyOpen(Conflict):
    """Transfer the conversation that is open there."""

    title = "Conversation already open"


class HasColleague(Conflict):
    """Transfer it, or ask him to release it."""

    title = "Conversation of a colleague"


class IsClosed(Conflict):
    """Hand the chat to a team anew."""

    title = "Conversation closed"


def held_by_id(conn: Connection, tenant: str, conversation_id: str) -> Held:
    """One of a tenant's. Raises ConversationNotFound."""
    held = store.get(conn, tenant, conversation_id)
    if held is None:
        raise ConversationNotFound(f"There is no conversation '{conversation_id}'")
    return held


def require_open(held: Held) -> None:
    """Raises IsClosed where it is over."""
    if held.conversation.state is ConversationState.CLOSED:
        raise IsClosed(f"Conversation #{held.conversation.number} is closed")


def may_have(held: Held, agent: str) -> bool:
    """Whether an agent has it already; raises where he cannot have it."""
    require_open(held)
    talk = held.conversation
    if talk.state is ConversationState.AGENT and talk.agent not in (agent, PHONE):
        raise HasColleague(f"Conversation #{talk.number} is with '{talk.agent}'")
    return talk.state is ConversationState.AGENT and talk.agent == agent
