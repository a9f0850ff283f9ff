"""Whether a message may leave now, or must wait for a better time: quiet hours, first contacts, warm-up. An
answer to somebody who has just written never waits, nor does what only remarks on an earlier message."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from ..clock import Clock
from ..errors import ConnectionNotFound, SendRefused
from ..limits import Policy, QuietHours, zones_of
from ..messages import REMARKS, Delivery, Fault, Lane, Step
from ..store import contacts, places
from ..store.database import Database
from ..store.places import Ration
from ..store.rows import Outgoing
from . import rationing
from .outcome import put_back
from .rationing import Asked, Hold

#: WhatsApp's word for an account that has written to too many strangers.
TIME_LOCK = "463"
_A_LITTLE_LESS = 0.9
_MOMENT = timedelta(microseconds=1)
#: One that is held is not looked at again sooner, for the queue would spin.
_A_WHILE = timedelta(seconds=1)


class Policies(Protocol):
    """Who knows how each connection sends."""

    async def learn(self, connection_id: str | None = None) -> None:
        """Know the owners' plans as they are."""
        ...

    def of(self, connection_id: str) -> Policy:
        """How this connection sends."""
        ...


class Owners(Protocol):
    """Who knows the connections."""

    def first_contacts_until(self, connection_id: str) -> datetime | None:
        """Until then nobody is written to for the first time."""
        ...

    async def pause_first_contacts(self, connection_id: str, until: datetime) -> None:
        """Let nobody be written to for the first time until then. Raises ConnectionNotFound."""
        ...


class Gate:
    """Looks at each message before it is handed over."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        policies: Policies,
        owners: Owners,
        report: Callable[[Fault], None],
    ) -> None:
        self._db = db
        self._clock = clock
        self._policies = policies
        self._owners = owners
        self._report = report
        self._promised: set[str] = set()  #: connections on which a first contact may wait

    async def load(self) -> None:
        """Learn what an earlier process knew."""
        await self._policies.learn()
        self._promised = await self._db.read(places.promised)

    async def learn(self, delivery: Delivery) -> None:
        """Know how fast a message's owner may send now."""
        await self._policies.learn(delivery.connection_id)

    async def holds_back(self, row: Outgoing) -> bool:
        """Whether this message must wait; then it is queued again until its time. What it is promised and its
        going back are one step: somebody who writes in between would find nobody to let go."""
        delivery = row.delivery
        if not _waits(delivery):
            return False
        await self.learn(delivery)
        asked = self._asked(delivery)
        quiet = _quiet(asked)
        if not (quiet or asked.may_be_rationed):
            return False

        def work(conn: Connection) -> bool:
            hold = quiet or rationing.hold(conn, asked)
            if hold:
                _queue_again(conn, row, asked.now, hold)
            return hold is not None

        if not quiet:  # before it is on disk: whoever comes in right after it looks there
            self._promised.add(delivery.connection_id)
        return await self._db.write(work)

    async def leaves(self, row: Outgoing) -> None:
        """It is about to leave. Written down before the intent: a kill in between costs a place, and never
        gives one away twice."""
        asked = self._asked(row.delivery)
        if _waits(row.delivery) and asked.may_be_rationed:
            await self._db.write(lambda conn: rationing.leave(conn, asked))

    async def refused(self, row: Outgoing, error: SendRefused) -> str | None:
        """What a refusal means for others like it; why this message failed, if that can be told better than
        by the error."""
        if error.facts.get("code") != TIME_LOCK:
            return None
        delivery, now = row.delivery, self._clock.now()
        rules = self._policies.of(delivery.connection_id).first_contacts
        is_known = rules.paused(self._owners.first_contacts_until(delivery.connection_id), now)
        until = now + timedelta(seconds=rules.pause)
        if not is_known and until > now:
            try:
                await self._owners.pause_first_contacts(delivery.connection_id, until)
            except ConnectionNotFound:  # it is being deleted
                pass
            else:
                self._report(_time_locked(delivery, until, now))
        return (
            "WhatsApp lets this account write to nobody new for a while (error 463); it is not tried again."
        )

    async def met(self, connection_id: str, chat: str) -> bool:
        """Somebody wrote, or was written to from the phone: what waits for him as a first contact waits no
        more. Whether anything did."""
        if connection_id not in self._promised:
            return False
        now = self._clock.now()

        def look(conn: Connection) -> str | None:
            known = contacts.canonical(conn, connection_id, chat)
            return known if places.of(conn, connection_id, Ration.FIRST_CONTACT, known, now) else None

        waits = await self._db.read(look)
        return bool(waits) and await self._db.write(
            lambda conn: places.release(conn, connection_id, now, waits)
        )

    def gap(self, connection_id: str, lane: Lane) -> timedelta:
        """How far apart messages to one chat are placed in a lane: a little less than they leave on average,
        so that a lane with nothing else to do never waits for the next one's time."""
        return timedelta(seconds=_A_LITTLE_LESS * self._policies.of(connection_id).paces[lane].mean)

    def foresee(self, delivery: Delivery, slot: datetime | None, ahead: int) -> datetime | None:
        """When a message is likely to leave whose lane may send from `slot` on, with so many before it; None
        where only `forecast` can tell."""
        asked = self._asked(delivery)
        if asked.policy.warm_up or asked.policy.first_contacts.paused(asked.paused_until, asked.now):
            return None
        return _likely(asked, slot or asked.now, ahead, asked.now)

    def forecast(self, conn: Connection, delivery: Delivery, slot: datetime | None, ahead: int) -> datetime:
        """The same by what the store knows."""
        asked = self._asked(delivery)
        paused = _waits(delivery) and asked.policy.first_contacts.paused(asked.paused_until, asked.now)
        start = max(slot or asked.now, asked.now)
        if paused and rationing.is_first_contact(conn, delivery):
            start = max(start, paused)
        return _likely(asked, start, ahead, rationing.forecast(conn, asked, ahead))

    def _asked(self, delivery: Delivery) -> Asked:
        return Asked(
            delivery=delivery,
            policy=self._policies.of(delivery.connection_id),
            paused_until=self._owners.first_contacts_until(delivery.connection_id),
            now=self._clock.now(),
        )


def _waits(delivery: Delivery) -> bool:
    """Whether it is one of those that may have to wait."""
    return delivery.lane is Lane.SEND and delivery.kind not in REMARKS


def _likely(asked: Asked, start: datetime, ahead: int, earliest: datetime) -> datetime:
    delivery, quiet = asked.delivery, asked.policy.quiet
    busy = timedelta(seconds=ahead * asked.policy.paces[delivery.lane].mean)
    # What is ahead leaves while it waits for its time.
    start = max(start, asked.now, delivery.due - busy)
    if not _waits(delivery):
        return start + busy
    if quiet is None:
        return max(start + busy, earliest)
    zones = zones_of(delivery.chat)
    leaves = max(quiet.after(start, busy, zones), earliest)
    return quiet.until(leaves, zones) or leaves


def _queue_again(conn: Connection, row: Outgoing, now: datetime, hold: Hold) -> None:
    due = max(hold.until, now + _A_WHILE)
    step = Step(stage="gate", result=f"held until {hold.until:%F %T} UTC: {hold.reason}")
    put_back(conn, row, now, hold.reason, due, (step,))


def _quiet(asked: Asked) -> Hold | None:
    hours = asked.policy.quiet
    if hours is None:
        return None
    zones = zones_of(asked.delivery.chat)
    until = hours.until(asked.now, zones)
    return Hold(until, _quiet_reason(hours, until, zones)) if until else None


def _quiet_reason(hours: QuietHours, until: datetime, zones: tuple[str, ...]) -> str:
    """With the clock of the last place in which it is quiet: there it is the end of the quiet hours."""
    before = until - _MOMENT
    last = next((name for name in zones if hours.is_quiet(before, ZoneInfo(name))), hours.zone)
    return f"quiet hours in {last} until {until.astimezone(ZoneInfo(last)):%H:%M}"


def _time_locked(delivery: Delivery, until: datetime, now: datetime) -> Fault:
    return Fault(
        where="outbox",
        reason="WhatsApp refused a first message (error 463: this account wrote to too many strangers). "
        f"Nobody new is written to until {until:%F %H:%M} UTC; people it knows are. Wait, or resume the "
        "connection to try again sooner",
        tenant=delivery.tenant,
        connection_id=delivery.connection_id,
        at=now,
    )
