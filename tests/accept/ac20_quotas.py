"""AC-20: however many ask at the same time, a plan's limit is exact, and one Idempotency-Key is one message.

The hub is a process, asked over HTTP, and is killed (-9) in the midst of it: what got no answer is asked
again under the same key. The control is a hub that looks at the count first and stores then.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, func, select

from chatgrow_bot.hub import Span
from chatgrow_bot.store import usage
from chatgrow_bot.store.database import open_database
from chatgrow_bot.store.tables import outbox

from .checks import Check, Done, Figure, Size, Verdict
from .quotas.crowd import Heard, crowd, same_key, started


@dataclass(frozen=True, slots=True)
class Plan:
    """How many ask, and for how much."""

    clients: int
    sends: int
    limit: int
    kill_at: tuple[int, ...] = ()  #: after so many answers


_PLANS = {
    Size.FULL: Plan(clients=50, sends=200, limit=1000, kill_at=(300, 800, 3000)),
    Size.SLICE: Plan(clients=10, sends=6, limit=30, kill_at=(15,)),
}
_CONTROL = Plan(clients=20, sends=10, limit=100)


@dataclass(frozen=True, slots=True)
class Books:
    """What is in the database at the end."""

    rows: int
    keys: int
    used: int


async def run(size: Size) -> Verdict:
    """The race with the kills, one key for all, and the control."""
    plan = _PLANS[size]
    with tempfile.TemporaryDirectory(prefix="chatgrow-quotas-") as folder:
        broken, figures = await _race(Path(folder), plan)
    with tempfile.TemporaryDirectory(prefix="chatgrow-quotas-") as folder:
        caught, _ = await _race(Path(folder), _CONTROL, "broken")
    what = f"{plan.clients} clients x {plan.sends}, limit {plan.limit:,}"
    control = f"looked first, stored then: {caught[0]}" if caught else ""
    return Verdict(done=(Done(what=what, figures=figures),), broken=tuple(broken), control=control)


async def _race(folder: Path, plan: Plan, *words: str) -> tuple[Sequence[str], Mapping[str, Figure]]:
    # one message more than the race may take is for the one key; it is asked for first
    async with started(folder, plan.limit + 1, *words) as hub:
        ids, other = await same_key(hub, plan.clients)
        heard = await crowd(hub, plan.clients, plan.sends, plan.kill_at)
        tenant = hub.tenant
    async with open_database(f"sqlite:///{folder}/sessions/chatgrow.db", migrate=False) as db:
        books = await db.read(lambda conn: _books(conn, tenant))
    figures: Mapping[str, Figure] = {
        "accepted": len(heard.ids),
        "refused": heard.statuses[429],
        "kills": len(plan.kill_at),
        "asked again": heard.again,
        "messages of one key": len(ids),
    }
    return [*_wrong(plan, heard, books), *_wrong_key(ids, other)], figures


def _books(conn: Connection, tenant: str) -> Books:
    return Books(
        rows=conn.execute(select(func.count()).select_from(outbox)).scalar_one(),
        keys=conn.execute(select(func.count(outbox.c.text.distinct()))).scalar_one(),
        used=usage.of(conn, tenant, datetime.now(UTC))[Span.MONTH].used,
    )


def _wrong(plan: Plan, heard: Heard, books: Books) -> Iterator[str]:
    """What was promised of the limit and does not hold. In the books the one key's message is counted too."""
    if len(heard.ids) != plan.limit:
        yield f"{len(heard.ids)} were accepted, of {plan.limit} that the plan allows"
    if heard.statuses[429] != plan.clients * plan.sends - plan.limit:
        yield f"{heard.statuses[429]} were refused"
    if heard.doubled:
        yield f"{heard.doubled} answers named a message that was another's"
    if books.rows != plan.limit + 1 or books.keys != books.rows:
        yield f"{books.rows} messages are stored, {books.keys} of them different"
    if books.used != plan.limit + 1:
        yield f"{books.used} are counted"
    yield from heard.odd[:3]


def _wrong_key(ids: set[str], other: Sequence[int]) -> Iterator[str]:
    if len(ids) != 1:
        yield f"one key made {len(ids)} messages"
    if other != [422]:
        yield f"another text under the same key was answered with {other}"


CHECK = Check(
    name="AC-20",
    promise="Plan limits and idempotency under a race: exactly the limit is accepted; one key, one message",
    kept_in="chatgrow_bot/outbox/counting.py and intake.py",
    run=run,
)
