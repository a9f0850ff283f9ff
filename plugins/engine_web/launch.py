"""Starts the browser of one session and ends it for certain: closed if it listens, killed if it does not."""

import asyncio
import contextlib
import os
import socket
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, BrowserType, Error

from chatgrow_bot.errors import EngineError

from .profile import Profile
from .settings import WebSettings

HOST = "web.whatsapp.com"

_FLAGS = (
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-blink-features=AutomationControlled",
)


def launch_options(settings: WebSettings, browser: Path, user_agent: str, *, root: bool) -> dict[str, Any]:
    """What Playwright is told. The sandbox is on, always, save for root against the simulator."""
    options: dict[str, Any] = {
        "executable_path": browser,
        "headless": settings.headless,
        "chromium_sandbox": True,
        "service_workers": "block",
        "user_agent": user_agent,
        "args": [*_FLAGS, *settings.args],
        "handle_sigint": False,  # the process closes its browsers itself, in order
        "handle_sigterm": False,
        "handle_sighup": False,
        "accept_downloads": False,
        "timeout": settings.start_seconds * 1000,
    }
    if settings.simulator:
        rules = f"MAP {HOST} {settings.simulator}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
        options["args"].append(f"--host-resolver-rules={rules}")
        options["ignore_https_errors"] = True
        options["chromium_sandbox"] = not root
    return options


async def check_place(settings: WebSettings) -> None:
    """Raises EngineError when WhatsApp cannot be reached, or when a browser must not run here: as root its
    sandbox does not work, and strangers write to its pages."""
    if settings.simulator:
        return
    if not urllib.request.getproxies():  # behind a proxy, names are the proxy's to resolve
        await _resolve()
    if os.geteuid() == 0:
        raise EngineError(
            "the browser never runs as root against live WhatsApp: start the hub with `make run`, which as "
            "root becomes the user chatgrow; without a checkout run it as an ordinary user who owns the "
            "folders sessions and logs: `runuser -u NAME -- chatgrow run`"
        )


async def _resolve() -> None:
    try:
        async with asyncio.timeout(10):
            await asyncio.get_running_loop().getaddrinfo(HOST, 443, type=socket.SOCK_STREAM)
    except TimeoutError as error:
        raise EngineError(f"{HOST} cannot be reached: the name server does not answer") from error
    except OSError as error:
        raise EngineError(f"{HOST} cannot be reached: {error.strerror or error}") from error


@contextlib.asynccontextmanager
async def launched(
    chromium: BrowserType, profile: Profile, settings: WebSettings, options: dict[str, Any]
) -> AsyncIterator[BrowserContext]:
    """A browser on this profile. Whatever happens, no process of it is left afterwards."""
    await asyncio.to_thread(profile.kill_browsers)  # of a process that was killed and could not close them
    profile.forget_browser_locks()
    try:
        try:
            context = await chromium.launch_persistent_context(profile.path, **options)
        except Error as error:
            raise EngineError(f"the browser does not start: {_first_lines(error)}") from error
        try:
            yield context
        finally:
            await _close(context, settings.close_seconds)
    finally:
        await asyncio.shield(asyncio.to_thread(profile.kill_browsers))


async def _close(context: BrowserContext, seconds: float) -> None:
    """Let it write the login to disk; one that is stuck or gone is left to be killed."""
    with contextlib.suppress(TimeoutError, Error):
        async with asyncio.timeout(seconds):
            await context.close()


def _first_lines(error: Error) -> str:
    """Playwright's message without the pages of browser log below it, but with what the browser said last."""
    lines = [line.strip() for line in error.message.splitlines() if line.strip()]
    said = [line for line in lines if "sandbox" in line.lower() or "FATAL" in line]
    return " · ".join(dict.fromkeys([*lines[:1], *said[:1]]))[:400]
