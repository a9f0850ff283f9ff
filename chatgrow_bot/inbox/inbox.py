"""The way in. A message is stored once, with the job of answering it, before anything looks at it; the job
ends in the transaction that queues the answers, so a crash asks again and never answers twice.

    arrived -> flood? -> who is who -> consent -> seen? -> lane of its chat -> its file -> filter_inbound
            -> guards -> answer -> done
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence, Set
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from functools import partial

import structlog

from ..addresses import is_channel, phone_of
from ..clock import Clock
from ..consent import Wording
from ..conversations import Desk, Guard
from ..engine import Arrival
from ..errors import ChatgrowError, MessageNotFound, StoreUnavailable
from ..hooks import Hooks
from ..hub import Entered, FromOutside, Spool, Use
from ..limits import FloodLimits, LoopLimits
from ..logs import concerning
from ..messages import OUTSIDE, Fault, Inbound, Step
from ..outbox import Outbox
from ..store import inbox as store
from ..store.database import Database
from ..store.inbox import Ended, Job
from ..store.rows import inbound
from . import ends
from .answers import Answers
from .deeds import Deeds
from .enclosures import Enclosures
from .ending import Endings
from .farewells import Farewells
from .files import Files
from .floods import Floods
from .intake import Intake, News, Repeat, Stored, as_stored, from_outside
from .lanes import Lanes
from .patience import PATIENCE
from .seen import MarkRead, Seen
from .skew import Skew
from .unanswered import Unanswered
from .wishes import Heeded, Wishes

log = structlog.get_logger("chatgrow.inbox")


@dataclass(frozen=True, slots=True)
class _Taken:
    stored: Stored | Repeat | None
    flood: bool

    @property
    def unanswered(self) -> str:
        """Why nobody is asked about it; empty where that is not known yet."""
        if isinstance(self.stored, Stored) and self.stored.heeded:
            return "it says whether its writer wants messages: that is heeded, not answered"
        return "its chat writes more than is answered" if self.flood else ""


class Inbox:
    """Takes in what arrives and sees that it is answered. `met(connection, chat)` is told that somebody
    wrote, `mark_read(tenant, connection, chat)` shows him that it was read, `stopped` says whether nobody may
    be asked."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        hooks: Hooks,
        outbox: Outbox,
        files: Files,
        spool: Spool,
        report: Callable[[Fault], None],
        met: Callable[[str, str], Awaitable[None]],
        mark_read: MarkRead,
        stopped: Callable[[], bool],
        age_gate: float,
        loops: LoopLimits,
        flood: FloodLimits,
        wording: Wording,
        zone: tzinfo,
        desk: Desk,
    ) -> None:
        self._db, self._clock, self._files, self._met = db, clock, files, met
        self._zone = zone
        gate = timedelta(seconds=age_gate)
        self._floods, self._skew = Floods(clock, flood, report), Skew(gate)
        self._unanswered, self._seen = Unanswered(clock, report), Seen(mark_read)
        self._wishes = Wishes(db=db, clock=clock, wording=wording, outbox=outbox, loops=loops)
        self._outbox, self._intake = outbox, Intake(self._wishes, zone)
        self._desk, self._guard = desk, Guard(desk, wording.vocabulary.leaves)
        asked = partial(Answers, db=db, clock=clock, hooks=hooks, stopped=stopped, age_gate=gate)
        self._answers = asked(loops=loops, enclosures=Enclosures(spool), guard=self._guard)
        self._endings = self._ending(loops, report)
        self._farewells = Farewells(db=db, clock=clock, outbox=outbox, loops=loops, stopped=stopped)
        self._tasks: asyncio.TaskGroup | None = None
        self._lanes: Lanes | None = None
        self._running = asyncio.Event()

    def _ending(self, loops: LoopLimits, report: Callable[[Fault], None]) -> Endings:
        return Endings(
            db=self._db,
            clock=self._clock,
            outbox=self._outbox,
            unanswered=self._unanswered,
            loops=loops,
            report=report,
            deeds=Deeds(self._wishes, self._desk),
            guard=self._guard,
            seen=self._seen,
            zone=self._zone,
            finish=lambda message: self._finish(message.tenant, message.sender),
        )

    async def run(self) -> None:
        """Answer what an earlier process left unanswered, then what comes, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._unanswered.run(), name="inbox: left unanswered")
            tasks.create_task(self._seen.run(), name="inbox: marked as read")
            tasks.create_task(self._wishes.finish_all(), name="inbox: consent of before")
            tasks.create_task(self._farewells.run(), name="inbox: dialogues")
            self._tasks, self._lanes = tasks, Lanes(tasks, self._bring_in_patiently)
            for job in await self._db.read(store.pending):
                self._lanes.enter(job)
            self._running.set()
            await asyncio.Event().wait()

    async def get(self, tenant: str, message_id: str) -> Inbound:
        """One message. Raises MessageNotFound."""
        message = await self._db.read(lambda conn: inbound(conn, tenant, message_id))
        if message is None:
            raise MessageNotFound(f"There is no message '{message_id}'")
        return message

    async def replies(self, tenant: str, message_id: str) -> Sequence[Inbound]:
        """What came in about a message, sent or received, oldest first."""
        return await self._db.read(lambda conn: store.about(conn, tenant, message_id))

    async def arrived(self, tenant: str, connection_id: str, arrival: Arrival) -> None:
        """A message is on the page: stored when this returns. Repeats and echoes of our own do no harm, and
        what was not written to us (a status, a channel) is left where it is. Raises BadInput for one that
        could not be read again."""
        await self._running.wait()
        if is_channel(arrival.chat):
            return
        message = as_stored(tenant, connection_id, arrival, self._clock.now())
        await self._enter(message, arrival.lid)
        await self._met(connection_id, message.chat)

    async def bring_in(
        self, tenant: str, connection_id: str, said: FromOutside, use: Use | None = None
    ) -> Entered:
        """Somebody's words come from outside WhatsApp: stored when this returns, and answered as any others.
        `use` is kept in the same transaction. Raises ConnectionNotFound, BadInput for a time to come."""
        await self._running.wait()
        message = from_outside(tenant, connection_id, said, self._clock.now())
        taken = await self._enter(message, "", use)
        await self._meet(connection_id, message.chat)
        if isinstance(taken.stored, Repeat):
            return Entered(
                message_id=taken.stored.message_id, is_news=False, unanswered="its id was used before"
            )
        unanswered = taken.unanswered or self._answers.foreseen(message)
        return Entered(message_id=message.id, is_news=True, unanswered=unanswered)

    async def _meet(self, connection_id: str, chat: str) -> None:
        """Tell that somebody wrote. His message is stored, and whoever brought it in would do so again if he
        were told of an error. A repeat tells it again, and so does the next message of his."""
        try:
            await self._met(connection_id, chat)
        except Exception:
            log.exception("what waits for a first word from a chat could not be let go")

    async def _enter(self, message: Inbound, lid: str, use: Use | None = None) -> _Taken:
        if self._tasks is None or self._lanes is None:
            raise ChatgrowError("The way in is not open")
        # A task of its own: the page it came from may be closed meanwhile, and what is stored is answered.
        taking = self._tasks.create_task(
            self._take_in(self._lanes, message, lid, use), name=f"inbox:{message.connection_id}"
        )
        taken = await asyncio.shield(taking)
        if isinstance(taken, Exception):
            raise taken
        return taken

    async def _take_in(self, lanes: Lanes, message: Inbound, lid: str, use: Use | None) -> _Taken | Exception:
        lid = lid if phone_of(message.sender) and not message.from_me else ""
        flood = not message.from_me and not self._floods.admits(message)
        stored: Stored | Repeat | None = None
        try:
            news = News(message, lid, flood, use, self._wishes.of(message))
            came = await self._db.write_together(self._intake.take_in, news)
            stored = came.stored
        except Exception as error:  # raised where it was asked for, not here
            return error
        finally:
            if not (isinstance(stored, Stored) or message.from_me or flood):
                self._floods.give_back(message)
        if lid:
            lanes.join(message.connection_id, lid, message.sender)
        if came.withdrawn:
            self._withdrawn(message, came.withdrawn.connections, more=came.withdrawn.more)
        if isinstance(stored, Stored):
            self._go_on(lanes, stored, flood)
        return _Taken(stored, flood)

    def _go_on(self, lanes: Lanes, stored: Stored, flood: bool) -> None:
        message = stored.message
        if flood:
            self._floods.over(message)
        elif not message.wa_id.startswith(OUTSIDE) and (trouble := self._skew.look(message)):
            self._endings.fault(message.tenant, message.connection_id, trouble)
        if stored.heeded:
            self._heeded(message, stored.heeded)
        if message.attachment or not stored.has_ended:
            lanes.enter(Job(message.connection_id, message.chat, message.id))

    def _heeded(self, message: Inbound, heeded: Heeded) -> None:
        where = message.connection_id
        log.info("message came in", message=message.id, connection=where, outcome="consent")
        self._withdrawn(message, heeded.touched, more=heeded.more)

    def _withdrawn(self, message: Inbound, connections: Set[str], *, more: bool) -> None:
        for name in connections:
            self._outbox.wake(name)
        if more:
            self._finish(message.tenant, message.sender)

    def _finish(self, tenant: str, person: str) -> None:
        """End the rest of what is queued for somebody who has opted out."""
        if self._tasks:
            self._tasks.create_task(self._wishes.finish(tenant, person), name="inbox: consent")

    async def _bring_in_patiently(self, message_id: str) -> None:
        """A full disk passes and is waited for. Whatever else fails must not stop the others for ever, nor
        come back with every start: such a message ends as failed."""
        tries = 0
        while True:
            try:
                return await self._bring_in(message_id)
            except Exception as error:
                log.exception("a message could not be brought in", message=message_id)
                if tries == len(PATIENCE) and not isinstance(error, StoreUnavailable):
                    return await self._give_up(message_id, type(error).__name__)
            await self._clock.sleep(PATIENCE[min(tries, len(PATIENCE) - 1)])
            tries = min(tries + 1, len(PATIENCE))

    async def _bring_in(self, message_id: str) -> None:
        known = await self._db.read(lambda conn: store.unfinished(conn, message_id))
        if known is None:
            return
        message, outcome = await self._with_file(known[0]), known[1]
        trace: list[Step] = []
        if message.media_trouble:
            trace.append(Step(stage="file", result=message.media_trouble))
        if outcome:
            await self._db.write(lambda conn: store.finish(conn, message_id, None))
        else:
            words = (message.text, message.name, message.attachment.filename if message.attachment else "")
            with concerning(message=message_id, withhold=words):
                await self._endings.bring(message, partial(self._answers.decide, message), trace)

    async def _with_file(self, message: Inbound) -> Inbound:
        """The message with the end of its file's journey, told from then on; one without a file as it is."""
        if message.attachment is None or message.media or message.media_trouble:
            return message
        fetched = await self._files.fetch(message, message.attachment)
        at = self._clock.now()
        await self._db.write(lambda conn: store.fetched(conn, fetched, at))
        return fetched

    async def _give_up(self, message_id: str, reason: str) -> None:
        ended = Ended("failed", [Step(stage="way in", result=f"it failed again and again: {reason}")])
        try:
            at, zone = self._clock.now(), self._zone
            owner = await self._db.write(lambda conn: ends.give_up(conn, message_id, ended, at, zone))
        except Exception:  # it keeps its job for the next start
            log.exception("a message could not be given up", message=message_id)
            return
        if owner:
            self._endings.fault(*owner, f"message {message_id} is left unanswered: {reason}")
