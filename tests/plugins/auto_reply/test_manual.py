"""The manual's chapter on rules is true: its tables are fresh, its examples right, its tour goes as told."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from chatgrow_bot.config import check, survey
from chatgrow_bot.safety.filters import FILTERS
from chatgrow_bot.safety.templates import Template

from .conftest import NOON
from .playing import MANUAL, Block, blocks, chapter, played

loading = sys.modules["chatgrow_plugins.auto_reply.loading"]
rehearsal = sys.modules["chatgrow_plugins.auto_reply.rehearsal"]
parts = sys.modules["chatgrow_plugins.auto_reply.parts"]
examination = sys.modules["chatgrow_plugins.auto_reply.examination"]
filling = sys.modules["chatgrow_plugins.auto_reply.filling"]
schema = sys.modules["chatgrow_plugins.auto_reply.schema"]
language = sys.modules["chatgrow_plugins.auto_reply.language.file"]

TEXT = MANUAL.read_text("utf-8")
BLOCKS = list(blocks(chapter(TEXT)))
#: Whole files, each alone.
EXAMPLES = [
    block for block in BLOCKS if block.kind == "yaml" and not block.marker.startswith(("more:", "alone:"))
]
EACH = pytest.mark.parametrize("block", EXAMPLES, ids=lambda block: block.lines[-1].strip()[:30])


class Brought:
    """A condition or an action of another plugin, to which anything may be written."""

    def check(self, value: Any) -> Any:
        """As it is."""
        return value


SETTING = loading.Setting(parts=parts.Parts(conditions={"guest": Brought()}, actions={"ticket": Brought()}))


def written(block: Block, folder: Path) -> Path:
    """The block as a file among the rules of a project, with the file that it may send."""
    (folder / "media").mkdir(parents=True)
    (folder / "media" / "menu.pdf").write_bytes(b"%PDF-")
    path = folder / "config" / "rules" / "example.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(block.text, "utf-8")
    return path


def test_the_tables_of_keys_are_fresh() -> None:
    assert schema.manual(TEXT) == TEXT, "run: chatgrow rules schema --manual config/README.md"


def test_a_manual_without_a_table_is_an_error() -> None:
    with pytest.raises(ValueError, match="needs the lines <!-- keys of tests: made by"):
        schema.manual(TEXT.replace("<!-- end of keys of tests -->", ""))


@EACH
def test_an_example_is_right_and_does_what_its_tests_say(block: Block, tmp_path: Path) -> None:
    book = loading.load_folder(written(block, tmp_path).parent, SETTING)
    assert book.problems == ()
    done = rehearsal.rehearse(book, NOON)
    assert [f"{each.example.shown}: {each.failure}" for each in done if each.failure] == []
    if "tests:" in block.text:  # then each rule is tried
        led_to = {rule.id for rule in book.rules if examination.is_led_to(rule)}
        assert [rule.id for rule in book.rules if not rule.examples and rule.id not in led_to] == []


def test_every_key_stands_in_an_example(tmp_path: Path) -> None:
    used: set[tuple[str, str]] = set()
    for number, block in enumerate(EXAMPLES):
        document = survey(written(block, tmp_path / str(number)))
        entry, problems = check(language.RuleFile, document)
        assert problems == []
        used |= set(_keys(entry))
    models = _models(schema.TABLES["keys of a file"])
    known = {(model.__name__, name) for model in models for name in _own(model)}
    assert len(known) > 80
    assert sorted(known - used) == []


def test_every_field_and_filter_stands_in_an_example_and_in_its_table(tmp_path: Path) -> None:
    templates: list[Template] = []
    for number, block in enumerate(EXAMPLES):
        book = loading.load_folder(written(block, tmp_path / str(number)).parent, SETTING)
        actions = [action for rule in book.rules for action in (*rule.actions, *rule.otherwise)]
        templates += [template for action in actions for template in action.templates]
    filled = {name for template in templates for name in template.fields}
    shown = " ".join(sorted(filled))
    assert [name for name in filling.FIELDS if name.removesuffix("*") not in shown] == []
    text = " ".join(template.text for template in templates)
    assert [name for name in FILTERS if f"| {name}" not in text] == []
    tables = TEXT[TEXT.index("| field | what it is |") :].partition("```")[0]
    names = [*(name.removesuffix("*") for name in filling.FIELDS), *FILTERS]
    assert [name for name in names if f"`{name}" not in tables] == []


def test_the_tour_goes_as_it_is_told(tmp_path: Path) -> None:
    assert played(TEXT, tmp_path) == TEXT, "run: python -m tests.plugins.auto_reply.playing"


def test_another_outcome_of_the_tour_is_seen(tmp_path: Path) -> None:
    marker, rule = "<!-- file: config/rules/a.yaml -->", "rules:\n  - {id: a, when: {text: a}, reply: A}"
    shown = "```console\n$ chatgrow rules test\nfine\n```"
    tour = f"\n# Rules\n{marker}\n```yaml\n{rule}\n```\n{shown}\n\n# Settings\n"
    assert played(tour, tmp_path) == tour.replace("fine", "0 passed, 0 failed")


def test_the_tour_ends_with_tests_that_pass() -> None:
    console = "\n".join(block.text for block in BLOCKS if block.kind == "console")
    assert console.count(", 0 failed") == 3
    assert " passed, 0 failed" in console
    assert "did you mean 'reply'?" in console
    assert "Error" not in console


def _keys(value: Any) -> Iterator[tuple[str, str]]:
    """The keys that were written, with the groups that they belong to."""
    match value:
        case BaseModel():
            for name in value.model_fields_set:
                homes = [each for each in type(value).__mro__ if name in getattr(each, "model_fields", ())]
                yield homes[-1].__name__, name  # the group that it was made for
                yield from _keys(getattr(value, name))
        case Mapping():
            for each in value.values():
                yield from _keys(each)
        case list() | tuple():
            for each in value:
                yield from _keys(each)
        case _ if is_dataclass(value):
            for each in fields(value):
                yield from _keys(getattr(value, each.name, None))


def _models(model: type[BaseModel], seen: tuple[type[BaseModel], ...] = ()) -> list[type[BaseModel]]:
    """A group, and all groups below it."""
    found = [*seen, model]
    for field in model.model_fields.values():
        for each in schema.groups_in(field.annotation):
            if each not in found:
                found = _models(each, tuple(found))
    return found


def _own(model: type[BaseModel]) -> list[str]:
    """Its keys, without those that it has from another group."""
    base = model.__mro__[1]
    return [name for name in model.model_fields if name not in getattr(base, "model_fields", ())]
