"""The product as it is measured: the demo's hub and simulator, each a process of its own, and no pacing."""

import importlib
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from chatgrow_bot.host.loader import NAMESPACE, built_in_folder, load_plugin_module

if TYPE_CHECKING:
    from asyncio.subprocess import Process

    from plugins.simulator import Phone, SimulatorClient
    from plugins.simulator.demo.api import Api
    from plugins.simulator.demo.stage import Stage

_RULES = Path(__file__).parent / "rules"
#: No pacing, no typing, and no loop breaker: it would take the bench for another bot, and rightly so.
_IN_A_HURRY = {
    "pacing": {"send": {"min": 0, "max": 0, "jitter": 0}, "reply": {"min": 0, "max": 0, "typing": False}},
    "inbound": {"loopBreaker": {"short": 10_000, "long": 10_000, "sameText": 10_000}},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """How long it took to link a connection, in seconds."""

    create_to_qr: float
    scan_to_online: float


def part(path: str) -> Any:
    """A module of one of our plugins, loaded as the hub loads it: `part("engine_web.launch")`."""
    load_plugin_module(built_in_folder() / path.partition(".")[0])
    return importlib.import_module(f"{NAMESPACE}.{path}")


@asynccontextmanager
async def staged(**plugins: Mapping[str, Any]) -> "AsyncIterator[tuple[Stage, SimulatorClient]]":
    """A fresh stage on this machine's temporary disk with its simulator; the hub is the caller's to start.
    `plugins` are more keys for those that the stage configures."""
    with tempfile.TemporaryDirectory(prefix="chatgrow-bench-") as folder:
        stage: Stage = await part("simulator.demo.stage").Stage.build(Path(folder) / "stage", _RULES)
        settings = {**yaml.safe_load(stage.places.config.read_text()), **_IN_A_HURRY}
        for name, keys in plugins.items():
            settings["plugins"][name] |= keys
        stage.places.config.write_text(yaml.safe_dump(settings, sort_keys=False))
        async with stage.simulator(), part("simulator").SimulatorClient(stage.places.simulator) as simulator:
            yield stage, simulator


def hub(stage: "Stage", config: Path | None = None) -> "AbstractAsyncContextManager[Process]":
    """The hub's process for the time of the block; `config` instead of the stage's, if given."""
    processes = part("simulator.demo.processes")
    words = processes.chatgrow("run", "--config", str(config or stage.places.config))
    running: AbstractAsyncContextManager[Process] = processes.running(
        "hub", words, stage.places.folder / "hub.log", stage.places.hub_port
    )
    return running


async def link(api: "Api", phone: "Phone", connection_id: str) -> Linked:
    """Make a connection, scan its code, wait until it is online.

    When it came online is what the hub says of it: asking more often than it changes would only slow it down.
    """
    began = time.perf_counter()
    await api.create(connection_id, connection_id, f"+{phone.number}")
    shown = await api.call("GET", f"/api/whatsapp/connections/{connection_id}/qr")
    create_to_qr = time.perf_counter() - began
    scanned = datetime.now(UTC)
    await phone.scan(shown["code"])
    online = await part("simulator.demo.processes").until(
        lambda: api.connection(connection_id), lambda found: found["state"] == "online"
    )
    since = datetime.fromisoformat(online["stateSince"])
    return Linked(create_to_qr=create_to_qr, scan_to_online=(since - scanned).total_seconds())
