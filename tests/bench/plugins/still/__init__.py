"""An engine for measuring the hub from outside: every connection is online at once, and nothing leaves the
machine."""

from collections.abc import Mapping
from datetime import UTC, datetime

from chatgrow_bot.engine import EngineFactory
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.testing import FakeEngine


class Still(Plugin):
    """Offers the engine `still`."""

    @hook
    def register_engines(self) -> Mapping[str, EngineFactory]:
        """The one that tests use."""
        return {"still": lambda: FakeEngine(lambda: datetime.now(UTC))}
