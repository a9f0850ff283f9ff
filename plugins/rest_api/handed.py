"""A conversation by its id, and as its owner sees it."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from chatgrow_bot.errors import ConversationNotFound
from chatgrow_bot.hub import Conversation, Direction, Happening, Hub, Summary
from chatgrow_bot.messages import Delivery, Inbound
from chatgrow_bot.plugin import IDENTITY

from .models.conversations import (
    ConversationDetails,
    ConversationShort,
    ConversationShown,
    HappeningShown,
    LineShown,
    SummaryShown,
)
from .replies import tenant_of


async def find(hub: Hub, request: web.Request) -> Conversation:
    """The one that a path names. Raises ConversationNotFound, also for one of a connection that the caller's
    key is not bound to."""
    name = request.match_info["conversation_id"]
    found = await hub.conversations.get(tenant_of(request), name)
    if not request[IDENTITY].may_use(found.connection_id):
        raise ConversationNotFound(f"There is no conversation '{name}'")
    return found


def short(conversation: Conversation) -> ConversationShort:
    """Where it is now, and no word of what it is about: a key that may only send is told this."""
    return ConversationShort(**_short(conversation))


def shown(conversation: Conversation) -> ConversationShown:
    """The whole of it."""
    return ConversationShown(**_whole(conversation))


def details(conversation: Conversation, story: Sequence[Happening], summary: Summary) -> ConversationDetails:
    """The same with what happened in it, and what an agent should know."""
    return ConversationDetails(
        **_whole(conversation),
        story=[_happened(each) for each in story],
        summary=SummaryShown(
            text=str(summary),
            tags=[*summary.tags],
            fields={**summary.fields},
            messages=[_line(each, summary.texts) for each in summary.messages],
        ),
    )


def _short(conversation: Conversation) -> dict[str, Any]:
    return {
        "conversation_id": conversation.id,
        "number": conversation.number,
        "state": conversation.state,
        "team": conversation.team,
        "agent": conversation.agent or None,
    }


def _whole(conversation: Conversation) -> dict[str, Any]:
    return {
        **_short(conversation),
        "connection_id": conversation.connection_id,
        "chat": conversation.chat,
        "name": conversation.name,
        "language": conversation.language,
        "note": conversation.note,
        "because": conversation.because,
        "opened_at": conversation.opened_at,
        "assigned_at": conversation.assigned_at,
        "answered_at": conversation.answered_at,
        "closed_at": conversation.closed_at,
        "closed_by": conversation.closed_by,
        "rating": conversation.rating,
        "escalations": conversation.escalations,
        "wrote_at": conversation.wrote_at,
        "spoke_at": conversation.spoke_at,
    }


def _happened(each: Happening) -> HappeningShown:
    return HappeningShown(
        at=each.at,
        event=each.event,
        by=each.by,
        team=each.team or None,
        agent=each.agent or None,
        note=each.note,
    )


def _line(message: Inbound | Delivery, texts: Mapping[str, str]) -> LineShown:
    came_in = isinstance(message, Inbound)
    return LineShown(
        message_id=message.id,
        direction=Direction.INBOUND if came_in else Direction.OUTBOUND,
        type=message.kind,
        text=texts.get(message.id, ""),
        at=message.received_at if isinstance(message, Inbound) else message.created_at,
    )
