"""Settings from the environment: `.env` first, the real environment over it, both over the file. Known names
are kept for operators who bring them along."""

import copy
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dotenv.parser import parse_stream

from .report import InvalidConfig, Position, Problem
from .scalars import plain
from .source import Document, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """An environment variable that sets one of the settings."""

    at: tuple[str, ...]
    means: str  #: for people; the unit included
    read: Callable[[str], Any] = str
    secret: bool = False  #: no report shows it


def _seconds(milliseconds: str) -> Any:
    number = plain(milliseconds)
    return number / 1000 if isinstance(number, (int, float)) and not isinstance(number, bool) else number


def _arguments(text: str) -> list[str]:
    return [part for part in map(str.strip, text.split(",")) if part]


#: Of two that set the same, the later one wins.
VARIABLES: Mapping[str, Variable] = {
    "WHATSAPP_SESSION_DIR": Variable(at=("sessionDir",), means="folder"),
    "WHATSAPP_MAX_CONNECTIONS": Variable(at=("maxConnections",), means="number", read=plain),
    "WHATSAPP_HEALTH_CHECK_INTERVAL": Variable(
        at=("healthCheckInterval",), means="milliseconds", read=_seconds
    ),
    "PUPPETEER_ARGS": Variable(at=("browserArgs",), means="flags, comma-separated", read=_arguments),
    "BROWSER_ARGS": Variable(at=("browserArgs",), means="flags, comma-separated", read=_arguments),
    "CHATGROW_HOST": Variable(at=("server", "host"), means="address"),
    "CHATGROW_PORT": Variable(at=("server", "port"), means="number", read=plain),
    "JWT_SECRET": Variable(at=("server", "tokenSecret"), means="text", secret=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """All variables, and where those of `.env` stand."""

    values: Mapping[str, str]
    positions: Mapping[str, Position]

    def position(self, name: str) -> Position:
        """Where one of the known variables is set."""
        return self.positions.get(name) or Position(f"environment variable {name} ({VARIABLES[name].means})")


def read_environment(dotenv: Path, env: Mapping[str, str]) -> Environment:
    """The environment with what `.env` adds to it; the file may be absent and never overrides.

    Raises InvalidConfig for a line that is no `NAME=value`. The file's lines, likely secrets, stand in no
    report.
    """
    if not dotenv.is_file():
        return Environment(values=env, positions={})
    values: dict[str, str] = {}
    positions: dict[str, Position] = {}
    problems = []
    for binding in parse_stream(io.StringIO(dotenv.read_text(encoding="utf-8-sig", errors="replace"))):
        written = binding.original.string
        line = binding.original.line + written[: len(written) - len(written.lstrip())].count("\n")
        known = VARIABLES.get(binding.key or "")
        shows = known is not None and not known.secret
        position = Position(shown(dotenv), line, 1, written.strip() if shows else "")
        if binding.error or (binding.key and binding.value is None):
            hint = "quotes must be closed, and comments begin with #"
            problems.append(Problem(position, "this line is no `NAME=value`", hint))
        elif binding.key and binding.value is not None and binding.key not in env:
            values[binding.key] = binding.value
            positions[binding.key] = position
    if problems:
        raise InvalidConfig(problems)
    return Environment(values={**env, **values}, positions=positions)


def overlaid(document: Document, environment: Environment) -> Document:
    """The document with the settings of the environment in it, each at its own position. An empty variable
    counts as not set."""
    data = copy.deepcopy(document.data)
    positions = dict(document.value_positions)
    for name, variable in VARIABLES.items():
        *sections, key = variable.at
        group = data
        for section in sections:
            group = _section(group, section)
        if environment.values.get(name) and isinstance(group, dict):
            group[key] = variable.read(environment.values[name])
            positions[variable.at] = environment.position(name)
    secret = {variable.at for variable in VARIABLES.values() if variable.secret}
    return replace(document, data=data, value_positions=positions, secrets=document.secrets | secret)


def _section(group: Any, name: str) -> Any:
    """A section of the data, made if absent; anything else that stands there is left for the check to
    refuse."""
    if isinstance(group, dict) and group.get(name) is None:
        group[name] = {}
    return group.get(name) if isinstance(group, dict) else None
