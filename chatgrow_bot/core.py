"""The core's parts and who hands what to whom. Where data flows upward (a session brings a message, an ack,
the news that it is in sync) the part above is reached by a call that is handed in here, never by an import.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from .background import background
from .bulk import Bulk
from .chats import Chats
from .connections import Connections
from .conversations import Conversing, Serves
from .engine import Ack, Arrival, Engine, Session
from .errors import CannotStart
from .ground import Ground
from .health import Health, Signs
from .hub import Halting
from .inbox import Inbox
from .inbox.files import Files
from .outbox import Outbox
from .outbox.agenda import Agenda
from .outbox.content import check
from .outbox.counting import Counting
from .outbox.dispatch import Dispatcher
from .outbox.gate import Gate
from .outbox.intake import refusal
from .outbox.outcome import Outcome
from .outbox.reconcile import Reconciler
from .outbox.trial import Trial
from .outbox.valve import Valve
from .plans import Plans
from .policies import Policies, concurrency_of, flood_of, loops_of
from .spool import Spool
from .stats import Stats
from .upkeep import Upkeep


class Core:
    """The way in, the way out, the connections between them, and the watch over all."""

    def __init__(
        self,
        ground: Ground,
        engines: Mapping[str, Engine],
        *,
        serves: Serves,
        is_read: Callable[[], bool],
    ) -> None:
        settings, agenda = ground.settings, Agenda(ground.clock)
        self._ground, self._agenda, self._engines = ground, agenda, dict(engines)
        self.upkeep = Upkeep(
            db=ground.db,
            clock=ground.clock,
            settings=settings,
            report=ground.report,
            recovered=self._all_freed,
        )
        self.spool = self._kept_files()
        self.connections = Connections(
            db=ground.db,
            clock=ground.clock,
            settings=settings,
            roads=self,
            report=ground.report,
            epoch=ground.epoch,
            chance=ground.chance,
        )
        self.policies = Policies(settings, self.connections, ground.db, ground.clock)
        self.plans = Plans(settings, ground.db, ground.clock)
        self.gate = self._gate()
        self.queue = Valve(ground.db, ground.clock, self._all_freed, lambda: self.dispatcher.workers())
        self.chats = Chats(self.connections, self._online, lambda: self.queue.halt)
        self.files = self._files()
        self.outbox = self._way_out(agenda)
        self.conversations = self._talks(serves)
        self.bulk = self._in_bulk()
        self.dispatcher = self._sending(agenda)
        self.inbox = self._way_in()
        self.stats, self.health = self._figures(), self._watch(is_read)

    def _online(self, connection_id: str) -> Session | None:
        keeper = self.connections.keepers().get(connection_id)
        return keeper.online() if keeper else None

    def _all_freed(self) -> None:
        for connection_id in self.connections.keepers():
            self.outbox.wake(connection_id)

    def _kept_files(self) -> Spool:
        return Spool(
            self._ground.settings.session_dir / "media",
            http=self._ground.http,
            clock=self._ground.clock,
            roots=self._ground.settings.allowed_media_roots,
            admit=self.upkeep.admit,
        )

    def _files(self) -> Files:
        inbound = self._ground.settings.inbound
        return Files(
            clock=self._ground.clock,
            spool=self.spool,
            ready=self.connections.ready,
            patience=inbound.media_patience,
            max_bytes=inbound.media_size,
        )

    def _gate(self) -> Gate:
        return Gate(
            db=self._ground.db,
            clock=self._ground.clock,
            policies=self.policies,
            owners=self.connections,
            report=self._ground.report,
        )

    def _way_out(self, agenda: Agenda) -> Outbox:
        return Outbox(
            db=self._ground.db,
            clock=self._ground.clock,
            agenda=agenda,
            key=self._ground.key,
            ttl=timedelta(seconds=self._ground.settings.queue.ttl),
            admit=self.upkeep.admit,
            gate=self.gate,
            quotas=self.plans.quotas(),
        )

    def _talks(self, serves: Serves) -> Conversing:
        return Conversing(
            db=self._ground.db,
            clock=self._ground.clock,
            settings=self._ground.settings,
            serves=serves,
            out=self.outbox,
            loops=loops_of(self._ground.settings),
            admit=self.upkeep.admit,
        )

    def _in_bulk(self) -> Bulk:
        return Bulk(
            db=self._ground.db,
            clock=self._ground.clock,
            outbox=self.outbox,
            gate=self.gate,
            policies=self.policies,
            plans=self.plans,
            spool=self.spool,
            admit=self.upkeep.admit,
            count=Counting(self.plans.quotas()).take_all,
            fits=check,
            refusal=refusal,
        )

    def _sending(self, agenda: Agenda) -> Dispatcher:
        db, clock, queue = self._ground.db, self._ground.clock, self._ground.settings.queue
        outcome, trial = Outcome(db, clock, self.policies.of), Trial()
        recovery = Reconciler(
            db=db,
            clock=clock,
            agenda=agenda,
            outcome=outcome,
            trial=trial,
            policy=self.policies.of,
            epoch=self._ground.epoch,
            after=queue.reconcile_after,
        )
        return Dispatcher(
            db=db,
            clock=clock,
            agenda=agenda,
            hooks=self._ground.hooks,
            outcome=outcome,
            recovery=recovery,
            trial=trial,
            gate=self.gate,
            halted=lambda: self.queue.halt is not None or self.upkeep.stands_still(),
            ready=self.connections.ready,
            policy=self.policies.of,
            epoch=self._ground.epoch,
            concurrency=concurrency_of(self._ground.settings),
            reconcile_after=queue.reconcile_after,
            chance=self._ground.chance,
        )

    def _way_in(self) -> Inbox:
        return Inbox(
            db=self._ground.db,
            clock=self._ground.clock,
            hooks=self._ground.hooks,
            outbox=self.outbox,
            files=self.files,
            spool=self.spool,
            report=self._ground.report,
            met=self._met,
            mark_read=self.chats.mark_read,
            stopped=lambda: bool(self.queue.halt and self.queue.halt.how is Halting.STOP),
            age_gate=self._ground.settings.inbound.age_gate,
            loops=loops_of(self._ground.settings),
            flood=flood_of(self._ground.settings),
            wording=self._ground.settings.consent.wording(),
            zone=self._ground.settings.zone,
            desk=self.conversations.desk,
        )

    async def _met(self, connection_id: str, chat: str) -> None:
        if await self.gate.met(connection_id, chat):
            self.outbox.wake(connection_id)

    def _figures(self) -> Stats:
        return Stats(
            db=self._ground.db,
            clock=self._ground.clock,
            backlogs=self.queue.backlogs,
            online=self.connections.online_since,
            reports=lambda tenant: self.health.reports(tenant),
            view=self.connections.view,
            policies=self.policies,
        )

    def _watch(self, is_read: Callable[[], bool]) -> Health:
        return Health(
            db=self._ground.db,
            clock=self._ground.clock,
            interval=self._ground.settings.health_check_interval,
            epoch=self._ground.epoch,
            folder=self._ground.settings.session_dir,
            keepers=self.connections.keepers,
            view=self.connections.view,
            halted=lambda: self.queue.halt is not None,
            wake=self.outbox.wake,
            weigh=self.connections.weigh,
            tidy=lambda now: self.upkeep.tidy(now, self.spool),
            signs=Signs(
                workers=self.dispatcher.workers,
                is_read=lambda: is_read() and not self.stats.is_stuck,
                stands_still=self.upkeep.stands_still,
            ),
            report=self._ground.report,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Bring in, connect, send and watch for the time of the block; at its end what is being sent is
        finished first, then the connections close."""
        await self.queue.load()
        await self.connections.load()
        await self.gate.load()
        async with AsyncExitStack() as life:
            await life.enter_async_context(self.upkeep.running())
            await life.enter_async_context(background(self.outbox.run(), "outbox"))
            await life.enter_async_context(background(self.inbox.run(), "inbox"))
            await life.enter_async_context(background(self.conversations.run(), "conversations"))
            await life.enter_async_context(background(self.connections.run(), "connections"))
            await life.enter_async_context(self.bulk.running())
            await life.enter_async_context(background(self.dispatcher.run(), "dispatcher"))
            life.push_async_callback(self.dispatcher.drain, self._ground.settings.queue.drain)
            await life.enter_async_context(self.health.watching())
            await life.enter_async_context(self.stats.running())
            yield

    # connections.Roads: what comes up from a session

    async def arrived(self, tenant: str, connection_id: str, arrival: Arrival) -> None:
        """A message is on the page: the way in."""
        await self.inbox.arrived(tenant, connection_id, arrival)

    async def acked(self, connection_id: str, ack: Ack) -> None:
        """One of ours came further: the way out."""
        await self.outbox.acked(connection_id, ack)

    def online(self, connection_id: str) -> None:
        """In sync: messages may leave, files can be fetched."""
        self.files.online()
        self.dispatcher.online(connection_id)

    def freed(self, connection_id: str) -> None:
        """No longer paused: what waits may leave."""
        self.outbox.wake(connection_id)

    def busy(self, connection_id: str) -> bool:
        """Whether a message is just being sent on it, or looked up."""
        return self._agenda.busy(connection_id)

    def engine(self, name: str) -> Engine:
        """The engine of this name, made when it is first asked for."""
        if name not in self._engines:
            factories = {
                each: make for _, made in self._ground.hooks.register_engines() for each, make in made.items()
            }
            if name not in factories:
                offered = ", ".join(sorted({*factories, *self._engines})) or "none"
                raise CannotStart(f"No plugin offers the engine '{name}' (on offer: {offered})")
            self._engines[name] = factories[name]()
        return self._engines[name]
