"""From the file to settings. There is one way to load, and checking is loading: `chatgrow check` cannot pass
what a start would refuse."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from .check import check
from .environment import VARIABLES, overlaid, read_environment
from .models import Settings
from .report import InvalidConfig, Problem
from .secrets import read_secrets
from .source import Document, survey

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
    document = overlaid(survey(path, secrets, root=root), environment)
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
