"""Goes on with a dialogue when the customer has written: takes his answer, asks him again, goes back, or ends
it. Whatever he writes and whatever became of the rules, it comes to one of these."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chatgrow_bot.errors import BadInput
from chatgrow_bot.responses import Expect, SetField

from ..actions import Action, Doing, Done, Filling, Saying
from ..book import MOST, Book, Decision, Lost, Rule, Step
from ..conditions.base import Subject
from ..filling import filling_of
from ..stopping import leaves
from .asking import Asks, Heard
from .flow import questions
from .running import Ran, expectation, run
from .state import TRAIL, Answered, State
from .texts import Texts, texts_of
from .words import BACK


def go_on(book: Book, subject: Subject, kept: Mapping[str, Any]) -> Decision:
    """What is done about a message that is awaited. Where what was asked is gone, the decision's step says so
    (`is_lost`), and the message is still to be answered like others."""
    state = State.read(kept)
    open_now = _found(book, subject, state.rule, state.question) if state else None
    if state is None or open_now is None:
        return _lost(book, subject, state)
    heard = Heard(subject=subject, now=open_now.now(subject), locale=open_now.rule.locale)
    turn = _Turn(book=book, subject=subject, state=state, at=open_now, heard=heard)
    try:
        return turn.taken()
    except BadInput as error:
        return turn.ended(turn.texts.failed, f"what follows cannot be written: {error.detail}")


@dataclass(frozen=True, slots=True)
class _At:
    """A question in the rules that are in force."""

    rule: Rule
    question: Asks
    rest: tuple[Action, ...]

    def now(self, subject: Subject) -> datetime:
        """The time by the clock on the business's wall."""
        return subject.facts.now.astimezone(self.rule.zone) if self.rule.zone else subject.facts.now

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.rule.id}/{self.question.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """One message in a dialogue."""

    book: Book
    subject: Subject
    state: State
    at: _At
    heard: Heard

    @property
    def texts(self) -> Texts:
        """What is said where the rule does not say it."""
        return texts_of(self.at.rule.locale)

    def taken(self) -> Decision:
        """What comes of the message. Raises BadInput."""
        question, name = self.at.question, self.at.question.name
        value = question.answers.named(self.heard)
        if value is None:
            if leaves(self.subject.message.text):
                return self.ended(self.texts.left, f"left at '{name}'")
            if self.subject.folded in BACK:
                return self.back()
            value = question.answers.read(self.heard)
        return self.again() if value is None else self.answered(value)

    def answered(self, value: str) -> Decision:
        """Go on behind the question."""
        rule, question, before = self.at.rule, self.at.question, self.state
        answers = {**before.answers, **({question.name: value} if question.into else {})}
        passed = Answered(rule.id, question.name, tuple(before.answers))
        trail = (*before.trail, passed)[-TRAIL:]
        kept: list[Done] = []
        if question.keep:
            kept.append(Doing(deed=SetField(name=question.name, value=value)))
        filling = self._filling(rule, answers)
        actions = (*question.ways.get(value, ()), *self.at.rest)
        ran = run(self.book, rule, actions, filling, MOST - 2)
        state = replace(before, answers=answers, trail=trail, tries=0)
        return self._ran(ran, filling, state, f"'{question.name}' is answered", kept)

    def back(self) -> Decision:
        """Ask what was asked before; where nothing was, the same again. Raises BadInput."""
        trail = self.state.trail
        while trail:
            before, trail = trail[-1], trail[:-1]
            at = _found(self.book, self.subject, before.rule, before.question)
            if at is None:  # gone meanwhile
                continue
            answers = {name: value for name, value in self.state.answers.items() if name in before.known}
            state = replace(self.state, answers=answers, trail=trail, tries=0)
            return self._put(at, state, f"back from '{self.at.question.name}'")
        return self._put(self.at, self.state, "back, and nothing was asked before")

    def again(self) -> Decision:
        """The answer was none. Raises BadInput."""
        rule, question = self.at.rule, self.at.question
        tries = self.state.tries + 1
        filling = self._filling(rule, self.state.answers)
        wrong = f"no answer to '{question.name}', {tries} of {question.tries}"
        if tries < question.tries:
            said = Saying(text=question.again(filling, self.heard))
            return self._waiting(self.at, replace(self.state, tries=tries), [said], wrong)
        if not question.otherwise:
            return self.ended(self.texts.failed, f"{wrong}; it ends")
        ran = run(self.book, rule, question.otherwise, filling, MOST - 2)
        decision = self._ran(ran, filling, replace(self.state, tries=0), f"{wrong}; `otherwise` is done", [])
        return replace(decision, step=self._step(decision.step.result if decision.step else wrong, left=True))

    def ended(self, said: str, result: str) -> Decision:
        """A polite end."""
        rule = self.at.rule
        return Decision(done=((rule, Saying(text=said)),), step=self._step(result, left=True))

    def _ran(self, ran: Ran, filling: Filling, state: State, result: str, before: list[Done]) -> Decision:
        """What was done, and what is awaited then. Raises BadInput."""
        expects: Expect | None = None
        if ran.asked:
            state = replace(state, rule=ran.asked.rule.id, question=ran.asked.question.name)
            expects = expectation(ran.asked, filling, state)
            result = f"{result}; asks '{state.question}'"
        done = tuple((self.at.rule, each) for each in (*before, *ran.done))
        return Decision(done=done, expects=expects, step=self._step(result))

    def _put(self, at: _At, state: State, result: str) -> Decision:
        """Put a question that was put before."""
        filling = self._filling(at.rule, state.answers)
        said = list(at.question.fill(filling))
        state = replace(state, rule=at.rule.id, question=at.question.name)
        return self._waiting(at, state, said, f"{result}; asks '{at.question.name}'")

    def _waiting(self, at: _At, state: State, done: list[Done], result: str) -> Decision:
        filling = self._filling(at.rule, state.answers)
        written = state.written()
        if written is None:
            raise BadInput("the answers so far are more than can be kept")
        expects = Expect(state=written, seconds=at.question.expires, farewell=at.question.goodbye(filling))
        return Decision(
            done=tuple((at.rule, each) for each in done), expects=expects, step=self._step(result)
        )

    def _filling(self, rule: Rule, answers: Mapping[str, str]) -> Filling:
        return filling_of(rule, self.subject, self.state.captures, answers)

    def _step(self, result: str, *, left: bool = False) -> Step:
        return Step(
            source=self.at.rule,
            place=str(self.at.question.place),
            result=result,
            left=self.at.name if left else "",
        )


def _found(book: Book, subject: Subject, rule_id: str, name: str) -> _At | None:
    """A question by its names, if its rule answers this tenant's customers."""
    rule = book.by_id.get(rule_id)
    if rule is None or (rule.tenants is not None and subject.message.tenant not in rule.tenants):
        return None
    return next((_At(rule, asked, rest) for asked, rest in questions(rule) if asked.name == name), None)


def _lost(book: Book, subject: Subject, state: State | None) -> Decision:
    """The polite end of a dialogue whose question is gone."""
    name, asked = (state.rule, state.question) if state else ("", "")
    rule = book.by_id.get(name)
    source: Rule | Lost = rule or Lost(id=name)
    locale = rule.locale if rule else _language(book, subject)
    result = f"'{asked}' was asked, and is not in the rules any more"
    return Decision(
        done=((source, Saying(text=texts_of(locale).lost)),),
        step=Step(source=source, place=str(rule.place) if rule else "", result=result, is_lost=True),
    )


def _language(book: Book, subject: Subject) -> str:
    """The language of the message, of those that rules ask about, or of the first rule."""
    return subject.language or (book.rules[0].locale if book.rules else "en")
