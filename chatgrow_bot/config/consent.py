"""The words by which people ask to be left alone, and what they are told."""

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    Strict,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from ..consent import Vocabulary, Wording
from .values import Section

_LANGUAGE = r"[a-z]{2,3}"
_TEXT = {"type": "string", "minLength": 1, "maxLength": 1000}
_WORD = {"type": "string", "minLength": 1, "maxLength": 60}
_WORDS = {"type": "array", "items": _WORD}


def _by_language(value: Any) -> Any:
    return {"": value} if isinstance(value, list | tuple) else value


def _texts(value: Any) -> Any:
    if isinstance(value, bool):
        return {} if value else None
    if isinstance(value, dict):
        return value
    raise ValueError("write true, false, or texts by language, as {he: ...}")


def _mapped(language: str, values: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "propertyNames": {"pattern": f"^{language}$"}, "additionalProperties": values}


_Word = Annotated[str, Strict(), StringConstraints(min_length=1, max_length=60)]
_Language = Annotated[str, Strict(), StringConstraints(pattern=f"^{_LANGUAGE}$")]
_AnyLanguage = Annotated[str, Strict(), StringConstraints(pattern=f"^({_LANGUAGE})?$")]
_Text = Annotated[str, Strict(), StringConstraints(min_length=1, max_length=1000)]
#: Words by language; those of every language under ''. In the file a plain list is of every language.
_Words = Annotated[
    dict[_AnyLanguage, tuple[_Word, ...]],
    BeforeValidator(_by_language),
    PlainSerializer(lambda words: words or [], when_used="json"),
    WithJsonSchema({"anyOf": [_WORDS, _mapped(_LANGUAGE, _WORDS)]}),
]
#: Texts by language, which go over ours; None, in the file `false`, says nothing.
_Texts = Annotated[
    dict[_Language, _Text] | None,
    BeforeValidator(_texts),
    PlainSerializer(lambda texts: texts or texts is not None, when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, _mapped(_LANGUAGE, _TEXT)]}),
]


def _are_words(words: dict[str, tuple[str, ...]], out: bool) -> dict[str, tuple[str, ...]]:
    Vocabulary(stop=words) if out else Vocabulary(start=words)
    return words


class Consent(Section):
    """STOP and START: a message that says nothing but such a word ends, or begins again, whatever goes to its
    writer."""

    stop: Annotated[_Words, AfterValidator(lambda words: _are_words(words, True))] = Field(
        default={},
        description="More words that stop, besides ours in ten languages: a list, or `{pl: [koniec]}`.",
    )
    start: Annotated[_Words, AfterValidator(lambda words: _are_words(words, False))] = Field(
        default={}, description="More words that start again, written likewise."
    )
    language: _Language = Field(
        default="en", description="Language of the answer where the word does not tell: STOP is said in all."
    )
    confirmation: _Texts = Field(
        default={},
        description="The one message that still follows a STOP: texts by language, in place of ours; `false` "
        "sends none.",
    )
    welcome: _Texts = Field(default={}, description="The same for a START that follows a STOP.")

    @model_validator(mode="after")
    def _fits_together(self) -> "Consent":
        wording = self.wording()
        for key, texts in (("confirmation", self.confirmation), ("welcome", self.welcome)):
            for language, text in (texts or {}).items():
                if wording.vocabulary.heard(text):
                    raise ValueError(f"{key}: the text in '{language}' is itself a word that stops or starts")
        if not wording.speaks(self.language):
            raise ValueError(
                f"there are no words of ours in '{self.language}': write its text under confirmation, and "
                "under welcome, or have them false"
            )
        return self

    def wording(self) -> Wording:
        """What is understood, and what is answered."""
        return Wording(
            vocabulary=Vocabulary(self.stop, self.start),
            language=self.language,
            confirmation=self.confirmation,
            welcome=self.welcome,
        )
