"""The way in. A message is stored once, with the fact and the job of answering it, before anything looks at
it; the job ends in the transaction that queues the answers, so a crash asks again and never answers twice.

    arrived -> consent -> seen? -> lane of its chat -> filter_inbound -> guards -> answer -> done
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog
from sqlalchemy import Connection

from . import consent
from .clock import Clock
from .engine import Arrival
from .errors import BadInput, ChatgrowError, StoreUnavailable
from .hooks import Hooks
from .ids import new_id
from .limits import LoopLimits
from .messages import Drop, Fault, Inbound, Lane, Outbound, Step
from .outbox import Outbox
from .store import connections as stored_connections
from .store import inbox as store
from .store import outbox as stored_outbox
from .store.database import Database
from .store.rows import Outgoing

#: Seconds between tries when a message cannot be brought in. While the store is away the last one repeats.
_PATIENCE = (1.0, 5.0, 15.0, 60.0, 300.0)
_DAY = timedelta(days=1)

log = structlog.get_logger("chatgrow.inbox")


class Inbox:
    """Takes in what arrives and sees that it is answered."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        hooks: Hooks,
        outbox: Outbox,
        report: Callable[[Fault], None],
        age_gate: float,
        loops: LoopLimits,
    ) -> None:
        self._db = db
        self._clock = clock
        self._hooks = hooks
        self._outbox = outbox
        self._report = report
        self._age_gate = timedelta(seconds=age_gate)
        self._loops = loops
        self._lanes: dict[tuple[str, str], deque[Inbound]] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._running = asyncio.Event()

    async def run(self) -> None:
        """Answer what an earlier process left unanswered, then what comes, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            for message in await self._db.read(store.pending):
                self._enter_lane(message)
            self._running.set()
            await asyncio.Event().wait()

    async def arrived(self, tenant: str, connection_id: str, arrival: Arrival) -> None:
        """A message is on the page: stored when this returns. Repeats and echoes of our own do no harm."""
        await self._running.wait()
        now = self._clock.now()
        message = Inbound(
            id=new_id(),
            tenant=tenant,
            connection_id=connection_id,
            chat=arrival.chat,
            participant=arrival.participant,
            from_me=arrival.from_me,
            wa_id=arrival.wa_id,
            kind=arrival.kind,
            text=arrival.text,
            name=arrival.name,
            sent_at=arrival.sent_at,
            received_at=now,
        )
        if self._tasks is None:
            raise ChatgrowError("The way in is not open")
        # A task of its own: the page it came from may be closed meanwhile, and what is stored is answered.
        taking = self._tasks.create_task(self._take_in(message), name=f"inbox:{connection_id}")
        if error := await asyncio.shield(taking):
            raise error

    async def _take_in(self, message: Inbound) -> Exception | None:
        try:
            if await self._db.write(lambda conn: self._store(conn, message)):
                self._enter_lane(message)
        except Exception as error:  # raised where it was asked for, not here
            return error
        return None

    def _store(self, conn: Connection, message: Inbound) -> bool:
        """Consent and the message, in one transaction; False when it is no news."""
        if message.from_me and stored_outbox.knows(conn, message.connection_id, message.wa_id):
            return False
        if not store.add(conn, message):
            return False
        wish = None if message.from_me else consent.heard(message.text)
        if wish is not None:
            consent.obey(conn, message, wish)
        return True

    def _enter_lane(self, message: Inbound) -> None:
        """One message at a time per chat, chats in parallel."""
        key = (message.connection_id, message.chat)
        waiting = self._lanes.setdefault(key, deque())
        waiting.append(message)
        if len(waiting) == 1 and self._tasks:
            self._tasks.create_task(self._work_lane(key, waiting), name=f"inbox:{message.connection_id}")

    async def _work_lane(self, key: tuple[str, str], waiting: deque[Inbound]) -> None:
        while waiting:
            await self._bring_in_patiently(waiting[0])
            waiting.popleft()
        del self._lanes[key]

    async def _bring_in_patiently(self, message: Inbound) -> None:
        """A full disk passes and is waited for. Whatever else fails must not stop the others for ever: such a
        message keeps its job for the next start."""
        tries = 0
        while True:
            try:
                return await self._bring_in(message)
            except Exception as error:
                log.exception("a message could not be brought in", message=message.id)
                if tries == len(_PATIENCE) and not isinstance(error, StoreUnavailable):
                    reason = f"message {message.id} is left unanswered: {type(error).__name__}"
                    return self._fault(message, reason)
            await self._clock.sleep(_PATIENCE[min(tries, len(_PATIENCE) - 1)])
            tries = min(tries + 1, len(_PATIENCE))

    async def _bring_in(self, message: Inbound) -> None:
        trace: list[Step] = []
        replies, outcome = await self._decide(message, trace)
        rows = [row for by, reply in replies if (row := self._reply(message, reply, by, trace))]

        def done(conn: Connection) -> Sequence[Outgoing] | None:
            """The replies that can leave; None when its way in had ended before."""
            names = {row.delivery.connection_id for row in rows}
            own = [
                n
                for n, view in stored_connections.by_id(conn, names).items()
                if view.tenant == message.tenant
            ]
            leaving = [row for row in rows if row.delivery.connection_id in own]
            lost = [
                Step(stage="reply", result=f"there is no connection '{n}'") for n in names.difference(own)
            ]
            how = "no answer" if replies and not leaving else outcome
            if not store.finish(conn, message.id, how, [*trace, *lost]):
                return None
            stored_outbox.add(conn, leaving)
            return leaving

        leaving = await self._db.write(done)
        log.info("message came in", message=message.id, connection=message.connection_id, outcome=outcome)
        for name in {row.delivery.connection_id for row in leaving or ()}:
            self._outbox.wake(name)
        if leaving is not None and len(leaving) < len(rows):
            self._fault(message, "a reply names a connection that the tenant does not have")

    async def _decide(
        self, message: Inbound, trace: list[Step]
    ) -> tuple[Sequence[tuple[str, Outbound]], str]:
        """What to answer and how the way in ends; every step of it goes to the trace."""
        if not message.from_me and (wish := consent.heard(message.text)) is not None:
            trace.append(Step(stage="consent", result="opted out" if wish else "opted in"))
            return (), "consent"
        passed = await self._hooks.filter_inbound(message, trace)
        if isinstance(passed, Drop):
            return (), "dropped"
        if refusal := self._guard(passed):
            trace.append(Step(stage="guard", result=refusal))
            return (), "unanswered" if not passed.from_me else "from me"
        if silent := await self._silent(passed):
            trace.append(Step(stage="loop breaker", result=silent))
            return (), "silent"
        answered = await self._hooks.answer(passed, trace)
        if answered is None:
            return (), "no answer"
        allowed = await self._within_limits(passed, answered.messages, trace)
        return [(answered.by, reply) for reply in allowed], "answered" if allowed else "loop"

    def _guard(self, message: Inbound) -> str | None:
        if message.from_me:
            return "typed on the phone itself"
        age = message.received_at - message.sent_at
        if age > self._age_gate:
            reason = f"it was {age.total_seconds():.0f} s old when first seen"
            self._fault(message, f"message {message.id} is left unanswered: {reason}")
            return reason
        return None

    async def _silent(self, message: Inbound) -> str | None:
        connection_id, chat, now = message.connection_id, message.chat, self._clock.now()
        cuts = await self._db.read(lambda c: store.ended_as(c, connection_id, chat, "loop", now - _DAY))
        return self._loops.silent(cuts, now)

    async def _within_limits(
        self, message: Inbound, replies: Sequence[Outbound], trace: list[Step]
    ) -> Sequence[Outbound]:
        """The replies that the loop breaker lets through."""
        now = self._clock.now()
        since = now - timedelta(seconds=self._loops.long_seconds)
        connection_id, chat = message.connection_id, message.chat
        rows = await self._db.read(lambda c: stored_outbox.automatic_since(c, connection_id, chat, since))
        sent = [(row.delivery.created_at, row.text) for row in rows]
        allowed = []
        for reply in replies:
            if refusal := self._loops.refuses(sent, reply.text, now):
                trace.append(Step(stage="loop breaker", result=refusal))
                self._fault(message, f"a reply loop was cut: {refusal}")
                break
            sent.append((now, reply.text))
            allowed.append(reply)
        return allowed

    def _reply(self, message: Inbound, reply: Outbound, by: str, trace: list[Step]) -> Outgoing | None:
        connection_id = reply.connection_id or message.connection_id
        try:
            return self._outbox.draft(message.tenant, connection_id, reply, source=by, lane=Lane.REPLY)
        except BadInput as error:
            trace.append(Step(stage="reply", by=by, result=str(error)))
            self._fault(message, f"the reply of '{by}' cannot be sent: {error}")
            return None

    def _fault(self, message: Inbound, reason: str) -> None:
        self._report(
            Fault(
                where="inbox",
                reason=reason,
                tenant=message.tenant,
                connection_id=message.connection_id,
                at=self._clock.now(),
            )
        )
