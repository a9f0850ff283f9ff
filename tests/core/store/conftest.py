"""Databases to test on: SQLite always; PostgreSQL when its server and the asyncpg driver are installed."""

import getpass
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import URL, make_url

from chatgrow_bot.testing.template import migrated


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "postgres: needs a PostgreSQL server's binaries and asyncpg")


@pytest.fixture(scope="session")
def server() -> Iterator[URL]:
    """A PostgreSQL server of our own on a Unix socket, as an unprivileged user (it refuses root)."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not binaries:
        pytest.skip("no PostgreSQL server here: apt-get install postgresql")
    if not find_spec("asyncpg"):
        pytest.skip("asyncpg is not installed")
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="chatgrow-pg-"))
    if user:
        shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)
    name = user or getpass.getuser()
    data, options = str(folder / "data"), f"-k {folder} -c listen_addresses='' -c max_connections=50"

    def run(program: str, *words: str) -> None:
        subprocess.run(
            [str(binaries[-1] / program), *words],
            check=True,
            user=user,
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )

    run("initdb", "-D", data, "-U", name, "-A", "trust", "-E", "UTF8")
    run("pg_ctl", "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield make_url(f"postgresql://{name}@/postgres?host={folder}")
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite database that does not exist yet."""
    return f"sqlite:///{tmp_path}/sessions/chatgrow.db"


async def ready(url: str) -> str:
    """The same database, migrated in a moment where that is possible."""
    if url.startswith("sqlite:///"):
        await migrated(Path(url.removeprefix("sqlite:///")))
    return url


@pytest.fixture
def postgres_url(server: URL) -> str:
    """A new PostgreSQL database."""
    name = f"t{uuid.uuid4().hex}"
    socket = str(server.query["host"])
    subprocess.run(["createdb", "-h", socket, "-U", str(server.username), name], check=True)
    return server.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite_url", pytest.param("postgres_url", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest) -> str:
    """A new database of either kind."""
    return str(request.getfixturevalue(request.param))
