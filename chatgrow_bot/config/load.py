"""From the file to settings. There is one way to load, and checking is loading: `chatgrow check` cannot pass
what a start would refuse."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

from ..errors import BadInput
from .check import check
from .environment import VARIABLES, overlaid, read_environment
from .models import Settings
from .report import InvalidConfig, Problem
from .secrets import read_secrets
from .source import Document, survey, survey_text

#: Characters that a secret has at least: shorter ones are words that stand everywhere.
_SECRET = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A configuration that may be used, and the file it came from: plugins check their own keys against
    it."""

    settings: Settings
    document: Document

    @property
    def secrets(self) -> frozenset[str]:
        """What `!secret` put into it, what signs tokens wherever it was given, and the database's password:
        what nobody else may come to see."""
        values = {str(self.document.value(at)) for at in self.document.secrets}
        values.add(self.settings.server.token_secret or "")
        if password := urlsplit(self.settings.database_url).password:
            values |= {password, unquote(password)}
        return frozenset(each for each in values if len(each) >= _SECRET)

    @property
    def secret_names(self) -> frozenset[str]:
        """The environment variables that hold secrets, by what they are called."""
        ours = {name for name, variable in VARIABLES.items() if variable.secret}
        return self.document.secret_names | ours


def load(
    path: Path, env: Mapping[str, str], *, also: Callable[[Document], Iterable[Problem]] = lambda _: ()
) -> Loaded:
    """Read chatgrow.yaml with its secrets, `.env` beside the `config` folder, and the environment over it.

    Relative folders start at the project's folder. `also` may look for more (the plugins' own keys, which
    only plugins know). Raises InvalidConfig with every problem there is.
    """
    root = project_folder(path)
    environment = read_environment(root / ".env", env)
    secrets = read_secrets(path.parent / "secrets.yaml", environment.values)
    return _checked(overlaid(survey(path, secrets, root=root), environment), also)


def load_mapping(
    given: Mapping[str, Any],
    root: Path,
    env: Mapping[str, str],
    *,
    also: Callable[[Document], Iterable[Problem]] = lambda _: (),
) -> Loaded:
    """What chatgrow.yaml may say, said by a program; checked as the file is, `.env` and the environment over
    it. Relative folders start at `root`. Raises InvalidConfig, which shows it as YAML, and BadInput for what
    YAML cannot say."""
    try:
        text = yaml.safe_dump(_plain(given), sort_keys=False, allow_unicode=True, width=10_000)
    except yaml.YAMLError as error:
        raise BadInput(f"The configuration holds what no file could say: {error}") from error
    environment = read_environment(root / ".env", env)
    document = survey_text(text, root / "configuration", root=root)
    return _checked(overlaid(document, environment), also)


def _plain(value: Any) -> Any:
    """As YAML knows it: paths are texts."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, Path) else value


def _checked(document: Document, also: Callable[[Document], Iterable[Problem]]) -> Loaded:
    settings, problems = check(Settings, document)
    problems = [*problems, *also(document)]
    if settings is None or problems:
        raise InvalidConfig(problems)
    return Loaded(settings=settings, document=document)


def project_folder(path: Path) -> Path:
    """The folder that relative folders start at: the one around `config/`; for a file that lies elsewhere,
    its own."""
    folder = path.absolute().parent
    return folder.parent if folder.name == "config" else folder
