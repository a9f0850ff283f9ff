"""What must hold at the end of every story, whatever the weather was."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select
from sqlalchemy import text as sql

from chatgrow_bot.messages import Delivery, Lane, Priority, State
from chatgrow_bot.store.database import Database
from chatgrow_bot.store.rows import Outgoing, to_outgoing
from chatgrow_bot.store.tables import inbox, outbox, timeline

from .story import Story

_ARRIVED = (State.SENT, State.DELIVERED, State.READ)
_NEVER_LEFT = (State.FAILED, State.CANCELLED, State.EXPIRED)
_RANK = {State.SENT: 1, State.DELIVERED: 2, State.READ: 3}
#: Seconds by which two sends may be nearer than their gap: the disk was slow in between.
_TOLERANCE = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a story came to."""

    faults: tuple[str, ...]
    messages: int
    doubled: int  #: seen twice, though the servers know ids or a person was to decide
    allowed: int  #: seen twice where that is all one can promise
    lost: int
    held: int
    kills: int
    digest: tuple[object, ...]  #: all that was seen, in order: two runs of a seed have the same


def may_double(story: Story) -> bool:
    """Whether the servers take a message twice and nobody holds it back."""
    return not story.plan.dedup and not story.plan.hold


async def judge(story: Story, db: Database) -> Found:
    """All of it."""
    rows, steps, came = await db.read(_stored)
    seen = Counter(each.parcel.text for each in story.world.seen)
    faults = [
        *_settled(story, rows, seen),
        *_acks(story, rows, steps),
        *_order(story, rows),
        *_pace(story),
        *_pauses(story),
        *_inbound(story, came, rows, seen),
    ]
    sent = [row for row in rows if row.delivery.source == "program"]
    twice = sum(count > 1 for count in seen.values())
    texts = {row.delivery.id: row.text for row in rows}
    return Found(
        faults=tuple(faults),
        messages=len(rows),
        doubled=0 if may_double(story) else twice,
        allowed=twice if may_double(story) else 0,
        lost=sum(row.delivery.state in _ARRIVED and not seen[row.text] for row in sent),
        held=sum(row.delivery.state is State.QUARANTINED for row in rows),
        kills=story.record.kills,
        digest=(
            tuple((round(each.at, 6), each.connection, each.parcel.text) for each in story.world.seen),
            tuple((texts[name], state, reason) for name, state, reason in steps),
            tuple(came),
        ),
    )


def _stored(
    conn: Connection,
) -> tuple[Sequence[Outgoing], Sequence[tuple[str, State, str]], Sequence[tuple[str, str]]]:
    rows = [to_outgoing(row) for row in conn.execute(select(outbox).order_by(sql("rowid")))]
    told = conn.execute(select(timeline).order_by(sql("rowid")))
    came = conn.execute(select(inbox).order_by(sql("rowid")))
    return (
        rows,
        [(row.message_id, State(row.state), row.reason) for row in told],
        [(row.text, row.outcome) for row in came],
    )


def _settled(story: Story, rows: Sequence[Outgoing], seen: Counter[str]) -> Iterator[str]:
    """Every accepted message has come to an end, and the end is true."""
    record = story.record
    if not record.settled:
        yield f"not settled: {Counter(row.delivery.state.value for row in rows)}"
    by_text = {row.text: row.delivery for row in rows}
    for text in record.accepted:
        if text not in by_text:
            yield f"{text} was accepted and is not stored"
    for text in record.refused:
        if text in by_text:
            yield f"{text} was refused and is stored"
    for row in rows:
        state, count = row.delivery.state, seen[row.text]
        if state in _ARRIVED and count == 0:
            yield f"{row.text} is {state} and nobody saw it"
        if state in _NEVER_LEFT and count:
            yield f"{row.text} is {state} and was seen"
        if count > 1 and not may_double(story):
            yield f"{row.text} was seen {count} times"
    for text in record.cancelled:
        if seen[text]:
            yield f"{text} was taken back and was seen"
    if record.overlaps:
        yield f"{record.overlaps} sends to a chat while another was under way"


def _acks(story: Story, rows: Sequence[Outgoing], steps: Sequence[tuple[str, State, str]]) -> Iterator[str]:
    """An ack never goes back, and in the end the row knows what the world knows."""
    best: defaultdict[str, int] = defaultdict(int)
    for name, state, _ in steps:
        rank = _RANK.get(state, 0)
        if rank and rank < best[name]:
            yield f"{name} went back to {state}"
        best[name] = max(best[name], rank)
    for row in rows:
        known = story.world.acks.get(row.delivery.wa_id, 0)
        on_page = row.delivery.wa_id in story.world.pages[row.delivery.connection_id].own
        if row.delivery.state in _ARRIVED and on_page and row.delivery.ack != known:
            yield f"{row.text} has ack {row.delivery.ack} and the phone says {known}"


def _order(story: Story, rows: Sequence[Outgoing]) -> Iterator[str]:
    """What was accepted first for a chat arrives first, in its lane, unless it was planned otherwise."""
    accepted = {row.text: index for index, row in enumerate(rows)}
    lanes: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    plain = {row.text for row in rows if _is_plain(story, row.delivery, row.text)}
    for each in story.world.seen:
        text = each.parcel.text
        lane = lanes[each.connection, each.parcel.chat]
        if text in plain and text not in lane:
            lane.append(text)
    for key, texts in lanes.items():
        if texts != sorted(texts, key=accepted.__getitem__):
            yield f"the order of {key} is {texts}"


def _is_plain(story: Story, delivery: Delivery, text: str) -> bool:
    return (
        delivery.lane is Lane.SEND
        and delivery.priority is Priority.NORMAL
        and text not in story.record.planned
        and not story.clock.jumps  # by a clock that was set back, what came later is older
    )


def _pace(story: Story) -> Iterator[str]:
    """Two messages of a connection's lane are a gap apart, over kills too."""
    pace = story.plan.settings.pacing.send
    least = pace.min - pace.jitter - _TOLERANCE
    last: dict[str, float] = {}
    for at, connection, parcel in story.world.calls:
        if not parcel.text.startswith("m"):
            continue
        before = last.get(connection)
        jumped = any(before is not None and before <= jump <= at for jump in story.clock.jumps)
        if before is not None and at - before < least and not jumped:
            yield f"{parcel.text} left {at - before:.1f} s after the one before it"
        last[connection] = at


def _pauses(story: Story) -> Iterator[str]:
    """Nothing leaves from a paused connection, save what was on its way."""
    for name, since, to in story.record.pauses:
        for at, connection, parcel in story.world.calls:
            if connection == name and since + _TOLERANCE < at < to:
                yield f"{parcel.text} left from {name} while it was paused"


def _inbound(
    story: Story, came: Sequence[tuple[str, str]], rows: Sequence[Outgoing], seen: Counter[str]
) -> Iterator[str]:
    """Every message of a customer is stored once and answered at most once; one that is answered has its
    answer."""
    stored = Counter(text for text, _ in came)
    replies = Counter(row.text for row in rows if row.delivery.lane is Lane.REPLY)
    for text in story.world.wrote:
        if stored[text] != 1:
            yield f"{text} is stored {stored[text]} times"
    for text, outcome in came:
        if not outcome:
            yield f"the way in of {text} has not ended"
        if replies[f"re {text}"] != (outcome == "answered"):
            yield f"{text} ended as '{outcome}' with {replies[f're {text}']} replies"
