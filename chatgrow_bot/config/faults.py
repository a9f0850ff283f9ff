"""What pydantic found, brought back to the places a person wrote: its locations hold names of union members
besides keys, and of an either-or it reports every branch, where only one was meant."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic_core import ErrorDetails

from .walk import At, value_at

#: Members of either-ors passed on the way, each with how many steps into the data came before it.
Branches = tuple[tuple[int, str | int], ...]

#: Kinds of fault whose last step names a key rather than what stands under it.
MISSING, UNKNOWN = "missing", "extra_forbidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One error at a place in the data."""

    at: At
    kind: str  #: pydantic's name for it
    given: Any
    of_key: bool = False  #: it is the key that is wrong, not what stands under it
    context: Mapping[str, Any]
    message: str  #: pydantic's own sentence
    branches: Branches = ()
    also: tuple["Fault", ...] = ()  #: what the other branches wanted, when all refused the value itself


def faults(data: Any, errors: Iterable[ErrorDetails]) -> list[Fault]:
    """The errors of a validation of `data`, in its own terms."""
    return _meant([_fault(data, error) for error in errors])


def _fault(data: Any, error: ErrorDetails) -> Fault:
    missing = error["type"] == MISSING
    of_key = error["loc"][-1:] == ("[key]",)
    readings = list(_readings(data, error["loc"][:-1] if of_key else error["loc"], missing))
    fits = (
        each for each in readings if value_at(data, each[0][:-1] if missing else each[0]) == error["input"]
    )
    at, branches = next(fits, readings[0])
    kind, given, context = error["type"], error["input"], error.get("ctx", {})
    chooser = context.get("discriminator", "")
    if chooser.startswith("'"):  # a key tells the branches apart: point at it
        at = (*at, chooser.strip("'"))
        kind, given = (kind, value_at(data, at)) if "tag" in context else (MISSING, given)
    return Fault(
        at=at,
        kind=kind,
        given=given,
        of_key=of_key or kind == UNKNOWN,
        context=context,
        message=error["msg"],
        branches=branches,
    )


def _readings(data: Any, loc: At, missing: bool, depth: int = 0) -> Iterator[tuple[At, Branches]]:
    """Every way to read a location: each step is a step into the data, or the name of a branch."""
    if not loc:
        yield (), ()
        return
    step, rest = loc[0], loc[1:]
    is_key = step in data if isinstance(data, dict) else isinstance(data, list) and step in range(len(data))
    if is_key or (missing and not rest and isinstance(data, dict)):
        for at, branches in _readings(data[step] if is_key else None, rest, missing, depth + 1):
            yield (step, *at), branches
    for at, branches in _readings(data, rest, missing, depth):
        yield at, ((depth, step), *branches)


def _meant(found: list[Fault]) -> list[Fault]:
    """Of each either-or the branch that was meant: the one that took the value's shape, and of several such
    the one with the fewest faults. When none did, one fault that tells what all of them want."""
    result = [fault for fault in found if not fault.branches]
    forks: dict[At, dict[str | int, list[Fault]]] = {}
    for fault in found:
        if fault.branches:
            (depth, name), *deeper = fault.branches
            fork = forks.setdefault(fault.at[:depth], {})
            fork.setdefault(name, []).append(replace(fault, branches=tuple(deeper)))
    for place, fork in forks.items():
        branches: list[list[Fault]] = [_meant(branch) for branch in fork.values()]
        shaped = [branch for branch in branches if all(len(fault.at) > len(place) for fault in branch)]
        if shaped:
            meant = min(shaped, key=len)
            result += meant
        else:
            refusals = [fault for branch in branches for fault in branch if fault.at == place]
            result.append(replace(refusals[0], also=tuple(refusals[1:])))
    return result
