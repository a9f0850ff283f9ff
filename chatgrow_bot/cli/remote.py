"""What words about a running hub share: where it is, who asks, and errors with the next step. They speak to
it over its API, so they work from another machine as well."""

import asyncio
import functools
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
import msgspec
from click.core import ParameterSource

from ..client import Client, InvalidRequest, NoAnswer, NotAllowed, NotLoggedIn, Unavailable
from ..errors import ConfigError
from ..private import read_own, write_new
from .drawing import safe
from .project import CONFIG

T = TypeVar("T")
_Word = TypeVar("_Word", bound=Callable[..., Any])

DEFAULT_URL = "http://127.0.0.1:3000"
URL, TOKEN = "CHATGROW_URL", "CHATGROW_TOKEN"
#: The exit code of what Ctrl-C ended, as shells have it.
INTERRUPTED = 130
#: Seconds for which a hub that restarts is waited for.
_PATIENCE = 3.0
#: Faults of one request that are shown, at most.
_MOST = 20
_GIVEN = "chatgrow_bot.cli.remote"
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (what is listened on, not what is called)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A hub to speak to, and how its answers are shown."""

    url: str
    token: str = field(repr=False)
    as_json: bool
    config: Path | None = None  #: another configuration, if one was named
    is_elsewhere: bool = False  #: it was named by its address

    def ask(self, work: Callable[[Client], Awaitable[T]], *, patience: float = _PATIENCE) -> T:
        """Do this with the hub. What it refuses for want of a token is told with the way to get one."""

        async def run() -> T:
            async with Client(self.url, self.token, patience=patience) as client:
                return await work(client)

        try:
            return asyncio.run(run())
        except NotLoggedIn as error:
            asks = f"the hub at {self.url} asks who you are, and there is no token"
            said = f"the hub at {self.url} does not take this token" if self.token else asks
            raise click.ClickException(
                f"{said}: chatgrow login, or set {TOKEN} to an API key (POST {self.url}/api/keys makes one)"
            ) from error
        except InvalidRequest as error:
            raise click.ClickException("\n  ".join([str(error), *_untold(error)])) from error
        except NotAllowed as error:
            raise click.ClickException(f"{error} Who you are for this hub: chatgrow login") from error

    def hand_over(self, work: Callable[[Client], Awaitable[T]], key: str) -> T:
        """Give the hub something to send, under an Idempotency-Key. Where it is not known whether the hub has
        it, whoever types the same again must not send it twice."""
        hint = f"It may be the hub's already. The same again with --key {key} sends nothing twice."
        try:
            return self.ask(work)
        except (NoAnswer, Unavailable) as error:
            raise click.ClickException(f"{error} {hint}") from error
        except KeyboardInterrupt:
            interrupted(hint)

    def show(self, answer: object, draw: Callable[[], None]) -> None:
        """An answer: as JSON for programs, else drawn for people."""
        if self.as_json:
            echo_json(answer)
        else:
            draw()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """What was said of the hub, as far as it was."""

    url: str = ""
    token: str = field(default="", repr=False)
    as_json: bool = False
    config: Path | None = None


def remote(word: _Word) -> _Word:
    """`--url`, `--token`, `--json` and `--config`, handed on as one `hub`."""

    @functools.wraps(word)
    @click.pass_context
    def asked(
        ctx: click.Context, /, url: str, token: str, as_json: bool, config: Path | None, **more: Any
    ) -> Any:
        before: _Given = ctx.meta.get(_GIVEN, _Given())
        given = _Given(
            url=url or before.url,
            token=token or before.token,
            as_json=as_json or before.as_json,
            config=config or before.config,
        )
        if ctx.invoked_subcommand:  # what follows takes over what stands before it
            ctx.meta[_GIVEN] = given
            return None
        hub = _meant(ctx, given)
        try:
            return word(hub=hub, **more)
        except KeyboardInterrupt:
            interrupted()

    options = (
        click.option("--url", default="", help="The hub; by default CHATGROW_URL, or the project's own."),
        click.option(
            "--token", default="", help="An API key; by default CHATGROW_TOKEN, or of `chatgrow login`."
        ),
        click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for programs."),
        click.option("--config", type=click.Path(path_type=Path), help="Another configuration."),
    )
    for option in options:
        asked = option(asked)
    return asked  # type: ignore[return-value]


def _meant(ctx: click.Context, given: _Given) -> Remote:
    address = _address(ctx, given).rstrip("/")
    return Remote(
        url=address,
        token=(given.token or os.environ.get(TOKEN, "")).strip() or saved(address),
        as_json=given.as_json,
        config=given.config,
        is_elsewhere=bool(given.url or (os.environ.get(URL) and not given.config)),
    )


def interrupted(words: str = "") -> NoReturn:
    """End after Ctrl-C."""
    click.echo(f"\n{words}" if words else "", err=True)
    sys.exit(INTERRUPTED)


def _untold(error: InvalidRequest) -> list[str]:
    """What is wrong in single places, where the error itself does not tell."""
    faults = [safe(fault.get("detail", "")) for fault in error.errors]
    untold = [fault for fault in faults if fault not in str(error)]
    more = [f"... and {len(untold) - _MOST} more"] if len(untold) > _MOST else []
    return [*untold[:_MOST], *more]


def echo_json(answer: object, *, lines: bool = False) -> None:
    """As the API tells it; on one line of its own where many follow each other."""
    encoded = msgspec.json.encode(answer)
    click.echo(encoded if lines else msgspec.json.format(encoded, indent=2))


def saved(url: str) -> str:
    """The token that `chatgrow login` saved for a hub; empty when there is none. Raises ConfigError where
    others may read it."""
    return str(_saved().get(url, ""))


def save(url: str, token: str) -> Path:
    """Keep a token for a hub, where nobody else may read it; an empty one is forgotten."""
    kept = {name: each for name, each in {**_saved(), url: token}.items() if each}
    file = _file()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = file.with_suffix(f".{os.getpid()}")
    fresh.unlink(missing_ok=True)
    write_new(fresh, json.dumps(kept, indent=2).encode())
    fresh.replace(file)
    return file


def _saved() -> Mapping[str, str]:
    try:
        found = json.loads(read_own(_file()))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(f"The saved tokens in {_file()} cannot be used: {error}") from error
    return found if isinstance(found, dict) else {}


def _file() -> Path:
    return Path(click.get_app_dir("chatgrow")) / "tokens.json"


def _address(ctx: click.Context, given: _Given) -> str:
    """Where the hub is: what is typed goes before the environment, wherever it stands."""
    root = ctx.find_root()
    is_typed = root.get_parameter_source("config") is ParameterSource.COMMANDLINE
    named = given.config or (root.params["config"] if is_typed else None)
    if given.url:
        return given.url
    if named:
        return _configured(named, is_named=True)
    return os.environ.get(URL) or _configured(CONFIG)


def _configured(config: Path, *, is_named: bool = False) -> str:
    """Where a project's own hub listens. Raises InvalidConfig where the project was named."""
    from ..config.load import load
    from ..config.report import InvalidConfig

    try:
        server = load(config, os.environ).settings.server
    except (InvalidConfig, OSError):  # no project here, or one whose hub runs with what it read before
        if is_named:
            raise
        return DEFAULT_URL
    if not server.port:
        raise click.ClickException("this project's hub takes any free port: name its address by --url")
    host = _ANYWHERE.get(server.host, server.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{server.port}"
