"""The keys a model knows at a place, for telling what a misspelt one may have meant."""

from collections.abc import Iterable, Iterator, Mapping
from inspect import isclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from rapidfuzz import fuzz, process

from .walk import At, value_at

_LIKE_ENOUGH = 65  #: of 100, by edit distance: `tem` and `team` are 86, `cat` and `team` 29


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    match = process.extractOne(
        word, list(known), scorer=fuzz.ratio, processor=_bare, score_cutoff=_LIKE_ENOUGH
    )
    return match[0] if match else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about a word that nobody knows: the word that was probably meant, or nothing."""
    near = nearest(word, known)
    return f", did you mean '{near}'?" if near else ""


def _bare(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "")


def known_keys(model: type[BaseModel], at: At, data: Any) -> list[str]:
    """The keys that may stand in the group at `at`; of several possible groups, those the data already
    chose."""
    models = list(_models(model, at))
    group = value_at(data, at)
    fitting = [each for each in models if isinstance(group, Mapping) and _chosen(each, group)]
    return list(dict.fromkeys(key for each in fitting or models for key, _ in _fields(each)))


def home_of(key: str, model: type[BaseModel]) -> str | None:
    """The section of `model` that such a key belongs to, when it is one level too far out."""
    sections = (
        (section, each) for section, field in _fields(model) for each in _models(field.annotation, ())
    )
    return next((section for section, each in sections if key in dict(_fields(each))), None)


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    return ((field.alias or name, field) for name, field in model.model_fields.items())


def _chosen(model: type[BaseModel], group: Mapping[str, Any]) -> bool:
    """Whether the fixed words by which models are told apart agree."""
    fixed = ((key, field) for key, field in _fields(model) if get_origin(field.annotation) is Literal)
    return all(group[key] in get_args(field.annotation) for key, field in fixed if key in group)


def _models(kind: Any, at: At) -> Iterator[type[BaseModel]]:
    """The models that may stand at a place below something of this type."""
    if isclass(kind) and get_origin(kind) is None:
        if issubclass(kind, BaseModel):
            below = (field.annotation for key, field in _fields(kind) if at and key == at[0])
            yield from (each for part in below for each in _models(part, at[1:])) if at else (kind,)
        return
    origin = get_origin(kind)
    holds_many = isclass(origin) and issubclass(origin, (list, tuple, set, frozenset, Mapping))
    if not holds_many or at:
        for part in get_args(kind):
            yield from _models(part, at[1:] if holds_many else at)
