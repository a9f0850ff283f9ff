"""Every example, by the command that its README names."""

import asyncio
import os
import re
import shutil
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import pytest

from chatgrow_bot.hub import Scope
from chatgrow_bot.testing import TalkingBot
from tests.core.client.ctrl_c import hears_ctrl_c

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


async def run(*command: str, folder: Path = ROOT, code: int = 0, **env: str) -> str:
    """What a program says."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env={**os.environ, **env}, stdout=PIPE, stderr=STDOUT
    )
    async with asyncio.timeout(60):
        said, _ = await process.communicate()
    assert process.returncode == code, said.decode()
    return said.decode()


def commands() -> list[str]:
    """Those of the table in examples/README.md."""
    return re.findall(r"\| `([^`]*)` \|", (EXAMPLES / "README.md").read_text("utf-8"))


def test_the_readme_names_every_example_and_each_is_tried_here() -> None:
    assert commands() == [
        "python examples/complete.py",
        "python examples/bulk_notifications.py examples/customers.csv",
        "pytest examples/plugin",
    ]
    shown = {path.name for path in EXAMPLES.iterdir() if path.name[0] not in "._"}
    linked = {f"{name.rstrip('/')}" for name in re.findall(r"^\| \[([^\]]*)\]", _readme(), re.MULTILINE)}
    assert shown - linked == {"README.md", "rules", "virtual_phone.py", "customers.csv"}


def _readme() -> str:
    return (EXAMPLES / "README.md").read_text("utf-8")


async def test_the_complete_demonstration() -> None:
    said = await run(sys.executable, "examples/complete.py")
    steps = re.findall(r"^\d\. ", said, re.MULTILINE)
    assert len(steps) == 5
    for seen in (
        "▄▄▄▄▄",
        "linked as 15559990000@c.us",
        "<- Dana: When are you open?",
        "a message of 'auto_reply' has left",
        "the text is read",
        "queued: the whole queue was paused by admin",
        "{'sent': 5, 'received': 1}; 5 workers; healthy: True",
    ):
        assert seen in said
    assert "Traceback" not in said


async def test_the_complete_demonstration_needs_no_pytest() -> None:
    without = "import sys; sys.modules['pytest'] = None; sys.path.insert(0, 'examples'); import complete"
    await run(sys.executable, "-c", without)


async def test_who_has_seen_enough_of_the_demonstration_leaves_by_ctrl_c() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-u", "examples/complete.py"),
        cwd=ROOT,
        stdout=PIPE,
        stderr=PIPE,
        preexec_fn=hears_ctrl_c,
    )
    assert process.stdout
    async with asyncio.timeout(60):
        while b"linked as" not in await process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()
    assert b"Traceback" not in errors
    assert process.returncode == 130


async def test_the_bulk_notifications(bot: TalkingBot, tmp_path: Path) -> None:
    await bot.start("rest_api", rest_api={"admin": True})
    session = await bot.connect()
    scopes = frozenset({Scope.READ, Scope.SEND})
    _, key = await bot.running.hub.accounts.keys.make(bot.admin, "an example", scopes=scopes)
    url, results = f"http://127.0.0.1:{bot.running.port}", tmp_path / "results.csv"
    words = ("examples/bulk_notifications.py", "examples/customers.csv", "--results", str(results))
    for _ in range(2):  # the second time nobody is told again
        said = await run(sys.executable, *words, code=1, CHATGROW_TOKEN=key, CHATGROW_URL=url)
        assert "3 messages are the hub's now, 1 rows were refused" in said
        assert "row 5, not a number: " in said
        assert "completed: " in said
    texts = {parcel.text for parcel in session.sent}
    assert len(session.sent) == 3
    assert "Hi Lee, Kim, your order A-19 is ready. Reply STOP if you do not want such messages." in texts
    assert len(results.read_text().splitlines()) == 5
    said = await run(sys.executable, *words, code=2, CHATGROW_TOKEN="cgk_wrong", CHATGROW_URL=url)
    assert "Traceback" not in said
    nowhere = (*words[:2], "--connection", "elsewhere", "--results", str(tmp_path / "no" / "results.csv"))
    said = await run(sys.executable, *nowhere, code=2, CHATGROW_TOKEN=key, CHATGROW_URL=url)
    assert "No such file" in said, "before anything is asked of the hub"
    assert "Traceback" not in said


@pytest.mark.slow
async def test_the_plugin_its_settings_and_its_test(tmp_path: Path) -> None:
    copy = tmp_path / "project"
    shutil.copytree(EXAMPLES / "plugin", copy)
    tests = await run(sys.executable, "-m", "pytest", "-q", "--import-mode=importlib", folder=copy)
    assert "3 passed" in tests
    config = copy / "config" / "chatgrow.yaml"
    chatgrow = (sys.executable, "-m", "chatgrow_bot.cli", "check", "--config", str(config))
    assert "all is well" in await run(*chatgrow, folder=copy)
    config.write_text(config.read_text().replace("word: order", "wrod: order"))
    assert "unknown key 'wrod', did you mean 'word'?" in await run(*chatgrow, folder=copy, code=78)


async def test_the_snippets_name_what_there_is() -> None:
    """The pieces of code in the README are not run; what they call is there."""
    from chatgrow_bot import client, embedded

    for block in re.findall(r"```python\n(.*?)```", _readme(), re.DOTALL):
        for name in re.findall(r"\bclient\.(\w+)\(", block):
            assert hasattr(client.Client, name), name
        for name in re.findall(r"\bhub\.(\w+)\(", block):
            assert hasattr(embedded.EmbeddedHub, name), name
        for names in re.findall(r"from chatgrow_bot\.client import (.*)", block):
            assert all(hasattr(client, name) for name in names.split(", "))
