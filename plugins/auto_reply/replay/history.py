"""Our own history as material: what a connection wrote, as the hub keeps it."""

from collections.abc import Callable, Iterable
from datetime import datetime

import click

from chatgrow_bot.addresses import GROUP
from chatgrow_bot.errors import BadInput
from chatgrow_bot.hub import Written
from chatgrow_bot.messages import Delivery, Inbound, Lane, Outbound, State
from chatgrow_bot.plugin import HISTORY

from .nouns import Line, Material

_LEFT = frozenset({State.SENT, State.DELIVERED, State.READ})

Kept = Callable[[str, datetime | None], tuple[str, Iterable[Written]]]


def history_of(ctx: click.Context, connection: str, since: datetime | None) -> Material:
    """What a connection wrote, in the order of time. Raises BadInput where there is nothing,
    ConnectionNotFound."""
    kept: Kept = ctx.meta[HISTORY]
    tenant, written = kept(connection, since)
    both = sorted(written, key=lambda each: _moment(each.message))
    ours = {each.message.id for each in both if isinstance(each.message, Delivery)}
    lines = [line for each in both if (line := _line(each, ours))]
    if not lines:
        raise BadInput(f"nothing is kept of what '{connection}' wrote{f' since {since:%F}' if since else ''}")
    return Material(
        lines=tuple(lines),
        chats=len({line.chat for line in lines}),
        title=f"The history of '{connection}'",
        notes=("a customer is new at the first of his messages that is kept",),
        connection=connection,
        tenant=tenant,
    )


def _moment(message: Delivery | Inbound) -> datetime:
    return message.received_at if isinstance(message, Inbound) else message.created_at


def _line(written: Written, ours: set[str]) -> Line | None:
    match written.message, written.content:
        case Inbound() as message, _:
            return Line(
                at=message.received_at,
                chat=message.chat,
                who=message.sender,
                name=message.name,
                text=message.text,
                kind=message.kind,
                payload=message.payload,
                is_ours=message.from_me,
                in_group=message.chat.endswith(GROUP),
                about_ours=message.about in ours,
                place=message.id,
            )
        case Delivery(state=state) as message, Outbound() as content if state in _LEFT:
            return Line(
                at=message.created_at,
                chat=message.chat,
                who="",
                text=content.text,
                kind=message.kind,
                is_ours=True,
                is_automatic=message.lane is Lane.REPLY and message.source != "agent",
                in_group=message.chat.endswith(GROUP),
                place=message.id,
            )
    return None
