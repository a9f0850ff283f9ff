"""How each connection sends: its own settings over the defaults, and its owner's plan under both."""

from collections.abc import Mapping
from datetime import time
from typing import Protocol

from .clock import Clock
from .config.connection import ConnectionSettings, Pacing
from .config.models import OnUnknown, Settings
from .limits import FirstContacts, FloodLimits, LoopLimits, Pace, Policy, QuietHours, WarmUp
from .messages import Lane
from .store import connections as stored_connections
from .store.database import Database

#: Seconds for which a plan is taken to be what it was.
_REMEMBERED = 30.0


class Owners(Protocol):
    """Who knows each connection's settings."""

    def settings(self, connection_id: str) -> ConnectionSettings:
        """A connection's own settings over the defaults."""
        ...


class Policies:
    """Works out how a connection sends."""

    def __init__(self, settings: Settings, owners: Owners, db: Database, clock: Clock) -> None:
        self._settings = settings
        self._owners = owners
        self._db = db
        self._clock = clock
        self._plans: Mapping[str, str] = {}  #: by connection, of those that are known yet: each owner has one
        self._learnt = float("-inf")  #: when, by the clock that never runs backwards
        self._made: dict[
            str, tuple[ConnectionSettings, str | None, Policy]
        ] = {}  #: each from the two before it

    async def learn(self, connection_id: str | None = None) -> None:
        """Know the owners' plans as they were half a minute ago or later; of this connection's at least."""
        now = self._clock.monotonic()
        is_known = connection_id is None or connection_id in self._plans
        if not is_known or now - self._learnt >= _REMEMBERED:
            self._plans = await self._db.read(stored_connections.plans)
            self._learnt = now
            self._made = {name: made for name, made in self._made.items() if name in self._plans}

    def of(self, connection_id: str) -> Policy:
        """How this connection sends."""
        own, plan = self._owners.settings(connection_id), self._plans.get(connection_id)
        made = self._made.get(connection_id)
        if made is None or made[0] is not own or made[1] != plan:
            made = self._made[connection_id] = (own, plan, self._policy(own, plan))
        return made[2]

    def _policy(self, own: ConnectionSettings, plan: str | None) -> Policy:
        pacing, queue = own.pacing or self._settings.pacing, self._settings.queue
        floor = getattr(self._settings.plans, plan).pacing_floor if plan else 0.0
        delays = tuple(each / 1000 for each in queue.retry_delays)
        attempts = own.message_retry_attempts
        return Policy(
            paces={
                Lane.SEND: Pace(
                    low=pacing.send.min, high=pacing.send.max, jitter=pacing.send.jitter, floor=floor
                ),
                Lane.REPLY: Pace(low=pacing.reply.min, high=pacing.reply.max),
            },
            quiet=_quiet(pacing),
            warm_up=_warm_up(pacing),
            first_contacts=FirstContacts(
                per_hour=pacing.first_contacts.per_hour,
                per_day=pacing.first_contacts.per_day,
                pause=pacing.first_contacts.pause,
            ),
            typing=pacing.reply.typing,
            max_retries=queue.max_retries if attempts is None else attempts,
            retry_delays=delays if own.message_retry_delay is None else (own.message_retry_delay,),
            hold_unknown=queue.on_unknown is OnUnknown.HOLD,
        )


def _quiet(pacing: Pacing) -> QuietHours | None:
    hours = pacing.quiet_hours
    if hours is None or not hours.enabled:
        return None
    start, end = time.fromisoformat(hours.start), time.fromisoformat(hours.end)
    return QuietHours(start=start, end=end, zone=hours.zone or "UTC")


def _warm_up(pacing: Pacing) -> WarmUp | None:
    asked = pacing.warm_up
    if asked is None or not asked.enabled:
        return None
    return WarmUp(days=asked.days, first=asked.first, last=asked.last)


def loops_of(settings: Settings) -> LoopLimits:
    """When automatic replies fall silent."""
    loop = settings.inbound.loop_breaker
    return LoopLimits(
        short=loop.short,
        short_seconds=loop.short_window,
        long=loop.long,
        long_seconds=loop.long_window,
        same_text=loop.same_text,
        silence=loop.silence,
        long_silence=loop.long_silence,
        per_hour=settings.inbound.replies_per_hour,
        take_over=settings.inbound.take_over,
    )


def flood_of(settings: Settings) -> FloodLimits:
    """When a chat writes more than is answered."""
    flood = settings.inbound.flood
    return FloodLimits(messages=flood.messages, window=flood.window)


def concurrency_of(settings: Settings) -> int:
    """Messages on their way at once: `auto` is enough for every connection this process may keep to send."""
    asked = settings.queue.concurrency
    return max(5, settings.max_connections) if asked == "auto" else asked
