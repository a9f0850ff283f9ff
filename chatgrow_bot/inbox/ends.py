"""How ways in end, counted by day: each customer's message once, in the transaction that ends its way in."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy import Connection

from ..hub import Measure
from ..messages import REMARKS, Inbound
from ..store import inbox as store
from ..store import tallies
from ..store.inbox import Ended, GivenUp
from ..store.tallies import Count, day_of

#: The bot keeps out of it, as it should, or did what was asked of it without a word.
_SETTLED = frozenset({"done", "consent", "taken over", "with a team", "rated"})
#: What is no message of a customer.
_NOBODY = frozenset({"from me", "from an agent", "remark"})


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How one ended."""

    outcome: str
    by: str = ""  #: the plugin that took care of it
    has_answer: bool = False  #: something of what it says may leave
    has_handed: bool = False  #: it handed the chat to a team


def count(conn: Connection, message: Inbound | GivenUp, end: End, at: datetime, zone: tzinfo) -> None:
    """Count a message whose way in ends now. It counts for the day on which it came, like what was done
    about it: a message before midnight that is answered after it belongs to one day."""
    if message.from_me or message.kind in REMARKS or end.outcome in _NOBODY:
        return
    what, name = _kind(end)
    took = (at - message.received_at).total_seconds() if what is Measure.ANSWERED else 0.0
    counts = (Count(Measure.RECEIVED, message.connection_id), Count(what, name, seconds=took))
    tallies.add_all(conn, message.tenant, day_of(message.received_at, zone), counts)


def give_up(
    conn: Connection, message_id: str, ended: Ended, at: datetime, zone: tzinfo
) -> tuple[str, str] | None:
    """End the way in of a message that cannot be answered; whose it is and its connection, None if it had
    ended."""
    found = store.give_up(conn, message_id, ended)
    if found is None:
        return None
    if not found.outcome:
        count(conn, found, End(outcome=ended.outcome), at, zone)
    return found.tenant, found.connection_id


def _kind(end: End) -> tuple[Measure, str]:
    if end.has_handed:
        return Measure.HANDED, end.by
    if end.has_answer and end.by:
        return Measure.ANSWERED, end.by
    if end.outcome == "answered":  # and none of it leaves
        return Measure.UNANSWERED, "opted out"
    return (Measure.SETTLED if end.outcome in _SETTLED else Measure.UNANSWERED), end.outcome
