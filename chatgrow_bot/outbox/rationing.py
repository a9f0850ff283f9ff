"""What is sent little of, over what the store knows: whether a message may leave now, or which later time it
is promised. Each time is given away once: thousands that wait are not all looked at again together."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from ..addresses import GROUP
from ..limits import Policy, WarmUp, zones_of
from ..messages import Delivery
from ..store import connections as stored_connections
from ..store import places
from ..store.places import Ration


@dataclass(frozen=True, slots=True)
class Hold:
    """Not before then, and why."""

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A message that wants to leave."""

    delivery: Delivery
    policy: Policy
    paused_until: datetime | None  #: no first contacts before
    now: datetime

    @property
    def may_be_rationed(self) -> bool:
        """Whether the store has to be asked at all."""
        rules = self.policy.first_contacts
        return bool(self.policy.warm_up or rules.windows or rules.paused(self.paused_until, self.now))


def hold(conn: Connection, asked: Asked) -> Hold | None:
    """Why a message must wait; the time until when is its own then. None when it may leave."""
    return _first_contact(conn, asked) or _warm_up(conn, asked)


def leave(conn: Connection, asked: Asked) -> None:
    """A message leaves: its place is taken."""
    delivery, now = asked.delivery, asked.now
    if asked.policy.first_contacts.windows and is_first_contact(conn, delivery):
        places.take(conn, delivery.connection_id, Ration.FIRST_CONTACT, delivery.chat, now)
    if (warming := warming_up(conn, asked)) and warming[0].allowed(
        warming[0].day(warming[1], now)
    ) is not None:
        places.take(conn, delivery.connection_id, Ration.WARM_UP, delivery.id, now)


def forecast(conn: Connection, asked: Asked, ahead: int) -> datetime:
    """From when on a message with so many before it may leave, by the warm-up."""
    if (warming := warming_up(conn, asked)) is None:
        return asked.now
    warm_up, linked_at = warming
    today = taken(conn, asked, warm_up, linked_at, True, warm_up.day(linked_at, asked.now))
    return warm_up.when(linked_at, asked.now, today, ahead)


def is_first_contact(conn: Connection, delivery: Delivery) -> bool:
    """Whether it goes to a person with whom its connection never had to do."""
    return not delivery.chat.endswith(GROUP) and places.is_first_contact(conn, delivery)


def warming_up(conn: Connection, asked: Asked) -> tuple[WarmUp, datetime] | None:
    """How its account begins, and since when it is linked; None when nothing holds it back."""
    warm_up = asked.policy.warm_up
    linked_at = warm_up and stored_connections.linked_at(conn, asked.delivery.connection_id)
    return (warm_up, linked_at) if warm_up and linked_at else None


def taken(conn: Connection, asked: Asked, warm_up: WarmUp, linked_at: datetime, gone: bool, day: int) -> int:
    """How many others leave, or left, on a day of the warm-up."""
    since, to = warm_up.begins(linked_at, day), warm_up.begins(linked_at, day + 1)
    delivery = asked.delivery
    besides = delivery.id
    return places.count(conn, delivery.connection_id, Ration.WARM_UP, since, to, besides=besides, gone=gone)


def _first_contact(conn: Connection, asked: Asked) -> Hold | None:
    delivery, rules = asked.delivery, asked.policy.first_contacts
    # As it is on disk by now: somebody may have let go whatever waits for its end.
    until = asked.paused_until and stored_connections.first_contacts_until(conn, delivery.connection_id)
    paused = rules.paused(until, asked.now)
    if not (paused or rules.windows) or not is_first_contact(conn, delivery):
        return None
    if rules.none_at_all:
        return Hold(delivery.expires_at, "nobody is written to first here (pacing.firstContacts)")

    def opens(gone: bool) -> datetime:
        others = partial(_nth_newest, conn, asked, Ration.FIRST_CONTACT, delivery.chat, gone)
        return rules.place(others, paused or asked.now)

    said = "WhatsApp refused one (error 463)" if paused else "so few are allowed (pacing.firstContacts)"
    return _promised(conn, asked, Ration.FIRST_CONTACT, delivery.chat, opens, f"first contacts wait: {said}")


def _warm_up(conn: Connection, asked: Asked) -> Hold | None:
    if (warming := warming_up(conn, asked)) is None:
        return None
    warm_up, linked_at = warming
    message_id, day = asked.delivery.id, warm_up.day(linked_at, asked.now)

    def opens(gone: bool) -> datetime:
        newest = None if gone else _nth_newest(conn, asked, Ration.WARM_UP, message_id, gone, 1)
        counted = partial(taken, conn, asked, warm_up, linked_at, gone)
        return warm_up.place(linked_at, counted, max(asked.now, newest or asked.now))

    said = f"{warm_up.allowed(day)} messages on day {day} of {warm_up.days} (pacing.warmUp)"
    return _promised(conn, asked, Ration.WARM_UP, message_id, opens, f"a new account sends little: {said}")


def _nth_newest(
    conn: Connection, asked: Asked, ration: Ration, besides: str, gone: bool, n: int
) -> datetime | None:
    connection_id = asked.delivery.connection_id
    return places.nth_newest(conn, connection_id, ration, n, asked.now, besides=besides, gone=gone)


def _promised(
    conn: Connection,
    asked: Asked,
    ration: Ration,
    holder: str,
    opens: Callable[[bool], datetime],
    reason: str,
) -> Hold | None:
    """None when its time has come. Else it keeps the time it has, or is promised one after all others."""
    delivery, now, quiet = asked.delivery, asked.now, asked.policy.quiet
    mine = places.of(conn, delivery.connection_id, ration, holder, now)
    # What was promised counts against those who come later, and against nobody whose time has come.
    until = mine if mine and mine > now else opens(mine is not None)
    if until <= now:
        return None
    if until != mine:
        until = opens(False)
        until = (quiet and quiet.until(until, zones_of(delivery.chat))) or until
        places.promise(conn, delivery.connection_id, ration, holder, until)
    return Hold(until, reason)
