"""CSV in and out: what is written comes in again as it was, and no cell is a formula."""

import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatgrow_bot.errors import BadInput

from .conftest import part

DANGEROUS = "=+-@\t\r"
cells = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
tricky = st.builds(lambda marks, rest: marks + rest, st.text("'=+-@\t\r\n", max_size=4), cells)


@given(st.lists(cells | tricky, min_size=1, max_size=5))
@settings(deadline=None)
@example(["=1+1", "'=1", "''", "'", "+972541234567", "\t", "-", "@x", 'a"b,c;d\n'])
def test_what_is_written_is_read_as_it_was_and_is_no_formula(values: list[str]) -> None:
    made = part("bulk_csv")
    [read] = csv.reader(io.StringIO(made.line(values).decode(), newline=""), strict=True) or [[]]
    assert [made.plain(cell) for cell in read] == values
    assert not [cell for cell in read if cell[:1] and cell[0] in DANGEROUS]


@given(st.lists(st.tuples(cells | tricky, cells | tricky), min_size=1, max_size=5))
@settings(deadline=None)
def test_a_file_of_ours_comes_in_again(values: list[tuple[str, str]]) -> None:
    made = part("bulk_csv")
    lines = [("to", "one", "two"), *(("+972541234567", *each) for each in values)]
    found = made.people(b"".join(made.line(each) for each in lines))
    assert [row.number for row in found] == [*range(2, len(values) + 2)]
    assert [(row.fields["one"], row.fields["two"]) for row in found] == values


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", "\ufeff".encode()])
def test_every_separator_is_understood(separator: str, mark: bytes) -> None:
    text = f"to{separator}first name\r\n+972541234567{separator}Dana\r\n"
    [row] = part("bulk_csv").people(mark + text.encode())
    assert (row.number, row.to, row.fields["first_name"], row.fault) == (2, "+972541234567", "Dana", "")


def test_a_cell_of_two_lines_is_one_line_of_a_spreadsheet() -> None:
    raw = b'to,name\n+972541234567,"two\nlines"\n12345,x\n'
    assert [row.number for row in part("bulk_csv").people(raw)] == [2, 3]


def test_a_nul_is_told_by_its_line() -> None:
    with pytest.raises(BadInput, match="Line 2: there is a NUL"):
        part("bulk_csv").people(b"to,name\n+972541234567,\0\n")


@pytest.mark.parametrize(
    ("file", "to", "fields"),
    [
        ('"Name, as; one\twrites; it";to\nDana;+972541234567\n', 2, {"Name,_as;_one\twrites;_it": "Dana"}),
        ('to\t"a,b,c","d,e"\n', 0, None),
        ('"a;b;c;d",phone\nx,+972541234567\n', 2, {"a;b;c;d": "x"}),
        ("sep=;\r\nto;name\r\n+972541234567;Dana, Noam\r\n", 2, {"name": "Dana, Noam"}),
        ('"sep=\t"\nto\tname\n+972541234567\tDana\n', 2, {"name": "Dana"}),
        ("sep=|\nname|to\nDana|+972541234567\n", 2, {"name": "Dana"}),
    ],
)
def test_what_spreadsheets_write_is_understood(file: str, to: int, fields: dict[str, str] | None) -> None:
    if fields is None:
        with pytest.raises(BadInput):
            part("bulk_csv").people(file.encode())
        return
    [row] = part("bulk_csv").people(file.encode("utf-8-sig"))
    shown = {name: value for name, value in row.fields.items() if name.casefold() not in ("to", "phone")}
    assert (row.number, row.to, shown) == (to, "+972541234567", fields)


@pytest.mark.parametrize(
    ("text", "is_json"),
    [
        ('{"caption": "x"}', True),
        ('{ "caption": "x"}', True),
        ('\n{\r\n  "caption": "x"\n}', True),
        ("{{ name }}", False),
        ('{{ "{{" }}', False),
        ("{ dear } friends", False),
    ],
)
def test_a_content_is_an_object_however_it_is_laid_out(text: str, is_json: bool) -> None:
    value = part("bulk_asked")._value("content", text.encode())
    assert value == ({"caption": "x"} if is_json else text)
