"""What people are told once they have said STOP or START."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .languages import LANGUAGES
from .vocabulary import Said, Vocabulary

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What is understood, and what is answered."""

    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    language: str = "en"  #: where the word does not tell it
    confirmation: Texts | None = field(default_factory=dict)  #: in place of ours; None: none is sent
    welcome: Texts | None = field(default_factory=dict)

    def answer(self, said: Said) -> str:
        """What whoever said so is told, in the language in which he did; empty for nothing."""
        own = self.confirmation if said.out else self.welcome
        if own is None:
            return ""
        names = [self.language] if self.language in said.languages else sorted(said.languages)
        texts = {**_ours(said.out), **own}
        return next((texts[name] for name in (*names, self.language) if name in texts), texts["en"])

    def speaks(self, language: str) -> bool:
        """Whether it has all that it may have to say in a language."""
        told = ((True, self.confirmation), (False, self.welcome))
        return all(own is None or language in {**_ours(out), **own} for out, own in told)


def _ours(out: bool) -> Texts:
    return {name: each.confirmation if out else each.welcome for name, each in LANGUAGES.items()}
