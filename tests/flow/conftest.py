"""The whole product, as `chatgrow demo` sets it up: a hub process, a simulator process, true Chromium."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from chatgrow_bot.host.loader import built_in_folder, load_plugin_module

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def demo() -> Any:
    """The demo's parts: `stage`, `story`, `api`, `processes`."""
    load_plugin_module(built_in_folder() / "simulator")
    return sys.modules["chatgrow_plugins.simulator.demo"]


@pytest.fixture
async def stage(demo: Any, tmp_path: Path) -> AsyncIterator[Any]:
    """A demo's stage with its simulator running; the hub is the test's to start and stop."""
    stage = await sys.modules["chatgrow_plugins.simulator.demo.stage"].Stage.build(
        tmp_path / "demo", ROOT / "config" / "rules"
    )
    async with stage.simulator():
        yield stage


@pytest.fixture
async def phones(stage: Any) -> AsyncIterator[Any]:
    """The simulator's client."""
    simulator = sys.modules["chatgrow_plugins.simulator"]
    async with simulator.SimulatorClient(stage.places.simulator) as client:
        yield client
