"""What a rule can ask of the words. Phrases are compared folded and as whole words; patterns see the plain
text. A message without words of its own fits none of these, whatever the pattern."""

from collections.abc import Sequence
from dataclasses import dataclass

from chatgrow_bot.safety.patterns import Pattern

from ..fuzzy import fuzzy
from ..index import Key, KeyKind
from .base import NOTHING_CAPTURED, Captures, Place, Subject, held

_SHOWN = 4  # phrases that a trace repeats
_LONG = 60  # characters of each


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Words to look for: as written in the rule, and folded."""

    written: str
    folded: str

    def __str__(self) -> str:
        return f"'{self.written}'" if len(self.written) <= _LONG else f"'{self.written[:_LONG]}…'"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyPhrase:
    """At least one of the phrases is in the text."""

    place: Place
    phrases: tuple[Phrase, ...]

    @property
    def unmet(self) -> str:
        """All that was looked for."""
        return f"none of {listed(self.phrases)} is in the text"

    @property
    def keys(self) -> frozenset[Key]:
        """Each phrase."""
        return _keys(KeyKind.PHRASE, self.phrases)

    def check(self, subject: Subject) -> Captures | None:
        """Whether a phrase is there, as whole words."""
        return held(any(p.folded in subject.folded for p in self.phrases))


@dataclass(frozen=True, slots=True, kw_only=True)
class AllPhrases:
    """Every phrase is in the text, in any order."""

    place: Place
    phrases: tuple[Phrase, ...]

    @property
    def unmet(self) -> str:
        """All that was looked for."""
        return f"not all of {listed(self.phrases)} are in the text"

    @property
    def keys(self) -> frozenset[Key]:
        """The longest phrase: it is seldom there by chance."""
        return _keys(KeyKind.PHRASE, [max(self.phrases, key=lambda phrase: len(phrase.folded))])

    def check(self, subject: Subject) -> Captures | None:
        """Whether all are there, as whole words."""
        return held(all(p.folded in subject.folded for p in self.phrases))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactPhrase:
    """The text is one of the phrases, and nothing else."""

    place: Place
    phrases: tuple[Phrase, ...]

    @property
    def unmet(self) -> str:
        """All that it was compared with."""
        return f"the text is not exactly {listed(self.phrases, 'or')}"

    @property
    def keys(self) -> frozenset[Key]:
        """Each phrase, as the whole text."""
        return _keys(KeyKind.EXACT, self.phrases)

    def check(self, subject: Subject) -> Captures | None:
        """Whether the whole text is one of them."""
        return held(any(p.folded == subject.folded for p in self.phrases))


@dataclass(frozen=True, slots=True, kw_only=True)
class StartPhrase:
    """The text begins with one of the phrases."""

    place: Place
    phrases: tuple[Phrase, ...]

    @property
    def unmet(self) -> str:
        """All that it might have begun with."""
        return f"the text does not start with {listed(self.phrases, 'or')}"

    @property
    def keys(self) -> frozenset[Key]:
        """Each phrase, as the beginning."""
        return _keys(KeyKind.START, self.phrases)

    def check(self, subject: Subject) -> Captures | None:
        """Whether one of them is the beginning, in whole words."""
        return held(any(subject.folded.startswith(p.folded) for p in self.phrases))


@dataclass(frozen=True, slots=True, kw_only=True)
class FuzzyPhrase:
    """At least one of the phrases is in the text, give or take a slip of the finger."""

    place: Place
    phrases: tuple[Phrase, ...]

    @property
    def unmet(self) -> str:
        """All that was looked for."""
        return f"nothing like {listed(self.phrases, 'or')} is in the text"

    @property
    def keys(self) -> frozenset[Key]:
        """Each phrase, misspelt or not."""
        return _keys(KeyKind.FUZZY, self.phrases)

    def check(self, subject: Subject) -> Captures | None:
        """Whether one of them is there, or nearly."""
        return held(fuzzy([phrase.folded for phrase in self.phrases], subject.folded) is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyPattern:
    """At least one of the patterns finds something; its named groups go into the reply."""

    place: Place
    patterns: tuple[Pattern, ...]
    unmet: str = "the pattern finds nothing in the text"

    @property
    def keys(self) -> frozenset[Key]:
        """Each pattern."""
        return frozenset(Key(KeyKind.PATTERN, pattern.text) for pattern in self.patterns)

    def check(self, subject: Subject) -> Captures | None:
        """The named groups of the first pattern that finds something."""
        if not subject.plain.strip():
            return None
        for pattern in self.patterns:
            if found := pattern.search(subject.plain):
                return {name: value or "" for name, value in found.named.items()}
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageIs:
    """The text is in one of these languages; `lenient` lets pass what has no words to tell by."""

    place: Place
    languages: tuple[str, ...]
    lenient: bool = False
    keys: None = None

    @property
    def unmet(self) -> str:
        """The languages asked for."""
        return f"the text is not in {' or '.join(self.languages)}"

    def check(self, subject: Subject) -> Captures | None:
        """Whether it is in one of them."""
        if self.lenient and not any(map(str.isalpha, subject.plain)):
            return NOTHING_CAPTURED
        return held(subject.language in self.languages)


def _keys(kind: KeyKind, phrases: Sequence[Phrase]) -> frozenset[Key]:
    return frozenset(Key(kind, phrase.folded) for phrase in phrases)


def listed(phrases: Sequence[Phrase], word: str = "and") -> str:
    """The first few; who wants all of them has the place."""
    shown, more = phrases[:_SHOWN], len(phrases) - _SHOWN
    *most, last = [*map(str, shown), *([f"{more} more"] if more > 0 else [])]
    return f"{', '.join(most)} {word} {last}" if most else last
