"""A message as the engine gets it: with the names by which WhatsApp knows what it is about."""

from sqlalchemy import Connection

from ..engine import Parcel, Reference
from ..limits import Policy
from ..messages import NEVER_LEFT, Kind, Lane, Outbound
from ..store.rows import Outgoing, outgoing, reference

#: Seconds of typing shown before a reply, at most.
_TYPING = 3.0


def target(conn: Connection, row: Outgoing) -> Reference | None:
    """The message that one quotes or remarks on; None when there is none, when it never left or is not known
    any more."""
    d = row.delivery
    if not d.about:
        return None
    ours = outgoing(conn, d.tenant, d.about)
    if ours and ours.delivery.state in NEVER_LEFT:
        return None
    return reference(conn, d.tenant, d.connection_id, d.about)


def parcel(row: Outgoing, content: Outbound, about: Reference | None, policy: Policy) -> Parcel:
    """What is handed over."""
    is_made = content.kind in (Kind.TEXT, Kind.VOICE)  # as one watches: typed or spoken
    shows_typing = policy.typing and row.delivery.lane is Lane.REPLY and is_made
    return Parcel(
        chat=row.delivery.chat,
        wa_id=row.delivery.wa_id,
        text=content.text,
        media=content.media,
        payload=content.payload,
        about=about,
        mentions=row.mentions,
        forwarded=row.forwarded,
        typing=min(_TYPING, policy.paces[Lane.REPLY].low) if shows_typing else 0.0,
    )
