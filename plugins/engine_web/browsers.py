"""Finds a browser to launch: the real program, not the script around it, whose child would outlive a kill."""

import asyncio
import os
import re
import shutil
import sys
from pathlib import Path

from chatgrow_bot.errors import CannotStart, EngineError

from .settings import Channel, WebSettings

#: Where the real programs lie, most wanted first.
_PLACES = {
    Channel.CHROMIUM: (
        "/usr/lib/chromium/chromium",
        "/usr/lib64/chromium/chromium",
        "/usr/lib/chromium-browser/chromium-browser",
        "/usr/lib64/chromium-browser/chromium-browser",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ),
    Channel.CHROME: (
        "/opt/google/chrome/chrome",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ),
    Channel.HEADLESS_SHELL: ("/usr/lib/chromium/chromium-headless-shell",),
}
#: What they are called on the search path.
_NAMES = {
    Channel.CHROMIUM: ("chromium", "chromium-browser"),
    Channel.CHROME: ("google-chrome", "google-chrome-stable", "chrome"),
    Channel.HEADLESS_SHELL: ("chromium-headless-shell", "headless_shell"),
}
_AUTO = (Channel.CHROMIUM, Channel.CHROME)

#: What browsers say of the machine; frozen by their makers, whatever the machine.
_MACHINE = {"darwin": "Macintosh; Intel Mac OS X 10_15_7"}.get(sys.platform, "X11; Linux x86_64")


def find_browser(settings: WebSettings, playwrights_own: str) -> Path:
    """The browser to launch. Raises CannotStart with the command that installs one."""
    if settings.browser_path:
        return _given(settings.browser_path)
    channels = _AUTO if settings.channel is Channel.AUTO else (settings.channel,)
    candidates = [Path(place) for channel in channels for place in _PLACES[channel]]
    named = [shutil.which(name) for channel in channels for name in _NAMES[channel]]
    candidates += [Path(path) for path in named if path and not _is_script(Path(path))]
    if settings.channel is Channel.AUTO:
        candidates.append(Path(playwrights_own))
    for path in candidates:
        if _runs(path):
            return path
    raise CannotStart(
        f"no browser found ({settings.channel}): run `{sys.executable} -m playwright install chromium`, "
        f"or on Debian `apt-get install {_package(settings.channel)}`, or set browserPath"
    )


def _given(path: Path) -> Path:
    if not _runs(path):
        raise CannotStart(f"browserPath {path} is not a program: correct it in chatgrow.yaml")
    return path


def _runs(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _is_script(path: Path) -> bool:
    with path.open("rb") as program:
        return program.read(2) == b"#!"


def _package(channel: Channel) -> str:
    return {Channel.HEADLESS_SHELL: "chromium-headless-shell"}.get(channel, "chromium")


async def user_agent(browser: Path, seconds: float) -> str:
    """The name this browser gives itself when it has a window: WhatsApp turns the headless name away. Raises
    EngineError; a program that the machine has not run lately may take several of those seconds."""
    process = await asyncio.create_subprocess_exec(
        browser, "--version", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(seconds):
            output, _ = await process.communicate()
    except TimeoutError as error:
        raise EngineError(f"{browser} did not tell its version within {seconds:g} s") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    version = re.search(r"\b(\d+)\.\d+\.\d+\.\d+\b", output.decode(errors="replace"))
    if not version:
        raise EngineError(f"{browser} does not tell its version: is it Chromium or Chrome?")
    return (
        f"Mozilla/5.0 ({_MACHINE}) AppleWebKit/537.36 (KHTML, like Gecko) "
        f"Chrome/{version[1]}.0.0.0 Safari/537.36"
    )
