"""A login that is backed up, lost and put back, with a true browser: it needs no scan, and is never put over
a newer one."""

import asyncio
import shutil
import sys
from typing import Any

import pytest
from click.testing import CliRunner

from chatgrow_bot.cli import main

pytestmark = pytest.mark.slow


async def chatgrow(stage: Any, *words: str) -> tuple[int, str]:
    line = ["--config", str(stage.places.config), "sessions", *words]
    done = await asyncio.to_thread(CliRunner().invoke, main, line)  # it has a loop of its own
    return done.exit_code, done.output


async def test_a_login_comes_back_without_a_scan_and_never_over_a_newer_one(stage: Any, phones: Any) -> None:
    processes = sys.modules["chatgrow_plugins.simulator.demo.processes"]
    folder = stage.places.folder
    key = str(folder / "key")
    profile = folder / "sessions" / "profiles" / "shop"
    shop = await phones.phone("+972501234567", name="Shop")
    dana = await phones.customer("+972541112233", name="Dana")

    async def until(api: Any, state: str) -> None:
        await processes.until(lambda: api.connection("shop"), lambda found: found["state"] == state)

    async with stage.hub(), stage.api() as api:
        await api.create("shop", "Shop", "+972501234567")
        await until(api, "qr")
        await shop.scan((await api.call("GET", "/api/whatsapp/connections/shop/qr"))["code"])
        await until(api, "online")
        assert (await chatgrow(stage, "backup", "--to", str(folder / "copies"), "--key", key))[0] == 1, (
            "it runs"
        )

    assert (await chatgrow(stage, "key", key))[0] == 0
    code, said = await chatgrow(stage, "backup", "--to", str(folder / "copies"), "--key", key)
    assert code == 0, said
    [copy] = (folder / "copies").iterdir()
    shutil.rmtree(profile)
    code, said = await chatgrow(stage, "restore", "shop", str(copy), "--key", key)
    assert code == 0, said

    async with stage.hub(), stage.api() as api:
        await until(api, "online")
        await api.send("shop", dana.number, "still linked")
        assert [each.text for each in await dana.received(1, timeout=30)] == ["still linked"]

    code, said = await chatgrow(stage, "restore", "shop", str(copy), "--key", key)
    assert code == 1
    assert "newer than this backup" in said
    assert (await chatgrow(stage, "cleanup", "--yes"))[1] == "There is nothing to clear away.\n"
    assert "shop" in (await chatgrow(stage, "list"))[1]
    assert profile.is_dir()
