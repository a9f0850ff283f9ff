"""AC-10: nothing is called sent before WhatsApp has it, however long its acks stay away; and whatever came
in while the hub was down is stored once, though told three times and out of order, and not answered too late.
So is what comes while the page is loaded anew, again and again.

The control is an engine that calls a message sent when the time for its ack is over.
"""

import asyncio
import contextlib
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from chatgrow_bot.engine import Ack, Parcel
from chatgrow_bot.errors import SendUnknown
from chatgrow_bot.messages import ConnectionState, State
from chatgrow_bot.store.tables import inbox

from .browsers.shop import Shop, honestly, shop, until
from .checks import Check, Done, Figure, Size, Verdict

_SENT = {State.SENT, State.DELIVERED, State.READ}
_RULES = "rules:\n  - id: anything\n    when: { text: { any: [message] } }\n    reply: heard\n"
_COPIES = 3
_BURST, _PAUSE = 50, 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much, and for how long."""

    outgoing: int
    dark: float  #: seconds without acks
    incoming: int
    down: float  #: seconds without a hub
    gate: int  #: seconds after which a message is not answered any more
    people: int
    reloads: int = 0  #: of the page, while messages come in: fifty a second for a second each time


async def eagerly(session: Any, parcel: Parcel) -> Ack:
    """Send, and call it sent when it has waited long enough."""
    try:
        return await honestly(session, parcel)
    except SendUnknown:
        return Ack(chat=parcel.chat, wa_id=parcel.wa_id, ack=1)


_FULL = Plan(outgoing=30, dark=60, incoming=500, down=60, gate=30, people=10, reloads=100)
_SLICE = Plan(outgoing=3, dark=2, incoming=30, down=2, gate=1, people=3, reloads=1)
_BROKEN = Plan(outgoing=1, dark=2, incoming=0, down=0, gate=1, people=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acks:
    """What came of the messages that left."""

    taken: int  #: those that WhatsApp had while it said nothing
    early: int  #: called sent meanwhile
    late: int  #: not called sent afterwards
    at_phones: Counter[str]  #: how often each text came
    asked: Sequence[str]  #: texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What came of those that came in."""

    wrote: int
    told: int  #: of them, however often the page told the hub
    stored: Counter[str]  #: by the text
    answered: int  #: of those that came while the hub was down
    answers_now: bool  #: to one that comes afterwards


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloads:
    """What came of those that came in while the page was loaded anew."""

    wrote: int
    stored: int  #: of them
    rows: int  #: that they are stored in


async def run(size: Size) -> Verdict:
    """Acks and the gap, and the control."""
    plan = _FULL if size is Size.FULL else _SLICE
    with tempfile.TemporaryDirectory(prefix="chatgrow-acks-") as made:
        acks, control, gap, reloads = await _played(plan, Path(made) / "shop")
    figures: dict[str, Figure] = {
        "left": len(acks.asked),
        "taken in the dark": acks.taken,
        "called sent before the ack": acks.early,
        "not sent after": acks.late,
        "came in": gap.wrote,
        "told": gap.told,
        "stored": sum(gap.stored.values()),
        "answered too late": gap.answered,
        "came during reloads": reloads.wrote,
        "of these stored": reloads.stored,
        "lost": gap.wrote - len(gap.stored) + reloads.wrote - reloads.stored,
        "doubled": gap.stored.total() - len(gap.stored) + reloads.rows - reloads.stored,
    }
    what = f"{plan.dark:.0f} s no acks, {plan.down:.0f} s down, {plan.reloads} reloads"
    return Verdict(
        done=(Done(what=what, figures=figures),),
        broken=(*judged(acks), *_gap_judged(gap), *_reloads_judged(reloads)),
        control=", ".join(each for each in judged(control) if "before" in each),
    )


async def _played(plan: Plan, folder: Path) -> tuple[Acks, Acks, Gap, Reloads]:
    """All of it in one shop; what is second is the control's."""
    async with shop(folder, settings=_settings(plan), ack_seconds=1) as here:
        _write_rules(here)
        async with here.hub():
            await here.link()
            acks = await _acks(plan, here)
            here.engine.deliver = eagerly
            control = await _acks(_BROKEN, here)
            here.engine.deliver = honestly
        wrote = await _gap(plan, here)
        here.engine.copies = _COPIES  # by WhatsApp to the page, and by the page to us
        async with here.hub():
            gap = await _stored(here, wrote)
            here.engine.copies = 1
            return acks, control, gap, await _reloaded(plan, here)


def _settings(plan: Plan) -> Mapping[str, Any]:
    return {
        "inbound": {"ageGate": plan.gate},
        "queue": {"reconcileAfter": 1},
        "plugins": {"auto_reply": {"rules": "config/rules"}},
    }


def _write_rules(here: Shop) -> None:
    rules = here.folder / "config" / "rules" / "all.yaml"
    rules.parent.mkdir(parents=True)
    rules.write_text(_RULES)


async def _acks(plan: Plan, here: Shop) -> Acks:
    """WhatsApp takes everything and says nothing, until it is healed."""
    await here.sim.order("delay_acks")
    people = [here.customer() for _ in range(plan.people)]
    asked: dict[str, str] = {}
    before = len(await here.phone.sent())
    for number in range(plan.outgoing):
        text = f"{before + number:04d}"
        asked[await here.enqueue(people[number % plan.people], text)] = text
    await asyncio.sleep(
        plan.dark
    )  # what is called sent meanwhile is so at the end, for an ack never goes back
    early = sum(state in _SENT for state in await here.states(list(asked)))
    taken = len(await here.phone.sent()) - before
    await here.sim.heal()
    states = await here.settled(list(asked))
    return Acks(
        taken=taken,
        early=early,
        late=sum(state not in _SENT for state in states),
        at_phones=Counter(message.text for message in await here.phone.sent()),
        asked=list(asked.values()),
    )


async def _gap(plan: Plan, here: Shop) -> set[str]:
    """Customers write while there is no hub; WhatsApp tells of each three times, in handfuls from behind."""
    await here.sim.order("duplicate", times=plan.incoming, copies=_COPIES)
    await here.sim.order("reorder", times=plan.incoming // 10, count=10, seconds=1)
    people = [here.customer() for _ in range(plan.people)]
    wrote = [f"message {number:04d}" for number in range(plan.incoming)]
    for number, text in enumerate(wrote):
        await people[number * 7 % plan.people].write(here.phone, text)
    await asyncio.sleep(max(plan.down, plan.gate + 1.0))
    return set(wrote)


async def _stored(here: Shop, wrote: set[str]) -> Gap:
    """The hub is back: what it has of them, and whether it answers what comes now."""

    def work(conn: Connection) -> Counter[str]:
        return Counter(conn.scalars(select(inbox.c.text).where(~inbox.c.from_me)))

    db = here.running.ground.db
    with contextlib.suppress(TimeoutError):
        await until(lambda: db.read(work), lambda found: len(found.keys() & wrote) == len(wrote))
    now = here.customer()
    await now.write(here.phone, "message of now")
    heard = await now.received(1, timeout=30)
    stored = await db.read(work)
    answers = [each for each in await here.phone.sent() if each.text.strip() == "heard"]
    return Gap(
        wrote=len(wrote),
        told=sum(here.engine.told[text] for text in wrote),
        stored=Counter({text: times for text, times in stored.items() if text in wrote}),
        answered=len(answers) - 1,
        answers_now=bool(heard),
    )


async def _reloaded(plan: Plan, here: Shop) -> Reloads:
    """Customers write while the page is loaded anew, again and again."""
    people, wrote = [here.customer() for _ in range(plan.people)], set[str]()

    async def write() -> None:
        for _ in range(_BURST):
            text = f"note {len(wrote):05d}"
            await people[len(wrote) % plan.people].write(here.phone, text)
            wrote.add(text)
            await asyncio.sleep(_PAUSE)

    async def ears() -> int:
        """How often the hub began to listen to the page; whether it was away in between may go unseen."""
        return int(here.engine.open_now._listening._times)

    for _ in range(plan.reloads):
        before = await ears()
        async with asyncio.TaskGroup() as customers:
            customers.create_task(write())
            await here.engine.open_now._page._page.reload(wait_until="commit")
            await until(ears, lambda times, before=before: times > before)  # type: ignore[misc]
            await here.until_state(ConnectionState.ONLINE)

    def work(conn: Connection) -> Sequence[str]:
        return conn.scalars(select(inbox.c.text).where(inbox.c.text.startswith("note"))).all()

    db = here.running.ground.db
    with contextlib.suppress(TimeoutError):
        await until(lambda: db.read(work), lambda found: wrote <= set(found))
    found = await db.read(work)
    return Reloads(wrote=len(wrote), stored=len(wrote & set(found)), rows=len(found))


def judged(acks: Acks) -> list[str]:
    """What was promised of acks and did not hold, a sentence each."""
    broken = []
    if not acks.taken:
        broken.append("nothing left in the dark: there was nothing to be wrong about")
    if acks.early:
        broken.append(f"{acks.early} called sent before the ack")
    if acks.late:
        broken.append(f"{acks.late} not called sent after it")
    if odd := [text for text in acks.asked if acks.at_phones[text] != 1]:
        broken.append(f"{len(odd)} that did not come once")
    return broken


def _gap_judged(gap: Gap) -> list[str]:
    broken = []
    if len(gap.stored) != gap.wrote or sum(gap.stored.values()) != gap.wrote:
        broken.append(f"{gap.wrote} written, {len(gap.stored)} of them stored, {gap.stored.total()} times")
    if gap.told < _COPIES * gap.wrote:
        broken.append(f"the hub was told only {gap.told} times of {gap.wrote}")
    if gap.answered:
        broken.append(f"{gap.answered} answered past the age gate")
    if not gap.answers_now:
        broken.append("nothing is answered at all")
    return broken


def _reloads_judged(reloads: Reloads) -> list[str]:
    if (reloads.stored, reloads.rows) == (reloads.wrote, reloads.wrote):
        return []
    return [f"{reloads.wrote} came during reloads, {reloads.stored} are stored, in {reloads.rows} rows"]


CHECK = Check(
    name="AC-10",
    promise="acks away for a minute: nothing called sent too soon; a hub down for a minute: all stored once",
    kept_in="plugins/engine_web/sending.py, chatgrow_bot/inbox/intake.py and connections/catch_up.py",
    run=run,
)
