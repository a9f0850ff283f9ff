"""What a stretch of the journal counts for. A pure function of the facts and of the lives of the messages
that they speak of; of these it reads only what was so when the fact was told. Folded anew, or in other
stretches, the same facts count the same."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from ..hub import Counted, Timed
from ..messages import State
from ..store.counts import Key
from ..store.lives import Life, Said, Told
from . import words

#: Each time that a message comes there. It leaves the first three for none of these.
_PLAIN = {
    State.FAILED: Counted.FAILED,
    State.EXPIRED: Counted.EXPIRED,
    State.CANCELLED: Counted.CANCELLED,
    State.QUARANTINED: Counted.HELD,
    State.RETRY: Counted.RETRIED,
    State.UNKNOWN: Counted.UNCLEAR,
}
_LEFT = (State.SENT, State.DELIVERED, State.READ)
_PLAYED = 4


def ids(facts: Sequence[Told]) -> tuple[Collection[str], Collection[str]]:
    """The messages whose lives have to be known, and those of which it has to be known who wrote them."""
    left = {each.said.id for each in facts if each.said.state in _LEFT}
    return left, {each.said.id for each in facts if each.said.state is None}


def fold(facts: Sequence[Told], lives: Mapping[str, Life], typed: Collection[str]) -> dict[Key, int]:
    """How often what happened, by tenant, connection and day."""
    tally: dict[Key, int] = {}
    for fact in facts:
        for what, amount in _counts(fact.said, lives, typed):
            key = (*fact.where, what)
            tally[key] = tally.get(key, 0) + amount
    return tally


def _counts(said: Said, lives: Mapping[str, Life], typed: Collection[str]) -> Iterator[tuple[str, int]]:
    if said.state is None:
        yield (Counted.TYPED if said.id in typed else Counted.RECEIVED).value, 1
        return
    if said.first:
        yield Counted.ACCEPTED.value, 1
    if plain := _PLAIN.get(said.state):
        yield plain.value, 1
    if said.state is State.FAILED:
        yield words.reason(said.reason), 1
    if said.state in _LEFT:
        yield from _came(said.state, said.ack == _PLAYED, lives.get(said.id))


def _came(state: State, played: bool, life: Life | None) -> Iterator[tuple[str, int]]:
    """A message came further. WhatsApp may skip steps: who has read it has it, and WhatsApp has sent it. What
    is skipped counts here, and has taken as long as it took to be told."""
    if life is None:  # it is no longer kept
        yield from () if played else ((Counted(state.value).value, 1),)
        return
    level = _LEFT.index(state)
    at = (life.sent, life.delivered, life.read)[level]
    if at is None or (played and life.reads > 1):  # played is told as read, and was told when it was read
        return
    told = [step for step, when in ((0, life.sent), (1, life.delivered)) if when is not None and step < level]
    before = max(told, default=-1)
    for step in _LEFT[before + 1 : level + 1]:
        yield Counted(step.value).value, 1
    if before < 0:
        yield words.lane(life.lane), 1
        yield from words.timed(Timed.TO_SENT, at - life.queued) if life.queued is not None else ()
        yield from words.timed(Timed.PROCESSING, at - life.sending) if life.sending is not None else ()
    elif before == 0 and life.sent is not None:
        yield from words.timed(Timed.TO_DELIVERED, at - life.sent)
