"""Where a dialogue is: what the core keeps of it between two messages. It names rules and questions, and no
places in files, so that it goes on when these are changed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: Questions that one can go back through.
TRAIL = 20
#: Characters of what a rule's pattern found that are kept.
_FOUND = 500
#: Characters of a state as JSON, at most: the core keeps 16,000.
_LONGEST = 15_000


@dataclass(frozen=True, slots=True)
class Answered:
    """A question that was answered, and what was known before."""

    rule: str
    question: str
    known: tuple[str, ...] = ()  #: names of the answers


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A question that is open."""

    rule: str
    question: str
    answers: Mapping[str, str] = field(default_factory=dict)
    captures: Mapping[str, str] = field(default_factory=dict)  #: what the patterns of the first rule found
    trail: tuple[Answered, ...] = ()
    tries: int = 0  #: wrong answers so far

    def written(self) -> dict[str, Any] | None:
        """As JSON; None when it is more than can be kept."""
        captures = {name: value[:_FOUND] for name, value in self.captures.items()}
        trail = [[each.rule, each.question, list(each.known)] for each in self.trail[-TRAIL:]]
        while True:
            state: dict[str, Any] = {"rule": self.rule, "question": self.question}
            more = {"answers": dict(self.answers), "captures": captures, "trail": trail, "tries": self.tries}
            state |= {name: value for name, value in more.items() if value}
            if len(json.dumps(state, ensure_ascii=False)) <= _LONGEST:
                return state
            if not trail:
                return None
            trail = trail[1:]

    @classmethod
    def read(cls, state: Mapping[str, Any]) -> "State | None":
        """From JSON; None for what is none of ours."""
        try:
            return cls(
                rule=str(state["rule"]),
                question=str(state["question"]),
                answers=_texts(state.get("answers", {})),
                captures=_texts(state.get("captures", {})),
                trail=tuple(
                    Answered(str(rule), str(question), tuple(map(str, known)))
                    for rule, question, known in state.get("trail", ())
                ),
                tries=int(state.get("tries", 0)),
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            return None


def _texts(mapping: Mapping[str, Any]) -> Mapping[str, str]:
    return {str(name): str(value) for name, value in mapping.items()}
