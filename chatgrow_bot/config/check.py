"""Data against a model: every fault at once, each at its own line. The check is the load, so what it lets
pass is what the bot runs with."""

from collections.abc import Collection
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from .faults import MISSING, Fault, faults
from .names import home_of, known_keys
from .report import Position, Problem, in_order
from .sentences import say
from .source import Document
from .walk import At

Model = TypeVar("Model", bound=BaseModel)


def check(
    model: type[Model], document: Document, at: At = (), without: Collection[str] = ()
) -> tuple[Model | None, list[Problem]]:
    """The object that stands at `at`, or None and all that is wrong there, the document's own problems
    included.

    `without` names keys of that group that are somebody else's to check. In the file only aliases are keys.
    Validators find the document's folder as `info.context["root"]`, and all of its data, the environment laid
    over it, as `info.context["file"]`.
    """
    own = [(path, problem) for path, problem in document.problems if path[: len(at)] == at]
    problems = [
        problem for path, problem in own if path[len(at) : len(at) + 1] not in [(key,) for key in without]
    ]
    if any(path == at for path, _ in own):
        return None, in_order(problems)
    data = document.value(at)
    data = {} if data is None else data  # a group whose lines are all commented out
    if isinstance(data, dict):
        data = {key: value for key, value in data.items() if key not in without}
    try:
        context = {"root": document.root, "file": document.data}
        checked = model.model_validate(data, context=context, by_alias=True, by_name=False)
    except ValidationError as error:
        reported = {problem.position for problem in problems}
        for fault in faults(data, error.errors(include_url=False)):
            position = _position(document, at, fault)
            if position in reported:  # None stands there only because the value could not be used
                continue
            known = [*known_keys(model, fault.at[:-1], data), *(without if len(fault.at) == 1 else ())]
            home = home_of(str(fault.at[-1]), model) if len(fault.at) == 1 else None
            secret = (*at, *fault.at) in document.secrets
            message, hint = say(fault, known, home, secret=secret)
            problems.append(Problem(position, _masked(message, document), hint))
        return None, in_order(problems)
    return (None if problems else checked), in_order(problems)


def _masked(message: str, document: Document) -> str:
    """The message without any secret that a validator may have put into its own words."""
    for at in document.secrets:
        if (secret := document.value(at)) and isinstance(secret, str):
            message = message.replace(secret, "***")
    return message


def _position(document: Document, at: At, fault: Fault) -> Position:
    place = (*at, *fault.at)
    if fault.of_key:
        return document.position(place)
    if fault.kind == MISSING:
        return document.position(place[:-1])
    return document.value_positions.get(place) or document.position(place)
