"""A request and its rows, as they are stored."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from ..hub import BatchState, BulkOrder, Content, RowState
from ..store.bulk import from_carried, from_hours
from ..store.rows import from_media
from .files import from_file
from .orders import Entry


def batch_values(
    tenant: str, order: BulkOrder, batch_id: str, now: datetime, accepted: int, rejected: int
) -> dict[str, Any]:
    """The request, but for the key and by which request it came."""
    begins, common = max(now, order.send_at or now), order.template or Content()
    return {
        "id": batch_id,
        "tenant": tenant,
        "connection_id": order.connection_id,
        "name": order.name,
        "state": BatchState.RUNNING,
        "reason": "",
        "accepted": accepted,
        "rejected": rejected,
        "media": from_media(common.media),
        "payload": from_carried(common),
        "hours": from_hours(order.hours),
        "send_at": order.send_at,
        "expires_at": None if order.ttl is None else begins + timedelta(seconds=order.ttl),
        "created_at": now,
        "ended_at": None,
    }


def row_values(batch_id: str, entries: Sequence[Entry]) -> Sequence[dict[str, Any]]:
    """Its rows, for a thread."""
    return [_values(batch_id, entry) for entry in entries]


def _values(batch_id: str, entry: Entry) -> dict[str, Any]:
    content, is_own = entry.content, entry.row.content is not None
    state: str = "file" if content.file else RowState.WAITING
    return {
        "batch_id": batch_id,
        "number": entry.row.number,
        "recipient": entry.to,
        "chat": entry.chat,
        "text": "" if entry.reason else content.text,
        "own": is_own,
        "file": from_file(content.file) if is_own and not entry.reason else None,
        "media": from_media(content.media) if is_own else None,
        "payload": from_carried(content) if is_own else None,
        "state": RowState.REJECTED if entry.reason else state,
        "reason": entry.reason,
        "message_id": None,
    }
