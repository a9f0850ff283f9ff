"""What `!secret NAME` may name: the environment, then `config/secrets.yaml`, which nobody else may read."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pydantic import RootModel

from .check import check
from .report import InvalidConfig, Position, Problem
from .source import read, shown


class _Secrets(RootModel[dict[str, str]]):
    """Names and texts, nothing nested."""


def read_secrets(path: Path, env: Mapping[str, str]) -> Mapping[str, str]:
    """All secrets by name; an empty environment variable counts as not set. The file may be absent.

    Raises InvalidConfig when others can read the file, or when it is not a plain list of names and texts. Its
    lines and values stand in no report.
    """
    from_environment = {name: value for name, value in env.items() if value}
    if not path.exists():
        return from_environment
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        message = f"other users of this machine can read it (mode {mode:04o})"
        raise InvalidConfig([Problem(Position(shown(path)), message, f"run: chmod 600 {shown(path)}")])
    document = read(path, quote=False)
    secrets, problems = check(_Secrets, replace(document, secrets=frozenset(document.value_positions)))
    if secrets is None:
        raise InvalidConfig(problems)
    return {**secrets.root, **from_environment}
