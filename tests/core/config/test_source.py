"""Text to data: what the words mean, and where everything stands."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatgrow_bot.config.report import InvalidConfig, Position
from chatgrow_bot.config.scalars import plain
from chatgrow_bot.config.source import read, survey

from .conftest import Project


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("text", "text"),
        ("12", 12),
        ("-3", -3),
        ("0.5", 0.5),
        ("true", True),
        ("False", False),
        ("", None),
        ("~", None),
        ("null", None),
        ("12:30", "12:30"),  # YAML 1.1: 750
        ("+14155550123", "+14155550123"),  # YAML 1.1: a number without its plus
        ("0541112233", "0541112233"),  # YAML 1.1: a float
        ("007", "007"),  # YAML 1.1: octal
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("1e3", "1e3"),
        (".inf", ".inf"),
        ("2026-01-31", "2026-01-31"),  # YAML 1.1: a date
        ("1234567890123456789012", "1234567890123456789012"),  # too long to be meant as a number
        ("1٣", "1٣"),  # a digit in Arabic, not in YAML
    ],
)
def test_an_unquoted_word_is_what_it_looks_like(word: str, value: object) -> None:
    assert plain(word) == value
    assert type(plain(word)) is type(value)


@given(st.text())
def test_no_word_fails(word: str) -> None:
    assert isinstance(plain(word), str | int | float | bool | None)


def test_a_quoted_word_is_text(project: Project) -> None:
    document = read(project.write("""a: "no"\nb: '12'\nc: "true"\nd: |\n  yes\n"""))

    assert document.data == {"a": "no", "b": "12", "c": "true", "d": "yes\n"}


def test_a_key_is_always_text(project: Project) -> None:
    assert read(project.write("on: 1\n2: two\nno: x\n")).data == {"on": 1, "2": "two", "no": "x"}


def test_keys_values_and_items_know_their_place(project: Project) -> None:
    document = read(project.write("rules:\n  - id: hours\n    tests: [a, שלום]\n"))

    assert document.position(("rules", 0, "tests")) == Position("config/chatgrow.yaml", 3, 5)
    assert document.value_positions[("rules", 0, "tests", 1)] == Position("config/chatgrow.yaml", 3, 16)
    assert document.position(("rules", 0)) == Position("config/chatgrow.yaml", 2, 5)
    assert document.position(("rules", 0, "id")).source == "  - id: hours"


def test_what_is_absent_is_placed_at_what_it_is_missing_from(project: Project) -> None:
    document = read(project.write("server:\n  port: 1\n"))

    assert document.position(("server", "host", "x")) == Position("config/chatgrow.yaml", 1, 1)
    assert document.value(("server", "host", "x")) is None


def test_lines_are_counted_whatever_ends_them(project: Project) -> None:
    path = project.write("")
    path.write_bytes("\ufeffa: 1\r\nb: 2\rc: '\u2028'\nd: 4\n".encode())

    document = read(path)

    assert document.position(("a",)).source == "a: 1"
    assert document.position(("c",)).source == "c: '"
    assert document.position(("d",)) == Position("config/chatgrow.yaml", 5, 1)
    assert document.position(("d",)).source == "d: 4"


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n", "---\n", "~\n"])
def test_an_empty_file_is_an_empty_group(text: str, project: Project) -> None:
    assert read(project.write(text)).data == {}


def test_a_survey_keeps_what_can_be_used(project: Project) -> None:
    document = survey(project.write("good: 1\nbad: no\nworse: *x\nalso: [1, off]\n"))

    assert document.data == {"good": 1, "bad": None, "worse": None, "also": [1, None]}
    assert [at for at, _ in document.problems] == [("bad",), ("worse",), ("also", 1)]


def test_reading_raises_everything_at_once(project: Project) -> None:
    path = project.write("a: no\nb: !x y\nc: *d\na: 1\ne: [\n")

    with pytest.raises(InvalidConfig) as caught:
        read(path)

    assert [problem.position.line for problem in caught.value.problems] == [1, 2, 3, 4, 5]


def test_a_file_is_named_from_the_working_folder(project: Project, tmp_path: Path) -> None:
    inside = read(project.write("a: 1\n").absolute())
    assert inside.position(("a",)).file == "config/chatgrow.yaml"
    assert inside.root == project.root / "config"

    with pytest.raises(InvalidConfig, match=r"^/nowhere/x\.yaml  there is no such file"):
        read(Path("/nowhere/x.yaml"))


def test_a_folder_is_no_file(project: Project) -> None:
    with pytest.raises(InvalidConfig, match="there is no such file"):
        read(project.root)
