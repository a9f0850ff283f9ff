"""What the demo does with the folder it is given: it removes its own, and nothing else."""

import sys
from pathlib import Path
from typing import Any

import pytest

from chatgrow_bot.host.loader import built_in_folder, load_plugin_module
from chatgrow_bot.store.folder import FolderLock

RULES = Path(__file__).parents[3] / "config" / "rules"


@pytest.fixture
def demo() -> Any:
    load_plugin_module(built_in_folder() / "simulator")
    return sys.modules["chatgrow_plugins.simulator.demo.stage"]


@pytest.mark.slow
async def test_the_last_demo_makes_room_for_the_next(demo: Any, tmp_path: Path) -> None:
    first = await demo.Stage.build(tmp_path / "demo", RULES)
    (tmp_path / "demo" / "left").touch()
    second = await demo.Stage.build(tmp_path / "demo", RULES)
    assert not (tmp_path / "demo" / "left").exists()
    assert first.password != second.password


async def test_a_folder_with_anything_else_is_let_be(demo: Any, tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear diary")
    with pytest.raises(demo.DemoFailed, match="something else than a demo"):
        await demo.Stage.build(tmp_path, RULES)
    assert (tmp_path / "letters.txt").read_text() == "dear diary"


@pytest.mark.slow
async def test_a_demo_that_runs_is_let_be(demo: Any, tmp_path: Path) -> None:
    await demo.Stage.build(tmp_path / "demo", RULES)
    with FolderLock(tmp_path / "demo" / "sessions"), pytest.raises(demo.DemoFailed, match="already"):
        await demo.Stage.build(tmp_path / "demo", RULES)
