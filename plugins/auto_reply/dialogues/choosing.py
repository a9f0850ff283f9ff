"""One of several options: by its number, by its words, or by words that are nearly those."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..conditions.text import Phrase
from ..fuzzy import fuzzy
from .asking import Heard
from .texts import Texts

#: Words that may stand around a number: "number 2 please".
_AROUND = 3
#: Letters of a part of an option's words that chooses it: "evening" for "In the evening".
_PART = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """Something that may be chosen."""

    say: str  #: as it is shown, and kept
    phrases: tuple[Phrase, ...]  #: by which it is known, those that are shown first


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf:
    """The options of a menu or a choice, numbered from 1."""

    options: tuple[Option, ...]

    @property
    def listed(self) -> str:
        """A line for each."""
        return "\n".join(f"{number}. {each.say}" for number, each in enumerate(self.options, 1))

    def named(self, heard: Heard) -> str | None:
        """The option whose number or words the message is, and nothing else."""
        said = heard.subject.folded
        for number, option in enumerate(self.options, 1):
            if said == f" {number} " or any(said == each.folded for each in option.phrases):
                return option.say
        return None

    def read(self, heard: Heard) -> str | None:
        """The one option that the message speaks of."""
        said = heard.subject.folded
        return (
            self.named(heard)
            or self._only([(p, o) for o in self.options for p in o.phrases if p.folded in said])
            or self._only([(p, o) for o in self.options for p in o.phrases if fuzzy([p.folded], said)])
            or self._numbered(said)
            or (self._part(said) if len(said.strip()) >= _PART else None)
        )

    def again(self, texts: Texts, heard: Heard) -> str:
        """How one chooses."""
        return texts.choose.format(high=len(self.options))

    def _only(self, found: Sequence[tuple[Phrase, Option]]) -> str | None:
        """The option of what was found, if it is one: cheese cake is no cake."""
        longest = {
            option.say
            for phrase, option in found
            if not any(phrase.folded != other.folded and phrase.folded in other.folded for other, _ in found)
        }
        return longest.pop() if len(longest) == 1 else None

    def _part(self, said: str) -> str | None:
        """The one option whose words hold all of the message."""
        found = {each.say for each in self.options if any(said in phrase.folded for phrase in each.phrases)}
        return found.pop() if len(found) == 1 else None

    def _numbered(self, said: str) -> str | None:
        words = said.split()
        numbers = [word for word in words if word.isdecimal()]
        if len(numbers) != 1 or len(words) > _AROUND or len(numbers[0]) > _AROUND:
            return None
        number = int(numbers[0])
        return self.options[number - 1].say if 1 <= number <= len(self.options) else None
