"""`chatgrow user`, `token` and `key` on a real database: what they say holds when the hub runs next."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from chatgrow_bot.accounts import Accounts
from chatgrow_bot.cli.main import main
from chatgrow_bot.clock import SystemClock
from chatgrow_bot.errors import NotLoggedIn
from chatgrow_bot.hub import Scope
from chatgrow_bot.store.database import open_database
from chatgrow_bot.testing.template import migrated

SECRET = b"kV7!pQ2zR9wX4mB8nT6yH1cJ5dF3gL0s-uA"


@pytest.fixture
async def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "chatgrow.yaml").write_text("{}\n")
    await migrated(tmp_path / "sessions" / "chatgrow.db")
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def said(*words: str, code: int = 0) -> str:
    """What a word says; it runs a loop of its own."""
    result = await asyncio.to_thread(CliRunner().invoke, main, words)
    assert result.exit_code == code, result.output
    return result.output


@asynccontextmanager
async def accounts(folder: Path) -> AsyncIterator[Accounts]:
    """As the hub would have them."""
    async with open_database(f"sqlite:///{folder}/sessions/chatgrow.db") as db:
        yield await Accounts.open(db, SystemClock(), secret=SECRET)


async def test_users_are_made_listed_changed_and_shut_out(folder: Path) -> None:
    await said("user", "add", "boss", "--role", "admin")
    await said("user", "add", "dana", "--plan", "free")
    listed = await said("user", "list")
    assert re.fullmatch(r"boss +admin +enterprise +[0-9-]{10}\ndana +operator +free +[0-9-]{10}\n", listed)
    changed = await said("user", "change", "dana", "--role", "viewer", "--plan", "premium")
    assert changed == "dana: viewer, premium, may log in\n"
    assert await said("user", "disable", "dana") == "dana: viewer, premium, disabled\n"
    assert (await said("user", "list")).endswith("disabled\n")
    assert "may log in" in await said("user", "enable", "dana")
    assert "no admin left" in await said("user", "disable", "boss", code=1)
    assert "There is no user 'eve'" in await said("user", "disable", "eve", code=1)


async def test_every_login_of_a_user_is_ended(folder: Path) -> None:
    password = (await said("user", "add", "dana")).split()[-1]
    async with accounts(folder) as before:
        token = (await before.login("dana", password, "::1")).access_token
        await before.verify(token)
    assert await said("token", "revoke", "dana") == "Every login of dana has ended.\n"
    async with accounts(folder) as after:
        with pytest.raises(NotLoggedIn):
            await after.verify(token)
        await after.login("dana", password, "::1")


async def test_a_key_is_made_listed_and_revoked(folder: Path) -> None:
    await said("user", "add", "dana")
    plain = (await said("key", "add", "dana")).strip()
    more = ("--scope", "read", "--scope", "qr", "--days", "30")
    named = (await said("key", "add", "dana", "--name", "the CRM", *more)).strip()
    async with accounts(folder) as hub, hub.keeping():
        assert (await hub.verify(plain)).scopes == frozenset({Scope.READ, Scope.SEND})
        key_id = (await hub.verify(named)).key_id
    first, second = (await said("key", "list", "dana")).splitlines()
    assert "made on the command line: read, send; used " in first
    assert re.fullmatch(rf"{key_id}  the CRM: qr, read, until [0-9-]{{10}}; used [0-9-]+ [0-9:]+", second)
    assert await said("key", "revoke", "dana", key_id) == "Revoked.\n"
    assert "There is no key" in await said("key", "revoke", "dana", key_id, code=1)
    async with accounts(folder) as hub:
        await hub.verify(plain)
        with pytest.raises(NotLoggedIn):
            await hub.verify(named)


async def test_a_key_that_will_not_do_is_told_in_a_sentence(folder: Path) -> None:
    await said("user", "add", "dana")
    assert "is for admins" in await said("key", "add", "dana", "--scope", "admin", code=1)
    assert "There is no connection 'shop'" in await said("key", "add", "dana", "--connection", "shop", code=1)
    assert "There is no user 'eve'" in await said("key", "list", "eve", code=1)
