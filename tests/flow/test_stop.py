"""Telling the hub to stop, with true processes: it ends in time, with its browsers, and loses nothing."""

import asyncio
import re
import signal
import sqlite3
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

#: Seconds within which a stop must be done on a loaded machine; by itself one takes two.
PROMPT = 15.0


@pytest.fixture
def patient(stage: Any) -> Any:
    """A stage whose hub leaves a second to messages that are being sent when it stops."""
    config = stage.places.config
    text = config.read_text().replace("    simulator:", "    channel: headless-shell\n    simulator:")
    config.write_text(f"{text}queue: {{ drain: 1, reconcileAfter: 0 }}\n")
    return stage


@asynccontextmanager
async def running(stage: Any) -> AsyncIterator[tuple[Process, Any]]:
    """A hub, and a caller of it."""
    processes = sys.modules["chatgrow_plugins.simulator.demo.processes"]
    words = processes.chatgrow("run", "--config", str(stage.places.config))
    log = stage.places.folder / "hub.log"
    async with processes.running("hub", words, log, stage.places.hub_port) as hub, stage.api() as api:
        yield hub, api


async def until_state(api: Any, state: str) -> None:
    processes = sys.modules["chatgrow_plugins.simulator.demo.processes"]
    await processes.until(lambda: api.connection("shop"), lambda found: found["state"] == state)


async def until_sending(api: Any, message_id: str) -> None:
    processes = sys.modules["chatgrow_plugins.simulator.demo.processes"]
    await processes.until(lambda: api.status(message_id), lambda found: found["status"] == "sending")


async def ended(hub: Process, within: float = PROMPT) -> int:
    async with asyncio.timeout(within):
        return await hub.wait()


def browsers(stage: Any) -> list[str]:
    """What of this stage's browsers is left."""
    flag = f"--user-data-dir={stage.places.folder}"
    lines = (process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"]))
    return [line[0] for line in lines if any(word.startswith(flag) for word in line)]


async def link(api: Any, phone: Any) -> None:
    await api.create("shop", "Shop", phone.number)
    await until_state(api, "qr")
    await phone.scan((await api.call("GET", "/api/whatsapp/connections/shop/qr"))["code"])
    await until_state(api, "online")


def drain(stage: Any, seconds: int) -> None:
    """How long the next hub leaves to messages that are being sent when it stops."""
    config = stage.places.config
    config.write_text(re.sub("drain: [0-9]+", f"drain: {seconds}", config.read_text()))


@pytest.mark.slow
async def test_a_stop_ends_in_time_with_its_browsers_and_loses_nothing(patient: Any, phones: Any) -> None:
    shop = await phones.phone("+972501234567", name="Shop")
    dana = await phones.customer("+972541112233", name="Dana")
    noam = await phones.customer("+972547654321", name="Noam")

    drain(patient, 300)
    async with running(patient) as (hub, api):
        await link(api, shop)
        await phones.order("hang_sends", times=None)
        await until_sending(api, await api.send("shop", dana.number, "hangs"))
        await api.send("shop", dana.number, "waits behind it")
        hub.send_signal(signal.SIGTERM)
        with pytest.raises(TimeoutError):
            await ended(hub, 1)
        hub.send_signal(signal.SIGINT)  # the second one leaves at once
        assert await ended(hub) == 128 + signal.SIGINT
    assert browsers(patient) == []

    drain(patient, 1)
    await phones.heal("hang_sends")
    async with running(patient) as (hub, api):
        await until_state(api, "online")
        await phones.order("hang_sends", times=None)
        await until_sending(api, await api.send("shop", noam.number, "hangs too"))
        hub.send_signal(signal.SIGTERM)
        assert await ended(hub) == 0
    assert browsers(patient) == []

    async with running(patient) as (hub, _):  # its browser is on its way
        hub.send_signal(signal.SIGTERM)
        assert await ended(hub) == 0
    assert browsers(patient) == []

    await phones.heal("hang_sends")
    async with running(patient) as (hub, _):
        said = await dana.received(2, timeout=60)
        assert [message.text for message in said] == ["hangs", "waits behind it"]
        assert [message.text for message in await noam.received(1, timeout=60)] == ["hangs too"]
        with locked(patient):
            hub.send_signal(signal.SIGTERM)
            assert await ended(hub, PROMPT + 10) == 0
    assert browsers(patient) == []


@contextmanager
def locked(stage: Any) -> Iterator[None]:
    """The database, locked by somebody else for the time of the block."""
    with closing(
        sqlite3.connect(stage.places.folder / "sessions" / "chatgrow.db", isolation_level=None)
    ) as conn:
        conn.execute("BEGIN IMMEDIATE")
        yield


NEVER_STARTS = """
from contextlib import asynccontextmanager
import asyncio
from chatgrow_bot.plugin import Plugin, hook

class NeverStarts(Plugin):
    @hook
    @asynccontextmanager
    async def lifespan(self):
        print("starting for ever", flush=True)
        await asyncio.Event().wait()
        yield
"""


async def test_a_start_that_takes_too_long_for_somebody_is_given_up(demo: Any, tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "never_starts.py").write_text(NEVER_STARTS)
    (tmp_path / "chatgrow.yaml").write_text("pluginFolders: [plugins]\nplugins: {never_starts: {}}\n")
    processes = sys.modules["chatgrow_plugins.simulator.demo.processes"]
    hub = await asyncio.create_subprocess_exec(
        *processes.chatgrow("run", "--config", str(tmp_path / "chatgrow.yaml")),
        stdout=asyncio.subprocess.PIPE,
    )
    assert hub.stdout
    async with asyncio.timeout(60):
        assert b"starting for ever" in await hub.stdout.readline()
    hub.send_signal(signal.SIGTERM)
    rest, code = await asyncio.gather(hub.stdout.read(), ended(hub))
    assert code == 0
    assert b"Stopped while it was starting" in rest
