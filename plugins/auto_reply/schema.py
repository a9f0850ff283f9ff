"""The schema by which editors complete and check rule files, and the manual's tables of keys, out of the
models that check them, so that neither can tell anything else than the check does."""

import json
from collections.abc import Iterator, Mapping
from inspect import isclass
from typing import Any, get_args

from pydantic import BaseModel

from chatgrow_bot.config.schema import between, schema_of

from .language.file import ExampleEntry, LineEntry, RuleEntry, RuleFile
from .language.saying import SayEntry
from .language.then import AskEntry, MenuEntry, QuestionEntry, ThenEntry
from .language.values import Entry
from .language.when import WhenEntry

#: Groups whose keys others have too: these stand in one table.
_SHARED = (SayEntry, QuestionEntry)
_MAKER = "chatgrow rules schema --manual config/README.md"
#: The manual's tables, by the names of their markers; groups that have none stand in that of their key.
TABLES: Mapping[str, type[BaseModel]] = {
    "keys of a file": RuleFile,
    "keys of a rule": RuleEntry,
    "keys of when": WhenEntry,
    "keys of then": ThenEntry,
    "keys of reply": SayEntry,
    "keys of menu and ask": QuestionEntry,
    "keys of menu": MenuEntry,
    "keys of ask": AskEntry,
    "keys of tests": ExampleEntry,
    "keys of talk": LineEntry,
}


def rules_schema() -> str:
    """The JSON schema of a rule file."""
    schema = json.loads(schema_of(RuleFile))
    for name, group in [(RuleFile.__name__, schema), *schema["$defs"].items()]:
        for key, field in group.get("properties", {}).items():
            if field.get("default", "") is None:  # or editors would write it behind the key
                del field["default"]
            if name in _ENTRIES and "anyOf" in field and key != "rules":
                group["properties"][key] = _without_null(field)
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def manual(text: str) -> str:
    """The manual with its tables of keys made anew. Raises ValueError when a table's marker is not there."""
    for name, model in TABLES.items():
        rows = ["| key | what it is |", "|---|---|", *_rows(model, "")]
        text = between(text, name, "\n".join(rows), _MAKER)
    return text


def groups_in(kind: Any) -> Iterator[type[BaseModel]]:
    """The groups of keys that a type speaks of."""
    if isclass(kind) and issubclass(kind, BaseModel):
        yield kind
    for part in get_args(kind):
        yield from groups_in(part)


def _rows(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if any(
            issubclass(model, each) and model is not each and name in each.model_fields for each in _SHARED
        ):
            continue
        key = f"{prefix}{field.alias or name}"
        yield f"| `{key}` | {field.description} |"
        for group in groups_in(field.annotation):
            if group not in TABLES.values():
                yield from _rows(group, f"{key}.")


def _without_null(field: dict[str, Any]) -> dict[str, Any]:
    kinds = [kind for kind in field.pop("anyOf") if kind != {"type": "null"}]
    return field | ({"anyOf": kinds} if len(kinds) > 1 else kinds[0])


def _entries(kind: type[Entry]) -> Iterator[str]:
    for each in kind.__subclasses__():
        yield from (each.__name__, *_entries(each))


#: Groups whose keys must have something behind them.
_ENTRIES = frozenset(_entries(Entry))
