"""One message's whole way in, on a stage of its own, and what came of it."""

import asyncio
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from ..app import Running, open_hub
from ..config.load import Loaded
from ..messages import Inbound, State
from ..responses import Customer
from ..store import consent, customers, dialogues, engines, explain
from ..store.dialogues import Held
from ..store.rows import Outgoing, to_inbound, to_outgoing
from ..store.tables import inbox, jobs, journal, outbox
from .copying import Sample, sample
from .scene import WA_ID, Scene
from .stage import ShutDoor, StageClock, engines_of, laid_out, staged

T = TypeVar("T")

#: Characters shown of what a plugin keeps of what it asked.
_STATE = 300
#: Seconds that a message's way in may take: each plugin has 20 of them to answer.
_PATIENCE = 120.0
#: Seconds for what plugins begin in the background, and between two looks at it.
_BACKGROUND, _LOOK = 5.0, 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """What came of it."""

    scene: Scene
    username: str
    connection: str
    note: str  #: why it was tried on an empty database, if it was
    customer: Customer  #: as he was known before
    holder: str  #: the plugin that waited for something from him
    opted_out: bool  #: before
    outcome: str
    said: Sequence[Outgoing] = ()
    besides: Sequence[str] = ()  #: what is done besides, in words
    troubles: Sequence[str] = ()  #: what a person would be told of
    trace: Sequence[str] = ()  #: each step, as `chatgrow why` tells it


@dataclass(frozen=True, slots=True)
class _Before:
    message: Inbound
    customer: Customer
    held: Held | None
    opted_out: bool
    states: Mapping[str, str] = field(default_factory=dict)  #: of what is on its way out, by id


async def rehearse(found: Loaded, scene: Scene, *, whole: bool = False) -> Rehearsed:
    """Try a scene on a copy of what counts for it. The real database is only read, nothing is sent or called,
    and the copy goes with its folder. Traces are shortened unless they are wanted `whole`. Raises BadInput,
    ConnectionNotFound, StoreUnavailable."""
    copied = await sample(found.settings, scene)
    with tempfile.TemporaryDirectory(prefix="chatgrow-say-") as name:
        stage, door = staged(found, Path(name)), ShutDoor()
        file = Path(name) / "chatgrow.db"
        tenant, connection = await _on(file, lambda conn: laid_out(conn, stage, copied, scene))
        before = await _on(file, lambda conn: _known(conn, tenant, connection, scene))
        engines = engines_of(found, copied)
        hub = open_hub(stage, clock=StageClock(scene.at), engines=engines, http=door, door=False)
        async with hub as running:
            calls = await _heard(running, door, tenant, connection, scene)
        # once the hub is gone, all is written that was on its way
        return await _on(file, lambda conn: _came(conn, copied, scene, before, calls, whole))


async def _on(file: Path, work: Callable[[Connection], T]) -> T:
    """Do something with the stage's database while no hub has it."""

    def worked() -> T:
        engine = engines.writing_file(file)
        try:
            with engine.begin() as conn:
                return work(conn)
        finally:
            engine.dispose()

    return await asyncio.to_thread(worked)


async def _heard(
    running: Running, door: ShutDoor, tenant: str, connection: str, scene: Scene
) -> Sequence[str]:
    """Bring the message in, and wait until all that comes of it came; the calls that would have been made."""
    earlier, tasks, db = len(door.asked), _of_plugins(), running.ground.db
    committed = asyncio.Event()
    db.on_commit(committed.set)
    async with asyncio.timeout(_PATIENCE):
        await running.arrived(tenant, connection, scene.arrival())
        while not await db.read(_has_ended):
            await committed.wait()
            committed.clear()
    clock = running.ground.clock
    until = clock.monotonic() + _BACKGROUND
    while _of_plugins() - tasks - door.askers and clock.monotonic() < until:
        await clock.sleep(_LOOK)
    return door.asked[earlier:]


def _of_plugins() -> set[asyncio.Task[Any]]:
    """What plugins do in the background."""
    return {task for task in asyncio.all_tasks() if task.get_name().startswith("plugin:")}


def _has_ended(conn: Connection) -> bool:
    mine = select(inbox.c.outcome, inbox.c.id).where(inbox.c.wa_id == WA_ID)
    row = conn.execute(mine).first()
    if row is None or not row.outcome:
        return False
    return conn.execute(select(jobs.c.message_id).where(jobs.c.message_id == row.id)).first() is None


def _known(conn: Connection, tenant: str, connection: str, scene: Scene) -> _Before:
    """How things stand before he writes."""
    message = Inbound(
        id="~",  # behind all that there is
        tenant=tenant,
        connection_id=connection,
        chat=scene.chat,
        participant=scene.sender if scene.in_group else "",
        wa_id=WA_ID,
        sent_at=scene.at,
        received_at=scene.at,
    )
    held = dialogues.held(conn, message, scene.at)
    return _Before(
        message=message,
        customer=replace(customers.of(conn, message), dialogue=held.dialogue if held else None),
        held=held,
        opted_out=consent.opted_out(conn, tenant, scene.sender),
        states={row.id: row.state for row in conn.execute(select(outbox.c.id, outbox.c.state))},
    )


def _came(
    conn: Connection, copied: Sample, scene: Scene, before: _Before, calls: Sequence[str], whole: bool
) -> Rehearsed:
    message = to_inbound(conn.execute(select(inbox).where(inbox.c.wa_id == WA_ID)).one())
    outcome = conn.execute(select(inbox.c.outcome).where(inbox.c.id == message.id)).scalar_one()
    rows = conn.execute(select(outbox).order_by(outbox.c.id)).all()
    ended = sum(
        row.state == State.CANCELLED and before.states.get(row.id) not in (None, State.CANCELLED)
        for row in rows
    )
    facts = conn.execute(select(journal.c.hook, journal.c.body).order_by(journal.c.position)).all()
    return Rehearsed(
        scene=scene,
        username=copied.username,
        connection=message.connection_id,
        note=copied.note,
        customer=before.customer,
        holder=before.held.plugin if before.held else "",
        opted_out=before.opted_out,
        outcome=outcome,
        said=[to_outgoing(row) for row in rows if row.id not in before.states],
        besides=[
            *_kept(before.customer, customers.kept(conn, message.tenant, message.sender)),
            *_expected(before.held, dialogues.held(conn, message, message.received_at)),
            *_wished(before.opted_out, consent.opted_out(conn, message.tenant, message.sender)),
            *([f"end what waits to be sent to him: {ended}"] if ended else []),
            *(_told(fact.body) for fact in facts if fact.hook == "on_notice"),
            *(f"call {call}" for call in calls),
        ],
        troubles=[
            f"{fact.body['where']}: {fact.body['reason']}" for fact in facts if fact.hook == "on_fault"
        ],
        trace=explain.way_in(conn, message.id, whole=whole),
    )


def _kept(before: Customer, now: customers.Kept) -> list[str]:
    """What is kept about him that was not, and the other way round."""
    return [
        *(f"tag {tag}" for tag in sorted(now.tags - before.tags)),
        *(f"untag {tag}" for tag in sorted(before.tags - now.tags)),
        *(f"set {name} to {said}" for name, said in now.fields.items() if before.fields.get(name) != said),
        *(f"forget {name}" for name in before.fields if name not in now.fields),
    ]


def _expected(before: Held | None, now: Held | None) -> list[str]:
    """What his next message answers."""
    if now == before:
        return []
    if now is None:
        return ["wait for nothing from him any more"]
    minutes = (now.dialogue.until - now.dialogue.asked_at).total_seconds() / 60
    state = json.dumps(now.dialogue.state, ensure_ascii=False)
    known = state if len(state) <= _STATE else f"{state[:_STATE]}..."
    return [f"wait for his answer, which is for {now.plugin}, {minutes:.3g} min at most: {known}"]


def _wished(before: bool, now: bool) -> list[str]:
    if before is now:
        return []
    return ["opt him out: nothing is sent to him any more"] if now else ["opt him in again"]


def _told(notice: Mapping[str, Any]) -> str:
    return f"notify {notice['topic']}" + (f": {notice['note']}" if notice.get("note") else "")
