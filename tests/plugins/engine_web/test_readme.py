"""The README's table tells of every kind, and each test that it names is there."""

import re
from pathlib import Path

from chatgrow_bot.host.loader import built_in_folder
from chatgrow_bot.messages import Kind

README = built_in_folder() / "engine_web" / "README.md"


def rows() -> list[list[str]]:
    section = README.read_text("utf-8").partition("## What it can do")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_table_has_every_kind_once_and_nothing_else() -> None:
    assert [row[0].strip("`") for row in rows()] == [kind.value for kind in Kind]


def test_whatever_is_claimed_names_a_test_that_is_there() -> None:
    for kind, *cells in rows():
        for cell in cells:
            named = re.findall(r"`(test_\w+\.py)`", cell)
            assert named or cell.startswith(("no", "none")), (kind, cell)
            assert all((Path(__file__).parent / name).is_file() for name in named), (kind, cell)
