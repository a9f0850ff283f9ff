"""What the figures were measured on: without it they say nothing."""

import asyncio
import os
import platform
import sqlite3
import tempfile
from asyncio.subprocess import PIPE
from pathlib import Path

import psutil
from playwright.async_api import async_playwright

from chatgrow_bot.store.folder import mounts

from .product import part


async def browser(channel: str = "auto") -> tuple[Path, str]:
    """The browser that the engine would launch, and the name it would give itself."""
    async with async_playwright() as playwright:
        own = playwright.chromium.executable_path
    browsers = part("engine_web.browsers")
    found: Path = browsers.find_browser(part("engine_web.settings").WebSettings(channel=channel), own)
    return found, await browsers.user_agent(found, 60)


async def machine() -> str:
    """Cores, memory, disk, versions, and how busy it is besides."""
    found, _ = await browser()
    process = await asyncio.create_subprocess_exec(found, "--version", stdout=PIPE)
    version, _ = await process.communicate()
    gigabytes = psutil.virtual_memory().total / 1e9
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, {gigabytes:.0f} GB, {_disk()}, load {load:.1f} before · "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {version.decode().strip()}"
    )


def _disk() -> str:
    """The file system under the temporary folder: where it keeps nothing, a durable write costs nothing."""
    folder, mounted = Path(tempfile.gettempdir()).resolve(), mounts()
    return next(mounted[each] for each in (folder, *folder.parents) if each in mounted)
