"""What came of it all, by the phones that messages came to and by the hub's own books, and whether that is
what was promised."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psutil
from sqlalchemy import Connection, select

from chatgrow_bot.messages import ConnectionState, State
from chatgrow_bot.store import outbox as store
from chatgrow_bot.store.database import open_database
from chatgrow_bot.store.tables import journal, outbox, timeline

from .lives import Story
from .town import Message

#: Seconds from the moment a connection is in sync until the first message that waited is taken.
FIRST_CLAIM = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What the hub wrote down."""

    states: Mapping[str, State]  #: by message id
    created: Mapping[str, datetime]
    listed: frozenset[str]  #: those that wait for a person, as he is shown them
    claims: Sequence[tuple[datetime, str]]  #: when which message was taken, in order
    tries: Mapping[str, int]  #: how often each was handed to the engine
    cut: int  #: sends of which nobody knew how they had ended
    online: Sequence[datetime]  #: when a connection came in sync


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The story, counted."""

    accepted: Mapping[str, Message]  #: by message id
    came: Mapping[str, Sequence[str]]  #: the texts that each customer's phone shows, in order
    repeats: Mapping[str, int]  #: how often each shop's pages sent what WhatsApp had
    books: Books
    waits: Sequence[float]  #: seconds from a start to its first claim
    claims: Sequence[float]  #: seconds from being in sync to that claim
    browsers: int  #: left running at the end
    ids_known: bool  #: WhatsApp drops a message whose id it has seen

    @property
    def held(self) -> frozenset[str]:
        """Messages that are for a person to judge."""
        return frozenset(key for key, state in self.books.states.items() if state is State.QUARANTINED)

    @property
    def lost(self) -> Sequence[str]:
        """Accepted, and neither on a phone nor held."""
        shown = {(to, text) for to, texts in self.came.items() for text in texts}
        return [
            key
            for key, message in self.accepted.items()
            if (message.to, message.text) not in shown and key not in self.held
        ]

    @property
    def doubled(self) -> Sequence[str]:
        """Shown more than once. Where ids are not known, those that WhatsApp's own page repeated are left
        out: it was handed them once."""
        seen = Counter((to, text) for to, texts in self.came.items() for text in texts)
        return [
            key
            for key, message in self.accepted.items()
            if seen[message.to, message.text] > 1 and (self.ids_known or self.books.tries[key] > 1)
        ]

    @property
    def again(self) -> Mapping[str, int]:
        """How often the hub handed something over once more, by connection."""
        again: Counter[str] = Counter()
        for key, message in self.accepted.items():
            again[message.connection_id] += max(0, self.books.tries[key] - 1)
        return again

    @property
    def disordered(self) -> Sequence[str]:
        """Chats whose messages came in another order than they were asked for."""
        return [
            to for to, texts in self.came.items() if (first := list(dict.fromkeys(texts))) != sorted(first)
        ]


async def find(story: Story) -> Findings:
    """Look at everything, the hub having ended."""
    town = story.town
    came: defaultdict[str, list[str]] = defaultdict(list)
    repeats = {}
    for name, number in town.shops.items():
        shop = await town.phones.phone(number, name=name)
        for message in await shop.sent():
            came["+" + message.recipient].append(message.text)
        repeats[name] = await town.phones.repeats(shop)
    async with open_database(town.database, migrate=False) as db:
        books = await db.read(_books)
    waits, claims = _first_claims(story, books)
    return Findings(
        accepted=story.accepted,
        came=came,
        repeats=repeats,
        books=books,
        waits=waits,
        claims=claims,
        browsers=_browsers(str(town.stage.places.folder)),
        ids_known=town.plan.deduplicate,
    )


def _books(conn: Connection) -> Books:
    rows = conn.execute(select(outbox.c.id, outbox.c.tenant, outbox.c.state, outbox.c.created_at)).all()
    steps = conn.execute(select(timeline).order_by(timeline.c.at, timeline.c.id)).all()
    facts = conn.execute(select(journal).where(journal.c.hook == "on_connection").order_by(journal.c.at))
    return Books(
        states={row.id: State(row.state) for row in rows},
        created={row.id: row.created_at for row in rows},
        listed=frozenset(
            delivery.id for tenant in {row.tenant for row in rows} for delivery in store.held(conn, tenant)
        ),
        claims=[(step.at, step.message_id) for step in steps if step.state == State.CLAIMED],
        tries=Counter(step.message_id for step in steps if step.state == State.SENDING),
        cut=sum(step.state == State.UNKNOWN for step in steps),
        online=[fact.at for fact in facts if fact.body["state"] == ConnectionState.ONLINE],
    )


def _first_claims(story: Story, books: Books) -> tuple[Sequence[float], Sequence[float]]:
    """For each life in which a connection came in sync while messages waited from before."""
    waits, claims = [], []
    ends = [life.began for life in story.lives[1:]] + [story.lives[-1].began + timedelta(days=1)]
    for life, end in zip(story.lives, ends, strict=True):
        online = next((at for at in books.online if life.began <= at < end), None)
        claim = next(((at, key) for at, key in books.claims if online and online <= at < end), None)
        if online and claim and books.created[claim[1]] < life.began:
            waits.append((claim[0] - life.began).total_seconds())
            claims.append((claim[0] - online).total_seconds())
    return waits, claims


def _browsers(folder: str) -> int:
    """Processes of browsers whose profile lies in a folder."""
    lines = (process.info["cmdline"] or () for process in psutil.process_iter(["cmdline"]))
    return sum(any(f"--user-data-dir={folder}" in word for word in line) for line in lines)


def judged(story: Story, found: Findings) -> list[str]:
    """What was promised and did not hold, a sentence each."""
    plan = story.town.plan
    broken = []
    if len(found.accepted) != plan.messages:
        broken.append(f"{len(found.accepted)} messages were taken in, of {plan.messages} that were asked for")
    if found.lost:
        states = Counter(found.books.states.get(key) for key in found.lost)
        broken.append(f"{len(found.lost)} lost, by their states: {dict(states)}")
    if (may := _may_double(story)) < len(found.doubled):
        broken.append(f"{len(found.doubled)} doubled, where {may} may be")
    if found.held - found.books.listed:
        broken.append(f"{len(found.held - found.books.listed)} held that no person is shown")
    if plan.on_unknown != "hold" and found.held:
        broken.append(f"{len(found.held)} held, though nothing says so")
    if len(found.books.states) != len(found.accepted):
        broken.append(f"{len(found.books.states)} rows of {len(found.accepted)} messages")
    if found.disordered:
        broken.append(f"{len(found.disordered)} chats out of order")
    if not found.books.cut:
        broken.append("no kill met a send: nothing was tried")
    if any(times > plan.kills for times in found.again.values()):
        broken.append(f"more sent again than killed: {dict(found.again)}")
    if any(repeats > 2 * plan.kills for repeats in found.repeats.values()):
        broken.append(f"more on the wire than cut sends explain: {dict(found.repeats)}")
    if died := sum(life.died for life in story.lives):
        broken.append(f"{died} hubs ended before they were killed")
    if found.browsers or not story.clean:
        broken.append(f"the end was not clean: {found.browsers} browsers left")
    return broken


def too_late(found: Findings) -> list[str]:
    """What came later than promised."""
    late = [each for each in found.claims if each > FIRST_CLAIM]
    return [f"{len(late)} times the first claim came late, after {max(late):.1f} s"] if late else []


def _may_double(story: Story) -> int:
    """A kill cuts one send of each connection at most."""
    plan = story.town.plan
    return 0 if plan.deduplicate or plan.on_unknown == "hold" else plan.kills * plan.connections
