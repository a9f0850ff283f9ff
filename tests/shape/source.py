"""Reads the code as text: a check is a function over such sources, so that a test can hand it wrong ones."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One Python file."""

    path: str  #: from the root of the repository
    text: str
    tree: ast.Module
    nodes: Sequence[ast.AST]  #: the whole tree, flat

    @property
    def module(self) -> str:
        """Its name as it is imported; a plugin's begins with chatgrow_plugins."""
        name = self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        return f"chatgrow_{name}" if name.startswith("plugins.") else name

    @property
    def package(self) -> str:
        """What a relative import in it starts from."""
        return self.module if self.path.endswith("/__init__.py") else self.module.rpartition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One imported module, or name of a module."""

    line: int
    module: str
    name: str = ""  #: empty for `import module`
    level: int = 0  #: dots of a relative import

    def target(self, known: Iterable[str]) -> str:
        """The module that is meant: `from package import module` names one too."""
        whole = f"{self.module}.{self.name}"
        return whole if whole in known else self.module


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Something that a check looks for, in one place."""

    path: str
    line: int
    what: str
    key: str = ""  #: what a table of exceptions calls it, if not by its path

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


def sources(texts: Mapping[str, str]) -> list[Source]:
    """Sources from texts by path."""
    return [source(text, path) for path, text in texts.items()]


def source(text: str, path: str = "chatgrow_bot/example.py") -> Source:
    """One source from its text."""
    tree = ast.parse(text, path)
    return Source(path=path, text=text, tree=tree, nodes=tuple(ast.walk(tree)))


@cache
def core() -> tuple[Source, ...]:
    """Every file of chatgrow_bot."""
    return tuple(_read("chatgrow_bot"))


@cache
def plugins() -> tuple[Source, ...]:
    """Every Python file of every plugin."""
    return tuple(_read("plugins"))


def _read(folder: str) -> list[Source]:
    files = sorted((ROOT / folder).rglob("*.py"))
    paths = [file.relative_to(ROOT) for file in files]
    ours = [path for path in paths if not {"node_modules", "__pycache__"} & set(path.parts)]
    return sources({path.as_posix(): (ROOT / path).read_text("utf-8") for path in ours})


def imports(source: Source) -> Iterator[Import]:
    """Everything a file imports, also in a function or under TYPE_CHECKING, by absolute names."""
    for node in source.nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(line=node.lineno, module=alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = source.package.split(".")[: -(node.level - 1) or None] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                yield Import(line=node.lineno, module=module, name=alias.name, level=node.level)


def functions(source: Source) -> Iterator[Function]:
    """Every function and method."""
    for node in source.nodes:
        if isinstance(node, Function):
            yield node


def calls(source: Source) -> Iterator[ast.Call]:
    """Every call."""
    return (node for node in source.nodes if isinstance(node, ast.Call))


def dotted(node: ast.expr) -> str:
    """`a.b.c` as text; empty for anything that is not names joined by dots."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr) if base := dotted(value):
            return f"{base}.{attr}"
    return ""


def unlisted(found: Iterable[Found], allowed: Mapping[str, str], advice: str) -> list[str]:
    """What stands in no table of exceptions, with what to do instead; and exceptions that nothing needs."""
    here = list(found)
    keys = {each.key or each.path for each in here}
    wrong = [f"{each}; {advice}" for each in here if (each.key or each.path) not in allowed]
    return wrong + [f"'{key}' needs no exception any more: take it out" for key in allowed if key not in keys]


def expect_none(faults: Iterable[str]) -> None:
    """Fail with all faults, one a line."""
    __tracebackhide__ = True
    lines = list(faults)
    if lines:
        raise AssertionError("\n" + "\n".join(lines))
