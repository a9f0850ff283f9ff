"""A question in a rule's list of actions: what is asked, what may be answered, and what is done then."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from chatgrow_bot.errors import BadInput
from chatgrow_bot.messages import TEXT_LIMIT
from chatgrow_bot.safety.templates import Template

from ..actions import Action, Done, Filling, Saying
from ..conditions.base import Place, Subject
from .texts import Texts, texts_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A customer's message, while it is looked at as an answer."""

    subject: Subject
    now: datetime  #: by the clock on the business's wall
    locale: str


class Answers(Protocol):
    """A kind of answer."""

    @property
    def listed(self) -> str:
        """What stands below the question; empty for nothing."""
        ...

    def named(self, heard: Heard) -> str | None:
        """The answer if the message can be nothing else, not even a wish to leave."""
        ...

    def read(self, heard: Heard) -> str | None:
        """The answer as it is kept, a text of one character at least; None if it is none. Never raises."""
        ...

    def again(self, texts: Texts, heard: Heard) -> str:
        """What is said to whoever did not answer."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """Ask the customer, and wait for his answer: nothing behind it is done before."""

    place: Place
    name: str  #: unlike any other in its rule; a dialogue goes on by it
    text: Template
    answers: Answers
    into: bool = True  #: whether the answer is kept under the name
    keep: bool = False  #: about the customer too
    ways: dict[str, tuple[Action, ...]] = field(default_factory=dict)  #: of a menu, what is done by answer
    wrong: Template | None = None  #: said to whoever did not answer; None: ours
    tries: int
    otherwise: tuple[Action, ...] = ()  #: done after so many wrong answers; none: a polite end
    expires: float  #: seconds
    farewell: Template | bool = True  #: said then; True: ours, False: nothing

    @property
    def templates(self) -> Sequence[Template]:
        """All that is filled in when it is asked, or asked again."""
        return [each for each in (self.text, self.wrong, self.farewell) if isinstance(each, Template)]

    def fill(self, filling: Filling) -> Sequence[Done]:
        """The question. Raises BadInput when it is empty, or longer than a message may be."""
        text = self.text.render(filling.values, locale=filling.locale)
        whole = f"{text}\n\n{self.answers.listed}" if self.answers.listed else text
        if not text.strip() or len(whole) > TEXT_LIMIT:
            raise BadInput("the question is empty for this message, or too long")
        return [Saying(text=whole, after=filling.after)]

    def again(self, filling: Filling, heard: Heard) -> str:
        """What is said to whoever did not answer. Raises BadInput."""
        if self.wrong:
            return self.wrong.render(filling.values, locale=filling.locale)
        return self.answers.again(texts_of(filling.locale), heard)

    def goodbye(self, filling: Filling) -> str:
        """What is said when nothing came in time. Raises BadInput."""
        if isinstance(self.farewell, Template):
            return self.farewell.render(filling.values, locale=filling.locale).strip()
        return texts_of(filling.locale).farewell if self.farewell else ""
