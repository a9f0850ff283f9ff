"""What several words share: which configuration, how it is read, and the database."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from ..accounts.keys import Keys
from ..accounts.known import Known
from ..accounts.passwords import Passwords
from ..accounts.users import Users
from ..clock import SystemClock
from ..config.load import Loaded, load
from ..config.report import InvalidConfig
from ..host.loader import setting_problems
from ..store.database import Database, open_database
from ..store.folder import FolderLock
from .project import CONFIG as CONFIG

#: The exit code for a configuration that cannot be used (sysexits.h: EX_CONFIG).
EX_CONFIG = 78

_Word = TypeVar("_Word", bound=Callable[..., Any])


def config_option(word: _Word) -> _Word:
    """`--config`, after the word as well as before it."""
    option = click.option(
        "--config",
        type=click.Path(path_type=Path),
        default=None,
        help="Another configuration than config/chatgrow.yaml.",
    )
    return option(word)


def loaded(ctx: click.Context, config: Path | None) -> Loaded:
    """The configuration; with every problem printed and exit code 78 when it cannot be used."""
    try:
        return load(config or ctx.obj or CONFIG, os.environ, also=setting_problems)
    except InvalidConfig as error:
        click.echo(str(error), err=True)
        sys.exit(EX_CONFIG)


@asynccontextmanager
async def people(found: Loaded) -> AsyncIterator[tuple[Users, Keys]]:
    """The users and their keys, for words about them. Raises HeldByAnother while the hub runs."""
    clock = SystemClock()
    async with database(found) as db:
        yield Users(db, clock, await asyncio.to_thread(Passwords)), Keys(db, clock, Known())


@asynccontextmanager
async def database(found: Loaded) -> AsyncIterator[Database]:
    """The hub's database, for words that need no more than it. Raises HeldByAnother while the hub runs."""
    with FolderLock(found.settings.session_dir):
        async with open_database(found.settings.database_url) as db:
            yield db
