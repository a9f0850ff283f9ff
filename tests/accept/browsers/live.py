"""A program: opens a browser on a folder as the engine does, says so, and waits. AC-09 starts it as an
ordinary user and looks at what is there. `live.py FOLDER [SIMULATOR]`."""

import asyncio
import contextlib
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import structlog
from playwright.async_api import Error

from chatgrow_bot.host.loader import built_in_folder, load_plugin_module

PAGE = "https://web.whatsapp.com/"


async def main(folder: Path, simulator: str | None) -> None:
    """Open it, until the line to whoever started this is closed."""
    os.umask(0o077)  # as `chatgrow run` does first of all
    web = load_plugin_module(built_in_folder() / "engine_web")
    bot = SimpleNamespace(
        name="web", config=web.EngineWeb.Config(simulator=simulator), log=structlog.get_logger()
    )
    plugin = web.EngineWeb(bot)
    async with plugin.lifespan():
        engine = plugin.register_engines()["web"]()
        with sys.modules["chatgrow_plugins.engine_web.profile"].held(folder / "shop") as profile:
            async with engine._browser(profile) as context:
                with contextlib.suppress(Error):  # it need not be there: what is looked at is the browser
                    await context.pages[0].goto(PAGE, timeout=5000)
                sys.stdout.write("open\n")
                sys.stdout.flush()
                await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None))
