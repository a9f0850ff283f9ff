"""Puts the parts together, once, in order; leaving takes them apart in reverse. Read it as the plan of the
house: what is handed to whom is written here and nowhere else.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from .accounts import Accounts
from .agenda import Agenda
from .bot import InstanceStore
from .clock import Clock, SystemClock
from .commands import Commands
from .config.load import Loaded
from .config.models import OnUnknown, Settings
from .connections import Connections
from .dispatch import Dispatcher
from .engine import Ack, Arrival, Engine
from .errors import EngineError
from .facts import Facts
from .health import Health
from .hooks import Hooks
from .host import Host
from .hub import Hub
from .inbox import Inbox
from .limits import LoopLimits, Pace, Policy
from .loader import Catalogue
from .messages import Lane
from .outbox import Outbox
from .outcome import Outcome
from .plugin import Http
from .reconcile import Reconciler
from .reporting import Reporter
from .safety.http import SafeHttp
from .server import create_app, serve
from .spool import Spool
from .store import meta
from .store.database import Database, open_database
from .store.folder import FolderLock
from .tenants import Directory
from .watchdog import Watchdog

#: Seconds that a stop leaves to messages that are being sent.
_DRAIN = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A hub that runs."""

    hub: Hub
    db: Database  #: for tests that look at what is stored
    host: str
    port: int
    plugins: Host
    first_password: str | None  #: of the admin made at the very first start


@asynccontextmanager
async def open_hub(
    loaded: Loaded,
    *,
    clock: Clock | None = None,
    chance: Random | None = None,
    engines: Mapping[str, Engine] | None = None,
    catalogue: Catalogue | None = None,
) -> AsyncIterator[Running]:
    """The hub, for the time of the block. Raises ConfigError, HeldByAnother, StoreUnavailable.

    Tests hand in a clock, a seeded chance, engines of their own, or other plugins.
    """
    settings = loaded.settings
    clock, chance = clock or SystemClock(), chance or Random()  # noqa: S311 (pace, not secrets)
    async with AsyncExitStack() as house:
        # the ground: one process in this folder, its database, the way out to URLs
        house.enter_context(FolderLock(settings.session_dir))
        db = await house.enter_async_context(open_database(settings.database_url))
        http = await house.enter_async_context(SafeHttp(settings.allowed_hosts))
        epoch, key = await db.write(lambda conn: (meta.next_epoch(conn), _id_key(conn)))
        reporter = Reporter(db, clock)
        await house.enter_async_context(_background(reporter.run(), "reporter"))
        accounts = await Accounts.open(db, clock)
        first_password = await accounts.ensure_admin()
        directory = await Directory.read(db, settings.admins)

        # plugins: loaded now, for engines and routes come from them; started below
        hooks = Hooks(clock=clock, report=reporter.report)
        house.enter_context(Watchdog())
        facts = Facts(db=db, clock=clock, hooks=hooks, report=reporter.report)
        db.on_commit(facts.poke)
        host = Host(
            loaded=loaded,
            catalogue=catalogue or Catalogue(settings.plugin_folders),
            hooks=hooks,
            clock=clock,
            http=http,
            store=lambda instance: InstanceStore(db, instance),
            serves=directory.serves,
        )
        host.load()
        core = _Core(settings, db, clock, chance, hooks, reporter, http, epoch, key, engines or {})
        commands = Commands(clock=clock, report=_at_once(reporter))
        hub = Hub(
            connections=core.connections,
            outbox=core.outbox,
            spool=core.spool,
            accounts=accounts,
            commands=commands,
            health=core.health,
        )

        # life: the plugins, the way in, the way out, the connections, the watch, and last the door
        await house.enter_async_context(host.running(hub=hub, facts=facts, offer=commands.offered))
        await core.connections.load()
        await house.enter_async_context(_background(core.inbox.run(), "inbox"))
        await house.enter_async_context(_background(core.connections.run(), "connections"))
        await house.enter_async_context(_background(core.dispatcher.run(), "dispatcher"))
        house.push_async_callback(core.dispatcher.drain, _DRAIN)
        await house.enter_async_context(core.health.watching())
        web = create_app(hooks.register_routes(), accounts=accounts, is_enabled=host.is_enabled)
        port = await house.enter_async_context(serve(web, settings.server.host, settings.server.port))
        yield Running(
            hub=hub, db=db, host=settings.server.host, port=port, plugins=host, first_password=first_password
        )


class _Core:
    """The core's parts, and the few calls by which data flows upward between them."""

    def __init__(
        self,
        settings: Settings,
        db: Database,
        clock: Clock,
        chance: Random,
        hooks: Hooks,
        reporter: Reporter,
        http: Http,
        epoch: int,
        key: bytes,
        engines: Mapping[str, Engine],
    ) -> None:
        self._settings = settings
        self._engines = dict(engines)
        self._factories = {name: make for _, made in hooks.register_engines() for name, make in made.items()}
        agenda, report = Agenda(clock), reporter.report
        self.spool = Spool(
            settings.session_dir / "media", http=http, clock=clock, roots=settings.allowed_media_roots
        )
        self.connections = Connections(
            db=db, clock=clock, settings=settings, doors=self, epoch=epoch, chance=chance
        )
        ttl = timedelta(seconds=settings.queue.ttl)
        self.outbox = Outbox(db=db, clock=clock, agenda=agenda, key=key, ttl=ttl, policy=self.policy)
        outcome = Outcome(db, clock, self.policy)
        self.dispatcher = Dispatcher(
            db=db,
            clock=clock,
            agenda=agenda,
            hooks=hooks,
            outcome=outcome,
            recovery=Reconciler(
                db=db, clock=clock, agenda=agenda, outcome=outcome, policy=self.policy, report=report
            ),
            ready=self.connections.ready,
            policy=self.policy,
            epoch=epoch,
            concurrency=_concurrency(settings),
            reconcile_after=settings.queue.reconcile_after,
            chance=chance,
        )
        self.inbox = Inbox(
            db=db,
            clock=clock,
            hooks=hooks,
            outbox=self.outbox,
            report=report,
            age_gate=settings.inbound.age_gate,
            loops=_loops(settings),
        )
        self.health = Health(
            db=db,
            clock=clock,
            interval=settings.health_check_interval,
            keepers=self.connections.keepers,
            view=self.connections.view,
            report=report,
        )

    # connections.Doors: what comes up from a session

    async def arrived(self, tenant: str, connection_id: str, arrival: Arrival) -> None:
        """A message is on the page: the way in."""
        await self.inbox.arrived(tenant, connection_id, arrival)

    async def acked(self, connection_id: str, ack: Ack) -> None:
        """One of ours came further: the way out."""
        await self.outbox.acked(connection_id, ack)

    def online(self, connection_id: str) -> None:
        """In sync: messages may leave."""
        self.dispatcher.online(connection_id)

    def engine(self, name: str) -> Engine:
        """The engine of this name, made when it is first asked for."""
        if name not in self._engines:
            if name not in self._factories:
                offered = ", ".join(sorted({*self._factories, *self._engines})) or "none"
                raise EngineError(f"No plugin offers the engine '{name}' (on offer: {offered})")
            self._engines[name] = self._factories[name]()
        return self._engines[name]

    def policy(self, connection_id: str) -> Policy:
        """How a connection sends, by its settings over the defaults."""
        own, queue = self.connections.settings(connection_id), self._settings.queue
        pacing = own.pacing or self._settings.pacing
        delays = tuple(each / 1000 for each in queue.retry_delays)
        attempts = own.message_retry_attempts
        return Policy(
            paces={
                Lane.SEND: Pace(low=pacing.send.min, high=pacing.send.max, jitter=pacing.send.jitter),
                Lane.REPLY: Pace(low=pacing.reply.min, high=pacing.reply.max),
            },
            typing=pacing.reply.typing,
            max_retries=queue.max_retries if attempts is None else attempts,
            retry_delays=delays if own.message_retry_delay is None else (own.message_retry_delay,),
            hold_unknown=queue.on_unknown is OnUnknown.HOLD,
        )


def _id_key(conn: Any) -> bytes:
    """The installation's key for message ids, made at its first start."""
    if meta.get(conn, "id_key") is None:
        meta.put(conn, "id_key", secrets.token_hex(32))
    return bytes.fromhex(meta.get(conn, "id_key"))


def _loops(settings: Settings) -> LoopLimits:
    loop = settings.inbound.loop_breaker
    return LoopLimits(
        short=loop.short,
        short_seconds=loop.short_window,
        long=loop.long,
        long_seconds=loop.long_window,
        same_text=loop.same_text,
    )


def _concurrency(settings: Settings) -> int:
    """`auto` is enough for every connection this process may keep to send at once."""
    asked = settings.queue.concurrency
    return max(5, settings.max_connections) if asked == "auto" else asked


def _at_once(reporter: Reporter) -> Callable[[Any], Any]:
    async def report(fact: Any) -> None:
        reporter.report(fact)

    return report


@asynccontextmanager
async def _background(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """Something that runs for the time of the block; its failure is the block's."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work, name=name)
        try:
            yield
        finally:
            task.cancel()
