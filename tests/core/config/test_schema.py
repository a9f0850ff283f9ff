"""What is made out of the models is fresh, and the package keeps its promises."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from chatgrow_bot.config.environment import VARIABLES
from chatgrow_bot.config.models import Settings
from chatgrow_bot.config.schema import generated, main, schema_of

ROOT = Path(__file__).parents[3]


def test_schema_and_manual_are_fresh() -> None:
    for path, content in generated(ROOT / "config").items():
        assert path.read_text(encoding="utf-8") == content, "run: python -m chatgrow_bot.config.schema"


def test_making_them_writes_both(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(
        (ROOT / "config" / "README.md").read_text().replace("| `sessions` |", "| |", 1)
    )

    main(tmp_path)

    for name in ("README.md", "schema.json"):
        assert (tmp_path / name).read_bytes() == (ROOT / "config" / name).read_bytes()


def test_a_manual_without_markers_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Settings\n")

    with pytest.raises(ValueError, match=r"README\.md needs the lines"):
        generated(tmp_path)


def test_every_key_is_described_for_editors_and_people() -> None:
    definitions: dict[str, Any] = json.loads(schema_of(Settings))
    groups = [definitions, *definitions["$defs"].values()]
    keys = [(key, field) for group in groups for key, field in group.get("properties", {}).items()]

    assert len(keys) > 60
    assert [key for key, field in keys if not field.get("description")] == []
    assert [key for key, _ in keys if not re.fullmatch("[a-z][A-Za-z]*", key)] == []


def test_the_schema_lets_every_key_be_left_out() -> None:
    definitions = json.loads(schema_of(Settings))

    required = [name for name, group in definitions["$defs"].items() if "required" in group]
    assert required == ["AgentEntry", "HoursEntry"], "in a group that is there: a name, the hours"
    assert definitions["additionalProperties"] is False


def test_the_example_environment_names_every_variable() -> None:
    example = (ROOT / ".env.example").read_text()

    assert [name for name in VARIABLES if name not in example] == []


def test_no_file_of_the_package_names_a_brand() -> None:
    brands = (
        "slack|telegram|hubspot|salesforce|playwright|puppeteer|wa-js|wppconnect|chrom|shopify|stripe|meta "
    )
    kept_for_operators = "PUPPETEER_ARGS"
    found = {
        (path.name, match)
        for path in (ROOT / "chatgrow_bot" / "config").glob("*.py")
        for match in re.findall(brands, path.read_text().replace(kept_for_operators, ""), re.IGNORECASE)
    }

    assert found == set()
