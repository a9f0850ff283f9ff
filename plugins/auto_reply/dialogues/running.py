"""Does what a list of actions says, up to the first question."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from chatgrow_bot.errors import BadInput
from chatgrow_bot.responses import Expect, HandOff

from ..actions import Action, Doing, Done, Filling, GoTo, Wait
from ..book import MOST, Book, Rule
from .asking import Asks
from .state import State

#: Seconds that the core keeps a dialogue open at most.
_LONGEST = 30 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question that was put."""

    rule: Rule  #: in which it stands
    question: Asks
    after: timedelta  #: it leaves so much later


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What was done, and at which question it stopped."""

    done: tuple[Done, ...]
    asked: Asked | None = None


def run(book: Book, rule: Rule, actions: Sequence[Action], filling: Filling, most: int = MOST) -> Ran:
    """What actions come to, `most` things at most. Raises BadInput, also for more than these."""
    done: list[Done] = []
    for each in _run(book, rule, actions, filling, iter(range(most))):
        if isinstance(each, Asked):
            if any(isinstance(one, Doing) and isinstance(one.deed, HandOff) for one in done):
                break  # who is handed to people is asked nothing more
            done += each.question.fill(replace(filling, after=each.after))
            return Ran(done=tuple(done), asked=each)
        done.append(each)
    return Ran(done=tuple(done))


def expectation(asked: Asked, filling: Filling, state: State) -> Expect:
    """What is awaited once a question was put. Raises BadInput."""
    written = state.written()
    if written is None:
        raise BadInput("the answers so far are more than can be kept")
    seconds = min(asked.question.expires + asked.after.total_seconds(), _LONGEST)
    return Expect(state=written, seconds=seconds, farewell=asked.question.goodbye(filling))


def _run(
    book: Book, rule: Rule, actions: Sequence[Action], filling: Filling, budget: Iterator[int]
) -> Iterator[Done | Asked]:
    for action in actions:
        if next(budget, None) is None:
            raise BadInput(f"more than {MOST} things would be done about one message")
        if isinstance(action, Wait):
            filling = replace(filling, after=filling.after + timedelta(seconds=action.seconds))
        elif isinstance(action, Asks):
            yield Asked(rule=rule, question=action, after=filling.after)
            return
        elif isinstance(action, GoTo):
            target = book.by_id.get(action.rule)
            if target is None:
                raise BadInput(f"`goto: {action.rule}` leads nowhere")
            for each in _run(book, target, target.actions, filling, budget):
                yield each
                if isinstance(each, Asked):
                    return
        else:
            yield from action.fill(filling)
