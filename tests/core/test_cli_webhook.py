"""`chatgrow webhook-key`, as a person at a terminal meets it."""

import asyncio
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chatgrow_bot.cli import main
from chatgrow_bot.signatures import Signature, sign, to_key
from chatgrow_bot.store.database import open_database
from chatgrow_bot.store.folder import FolderLock
from chatgrow_bot.testing import FakeClock
from chatgrow_bot.vault import Vault
from chatgrow_bot.webhook_keys import WebhookKeys
from tests.core.store.test_outbox import ground


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "chatgrow.yaml").write_text("{}\n")
    monkeypatch.chdir(tmp_path)

    async def made() -> None:
        async with open_database(f"sqlite:///{tmp_path}/sessions/chatgrow.db") as db:
            await db.write(ground)

    asyncio.run(made())
    return tmp_path


def key(*words: str) -> Result:
    return CliRunner().invoke(main, ["webhook-key", *words])


def secret_in(result: Result) -> tuple[str, str]:
    assert result.exit_code == 0, result.output
    found = re.search(r"^([0-9a-f]{32})  (whsec_\S{44})$", result.output, re.MULTILINE)
    assert found, result.output
    return found[1], found[2]


def is_good(folder: Path, secret: str) -> bool:
    """Whether a hub in this folder takes what is signed with it."""

    async def tried() -> bool:
        async with open_database(f"sqlite:///{folder}/sessions/chatgrow.db") as db:
            keys, clock = WebhookKeys(db, FakeClock(), Vault.open(folder / "sessions")), FakeClock()
            at = str(int(clock.now().timestamp()))
            signature = Signature(id="m", timestamp=at, signatures=sign(to_key(secret), "m", at, b"{}"))
            return (await keys.verify("shop", signature, b"{}")).tenant == "u"

    try:
        return asyncio.run(tried())
    except Exception:
        return False


def test_a_key_is_printed_once_listed_and_ended(folder: Path) -> None:
    assert "add shop" in key("list", "shop").output
    key_id, secret = secret_in(key("add", "shop"))
    assert is_good(folder, secret)
    listed = key("list", "shop").output
    assert key_id in listed
    assert "never used" in listed
    assert secret not in listed
    assert key("remove", "shop", key_id).exit_code == 0
    assert not is_good(folder, secret)
    again = key("remove", "shop", key_id)
    assert (again.exit_code, again.output[:5]) == (1, "Error")


def test_rotating_keeps_the_old_one_for_as_long_as_is_said(folder: Path) -> None:
    _, old = secret_in(key("add", "shop"))
    _, new = secret_in(key("rotate", "shop"))
    assert is_good(folder, old)
    assert "good until" in key("list", "shop").output
    _, newest = secret_in(key("rotate", "shop", "--keep-old", "0"))
    assert [is_good(folder, each) for each in (old, new, newest)] == [False, False, True]
    assert len(key("list", "shop").output.splitlines()) == 1


def test_a_connection_that_is_not_there_and_a_hub_that_runs_are_said_in_a_sentence(folder: Path) -> None:
    for words in (("add", "none"), ("list", "none"), ("remove", "none", "x"), ("rotate", "none")):
        result = key(*words)
        assert result.exit_code == 1
        assert result.output.startswith("Error: There is no connection 'none'."), result.output
    with FolderLock(folder / "sessions"):
        result = key("add", "shop")
    assert (result.exit_code, result.output[:6]) == (1, "Error:")
