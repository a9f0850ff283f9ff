"""Conditions made of conditions."""

from dataclasses import dataclass

from ..index import Key
from .base import NOTHING_CAPTURED, Captures, Condition, Place, Subject

_SHOWN = 3  # parts that a trace repeats
_LONG = 400  # characters of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    """All parts hold."""

    place: Place
    parts: tuple[Condition, ...]

    @property
    def unmet(self) -> str:
        """What one of them would say."""
        return f"not all of it holds ({_some(self.parts)})"

    @property
    def keys(self) -> frozenset[Key] | None:
        """Those of the first part that has any."""
        return next((keys for keys in (part.keys for part in self.parts) if keys is not None), None)

    def check(self, subject: Subject) -> Captures | None:
        """All that they captured."""
        captures: dict[str, str] = {}
        for part in self.parts:
            found = part.check(subject)
            if found is None:
                return None
            captures.update(found)
        return captures


@dataclass(frozen=True, slots=True, kw_only=True)
class Either:
    """At least one of the parts holds."""

    place: Place
    parts: tuple[Condition, ...]

    @property
    def unmet(self) -> str:
        """What each of them says."""
        return f"none of these holds: {_some(self.parts)}"

    @property
    def keys(self) -> frozenset[Key] | None:
        """Those of all parts, if each has some."""
        found = [part.keys for part in self.parts]
        return None if any(keys is None for keys in found) else frozenset().union(*(k or () for k in found))

    def check(self, subject: Subject) -> Captures | None:
        """What the first that holds captured."""
        for part in self.parts:
            if (found := part.check(subject)) is not None:
                return found
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The part does not hold."""

    place: Place
    part: Condition
    keys: None = None
    unmet: str = "what `not` excludes is so"

    def check(self, subject: Subject) -> Captures | None:
        """Nothing is captured by what is not there."""
        return NOTHING_CAPTURED if self.part.check(subject) is None else None


def _some(parts: tuple[Condition, ...]) -> str:
    more = len(parts) - _SHOWN
    said = "; ".join([*(part.unmet for part in parts[:_SHOWN]), *([f"{more} more"] if more > 0 else [])])
    return said if len(said) <= _LONG else f"{said[:_LONG]}…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Never:
    """Nothing: other rules lead here."""

    place: Place
    unmet: str = "only other rules lead here, by `goto`"
    keys: frozenset[Key] = frozenset()

    def check(self, subject: Subject) -> Captures | None:
        """That it does not hold."""
        return None
