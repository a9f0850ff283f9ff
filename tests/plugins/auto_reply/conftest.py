"""The plugin as the host loads it, rule files in the test's own folder, and a bot that only remembers."""

import asyncio
import copy
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog

from chatgrow_bot.host.loader import load_plugin_module, plugin_class
from chatgrow_bot.messages import Inbound

ROOT = Path(__file__).parents[3]
#: Loaded here, so that test modules find its parts in sys.modules.
AutoReply = plugin_class(load_plugin_module(ROOT / "plugins" / "auto_reply"))

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


@dataclass
class MemoryStore:
    """plugin.Store in a dict."""

    values: dict[tuple[str, str], Any] = field(default_factory=dict)

    async def get(self, tenant: str, key: str) -> Any:
        return copy.deepcopy(self.values.get((tenant, key)))

    async def put(self, tenant: str, key: str, value: Any) -> None:
        self.values[tenant, key] = copy.deepcopy(value)

    async def delete(self, tenant: str, key: str) -> None:
        self.values.pop((tenant, key), None)

    async def items(self, tenant: str, prefix: str = "") -> Mapping[str, Any]:
        return {
            key: value
            for (t, key), value in sorted(self.values.items())
            if t == tenant and key.startswith(prefix)
        }


@dataclass
class MemoryBot:
    """The part of plugin.Bot that auto_reply uses."""

    config: Any
    name: str = "auto_reply"
    log: Any = field(default_factory=lambda: structlog.get_logger("test"))
    store: MemoryStore = field(default_factory=MemoryStore)
    background: list[asyncio.Task[None]] = field(default_factory=list)

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self.background.append(asyncio.get_running_loop().create_task(work, name=name))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the test's rule files are."""
    (tmp_path / "rules").mkdir()
    return tmp_path / "rules"


@pytest.fixture
def write(folder: Path) -> Callable[[str, str], Path]:
    """Write a rule file: `write("hours", "rules: ...")`."""

    def write(name: str, text: str) -> Path:
        path = folder / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def bot(folder: Path) -> MemoryBot:
    return MemoryBot(config=AutoReply.Config.model_validate({"rules": folder, "timeZone": "Asia/Jerusalem"}))


@pytest.fixture
def plugin(bot: MemoryBot) -> Any:
    return AutoReply(bot)  # type: ignore[arg-type]  # it has what this plugin asks for


@pytest.fixture
def inbound() -> Callable[..., Inbound]:
    """A customer's message: `inbound("hello", chat=...)`."""

    def inbound(text: str, **changes: Any) -> Inbound:
        at = changes.pop("at", NOON)
        given = {
            "id": "m1",
            "tenant": "shop",
            "connection_id": "c1",
            "chat": "972541112233@c.us",
            "wa_id": "w1",
        }
        return Inbound(**{**given, "text": text, "sent_at": at, "received_at": at, **changes})

    return inbound
