"""From the text of a YAML file to plain data, and where each part of it stands, so that whoever finds fault
with the data can point at the line."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .report import InvalidConfig, Position, Problem
from .syntax import explain
from .walk import At, Walk, value_at

MAX_BYTES = 1_000_000

_NEWLINE = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # as YAML counts lines
#: A line in which a secret is written out: no report quotes it.
_WRITTEN_OUT = re.compile(r"""(?i)(secret|password)["']?\s*:(?!\s*(!secret\b|$))""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file as read. Where something could not be used, `data` holds None and `problems` says why."""

    path: Path
    root: Path  #: the folder that relative folders named in this file start from
    text: str = field(repr=False)
    data: Any = field(repr=False)  #: dict, list, str, int, float, bool or None, and nothing else
    key_positions: Mapping[At, Position]
    value_positions: Mapping[At, Position]
    problems: tuple[tuple[At, Problem], ...] = ()
    secrets: frozenset[At] = frozenset()  #: values that no report may show
    secret_names: frozenset[str] = frozenset()  #: what `!secret` names in it

    def position(self, at: At) -> Position:
        """Where something is named: its key, or the list item; for what is absent, what it is missing
        from."""
        for length in range(len(at), 0, -1):
            found = self.key_positions.get(at[:length]) or self.value_positions.get(at[:length])
            if found:
                return found
        return self.value_positions[()]

    def value(self, at: At) -> Any:
        """What stands there; None for what does not exist."""
        return value_at(self.data, at)


def read(
    path: Path, secrets: Mapping[str, str] | None = None, *, root: Path | None = None, quote: bool = True
) -> Document:
    """Read a YAML file. Raises InvalidConfig with all that is wrong with it as YAML.

    `secrets` are what `!secret NAME` may name; without them the tag is refused. `root` is the file's own
    folder unless given. `quote=False` keeps the file's lines out of every report.
    """
    document = survey(path, secrets, root=root, quote=quote)
    if document.problems:
        raise InvalidConfig(problem for _, problem in document.problems)
    return document


def survey(
    path: Path, secrets: Mapping[str, str] | None = None, *, root: Path | None = None, quote: bool = True
) -> Document:
    """As `read`, but problems that leave the rest readable stay in the document: `check` reports them
    together with its own. Raises InvalidConfig when there is no rest."""
    return survey_text(_text(path, shown(path)), path, secrets, root=root, quote=quote)


def survey_text(
    text: str,
    path: Path,
    secrets: Mapping[str, str] | None = None,
    *,
    root: Path | None = None,
    quote: bool = True,
) -> Document:
    """As `survey`, of a text that stands in the place of that file."""
    file = shown(path)
    lines = ["" if _WRITTEN_OUT.search(line) else line for line in _NEWLINE.split(text)]
    walk = Walk(file, lines if quote else [""] * len(lines), secrets)
    try:
        data = walk.document(yaml.parse(text, Loader=yaml.CSafeLoader))
    except yaml.YAMLError as error:
        found = [problem for _, problem in walk.problems]
        raise InvalidConfig([*found, explain(error, file, lines, quote=quote)]) from None
    walk.value_positions.setdefault((), Position(file))  # an empty file
    return Document(
        path=path,
        root=root or path.absolute().parent,
        text=text,
        data={} if data is None and not walk.problems else data,
        key_positions=walk.key_positions,
        value_positions=walk.value_positions,
        problems=tuple(walk.problems),
        secrets=frozenset(walk.secret_values),
        secret_names=frozenset(walk.secret_names),
    )


def shown(path: Path) -> str:
    """A file's name in reports: from the working folder where it lies below it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _text(path: Path, file: str) -> str:
    whole = Position(file)
    try:
        if not path.is_file():
            hint = "check the name and the folder, or begin a project with: chatgrow init"
            raise InvalidConfig([Problem(whole, "there is no such file", hint)])
        if (size := path.stat().st_size) > MAX_BYTES:
            message = f"the file has {size:,} bytes; {MAX_BYTES:,} at most"
            raise InvalidConfig([Problem(whole, message, "split it into several files")])
        raw = path.read_bytes()
    except OSError as error:
        raise InvalidConfig([Problem(whole, f"it cannot be read: {error.strerror}")]) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        problem = Problem(Position(file, line, column), "this is not UTF-8 text", "save the file as UTF-8")
        raise InvalidConfig([problem]) from None
