"""What tests of the core stand on: a real database, and a house of plugins."""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from chatgrow_bot.store.database import Database, open_database
from chatgrow_bot.testing import FakeClock, FakeEngine, TalkingBot
from chatgrow_bot.testing.template import migrated

from .house import House


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    await migrated(tmp_path / "chatgrow.db")
    async with open_database(f"sqlite:///{tmp_path}/chatgrow.db") as db:
        yield db


@pytest.fixture
def modules() -> Iterator[None]:
    """Plugins loaded by this test are forgotten after it."""
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("chatgrow_plugins."):
            del sys.modules[name]


@pytest.fixture
def house(tmp_path: Path, db: Database, modules: None) -> House:
    return House(tmp_path, db)


@pytest.fixture
def clock(bot: TalkingBot) -> FakeClock:
    """The clock of `bot`, whose hands the test turns."""
    clock = FakeClock()
    bot.clock, bot.engine = clock, FakeEngine(clock.now)
    return clock
