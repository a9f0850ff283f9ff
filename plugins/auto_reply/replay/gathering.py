"""From a replay to what a business wants to know of it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from chatgrow_bot.messages import Kind

from ..book import Book
from .likeness import alike
from .nouns import Line, Material, Outcome, Performance, Played, Turn

#: What the business writes so much later is no answer any more.
ANSWER_WITHIN = timedelta(days=2)
#: Examples that are kept of a thing.
SAMPLES = 5
#: Groups of unanswered messages and pairs of rules that are kept.
MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """A rule that would have answered."""

    rule: str
    place: str
    times: int
    people: int
    first: datetime
    last: datetime
    samples: Sequence[Played]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collision:
    """Two rules for the same messages, of which the first answered."""

    first: str
    second: str
    times: int
    of: int  #: so often the first answered in all
    samples: Sequence[Played]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Messages that are alike, and that no rule answered."""

    label: str
    times: int
    people: int
    samples: Sequence[str]  #: different ones, the commonest first
    answers: Sequence[str]  #: what the business said to that, lately
    waited: timedelta | None  #: how long it took, as a rule; None: it never said anything


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A question at which menus or forms were given up."""

    place: str
    ran_out: int  #: nothing came in time
    given_up: int  #: the customer left, or gave too many wrong answers
    samples: Sequence[str]  #: what was said last


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All that there is to know of a replay."""

    material: Material
    performance: Performance
    since: datetime
    until: datetime
    people: int
    outcomes: Mapping[Outcome, int]
    fired: Sequence[Fired]
    silent: Sequence[str]  #: rules that never answered
    collisions: Sequence[Collision]
    asked: Sequence[Asked]
    more_asked: int  #: groups that are not among these
    wordless: Mapping[Kind, int]  #: unanswered, with not a word in them
    left: Sequence[Left]
    turns: Sequence[Turn]

    @property
    def answered(self) -> int:
        """How many messages would have been answered."""
        return self.outcomes.get(Outcome.ANSWERED, 0)

    @property
    def counted(self) -> int:
        """How many might have been."""
        return self.answered + self.outcomes.get(Outcome.UNANSWERED, 0)

    @property
    def share(self) -> float:
        """How much of that is answered."""
        return self.answered / self.counted if self.counted else 0.0

    @property
    def waited(self) -> timedelta | None:
        """How long customers waited for the business, as a rule."""
        return middle([turn.waited for turn in self.turns if turn.waited is not None])


def gathered(book: Book, material: Material, performance: Performance) -> Findings:
    """Look over a whole replay."""
    played = performance.played
    turns = list(_turns(material, performance))
    unanswered = [each for each in played if each.outcome is Outcome.UNANSWERED]
    fired = _fired(book, played)
    asked, more = _asked([each for each in unanswered if each.line.text.strip()], turns)
    return Findings(
        material=material,
        performance=performance,
        since=material.lines[0].at,
        until=material.lines[-1].at,
        people=len({(each.line.chat, each.line.who) for each in played}),
        outcomes=Counter(each.outcome for each in played),
        fired=fired,
        silent=[rule.id for rule in book.rules if rule.id not in {each.rule for each in fired}],
        collisions=_collisions(played, fired),
        asked=asked,
        more_asked=more,
        wordless=Counter(each.line.kind for each in unanswered if not each.line.text.strip()),
        left=_left(performance),
        turns=turns,
    )


def middle(times: Sequence[timedelta]) -> timedelta | None:
    """The one of which half are shorter."""
    return timedelta(seconds=median(each.total_seconds() for each in times)) if times else None


def _fired(book: Book, played: Sequence[Played]) -> list[Fired]:
    by_rule: defaultdict[str, list[Played]] = defaultdict(list)
    for each in played:
        for rule in each.rules:
            by_rule[rule].append(each)
    found = [
        Fired(
            rule=rule,
            place=str(book.by_id[rule].place) if rule in book.by_id else "",
            times=len(its),
            people=len({(each.line.chat, each.line.who) for each in its}),
            first=its[0].line.at,
            last=its[-1].line.at,
            samples=_different(its),
        )
        for rule, its in by_rule.items()
    ]
    return sorted(found, key=lambda each: (-each.times, each.rule))


def _collisions(played: Sequence[Played], fired: Sequence[Fired]) -> list[Collision]:
    times = {each.rule: each.times for each in fired}
    pairs: defaultdict[tuple[str, str], list[Played]] = defaultdict(list)
    for each in played:
        if each.next_rule:
            pairs[each.rules[0], each.next_rule].append(each)
    found = [
        Collision(first=first, second=second, times=len(its), of=times[first], samples=_different(its))
        for (first, second), its in pairs.items()
    ]
    return sorted(found, key=lambda each: (-each.times, each.first, each.second))[:MOST]


def _asked(unanswered: Sequence[Played], turns: Sequence[Turn]) -> tuple[list[Asked], int]:
    """What was asked in vain, and how many more groups there are."""
    turn_of = {id(each): turn for turn in turns for each in turn.messages}
    groups = alike([each.line.text for each in unanswered])
    found = []
    for group in groups[:MOST]:
        its = [unanswered[number] for number in group.members]
        about = {id(turn): turn for each in its if (turn := turn_of.get(id(each)))}.values()
        waits = [turn.waited for turn in about if turn.waited is not None]
        said = [turn.answer.text.strip() for turn in about if turn.answer and turn.answer.text.strip()]
        found.append(
            Asked(
                label=group.label,
                times=len(its),
                people=len({(each.line.chat, each.line.who) for each in its}),
                samples=_commonest([each.line.text.strip() for each in its]),
                answers=_commonest(said)[:3],
                waited=middle(waits),
            )
        )
    return found, max(0, len(groups) - MOST)


def _left(performance: Performance) -> list[Left]:
    ran_out: defaultdict[str, list[Line]] = defaultdict(list)
    given_up: defaultdict[str, list[Line]] = defaultdict(list)
    for out in performance.ran_out:
        ran_out[out.place].append(out.line)
    for each in performance.played:
        if each.left:
            given_up[each.left].append(each.line)
    found = [
        Left(
            place=place,
            ran_out=len(ran_out[place]),
            given_up=len(given_up[place]),
            samples=_commonest([line.text.strip() for line in [*given_up[place], *ran_out[place]]]),
        )
        for place in {*ran_out, *given_up}
    ]
    return sorted(found, key=lambda each: (-each.ran_out - each.given_up, each.place))


def _turns(material: Material, performance: Performance) -> Iterator[Turn]:
    """What each customer wrote until the business next did, in the order of time within a chat."""
    played = {id(each.line): each for each in performance.played}
    open_: dict[str, list[Played]] = {}
    for line in material.lines:
        if not line.is_ours:
            each = played[id(line)]
            if each.outcome is not Outcome.REMARK:
                open_.setdefault(line.chat, []).append(each)
        elif messages := open_.pop(line.chat, None):
            in_time = line.at - messages[-1].line.at <= ANSWER_WITHIN
            yield Turn(messages=messages, answer=line if in_time else None)
    for messages in open_.values():
        yield Turn(messages=messages, answer=None)


def _different(its: Sequence[Played]) -> list[Played]:
    """A few, no two of the same words."""
    return list({each.line.text.strip().casefold(): each for each in its}.values())[:SAMPLES]


def _commonest(texts: Sequence[str]) -> list[str]:
    return [text for text, _ in Counter(text for text in texts if text).most_common(SAMPLES)]
