"""The whole hub inside another program."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from chatgrow_bot.clock import SystemClock
from chatgrow_bot.embedded import EmbeddedHub, open_hub
from chatgrow_bot.errors import ConfigError, ConnectionNotReady, HeldByAnother, NotAllowed, NotFound
from chatgrow_bot.hub import EventType, Role
from chatgrow_bot.messages import ConnectionState, Kind, State
from chatgrow_bot.payloads import Poll
from chatgrow_bot.testing import FakeEngine, FakeSession
from chatgrow_bot.testing.template import migrated

CONFIG: Mapping[str, Any] = {
    "server": {"port": 0},
    "pacing": {"send": {"min": 0, "max": 0, "jitter": 0}, "reply": {"min": 0, "max": 0, "typing": False}},
    "connectionDefaults": {"engine": "fake"},
    "memoryReserve": 0,
    "diskReserve": 0,
    "plugins": {"rest_api": {"admin": True}},
}
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0"


@pytest.fixture
async def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    await migrated(tmp_path / "sessions" / "chatgrow.db")
    return tmp_path


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine(SystemClock().now)


def opened(engine: FakeEngine, **more: Any) -> AbstractAsyncContextManager[EmbeddedHub]:
    return open_hub(more.pop("config", CONFIG), engines={"fake": engine}, **more)


@pytest.fixture
async def hub(home: Path, engine: FakeEngine) -> AsyncIterator[EmbeddedHub]:
    async with opened(engine) as hub:
        yield hub


async def test_the_verbs_of_the_product(hub: EmbeddedHub, engine: FakeEngine) -> None:
    def show(session: FakeSession) -> None:
        session.state, session.qr = ConnectionState.QR, "2@abc"

    engine.on_open = show
    await hub.create_connection("shop", name="The shop")
    assert (await hub.get_qr_code("shop", wait=20)).code == "2@abc"
    engine.opened["shop"].becomes(ConnectionState.ONLINE)
    assert (await hub.wait_until_online("shop", wait=20)).me
    sent = await hub.send_message("shop", "+14155550123", "Hello", wait=20)
    assert sent.state is State.SENT
    assert (await hub.message(sent.id)).state is State.SENT
    await hub.send_message("shop", "+14155550123", "Look", file=PNG, filename="shop.png", wait=20)
    poll = Poll(question="Lunch?", options=("Pizza", "Soup"))
    await hub.send_message("shop", "+14155550123", payload=poll, wait=20)
    first, second, third = engine.opened["shop"].sent
    assert first.text == "Hello"
    assert second.media
    assert (second.media.kind, second.text, third.payload) == (Kind.IMAGE, "Look", poll)
    assert (await hub.get_worker_stats()).alive > 0
    await hub.pause("an exercise")
    held = await hub.send_message("shop", "+14155550123", "Wait", wait=0.3)
    assert held.state is State.QUEUED
    await hub.resume()
    assert (await hub.parts.outbox.wait(hub.user.user_id, held.id, 20)).state is State.SENT
    assert [view.connection_id for view in await hub.connections()] == ["shop"]
    await hub.delete_connection("shop")
    assert list(await hub.connections()) == []


async def test_health_is_told_at_once_and_follows_what_happens(hub: EmbeddedHub, engine: FakeEngine) -> None:
    assert hub.get_health_status().checks["database"]
    assert hub.get_health_status().vitals.memory > 0
    await hub.create_connection("shop")
    await hub.wait_until_online("shop", wait=20)

    async def fares(healthy: bool) -> None:
        async with asyncio.timeout(20):
            while [each.is_healthy for each in hub.get_health_status().connections] != [healthy]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    await fares(True)
    engine.opened["shop"].becomes(ConnectionState.LOGGED_OUT)
    await fares(False)
    with pytest.raises(ConnectionNotReady, match="logged_out"):
        await hub.wait_until_online("shop", wait=20)


async def test_what_happens_is_told(hub: EmbeddedHub, engine: FakeEngine) -> None:
    await hub.create_connection("shop")
    await hub.wait_until_online("shop", wait=20)
    events = hub.events([EventType.RECEIVED], "shop")

    async def hear() -> list[str]:
        return [(await anext(events)).data["text"] for _ in range(2)]

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        heard = group.create_task(hear())
        while not heard.done():
            await engine.opened["shop"].hears("Are you open?")
            await asyncio.sleep(0.05)
    assert heard.result() == ["Are you open?"] * 2


async def test_nothing_listens_unless_it_is_asked_to(home: Path, engine: FakeEngine) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = {**CONFIG, "server": {"port": port}}
    async with opened(engine, config=config) as hub:
        assert hub.url is None
        assert hub.first_password
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
    async with opened(engine, config=config, serve=True) as hub:
        assert hub.url == f"http://127.0.0.1:{port}"
        async with aiohttp.ClientSession() as http, http.get(f"{hub.url}/health") as answer:
            assert answer.status == 200


async def test_a_user_does_what_his_role_allows_with_what_is_his(home: Path, engine: FakeEngine) -> None:
    async with opened(engine) as hub:
        await hub.parts.accounts.add_user("vera", None, Role.VIEWER, "enterprise")
        await hub.create_connection("shop")
    async with opened(engine, user="vera") as hub:
        assert list(await hub.connections()) == []
        for refused in (
            hub.pause(),
            hub.create_connection("x"),
            hub.send_message("shop", "+14155550123", "x"),
        ):
            with pytest.raises(NotAllowed, match="vera is a viewer"):
                await refused
    with pytest.raises(NotFound, match="nobody"):
        async with opened(engine, user="nobody"):
            pass


async def test_a_wrong_configuration_is_shown_whole(home: Path, engine: FakeEngine) -> None:
    wrong = {"server": {"prot": 3000}, "queue": {"concurrency": "many"}, "plugins": {"rest_apii": {}}}
    with pytest.raises(ConfigError) as shown:
        async with opened(engine, config=wrong):
            pass
    for each in (
        "unknown key 'prot', did you mean 'port'?",
        "'concurrency' must be",
        "no plugin 'rest_apii'",
    ):
        assert each in str(shown.value)


async def test_a_file_says_the_same_as_a_mapping(home: Path, engine: FakeEngine) -> None:
    file = home / "config" / "chatgrow.yaml"
    file.parent.mkdir()
    file.write_text("connectionDefaults: {engine: fake}\nsessionDir: elsewhere\n")
    async with opened(engine, config=file):
        assert (home / "elsewhere" / "chatgrow.db").exists()
    folder = home / "third"
    async with opened(engine, config={**CONFIG, "sessionDir": folder}):
        assert (folder / "chatgrow.db").exists()
        with pytest.raises(HeldByAnother):
            async with opened(engine, config={**CONFIG, "sessionDir": folder}):
                pass


async def test_a_place_that_was_never_reached_is_no_reason_to_hear_nothing(
    hub: EmbeddedHub, engine: FakeEngine
) -> None:
    """It may be of before a copy of the database was restored."""
    await hub.create_connection("shop")
    await hub.wait_until_online("shop", wait=20)

    async def first() -> str:
        return str((await anext(hub.events([EventType.RECEIVED], after=10**12))).data["text"])

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        heard = group.create_task(first())
        while not heard.done():
            await engine.opened["shop"].hears("Are you open?")
            await asyncio.sleep(0.05)
    assert heard.result() == "Are you open?"


async def test_a_connection_is_started_again(hub: EmbeddedHub, engine: FakeEngine) -> None:
    await hub.create_connection("shop")
    await hub.wait_until_online("shop", wait=20)
    first = engine.opened["shop"]
    assert (await hub.reconnect("shop")).connection_id == "shop"
    async with asyncio.timeout(20):
        while engine.opened.get("shop") in (first, None):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await hub.wait_until_online("shop", wait=20)
