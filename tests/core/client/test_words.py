"""The words of the command line that speak to a hub which runs."""

import asyncio
import json
import re
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from chatgrow_bot.cli.main import _WORDS, main
from chatgrow_bot.client import Client
from chatgrow_bot.errors import SendRefused
from chatgrow_bot.hub import Scope
from chatgrow_bot.messages import ConnectionState, Notice
from chatgrow_bot.store import journal
from chatgrow_bot.testing import FakeSession, TalkingBot

from .ctrl_c import hears_ctrl_c
from .relay import Relay

LATER = f"{datetime.now(UTC) + timedelta(days=2):%FT%TZ}"
Said = Callable[..., Coroutine[Any, Any, Result]]


@pytest.fixture
def env(road: Relay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Where the hub is, and a home of one's own; no token."""
    monkeypatch.delenv("CHATGROW_TOKEN", raising=False)
    return {"CHATGROW_URL": road.url, "XDG_CONFIG_HOME": str(tmp_path / "home")}


@pytest.fixture
def said(env: dict[str, str], key: str) -> Said:
    """What a word says, as a person with a key meets it; it runs a loop of its own."""

    async def run(*words: str, code: int = 0, token: str = key, text: str = "") -> Result:
        runner = CliRunner(env={**env, "CHATGROW_TOKEN": token})
        result = await asyncio.to_thread(runner.invoke, main, words, input=text)
        assert result.exit_code == code, result.output
        return result

    return run


async def test_a_message_is_sent_from_a_terminal(said: Said, hub: TalkingBot, tmp_path: Path) -> None:
    session = await hub.connect()
    sent = await said("send", "+14155550123", "Hello", "--wait", "20")
    assert re.fullmatch(r"[0-9a-f]{32}  sent\n", sent.stdout)
    (tmp_path / "menu.pdf").write_bytes(b"%PDF-1.4\n%%EOF\n")
    await said(
        "send", "+14155550123", "-", "--file", str(tmp_path / "menu.pdf"), "--wait", "20", text="Our menu\n"
    )
    first, second = session.sent
    assert (first.text, second.text) == ("Hello", "Our menu")
    assert second.media
    assert second.media.filename == "menu.pdf"
    planned = await said("send", "+14155550123", "Later", "--at", LATER, "--json")
    assert json.loads(planned.stdout)["estimatedSendAt"] == LATER
    again = [await said("send", "+14155550123", "Once", "--key", "k", "--wait", "20") for _ in range(2)]
    assert again[0].stdout == again[1].stdout
    assert len(session.sent) == 3


async def test_what_cannot_be_sent_is_said_in_a_sentence(said: Said, hub: TalkingBot) -> None:
    nothing = await said("send", "+14155550123", "Hello", code=1)
    assert "there are 0 connections; make one: chatgrow connections create" in nothing.stderr
    session = await hub.connect()
    session.outcomes = [SendRefused("The number is not on WhatsApp")]
    wrong = await said("send", "nobody", "Hello", code=1)
    assert "'nobody' is not a phone number. Write the number in international form" in wrong.stderr
    failed = await said("send", "+14155550123", "Hello", "--wait", "20", code=1)
    assert "failed" in failed.stdout
    assert "nothing to send" in (await said("send", "+14155550123", code=2)).stderr
    assert "2026-12-24T09:00:00Z" in (await said("send", "+1", "Hi", "--at", "soon", code=2)).stderr
    await hub.connect("desk")
    assert "name one by --connection: shop, desk" in (await said("send", "+1", "Hi", code=1)).stderr


async def test_connections_are_listed_made_paused_and_removed(said: Said, hub: TalkingBot) -> None:
    assert "chatgrow connections create" in (await said("connections")).stdout
    assert (
        "chatgrow qr shop"
        in (await said("connections", "create", "shop", "--name", "The \x1b[31mshop")).stdout
    )
    await hub.online()
    listed = (await said("connections")).stdout.splitlines()
    assert listed[0].split() == ["connection", "state", "account", "since", "name", "remark"]
    assert listed[1].startswith("shop        online  15559990000")
    assert "\x1b[31m" not in listed[1], "what somebody wrote does not steer the terminal"
    paused = await said("connections", "pause", "shop", "--reason", "wrong prices")
    assert "online, by admin: wrong prices" in paused.stdout
    assert json.loads((await said("connections", "--json", "resume", "shop")).stdout)["paused"] is False
    assert "shop" in (await said("connections", "delete", "shop", text="n\n", code=1)).stdout
    assert json.loads((await said("connections", "--json")).stdout) != []
    await said("connections", "delete", "shop", "--yes")
    assert json.loads((await said("connections", "--json")).stdout) == []
    elsewhere = await said("connections", "--url", "http://127.0.0.1:9", "pause", "shop", code=1)
    assert "127.0.0.1:9 cannot be reached" in elsewhere.stderr
    missing = await said("connections", "pause", "shop", code=1)
    assert "There is no connection 'shop'" in missing.stderr


async def test_the_code_is_drawn_again_when_it_changes_until_a_phone_has_scanned_it(
    said: Said, hub: TalkingBot, road: Relay
) -> None:
    def show(session: FakeSession) -> None:
        session.state, session.qr = ConnectionState.QR, "2@one"

    hub.engine.on_open = show
    await said("connections", "create", "shop")
    once = (await said("qr", "shop", "--once")).stdout
    path = "GET /api/whatsapp/connections/shop/qr"

    async def drawn(count: int) -> None:
        await road.has_begun(path, count)

    async with asyncio.TaskGroup() as group:
        linked = group.create_task(said("qr", "shop"))
        await drawn(3)
        hub.engine.opened["shop"].becomes(ConnectionState.QR, "2@two")
        await drawn(5)
        hub.engine.opened["shop"].becomes(ConnectionState.ONLINE)
    whole = linked.result().stdout
    assert whole.count("Linked devices") == 2, "each code is drawn once"
    assert whole.startswith(once)
    assert whole.endswith("shop is online as 15559990000\n")
    assert json.loads((await said("connections", "--json")).stdout)[0]["state"] == "online"
    hub.engine.opened["shop"].becomes(ConnectionState.LOGGED_OUT)
    await hub.reaches("shop", ConnectionState.LOGGED_OUT)
    assert "chatgrow connections reconnect shop" in (await said("qr", "shop", code=1)).stderr


async def test_the_queue_and_the_figures(said: Said, hub: TalkingBot) -> None:
    await hub.connect()
    await said("send", "+14155550123", "Hello", "--wait", "20")
    paused = (await said("queue", "pause", "--reason", "an exercise")).stdout
    assert re.search(r"paused by admin since .*: an exercise\nLet it go: chatgrow queue resume", paused)
    held = (await said("send", "+14155550124", "Hello")).stdout
    assert re.search("queued: the whole queue was paused by admin.*: an exercise", held)
    assert " now" not in held
    waits = (await said("queue")).stdout
    assert "messages: 1 queued" in waits
    assert re.search(r"^shop +1  since", waits, re.MULTILINE)
    assert "stopped by admin" in (await said("queue", "stop")).stdout
    assert "running" in (await said("queue", "resume")).stdout
    stats = (await said("stats", "--days", "2")).stdout
    assert re.search(r"^shop +online +2 ", stats, re.MULTILINE)
    assert json.loads((await said("stats", "--json")).stdout)["total"]["counts"]["accepted"] == 2


async def test_what_happened_is_told_line_by_line(said: Said, hub: TalkingBot) -> None:
    session = await hub.connect()
    await session.hears("Are you\nopen? \x1b[2J", "14155550123@c.us", name="Dana")
    told = (await said("events", "--type", "message.received")).stdout
    assert re.fullmatch(r"\S+ \S+  message\.received   shop  Dana: Are you open\?  \[2J\n", told)
    lines = [json.loads(line) for line in (await said("events", "--json")).stdout.splitlines()]
    assert [line["type"] for line in lines][-1] == "message.received"
    first, *rest = lines
    after = (await said("events", "--json", "--after", first["id"])).stdout.splitlines()
    assert [json.loads(line)["id"] for line in after] == [line["id"] for line in rest]
    assert "Write one or more of" in (await said("events", "--type", "weather", code=1)).stderr
    by = {"by": "rules", "message_id": "m1", "tenant": hub.admin.user_id, "connection_id": "shop"}
    hub.running.hub.report(Notice(topic="order", note="He \x1b[2J asks", at=hub.clock.now(), **by))
    await hub.until(lambda conn: any(e.hook == "on_notice" for e in journal.read_after(conn, 0, 99)))
    told = (await said("events", "--type", "notice")).stdout
    assert re.fullmatch(r"\S+ \S+  notice +shop  order: He  \[2J asks \(message m1\)\n", told)


async def test_who_follows_events_leaves_by_ctrl_c_or_by_closing_the_pipe(
    env: dict[str, str], key: str, hub: TalkingBot, road: Relay
) -> None:
    session = await hub.connect()
    command = (sys.executable, "-m", "chatgrow_bot.cli", "events", "--follow")
    for way in ("ctrl-c", "pipe"):
        process = await asyncio.create_subprocess_exec(
            *command,
            env={**env, "CHATGROW_TOKEN": key, "PATH": ""},
            stdout=PIPE,
            stderr=PIPE,
            preexec_fn=hears_ctrl_c,
        )
        assert process.stdout
        assert process.stderr
        await road.has_begun("GET /api/whatsapp/events", 1 if way == "ctrl-c" else 2)
        async with asyncio.timeout(20):
            await session.hears("Hello")
            assert b"Hello" in await process.stdout.readline()
            if way == "ctrl-c":
                process.send_signal(signal.SIGINT)
            else:
                process.stdout._transport.close()  # type: ignore[attr-defined]  # as `head` does
                while process.returncode is None:
                    await session.hears("Hello again")
                    await asyncio.sleep(0.1)
            await process.wait()
        errors = (await process.stderr.read()).decode()
        assert "Traceback" not in errors
        assert "Exception" not in errors
        assert process.returncode == (130 if way == "ctrl-c" else 1)


async def test_a_login_keeps_a_key_for_the_next_words(
    said: Said, hub: TalkingBot, env: dict[str, str], road: Relay
) -> None:
    await hub.connect()
    stranger = await said("connections", token="", code=1)
    assert "there is no token: chatgrow login, or set CHATGROW_TOKEN" in stranger.stderr
    wrong = await said("login", "--user", "admin", token="", text="wrong\n", code=1)
    assert "Wrong user name or password" in wrong.stderr
    kept = await said("login", "--user", "admin", "--days", "30", token="", text="correct horse battery\n")
    file = Path(env["XDG_CONFIG_HOME"]) / "chatgrow" / "tokens.json"
    assert str(file) in kept.stdout.replace("\n", "")
    assert file.stat().st_mode & 0o777 == 0o600
    assert "correct horse" not in file.read_text()
    assert road.seen[-1] == "POST /api/auth/logout", "the login itself is not left behind"
    assert "shop" in (await said("connections", token="")).stdout
    assert (await said("queue", "pause", token="")).stdout.startswith("paused by admin")
    keys = hub.running.hub.accounts.keys
    [made] = [each for each in await keys.list(hub.admin.user_id) if "command line on" in each.name]
    assert made.expires_at
    await keys.revoke(hub.admin.user_id, made.key_id)
    ended = await said("connections", token="", code=1)
    assert "does not take this token: chatgrow login" in ended.stderr
    file.chmod(0o644)
    assert "others may read it: chmod 600" in (await said("connections", token="", code=1)).stderr
    file.chmod(0o600)
    await said("logout", token="")
    assert "there is no token" in (await said("connections", token="", code=1)).stderr
    assert json.loads(file.read_text()) == {}


async def test_a_key_is_kept_only_if_it_is_good(said: Said, key: str, hub: TalkingBot) -> None:
    await said("login", "--key", token="", text="cgk_wrong\n", code=1)
    await said("connections", token="", code=1)
    await said("login", "--key", token="", text=f"{key}\n")
    await said("connections", token="")
    _, sends = await hub.running.hub.accounts.keys.make(hub.admin, "sends", scopes=frozenset({Scope.SEND}))
    await said("login", "--key", token="", text=f"{sends}\n")
    assert "chatgrow login" in (await said("connections", token="", code=1)).stderr


async def test_a_token_is_for_the_hub_that_gave_it(said: Said, hub: TalkingBot, env: dict[str, str]) -> None:
    await said("login", "--user", "admin", token="", text="correct horse battery\n")
    other = f"http://127.0.0.1:{hub.running.port}"
    assert "there is no token" in (await said("connections", "--url", other, token="", code=1)).stderr


async def test_a_hub_that_does_not_run_is_said_to_be_so(
    said: Said, tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "project" / "config").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "project")
    env.pop("CHATGROW_URL")
    config = tmp_path / "project" / "config" / "chatgrow.yaml"
    config.write_text("server: {host: 0.0.0.0, port: 9}\n")
    down = await said("queue", code=1)
    assert (
        "http://127.0.0.1:9 cannot be reached (Connection refused). Start the hub (chatgrow run)"
        in down.stderr
    )
    env["CHATGROW_URL"] = "http://127.0.0.1:8"
    assert "127.0.0.1:8 cannot" in (await said("queue", code=1)).stderr
    for typed in (("queue", "--config", str(config)), ("--config", str(config), "queue")):
        assert "127.0.0.1:9 cannot" in (await said(*typed, code=1)).stderr, "what is typed goes first"
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("server: {prot: 3000}\n")
    assert "unknown key 'prot'" in (await said("queue", "--config", str(wrong), code=1)).stderr
    nowhere = await said("queue", "--config", str(tmp_path / "nowhere.yaml"), code=1)
    assert "nowhere.yaml" in nowhere.stderr
    assert "cannot be reached" not in nowhere.stderr
    env.pop("CHATGROW_URL")
    config.write_text("server: {port: 0}\n")
    assert "name its address by --url" in (await said("queue", code=1)).stderr
    assert "no address of a hub" in (await said("queue", "--url", "nonsense", code=1)).stderr


def test_every_word_is_where_it_is_said_to_be() -> None:
    ctx = click.Context(main)
    for word in _WORDS:
        found = main.get_command(ctx, word)
        assert found
        assert found.name == word


async def test_a_word_to_a_hub_does_not_load_one() -> None:
    look = (
        "import sys; from chatgrow_bot.cli import main; main(['send', '--help'], standalone_mode=False); "
        "sys.exit(bool({'sqlalchemy', 'playwright', 'pydantic'} & sys.modules.keys()))"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", look, stdout=PIPE)
    await process.communicate()
    assert process.returncode == 0


async def test_the_client_and_the_words_agree(client: Client, said: Said, hub: TalkingBot) -> None:
    await hub.connect()
    shown = json.loads((await said("connections", "--json")).stdout)
    assert json.loads((await said("connections", "list", "--json")).stdout) == shown
    assert [each["connectionId"] for each in shown] == [
        each.connection_id for each in await client.connections()
    ]
