"""The way in. A message is stored once, with the job of answering it, before anything looks at it; the job
ends in the transaction that queues the answers, so a crash asks again and never answers twice.

    arrived -> who is who -> consent -> seen? -> lane of its chat -> its file -> filter_inbound -> guards
            -> answer -> done
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from sqlalchemy import Connection

from .. import consent
from ..addresses import phone_of
from ..clock import Clock
from ..engine import Arrival
from ..errors import BadInput, ChatgrowError, MessageNotFound, StoreUnavailable
from ..hooks import Hooks
from ..ids import new_id
from ..limits import LoopLimits
from ..messages import PAYLOADS, Fault, Inbound, Lane, Outbound, Step
from ..outbox import Outbox
from ..payloads import well_formed
from ..store import connections as stored_connections
from ..store import contacts
from ..store import inbox as store
from ..store import outbox as stored_outbox
from ..store.database import Database
from ..store.rows import Outgoing, inbound
from .answers import Answers
from .files import Files
from .lanes import Lanes

#: Seconds between tries when a message cannot be brought in. While the store is away the last one repeats.
_PATIENCE = (1.0, 5.0, 15.0, 60.0, 300.0)

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
        files: Files,
        report: Callable[[Fault], None],
        age_gate: float,
        loops: LoopLimits,
    ) -> None:
        self._db = db
        self._clock = clock
        self._outbox = outbox
        self._files = files
        self._report = report
        self._answers = Answers(
            db=db, clock=clock, hooks=hooks, report=self._fault, age_gate=age_gate, loops=loops
        )
        self._tasks: asyncio.TaskGroup | None = None
        self._lanes: Lanes | None = None
        self._running = asyncio.Event()

    async def run(self) -> None:
        """Answer what an earlier process left unanswered, then what comes, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks, self._lanes = tasks, Lanes(tasks, self._bring_in_patiently)
            for message in await self._db.read(store.pending):
                self._lanes.enter(message)
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
        """A message is on the page: stored when this returns. Repeats and echoes of our own do no harm.
        Raises BadInput for one that could not be read again."""
        await self._running.wait()
        if self._tasks is None or self._lanes is None:
            raise ChatgrowError("The way in is not open")
        message = _message(tenant, connection_id, arrival, self._clock.now())
        lid = arrival.lid if phone_of(message.sender) and not message.from_me else ""
        # A task of its own: the page it came from may be closed meanwhile, and what is stored is answered.
        taking = self._tasks.create_task(
            self._take_in(self._lanes, message, lid), name=f"inbox:{connection_id}"
        )
        if error := await asyncio.shield(taking):
            raise error

    async def _take_in(self, lanes: Lanes, message: Inbound, lid: str) -> Exception | None:
        try:
            stored = await self._db.write(lambda conn: self._store(conn, message, lid))
        except Exception as error:  # raised where it was asked for, not here
            return error
        if lid:
            lanes.join(message.connection_id, lid, message.sender)
        if stored:
            lanes.enter(stored)
        return None

    def _store(self, conn: Connection, message: Inbound, lid: str) -> Inbound | None:
        """Who is who, consent and the message, in one transaction; the message as stored, None when it is no
        news."""
        if message.from_me and stored_outbox.knows(conn, message.connection_id, message.wa_id):
            return None
        if lid:
            contacts.learn(conn, message.tenant, message.connection_id, lid, message.sender)
        message = store.placed(conn, message)
        if not store.add(conn, message):
            return None
        wish = None if message.from_me else consent.heard(message.text)
        if wish is not None:
            consent.obey(conn, message, wish)
        return message

    async def _bring_in_patiently(self, message: Inbound) -> None:
        """A full disk passes and is waited for. Whatever else fails must not stop the others for ever: such a
        message keeps its job for the next start."""
        tries = 0
        while True:
            try:
                message = await self._with_file(message)
                return await self._bring_in(message)
            except Exception as error:
                log.exception("a message could not be brought in", message=message.id)
                if tries == len(_PATIENCE) and not isinstance(error, StoreUnavailable):
                    reason = f"message {message.id} is left unanswered: {type(error).__name__}"
                    return self._fault(message, reason)
            await self._clock.sleep(_PATIENCE[min(tries, len(_PATIENCE) - 1)])
            tries = min(tries + 1, len(_PATIENCE))

    async def _with_file(self, message: Inbound) -> Inbound:
        """The message with the end of its file's journey, told from then on; one without a file as it is."""
        if message.attachment is None or message.media or message.media_trouble:
            return message
        fetched = await self._files.fetch(message, message.attachment)
        at = self._clock.now()
        await self._db.write(lambda conn: store.fetched(conn, fetched, at))
        return fetched

    async def _bring_in(self, message: Inbound) -> None:
        trace: list[Step] = []
        if message.media_trouble:
            trace.append(Step(stage="file", result=message.media_trouble))
        replies, outcome = await self._answers.decide(message, trace)
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


def _message(tenant: str, connection_id: str, arrival: Arrival, now: datetime) -> Inbound:
    """What arrived, as it is going to be stored."""
    is_its_own = arrival.payload is None or type(arrival.payload) is PAYLOADS.get(arrival.kind)
    if not is_its_own or not well_formed(arrival.text, arrival.payload):
        raise BadInput(f"What arrived does not have the form of a message of the kind '{arrival.kind}'")
    return Inbound(
        id=new_id(),
        tenant=tenant,
        connection_id=connection_id,
        chat=arrival.chat,
        participant=arrival.participant,
        from_me=arrival.from_me,
        wa_id=arrival.wa_id,
        kind=arrival.kind,
        text=arrival.text,
        attachment=arrival.attachment,
        payload=arrival.payload,
        about_wa_id=arrival.about,
        mentions=arrival.mentions,
        forwarded=arrival.forwarded,
        name=arrival.name,
        chat_name=arrival.chat_name,
        sent_at=arrival.sent_at,
        received_at=now,
    )
