"""Files of 300 lines and functions of 40 at most: what is longer is two things."""

from collections.abc import Iterable, Iterator

from .source import Found, Source, core, expect_none, functions, plugins, source, unlisted

FILE_LINES, FUNCTION_LINES = 300, 40
#: "file", or "file function": why it is longer all the same.
ALLOWED = {
    "chatgrow_bot/store/migrations/versions/0001_first_tables.py _way_out": "columns, frozen once released",
}


def too_long(files: Iterable[Source]) -> Iterator[Found]:
    """Files and functions past the limits; a function is counted from its `def` to its last line."""
    for file in files:
        if (lines := len(file.text.splitlines())) > FILE_LINES:
            yield Found(path=file.path, line=1, what=f"{lines} lines")
        for each in functions(file):
            lines = (each.end_lineno or each.lineno) - each.lineno + 1
            if lines > FUNCTION_LINES:
                what = f"'{each.name}' has {lines} lines"
                yield Found(path=file.path, line=each.lineno, what=what, key=f"{file.path} {each.name}")


def test_no_file_and_no_function_is_too_long() -> None:
    found = too_long([*core(), *plugins()])
    expect_none(unlisted(found, ALLOWED, f"at most {FILE_LINES} a file and {FUNCTION_LINES} a function"))


def test_a_long_file_and_a_long_function_are_found() -> None:
    short, long = "    x = 1\n" * (FUNCTION_LINES - 1), "    x = 1\n" * FUNCTION_LINES
    assert list(too_long([source("x = 1\n" * FILE_LINES), source(f"def f():\n{short}")])) == []
    assert [each.key for each in too_long([source("x = 1\n" * (FILE_LINES + 1), "a.py")])] == [""]
    assert [each.key for each in too_long([source(f"async def f():\n{long}", "a.py")])] == ["a.py f"]
