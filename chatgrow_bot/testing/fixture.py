"""What pytest finds by itself wherever this package is installed: the fixture `bot`. A test that asks for it
needs no mark and no setting to be `async`."""

import inspect
from collections.abc import AsyncIterator, Generator, Sequence
from pathlib import Path

import pytest

from ..config import survey
from ..config.load import project_folder
from ..host.loader import plugin_folders
from .hub import TalkingBot

try:
    from pytest_asyncio import fixture
except ModuleNotFoundError:  # pytest is here for other things; it tells who asks for `bot` what is missing
    from pytest import fixture  # type: ignore[no-redef]

_CONFIG = Path("config") / "chatgrow.yaml"


@fixture
async def bot(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[TalkingBot]:
    """A hub one can talk to; start it with your plugin: `await bot.start(MyPlugin)`, or by the name that
    chatgrow.yaml would give it: `await bot.start("my_plugin")`."""
    talking = TalkingBot(tmp_path, plugin_folders=_plugin_folders(request.path))
    yield talking
    await talking.stop()


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_pycollect_makeitem(obj: object) -> Generator[None, object, object]:
    """Mark each `async` test that asks for `bot`, before pytest-asyncio looks which ones are its own."""
    made = yield
    for each in made if isinstance(made, list) else [made]:
        if (
            isinstance(each, pytest.Function)
            and inspect.iscoroutinefunction(obj)
            and "bot" in each.fixturenames
        ):
            each.add_marker("asyncio")
    return made


def _plugin_folders(test: Path) -> Sequence[Path]:
    """`pluginFolders:` of the project that a test lies in."""
    for folder in test.parents:
        file = folder / _CONFIG
        if file.is_file():
            return plugin_folders(survey(file, root=project_folder(file)))
    return ()
