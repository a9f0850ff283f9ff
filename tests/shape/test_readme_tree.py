"""README.md shows the real tree: the fenced block below `## The tree`. A line is a name, two spaces or more
and what it is for; two spaces further in is one level deeper; a folder's name ends with a slash."""

import re
import subprocess
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import pytest

from .source import ROOT, expect_none

#: Files with a dot that a newcomer should know of; the others speak to tools.
DOTTED = frozenset({".ci/", ".github/", ".env.example"})
#: Folders of which every entry is named.
WHOLE = ("chatgrow_bot/", "plugins/")
_LINE = re.compile(r"(?P<indent> *)(?P<name>\S+)(?: {2,}(?P<meaning>\S.*))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the tree."""

    line: str
    path: str  #: from the root, a folder's with its slash; empty when the line is not of the tree's form
    meaning: str


def entries(readme: str) -> Iterator[Entry]:
    """The lines of the block, each with its whole path."""
    block = re.search(r"^## The tree\n.*?^```\w*\n(.*?)^```", readme, re.M | re.S)
    folders: list[str] = []
    for line in block[1].splitlines() if block else ():
        match = _LINE.fullmatch(line)
        depth, odd = divmod(len(match["indent"]), 2) if match else (0, 1)
        if not match or odd or depth > len(folders):
            yield Entry(line=line, path="", meaning="")
            continue
        path = "".join([*folders[:depth], match["name"]])
        folders[depth:] = [match["name"]] if path.endswith("/") else []
        yield Entry(line=line, path=path, meaning=match["meaning"] or "")


def tree_faults(readme: str, files: Sequence[str]) -> list[str]:
    """Where the block and the files of the repository differ."""
    shown = list(entries(readme))
    if not shown:
        return ["README.md has no fenced block below a heading '## The tree'"]
    there, named = {*files, *_folders(files)}, [entry.path for entry in shown]
    faults = [f"README.md's tree: not of the form 'name  meaning': {e.line!r}" for e in shown if not e.path]
    faults += [f"README.md's tree does not say what '{e.path}' is" for e in shown if e.path and not e.meaning]
    faults += [
        f"README.md's tree names '{path}', which is not there" for path in named if path and path not in there
    ]
    faults += [f"README.md's tree lacks '{path}'" for path in sorted(wanted(files) - set(named))]
    return faults + [f"README.md's tree names '{path}' twice" for path in _twice(named)]


def wanted(files: Collection[str]) -> set[str]:
    """What the tree must name: everything at the top, in the core and among the plugins."""
    paths = {*files, *_folders(files)}
    top = {path for path in paths if "/" not in path[:-1] and (path[0] != "." or path in DOTTED)}
    below = {path for folder in WHOLE for path in paths if _is_right_in(folder, path)}
    return top | {path for path in below if not path.endswith("/__init__.py")}


def _is_right_in(folder: str, path: str) -> bool:
    return path.startswith(folder) and "/" not in path[len(folder) : -1] and path != folder


def _folders(files: Iterable[str]) -> set[str]:
    return {file[: at + 1] for file in files for at, sign in enumerate(file) if sign == "/"}


def _twice(names: Sequence[str]) -> list[str]:
    return sorted({name for name in names if name and names.count(name) > 1})


def repository() -> list[str]:
    """The files of the repository: those that git keeps or would keep."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git clone: which files belong to the repository is not known")
    command = [
        "git",
        "-c",
        "safe.directory=*",
        "ls-files",
        "-z",
        "--cached",
    ]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=30)
    return [path for path in listed.stdout.decode().split("\0") if path and (ROOT / path).exists()]


def test_the_readme_shows_the_real_tree() -> None:
    expect_none(tree_faults((ROOT / "README.md").read_text("utf-8"), repository()))


FILES = (
    "README.md",
    ".gitignore",
    ".ci/run",
    "chatgrow_bot/__init__.py",
    "chatgrow_bot/store/a.py",
    "chatgrow_bot/b.py",
)
TREE = """# Bot

## The tree

```
README.md      this
.ci/           machines
chatgrow_bot/  the core
  store/       kept
    a.py       deeper than it must
  b.py         a file
```
"""


def test_a_tree_that_is_right_is_let_be() -> None:
    assert tree_faults(TREE, FILES) == []


def test_a_tree_that_is_wrong_is_found() -> None:
    def told(old: str, new: str) -> list[str]:
        return tree_faults(TREE.replace(old, new), FILES)

    assert told("  b.py         a file\n", "") == ["README.md's tree lacks 'chatgrow_bot/b.py'"]
    assert told(".ci/           machines\n", "") == ["README.md's tree lacks '.ci/'"]
    assert told("a.py ", "c.py ") == ["README.md's tree names 'chatgrow_bot/store/c.py', which is not there"]
    assert told("README.md      this", "README.md") == ["README.md's tree does not say what 'README.md' is"]
    assert "not of the form" in told("README.md      this", "README.md is this")[0]
    assert "not of the form" in told("  store/", "   store/")[0]
    assert "twice" in told("  b.py ", "  b.py  a file\n  b.py ")[0]
    assert "no fenced block" in told("## The tree", "## The shape")[0]
