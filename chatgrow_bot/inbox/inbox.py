"""The way in. A message is stored once, with the job of answering it, before anything looks at it; the job
ends in the transaction that queues the answers, so a crash asks again and never answers twice.

    arrived -> flood? -> who is who -> consent -> seen? -> lane of its chat -> its file -> filter_inbound
            -> guards -> answer -> done
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from ..addresses import is_channel, phone_of
from ..clock import Clock
from ..engine import Arrival
from ..errors import BadInput, ChatgrowError, MessageNotFound, StoreUnavailable
from ..hooks import Hooks
from ..hub import Entered, FromOutside, Use
from ..ids import new_id
from ..limits import FloodLimits, LoopLimits
from ..logs import concerning
from ..messages import OUTSIDE, Fault, Inbound, Kind, Step
from ..outbox import Outbox
from ..store import inbox as store
from ..store.database import Database
from ..store.inbox import Ended, Job
from ..store.rows import inbound
from .answers import Answers
from .ending import Endings
from .files import Files
from .floods import Floods
from .intake import News, Repeat, as_stored, take_in
from .lanes import Lanes
from .skew import Skew
from .unanswered import Unanswered

#: Seconds between tries when a message cannot be brought in. While the store is away the last one repeats.
_PATIENCE = (1.0, 5.0, 15.0, 60.0)

#: How far the clock of whoever brings in a message may be ahead of ours.
_AHEAD = timedelta(minutes=5)

log = structlog.get_logger("chatgrow.inbox")


@dataclass(frozen=True, slots=True)
class _Taken:
    stored: Inbound | Repeat | None
    flood: bool


class Inbox:
    """Takes in what arrives and sees that it is answered. `met(connection, chat)` is told that somebody
    wrote, `stopped` says whether nobody may be asked."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        hooks: Hooks,
        outbox: Outbox,
        files: Files,
        report: Callable[[Fault], None],
        met: Callable[[str, str], Awaitable[None]],
        stopped: Callable[[], bool],
        age_gate: float,
        loops: LoopLimits,
        flood: FloodLimits,
    ) -> None:
        self._db = db
        self._clock = clock
        self._files = files
        self._met = met
        gate = timedelta(seconds=age_gate)
        self._floods = Floods(clock, flood, report)
        self._skew = Skew(gate)
        self._unanswered = Unanswered(clock, report)
        self._answers = Answers(db=db, clock=clock, hooks=hooks, stopped=stopped, age_gate=gate, loops=loops)
        self._endings = Endings(
            db=db, clock=clock, outbox=outbox, unanswered=self._unanswered, loops=loops, report=report
        )
        self._tasks: asyncio.TaskGroup | None = None
        self._lanes: Lanes | None = None
        self._running = asyncio.Event()

    async def run(self) -> None:
        """Answer what an earlier process left unanswered, then what comes, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._unanswered.run(), name="inbox: left unanswered")
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
        if said.sent_at > self._clock.now() + _AHEAD:
            raise BadInput("The time of the message is yet to come; in numbers it is in seconds")
        arrival = Arrival(
            chat=said.sender,
            wa_id=f"{OUTSIDE}{new_id()}",
            kind=Kind.TEXT,
            text=said.text,
            name=said.name,
            sent_at=said.sent_at,
        )
        message = as_stored(tenant, connection_id, arrival, self._clock.now())
        taken = await self._enter(message, "", use)
        await self._meet(connection_id, message.chat)
        if isinstance(taken.stored, Repeat):
            return Entered(
                message_id=taken.stored.message_id, is_news=False, unanswered="its id was used before"
            )
        flood = "its chat writes more than is answered" if taken.flood else ""
        return Entered(
            message_id=message.id, is_news=True, unanswered=flood or self._answers.foreseen(message)
        )

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
        stored: Inbound | Repeat | None = None
        try:
            stored = await self._db.write_together(take_in, News(message, lid, flood, use))
        except Exception as error:  # raised where it was asked for, not here
            return error
        finally:
            if not (isinstance(stored, Inbound) or message.from_me or flood):
                self._floods.give_back(message)
        if lid:
            lanes.join(message.connection_id, lid, message.sender)
        if not isinstance(stored, Inbound):
            return _Taken(stored, flood)
        if flood:
            self._floods.over(stored)
        elif not stored.wa_id.startswith(OUTSIDE) and (trouble := self._skew.look(stored)):
            self._endings.fault(stored.tenant, stored.connection_id, trouble)
        if stored.attachment or not flood:
            lanes.enter(Job(stored.connection_id, stored.chat, stored.id))
        return _Taken(stored, flood)

    async def _bring_in_patiently(self, message_id: str) -> None:
        """A full disk passes and is waited for. Whatever else fails must not stop the others for ever, nor
        come back with every start: such a message ends as failed."""
        tries = 0
        while True:
            try:
                return await self._bring_in(message_id)
            except Exception as error:
                log.exception("a message could not be brought in", message=message_id)
                if tries == len(_PATIENCE) and not isinstance(error, StoreUnavailable):
                    return await self._give_up(message_id, type(error).__name__)
            await self._clock.sleep(_PATIENCE[min(tries, len(_PATIENCE) - 1)])
            tries = min(tries + 1, len(_PATIENCE))

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
                await self._endings.end(message, await self._answers.decide(message, trace), trace)

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
            owner = await self._db.write(lambda conn: store.give_up(conn, message_id, ended))
        except Exception:  # it keeps its job for the next start
            log.exception("a message could not be given up", message=message_id)
            return
        if owner:
            self._endings.fault(*owner, f"message {message_id} is left unanswered: {reason}")
