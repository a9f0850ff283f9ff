"""The plugin as the host loads it, and rule files in the test's own folder."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chatgrow_bot.cli.cold import ColdBot
from chatgrow_bot.host.loader import load_plugin_module, plugin_class
from chatgrow_bot.messages import Inbound

ROOT = Path(__file__).parents[3]
#: Loaded here, so that test modules find its parts in sys.modules.
AutoReply = plugin_class(load_plugin_module(ROOT / "plugins" / "auto_reply"))

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


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
def plugin(folder: Path) -> Any:
    """The plugin as a command line has it: a configuration, and no hub."""
    config = AutoReply.Config.model_validate({"rules": folder, "timeZone": "Asia/Jerusalem"})
    return AutoReply(ColdBot("auto_reply", config))


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
