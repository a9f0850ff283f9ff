"""Which of many rules a message can be for, told in one pass of its text, so that a thousand rules cost
little more than ten. The rules it names are asked as if there were no index; the others need not be."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import ahocorasick

from chatgrow_bot.safety.patterns import PatternSet

from .fuzzy import Misspelt

#: After so many finds (a rule repeats one word a hundred times, and so does the message) phrases are looked
#: for one by one, whose time does not grow with how often each is there.
_ENOUGH = 20_000
#: Characters times steps of patterns that take some ten milliseconds at worst.
_QUICK = 2_000_000

#: The numbers of rules that have a key.
_Rules = list[int]


class KeyKind(StrEnum):
    """Where a key must be for its rule to hold."""

    PHRASE = "phrase"  #: anywhere, as whole words
    EXACT = "exact"  #: the text is that and nothing else
    START = "start"  #: the text begins with it
    PATTERN = "pattern"  #: the pattern finds something
    FUZZY = "fuzzy"  #: anywhere, give or take typing errors


@dataclass(frozen=True, slots=True)
class Key:
    """Something that must be in a text."""

    kind: KeyKind
    text: str  #: folded words with their outer spaces; of a pattern, its source


class Index:
    """The keys of all rules, made ready to be looked for together.

    For each rule: keys of which at least one must be there for it to hold; None where that cannot be told.
    `steps` are those of all patterns that the rules may search for, whether they are keys or not.
    """

    def __init__(self, keys: Sequence[frozenset[Key] | None], *, steps: int = 0) -> None:
        self._always = [rule for rule, its in enumerate(keys) if its is None]
        asking: dict[KeyKind, dict[str, _Rules]] = {kind: {} for kind in KeyKind}
        for rule, its in enumerate(keys):
            for key in its or ():
                asking[key.kind].setdefault(key.text, []).append(rule)
        self._exact = asking[KeyKind.EXACT]
        self._starts: dict[str, list[tuple[str, _Rules]]] = {}
        for start, rules in asking[KeyKind.START].items():
            self._starts.setdefault(_first_word(start), []).append((start, rules))
        self._phrases = asking[KeyKind.PHRASE]
        self._anywhere = _automaton(self._phrases)
        self._patterns = PatternSet(list(asking[KeyKind.PATTERN]), ignore_case=True)
        self._steps = max(steps, self._patterns.steps)
        self._by_pattern = list(asking[KeyKind.PATTERN].values())
        self._fuzzy = asking[KeyKind.FUZZY]
        self._misspelt = Misspelt(self._fuzzy)

    def candidates(self, plain: str, folded: str) -> list[int]:
        """The numbers of the rules that may hold, in order: those of which a key is there, and those of
        which it cannot be told. `plain` and `folded` as folding.py makes them of one text."""
        found: set[int] = set()
        if rules := self._exact.get(folded):
            found.update(rules)
        if self._starts:
            for start, rules in self._starts.get(_first_word(folded), ()):
                if folded.startswith(start):
                    found.update(rules)
        if self._anywhere:
            self._find_phrases(self._anywhere, folded, found)
        for pattern in self._patterns.found(plain):
            found.update(self._by_pattern[pattern])
        for phrase in self._misspelt.found(folded):
            found.update(self._fuzzy[phrase])
        return sorted(found.union(self._always)) if found else self._always.copy()

    def is_quick(self, length: int) -> bool:
        """Whether all rules are asked about a text of so many characters in milliseconds, however evil their
        patterns: what takes longer belongs into a thread."""
        return length * self._steps <= _QUICK

    def _find_phrases(self, anywhere: "_Finder", folded: str, found: set[int]) -> None:
        for count, (_, rules) in enumerate(anywhere(folded)):
            found.update(rules)
            if count > _ENOUGH:
                break
        else:
            return
        for phrase, rules in self._phrases.items():
            if phrase in folded:
                found.update(rules)


#: Every place in a text where a phrase ends, with the rules it is a key of.
_Finder = Callable[[str], Iterator[tuple[int, _Rules]]]


def _automaton(phrases: Mapping[str, _Rules]) -> _Finder | None:
    if not phrases:
        return None
    automaton = ahocorasick.Automaton()
    for phrase, rules in phrases.items():
        automaton.add_word(phrase, rules)
    automaton.make_automaton()
    finder: _Finder = automaton.iter
    return finder


def _first_word(folded: str) -> str:
    return folded[: folded.find(" ", 1)]
