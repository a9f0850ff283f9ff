"""What the page shows as our own: did this hub do it, or a person on the phone? Only the latter is news."""

from sqlalchemy import Connection, select, text

from ..messages import REMARKS, Inbound, Kind
from . import outbox as store
from .rows import from_payload
from .tables import connections, outbox


def is_echo(conn: Connection, message: Inbound) -> bool:
    """Whether one that is `from_me`, in its canonical chat, is something that this hub sent: by its id, also
    when another connection of the tenant, linked to the same account, sent it; what only remarks on a
    message, by that."""
    if store.knows(conn, message.connection_id, message.wa_id):
        return True
    if message.kind in REMARKS:
        return _did(conn, message)
    others = select(connections.c.id).where(connections.c.tenant == message.tenant)
    sent = select(outbox.c.id).where(outbox.c.connection_id.in_(others), outbox.c.wa_id == message.wa_id)
    return conn.execute(sent).first() is not None


def _did(conn: Connection, remark: Inbound) -> bool:
    """Whether we made the same remark: WhatsApp gives these ids of their own."""
    if not remark.about:
        return False
    mine = (outbox.c.tenant == remark.tenant, outbox.c.connection_id == remark.connection_id)
    # The last term is the index's own, without which it is not used.
    this = (outbox.c.about == remark.about, outbox.c.kind == remark.kind, text("about != ''"))
    made = select(outbox.c.text, outbox.c.payload).where(*mine, *this)
    says = (remark.text, from_payload(remark.payload))
    rows = conn.execute(made)
    return any(remark.kind is Kind.DELETION or (row.text, row.payload) == says for row in rows)
