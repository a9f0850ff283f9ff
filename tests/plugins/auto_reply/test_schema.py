"""The schema of rule files takes what the loader takes, and tells of what a person gets wrong."""

import json
import sys
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from chatgrow_bot.config import survey

from .conftest import ROOT
from .playing import Block
from .test_manual import EACH, SETTING

loading = sys.modules["chatgrow_plugins.auto_reply.loading"]
schema = sys.modules["chatgrow_plugins.auto_reply.schema"]

FILE = ROOT / "config" / "rules.schema.json"
SCHEMA = json.loads(FILE.read_text("utf-8"))
VALIDATOR = jsonschema_rs.validator_for(SCHEMA)
OURS = [
    *sorted((ROOT / "config" / "rules").glob("*.yaml")),
    *sorted((ROOT / "plugins" / "auto_reply" / "gallery").glob("*.yaml")),
]
SHIPPED = [*OURS, *sorted((ROOT / "examples" / "rules").glob("*.yaml"))]

#: Each as a person may write it.
RIGHT = [
    "when: always, reply: Hi",
    "when: {text: 1}, reply: 2",
    "when: {text: [a, 1]}, reply: {text: 5, quoted: true}",
    "when: {text: {pattern: 12, exact: 5}}, then: {reply: Hi}",
    "when: {text: a}, limit: once per 1h, then: [{webhook: 'https://shop.example/a'}, {notify: order}]",
    "when: {text: a}, limit: {times: 3, per: 1d}, then: {wait: 3s}",
    "when: {sender: 972541112233, connection: 7, poll: 1, tag: 3, media: image}, reply: Hi",
    "when: {sender: ['+972541112233', 972541112234], language: he}, reply: Hi",
    "when: {field: {n: 3, m: [1, a], o: {isSet: true}}}, reply: Hi",
    "when: {text: a}, then: {set: {n: 5, m: null, o: '{{ name }}'}}",
    "when: {text: a}, then: {send: {to: 972541112233, text: 1}}",
    "when: {text: a}, reply: {contact: {name: 5, number: 972541112233}}",
    "when: {text: a}, reply: {media: 'https://shop.example/a.jpg'}",
    "when: {text: a}, reply: {poll: {question: 1, options: [1, 2]}}",
    "when: {text: a, sinceLast: {over: 90}}, reply: Hi, tests: [{say: 1, from: 972541112233}]",
    "when: {text: a}, reply: Hi, tests: [{say: 1, tags: vip, fields: {n: 1}, sinceLast: 40d}]",
]
HEADS = [
    "",
    "contacts: 972541112233\ngroups: all\n",
    "connections: 5\ntenants: one\nlanguage: he\n",
    "hours: {zone: , country: , open: {sun-thu: 9:00-18:00, fri: [9-12, 14-16], sat: closed}}\n",
    "hours: {open: {sun: 9-17}, holidays: [2026-12-31, {from: 2026-10-01, to: 2026-10-03}]}\n",
]
WRONG = [
    "when: {texts: a}, reply: Hi",
    "when: {text: a}, repply: Hi",
    "when: {text: {anny: a}}, reply: Hi",
    "when: {text: }, reply: Hi",
    "when: {media: picture}, reply: Hi",
    "when: {text: a}, then: [{tagg: x}]",
    "when: never, reply: Hi",
    "reply: Hi",
]


def test_it_is_fresh() -> None:
    hint = "run: chatgrow rules schema > config/rules.schema.json"
    assert FILE.read_text("utf-8") == schema.rules_schema(), hint


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_it_takes_what_comes_with_us(path: Path) -> None:
    assert faults(path) == []


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_editors_find_it_by_the_first_line(path: Path) -> None:
    assert path.read_text("utf-8").splitlines()[0] == "# yaml-language-server: $schema=../rules.schema.json"


@EACH
def test_it_takes_the_examples_of_the_manual(block: Block, tmp_path: Path) -> None:
    path = tmp_path / "example.yaml"
    path.write_text(block.text, "utf-8")
    assert faults(path) == []


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("rule", RIGHT)
def test_it_takes_what_the_loader_takes(rule: str, head: str, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(f"{head}rules: [{{id: a, {rule}}}]\n", "utf-8")
    assert loading.load_folder(tmp_path, SETTING).problems == ()
    assert faults(path) == []


@pytest.mark.parametrize("rule", WRONG)
def test_it_tells_what_is_wrong_as_the_loader_does(rule: str, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(f"rules: [{{id: a, {rule}}}]\n", "utf-8")
    assert loading.load_folder(tmp_path, SETTING).problems
    assert faults(path)


def test_every_key_tells_what_it_is() -> None:
    groups = [SCHEMA, *SCHEMA["$defs"].values()]
    keys = [(key, field) for group in groups for key, field in group.get("properties", {}).items()]
    assert len(keys) > 90
    assert [key for key, field in keys if not field.get("description")] == []


def faults(path: Path) -> list[str]:
    """What an editor would underline."""
    data: Any = survey(path).data
    return [f"{each.instance_path}: {each.message}" for each in VALIDATOR.iter_errors(data)]
