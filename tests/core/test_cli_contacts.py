"""`chatgrow contacts` where no hub runs, on the database itself; and through one that does."""

import asyncio
import json
import re
import socket
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert, select, update

from chatgrow_bot.app import open_hub
from chatgrow_bot.cli.main import main
from chatgrow_bot.cli.remote import TOKEN, URL
from chatgrow_bot.config.load import load
from chatgrow_bot.hub import Scope
from chatgrow_bot.messages import State
from chatgrow_bot.store import outbox as stored
from chatgrow_bot.store.account_tables import users
from chatgrow_bot.store.customer_tables import suppressions as suppressed
from chatgrow_bot.store.database import Database, open_database
from chatgrow_bot.store.tables import consent, inbox, outbox
from chatgrow_bot.testing.template import migrated

from .store.test_outbox import NOW, message

NUMBER, CHAT, WORDS = "+972541112233", "972541112233@c.us", "canarywords of hers"
CONFIG = "server: {port: PORT}\nplugins:\n  rest_api: {admin: true}\n  webhooks: {admin: true}\n"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
async def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "chatgrow.yaml").write_text(CONFIG.replace("PORT", str(free_port())))
    await migrated(tmp_path / "sessions" / "chatgrow.db")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(URL, raising=False)
    monkeypatch.delenv(TOKEN, raising=False)
    return tmp_path


async def run(*words: str, answer: str = "") -> Result:
    return await asyncio.to_thread(CliRunner().invoke, main, ["contacts", *words], input=answer)


@asynccontextmanager
async def database(folder: Path) -> AsyncIterator[Database]:
    async with open_database(f"sqlite:///{folder}/sessions/chatgrow.db") as db:
        yield db


async def written(db: Database, *tenants: str, add: bool = True) -> None:
    """She wrote to these users, and then said that she wants no more."""
    for tenant in tenants:
        values = {"id": tenant, "username": tenant, "password_hash": "", "role": "operator", "plan": "free"}
        told: dict[str, Any] = {"id": f"m-{tenant}", "tenant": tenant, "connection_id": "shop", "chat": CHAT}
        told |= {"participant": "", "from_me": False, "wa_id": tenant, "kind": "text", "text": WORDS}
        told |= {"name": "Dana", "sent_at": NOW, "received_at": NOW, "outcome": "answered"}
        said = {"tenant": tenant, "person": CHAT, "opted_out": True, "at": NOW}
        if add:
            await db.write(lambda conn, v=values: conn.execute(insert(users).values(**v, created_at=NOW)))  # type: ignore[misc]
        await db.write(lambda conn, v=told: conn.execute(insert(inbox).values(**v)))  # type: ignore[misc]
        await db.write(lambda conn, v=said: conn.execute(insert(consent).values(**v)))  # type: ignore[misc]


async def test_without_a_hub_all_users_data_is_given_out_and_erased(folder: Path) -> None:
    async with database(folder) as db:
        await written(db, "avi", "benny")
    exported = await run("export", NUMBER)
    assert exported.exit_code == 0, exported.output
    told = json.loads(exported.stdout)
    kept = {user["user"]: user["kept"].get("messagesIn", []) for user in told["users"]}
    assert {name: len(rows) for name, rows in kept.items()} == {"avi": 1, "benny": 1}
    assert (await run("export", NUMBER, "--out", "dana.zip")).exit_code == 0
    with zipfile.ZipFile(folder / "dana.zip") as packed:
        assert packed.namelist() == ["person.json"]
    assert (folder / "dana.zip").stat().st_mode & 0o077 == 0

    refused = await run("erase", NUMBER, answer="n\n")
    assert refused.exit_code == 1
    assert "what every user keeps" in refused.output
    assert WORDS.encode() in (folder / "sessions" / "chatgrow.db").read_bytes()
    one = await run("erase", NUMBER, "--user", "avi", "--yes")
    assert re.search(r"Erased: 1 consent, 1 messagesIn\.\nHe had opted out", one.output), one.output
    everyone = await run("erase", NUMBER, answer="y\n")
    assert everyone.exit_code == 0, everyone.output
    assert "until" in everyone.output
    assert "Not reached" in everyone.output
    for file in (folder / "sessions").glob("chatgrow.db*"):
        assert WORDS.encode() not in file.read_bytes()
        assert b"972541112233" not in file.read_bytes()
    async with database(folder) as db:
        rows = await db.read(lambda conn: conn.execute(select(suppressed.c.tenant)).scalars().all())
    assert sorted(rows) == ["avi", "benny"]
    assert "there is no user" in (await run("erase", NUMBER, "--user", "eve", "--yes")).output


async def test_a_hub_that_runs_is_asked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_hub(load(folder / "config" / "chatgrow.yaml", {})) as running:
        who = await running.hub.accounts.find("admin")
        await written(running.ground.db, who.user_id, add=False)
        scopes = frozenset({Scope.READ, Scope.DELETE})
        _, plain = await running.hub.accounts.keys.make(who, "words", scopes=scopes)
        monkeypatch.setenv(TOKEN, plain)
        told = json.loads((await run("export", NUMBER)).stdout)
        assert told["users"][0]["kept"]["messagesIn"][0]["text"] == WORDS
        refused = await run("erase", NUMBER, "--everyone", "--yes")
        assert "Only an admin" in refused.output
        erased = await run("erase", NUMBER, "--yes", "--json")
        assert json.loads(erased.stdout)["counts"] == {"consent": 1, "messagesIn": 1}


async def test_without_a_hub_what_one_that_died_left_in_mid_send_is_in_nobodys_hands(folder: Path) -> None:
    async with database(folder) as db:
        await written(db, "avi")
        sent = [message(number) for number in (1, 2)]
        await db.write(lambda conn: stored.add(conn, sent))
        for each, chat in zip(sent, (CHAT, "972549998877@c.us"), strict=True):
            left = {"tenant": "avi", "chat": chat, "state": State.SENDING}
            this = outbox.c.id == each.delivery.id
            await db.write(lambda conn, w=this, v=left: conn.execute(update(outbox).where(w).values(**v)))  # type: ignore[misc]
    erased = await run("erase", NUMBER, "--yes")
    assert erased.exit_code == 0, erased.output
    assert "1 messagesOut" in erased.output
    async with database(folder) as db:
        rows = await db.read(lambda conn: conn.execute(select(outbox.c.chat, outbox.c.state)).all())
    assert rows == [("972549998877@c.us", State.SENDING)]  # the next hub's to find
