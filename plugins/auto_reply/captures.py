"""What the patterns of a rule find, by name: what is there whenever it holds, and what may be missing."""

from collections.abc import Iterable
from dataclasses import dataclass

from .language.when import WhenEntry


@dataclass(frozen=True, slots=True)
class Found:
    """Names of what patterns find."""

    all: frozenset[str] = frozenset()
    sure: frozenset[str] = frozenset()  #: whichever way the rule holds


def found_by(when: WhenEntry) -> Found:
    """What a group of conditions finds. Of several patterns, and of the parts of `or`, one is enough."""
    together = []
    if when.text and when.text.pattern:
        together.append(_one_of(Found(names, names) for names in map(_names, when.text.pattern)))
    together += [found_by(each) for each in when.and_ or ()]
    if when.or_:
        together.append(_one_of(found_by(each) for each in when.or_))
    return Found(_union(each.all for each in together), _union(each.sure for each in together))


def _names(pattern: object) -> frozenset[str]:
    names: tuple[str, ...] = getattr(pattern, "names", ())
    return frozenset(names)


def _one_of(parts: Iterable[Found]) -> Found:
    parts = list(parts)
    return Found(_union(each.all for each in parts), frozenset.intersection(*(each.sure for each in parts)))


def _union(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*sets)
