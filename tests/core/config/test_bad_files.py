"""Forty ways to write a bad file (T34): each is refused, at the line where a person would look."""

import resource
import time
from typing import NamedTuple

import pytest

from chatgrow_bot.config.load import load
from chatgrow_bot.config.report import InvalidConfig
from chatgrow_bot.config.walk import MAX_DEPTH, MAX_NODES

from .conftest import Project


class Bad(NamedTuple):
    name: str
    text: str
    place: str  #: line:column
    says: str
    advises: str = ""


_LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)

BAD_FILES = [
    # what is not YAML
    Bad("unclosed quote", 'admins: ["me]\nserver: {}\n', "1:10", "never closed"),
    Bad("unclosed bracket", "admins: [me,\n", "1:13", "a bracket is never closed"),
    Bad("wrong bracket", "admins: [me}\n", "1:12", "a bracket is never closed"),
    Bad("tab", "server:\n\tport: 1\n", "2:1", "a tab stands here", "indent with spaces"),
    Bad("colon in a value", "sessionDir: a: b\n", "1:14", "no ':' can stand here", "quotes"),
    Bad("no colon", "server: {}\nsessionDir\nlogsDir: x\n", "2:1", "this line has no ':'", "`key: value`"),
    Bad("at sign", "sessionDir: @home\n", "1:13", "a value cannot begin with '@'", "double quotes"),
    Bad("backtick", "sessionDir: `x`\n", "1:13", "a value cannot begin with '`'"),
    Bad("percent", "%x\nserver: {}\n", "1:", "a line cannot begin with '%'"),
    Bad("bare star", "sessionDir: * x\n", "1:", "cannot begin with * or &"),
    Bad("outdented", "server:\n    port: 1\n  host: x\n", "3:3", "does not belong to the lines before it"),
    Bad("list then key", "- a\nb: 1\n", "2:1", "does not belong to the list before it"),
    Bad("text after quote", 'sessionDir: "a" b\n', "1:17", "text stands after a closing quote"),
    Bad("bad escape", 'sessionDir: "C:\\data"\n', "1:16", "a backslash", "single quotes"),
    Bad("block text on its line", "sessionDir: |x\n", "1:14", "after | or >", "on the next line"),
    Bad("control character", "server: {}\nlogsDir: a\x07b\n", "2:11", "U+0007", "delete it"),
    # what YAML allows and nobody should write
    Bad("alias bomb", _LAUGHS, "1:4", "names for later reference (&a)"),
    Bad("alias", "server: *x\n", "1:9", "references (*name)"),
    Bad("anchor", "sessionDir: &x y\n", "1:13", "names for later reference (&x)"),
    Bad("anchor on a key", "&x sessionDir: y\n", "1:1", "names for later reference (&x)"),
    Bad("merge key", "server: {<<: {port: 1}}\n", "1:10", "unknown key '<<'"),
    Bad("duplicate key", "logsDir: a\nserver: {}\nlogsDir: b\n", "3:1", "stands twice; first on line 1"),
    Bad("duplicate inside", "server:\n  port: 1\n  port: 2\n", "3:3", "stands twice; first on line 2"),
    Bad("no", "server:\n  host: no\n", "2:9", "'no' is not clear", 'write false or "no"'),
    Bad("Off", "sessionDir: Off\n", "1:13", "'Off' is not clear", 'write false or "Off"'),
    Bad("y", "sessionDir: y\n", "1:13", "'y' is not clear", 'write true or "y"'),
    Bad("python tag", "server: !!python/object/apply:os.system [ls]\n", "1:9", "the tag !!python"),
    Bad("string tag", "server:\n  host: !!str 5\n", "2:9", "the tag !!str is not used"),
    Bad("unknown tag", "sessionDir: !env HOME\n", "1:13", "the tag !env", "`!secret NAME`"),
    Bad("secret group", "server: !secret {a: b}\n", "1:9", "the tag !secret is not used"),
    Bad("key is a list", "? [a]\n: 1\n", "1:1", "a key must be a word"),
    Bad("bare braces", "sessionDir: {{ name }}\n", "1:13", "a key must be a word", '"{{ name }}"'),
    Bad("two documents", "server: {}\n---\nlogsDir: x\n", "2:1", "a second document", "remove the line"),
    Bad("NUL", 'sessionDir: "a\\0b"\n', "1:13", "the character NUL"),
    Bad("too deep", f"plugins: {'[' * 1000}", f"1:{10 + MAX_DEPTH}", f"more than {MAX_DEPTH} levels"),
    Bad("too many", "admins:\n" + "- a\n" * MAX_NODES, f"{MAX_NODES}:3", "more than 10,000 values"),
    # what is not a configuration
    Bad("a list", "- server\n", "1:1", "the file must be a group of `key: value` lines, not a list of 1"),
    Bad("a word", "hello\n", "1:1", "the file must be a group of `key: value` lines, not 'hello'"),
    Bad("misspelt key", "server:\n  prot: 3000\n", "2:3", "unknown key 'prot', did you mean 'port'?"),
    Bad("a level too far out", "port: 3000\n", "1:1", "unknown key 'port'", "belongs under `server:`"),
]


@pytest.mark.parametrize("bad", BAD_FILES, ids=lambda bad: bad.name)
def test_a_bad_file_is_refused_at_the_line_to_mend(bad: Bad, project: Project) -> None:
    problems = project.problems(bad.text)

    [found] = [problem for problem in problems if bad.says in problem.message]
    assert str(found.position).startswith(f"config/chatgrow.yaml:{bad.place}")
    assert bad.advises in found.hint
    assert found.position.source == bad.text.splitlines()[found.position.line - 1]


def test_a_bomb_is_refused_in_no_time_and_no_memory(project: Project) -> None:
    path = project.write(_LAUGHS + "z: " + "[" * 900_000)
    assert path.stat().st_size < 1_000_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()

    project.problems(path.read_text())

    assert time.process_time() - began < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024  # KB


def test_a_file_past_a_megabyte_is_not_even_read(project: Project) -> None:
    [problem] = project.problems("#" * 1_000_001)

    assert problem.message == "the file has 1,000,001 bytes; 1,000,000 at most"


def test_bytes_that_are_no_utf8_are_found(project: Project) -> None:
    project.write("")
    project.file.write_bytes(b"server: {}\nlogsDir: caf\xe9\n")

    with pytest.raises(InvalidConfig, match=r"config/chatgrow.yaml:2:13  this is not UTF-8 text"):
        load(project.file, {})
