"""The command line, as a person at a terminal meets it."""

import asyncio
import re
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import aiohttp
import pytest
from click.testing import CliRunner

from chatgrow_bot.cli import main
from chatgrow_bot.cli.options import EX_CONFIG

WRONG = """\
server:
  prot: 3000
queue: {concurrency: many}
plugins:
  rest_apii: {}
  guest_list: {alow: []}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config" / "rules").mkdir(parents=True)
    (tmp_path / "config" / "chatgrow.yaml").write_text(
        "server: {port: 0}\nplugins: {rest_api: {admin: true}, auto_reply: {}}\n"
    )
    return tmp_path


async def chatgrow(folder: Path, *words: str) -> Process:
    command = (sys.executable, "-m", "chatgrow_bot.cli", *words)
    return await asyncio.create_subprocess_exec(*command, cwd=folder, stdout=PIPE, stderr=PIPE)


async def listens(process: Process) -> str:
    """Wait until a hub listens; everything it said until then."""
    assert process.stdout
    said = ""
    async with asyncio.timeout(30):
        while "listens on" not in said:
            line = await process.stdout.readline()
            assert line, (await process.communicate())[1].decode()
            said += line.decode()
    return said


async def ended(process: Process) -> tuple[int, str, str]:
    async with asyncio.timeout(30):
        out, errors = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), errors.decode()


@pytest.mark.parametrize("word", ["check", "run"])
async def test_a_wrong_configuration_shows_every_mistake_and_exits_78(folder: Path, word: str) -> None:
    (folder / "config" / "chatgrow.yaml").write_text(WRONG)
    code, _, errors = await ended(await chatgrow(folder, word))
    assert code == EX_CONFIG == 78
    assert "chatgrow.yaml:2:3  unknown key 'prot', did you mean 'port'?" in errors
    assert "chatgrow.yaml:3:22  'concurrency' must be a whole number or 'auto', not 'many'" in errors
    assert "chatgrow.yaml:5:3  there is no plugin 'rest_apii', did you mean 'rest_api'?" in errors
    assert "chatgrow.yaml:6:16  unknown key 'alow', did you mean 'allow'?" in errors
    assert "prot: 3000\n       |   ^" in errors
    assert "Traceback" not in errors


def test_check_knows_a_plugin_that_is_of_no_use_as_it_stands(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (folder / "config" / "chatgrow.yaml").write_text("plugins:\n  rest_api: {}\n")
    result = CliRunner().invoke(main, ["check"])
    assert result.exit_code == EX_CONFIG
    assert "chatgrow.yaml:2:3  'rest_api' needs `admin: true`" in result.output


def test_check_looks_at_the_rule_files_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert CliRunner().invoke(main, ["check"]).exit_code == 0
    rules = folder / "config" / "rules" / "hours.yaml"
    rules.write_text("rules:\n  - id: hours\n    when: {text: {anny: [open]}}\n    reply: We are open.\n")
    result = CliRunner().invoke(main, ["check"])
    assert result.exit_code == EX_CONFIG
    assert "hours.yaml:3:19  unknown key 'anny', did you mean 'any'?" in result.output


def test_check_knows_plugins_in_folders_of_ones_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "mine").mkdir()
    (folder / "mine" / "faq.py").write_text(
        "from chatgrow_bot.plugin import Plugin\n\n\nclass Faq(Plugin):\n    pass\n"
    )
    config = folder / "config" / "chatgrow.yaml"
    config.write_text("pluginFolders: [mine]\nplugins: {faq: {}}\n")
    result = CliRunner().invoke(main, ["check"])
    assert result.exit_code == 0, result.output
    config.write_text("pluginFolders: [mine]\nplugins: {fag: {}, faq: {wrod: x}}\n")
    result = CliRunner().invoke(main, ["check"])
    assert "there is no plugin 'fag', did you mean 'faq'?" in result.output
    assert "unknown key 'wrod'" in result.output


def test_a_plugin_that_fails_at_its_words_leaves_the_others_theirs(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)  # the configuration is the one that is named, not one of this place
    (folder / "mine").mkdir()
    (folder / "mine" / "faq.py").write_text(
        "from chatgrow_bot.plugin import Plugin, hook\n\n\nclass Faq(Plugin):\n"
        "    @hook\n    def register_cli(self):\n        return 1 / 0\n"
    )
    (folder / "config" / "chatgrow.yaml").write_text("pluginFolders: [mine]\n")
    result = CliRunner().invoke(main, ["--config", str(folder / "config" / "chatgrow.yaml"), "--help"])
    assert result.exit_code == 0
    assert "plugin 'faq': register_cli: ZeroDivisionError" in result.output
    assert "rules" in result.output


async def test_the_first_start_makes_an_admin_who_can_log_in_and_a_sigterm_ends_it_well(folder: Path) -> None:
    process = await chatgrow(folder, "run")
    said = await listens(process)
    password = re.search(r"admin, password (\S+)", said)
    address = re.search(r"http://\S+", said)
    assert password
    assert address
    login = {"username": "admin", "password": password[1]}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{address[0]}/api/auth/login", json=login) as response,
    ):
        assert response.status == 200
    process.send_signal(signal.SIGTERM)
    code, _, errors = await ended(process)
    assert code == 0
    assert "Traceback" not in errors
    assert (folder / "sessions").stat().st_mode & 0o777 == 0o700


@pytest.mark.slow
async def test_a_second_hub_in_the_folder_says_who_is_there_and_ends(folder: Path) -> None:
    first = await chatgrow(folder, "run")
    await listens(first)
    code, _, errors = await ended(await chatgrow(folder, "run"))
    assert code == 1
    assert str(first.pid) in errors
    code, _, errors = await ended(await chatgrow(folder, "user", "add", "dana"))
    assert code == 1
    assert str(first.pid) in errors
    first.kill()
    await first.wait()
    code, said, _ = await ended(await chatgrow(folder, "user", "add", "dana"))
    assert code == 0, "the folder is free once its owner is dead"
    assert "dana (operator)" in said


def test_an_unknown_message_is_said_to_be_unknown(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    for _ in ("before the first start", "and after"):
        result = CliRunner().invoke(main, ["why", "0000"])
        assert result.exit_code == 1
        assert result.output == "Error: there is no message '0000'\n"
        CliRunner().invoke(main, ["user", "add", "dana"])


async def test_a_port_that_is_taken_is_said_in_a_sentence(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (folder / "config" / "chatgrow.yaml").write_text(f"server: {{port: {port}}}\n")
        code, _, errors = await ended(await chatgrow(folder, "run"))
    assert code == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("key", ["sessionDir", "logsDir"])
async def test_a_folder_that_cannot_be_used_is_said_in_a_sentence(folder: Path, key: str) -> None:
    (folder / "taken").write_text("a file stands where the folder belongs")
    (folder / "config" / "chatgrow.yaml").write_text(f"{key}: taken\n")
    code, _, errors = await ended(await chatgrow(folder, "run"))
    assert code == 1
    assert f"can be kept in {folder}/taken: File exists" in errors
    assert "Traceback" not in errors
