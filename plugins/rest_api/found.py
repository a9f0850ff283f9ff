"""A message by its id, whichever way it went: ids of sent and received messages are one namespace."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from chatgrow_bot.errors import Conflict, MessageNotFound, NotFound
from chatgrow_bot.hub import Hub, Identity
from chatgrow_bot.messages import Delivery, Inbound, Media, Outbound, TimelineEntry
from chatgrow_bot.safety.media import display_name

from .models.messages import MediaShown, ReceivedMessage, SentListed, SentMessage, TimelineStep


class FileNotReady(Conflict):
    """It is being fetched; ask again in a moment."""

    title = "Media not ready"


class FileNotFound(NotFound):
    """GET the message for what it carries; its sender may send the file again."""

    title = "Media not found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A message, and what it says; of one that came in the two are the same."""

    message: Delivery | Inbound
    content: Outbound | Inbound

    async def file(self) -> Media:
        """The file that it carries. Raises FileNotReady, FileNotFound."""
        if media := self.content.media:
            if await asyncio.to_thread(media.path.is_file):
                return media
            raise FileNotFound("The file is no longer kept")
        shown = _file_shown(self)
        if shown is None:
            raise FileNotFound(f"The message is of type '{self.message.kind}' and carries no file")
        if shown.status == "fetching":
            raise FileNotReady("The file is not here yet")
        raise FileNotFound(f"There is no file: {shown.reason}")


async def find(hub: Hub, who: Identity, message_id: str) -> Found:
    """One of the caller's messages. Raises MessageNotFound, also for one of a connection that his key is not
    bound to."""
    try:
        message: Delivery | Inbound = await hub.outbox.get(who.user_id, message_id)
    except MessageNotFound:
        message = await hub.inbox.get(who.user_id, message_id)
    if not who.may_use(message.connection_id):
        raise MessageNotFound(f"There is no message '{message_id}'")
    if isinstance(message, Inbound):
        return Found(message=message, content=message)
    return Found(message=message, content=await hub.outbox.content(who.user_id, message_id))


def shown(found: Found, timeline: Sequence[TimelineEntry], waits_for: str) -> SentMessage | ReceivedMessage:
    """A message as its owner sees it; the timeline, and what it waits for, are those of an outgoing one."""
    message = found.message
    if isinstance(message, Inbound):
        return received(message)
    return SentMessage(
        **_sent(found, message),
        waits_for=waits_for,
        timeline=[TimelineStep(at=step.at, status=step.state, reason=step.reason) for step in timeline],
    )


def listed(found: Found) -> SentListed | ReceivedMessage:
    """A message in a list of its owner's."""
    message = found.message
    return received(message) if isinstance(message, Inbound) else SentListed(**_sent(found, message))


def received(message: Inbound) -> ReceivedMessage:
    """A message that came in, as its owner sees it."""
    return ReceivedMessage(
        **_common(Found(message=message, content=message)),
        participant=message.participant,
        from_me=message.from_me,
        name=message.name,
        chat_name=message.chat_name,
        sent_at=message.sent_at,
        received_at=message.received_at,
    )


def _sent(found: Found, message: Delivery) -> dict[str, Any]:
    return {
        **_common(found),
        "priority": message.priority.name.lower(),
        "status": message.state,
        "reason": message.reason,
        "ack": message.ack,
        "attempts": message.attempts,
        "source": message.source,
        "because": message.because,
        "request_id": message.request_id,
        "created_at": message.created_at,
        "due_at": message.due,
        "expires_at": message.expires_at,
        "updated_at": message.updated_at,
    }


def _common(found: Found) -> dict[str, Any]:
    message, content = found.message, found.content
    return {
        "message_id": message.id,
        "connection_id": message.connection_id,
        "chat": message.chat,
        "type": message.kind,
        "text": content.text,
        "media": _file_shown(found),
        "payload": asdict(content.payload) if content.payload else None,
        "about": content.about,
        "mentions": list(content.mentions),
        "forwarded": content.forwarded,
    }


def _file_shown(found: Found) -> MediaShown | None:
    content = found.content
    if media := content.media:
        return MediaShown(
            status="ready",
            reason="",
            url=f"/api/whatsapp/media/{found.message.id}",
            mimetype=media.mimetype,
            filename=media.filename,
            size=media.size,
        )
    if isinstance(content, Inbound) and (said := content.attachment):
        return MediaShown(
            status="unavailable" if content.media_trouble else "fetching",
            reason=content.media_trouble,
            url="",
            mimetype=said.mimetype,
            filename=display_name(said.filename, said.mimetype),
            size=said.size,
        )
    return None
