"""What speaks against sending from an account that has just been linked. Such a connection is paused, which a
person ends: by `resume` when it is meant, by taking back what waits or unlinking one when it is not.

Two connections on one account are allowed by WhatsApp, and would answer every customer twice; the one that
was linked second is the one that is paused, whoever owns it.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from ..addresses import masked, phone_of
from ..hub import ConnectionView
from ..store import connections as store
from .ends import UNLINKED


def is_newly_linked(known: str | None, me: str, *, was_unlinked: bool) -> bool:
    """Whether this is more than a connection coming back with the account that it had."""
    return known is None or was_unlinked or is_other(known, me)


def is_other(one: str, another: str) -> bool:
    """Whether two names are certainly two accounts: a linked id and a number may be the same."""
    return one != another and (phone_of(one) is None) == (phone_of(another) is None)


def twin(view: ConnectionView, me: str | None, others: Iterable[ConnectionView]) -> ConnectionView | None:
    """Another connection that is linked to this account."""
    for other in others:
        if other.connection_id != view.connection_id and other.me == me and other.state not in UNLINKED:
            return other
    return None


def objections(
    conn: Connection, view: ConnectionView, me: str, other: ConnectionView | None
) -> Sequence[str]:
    """Why nothing may leave from it until a person says so."""
    found = []
    waiting = store.unsent(conn, view.tenant, view.connection_id)
    if view.me and is_other(view.me, me) and waiting:
        found.append(
            f"another account ({masked(me)}) was linked while {waiting} message(s) waited: resume sends them "
            "from it, cancel takes them back"
        )
    if other:
        where = f"connection '{other.connection_id}'" if other.tenant == view.tenant else "another connection"
        found.append(
            f"its account is linked to {where} too, and both would answer everything: log one of them out, "
            "or resume this one"
        )
    return found
