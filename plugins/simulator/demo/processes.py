"""The demo's two programs, each a process of its own as in life: the hub, and the stand-in for WhatsApp."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Seconds until a program must have said that it is ready, and until it must have ended.
_START, _STOP = 60.0, 20.0


class DemoFailed(Exception):
    """A step of the demo did not happen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the demo's parts are."""

    folder: Path
    hub_port: int
    page_port: int
    control_port: int

    @property
    def config(self) -> Path:
        """The demo's own configuration."""
        return self.folder / "config" / "chatgrow.yaml"

    @property
    def hub(self) -> str:
        """The hub's address."""
        return f"http://127.0.0.1:{self.hub_port}"

    @property
    def simulator(self) -> str:
        """The stand-in's control address."""
        return f"http://127.0.0.1:{self.control_port}"


def chatgrow(*words: str) -> Sequence[str]:
    """A `chatgrow` command line, run by this very Python."""
    return [sys.executable, "-m", "chatgrow_bot.cli", *words]


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on just now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()


@asynccontextmanager
async def running(name: str, words: Sequence[str], log: Path, port: int) -> AsyncIterator[Process]:
    """A program for the time of the block: ready when its port answers, stopped by SIGTERM at the end."""
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *words, stdout=output, stderr=output, start_new_session=True
        )
    try:
        await _ready(name, process, port, log)
        yield process
    finally:
        await _stop(process)


async def until(
    look: Callable[[], Awaitable[Mapping[str, Any]]], good: Callable[[Mapping[str, Any]], bool]
) -> Mapping[str, Any]:
    """Look again and again until it is good. Raises DemoFailed with the last look after a while."""
    found: Mapping[str, Any] = {}
    try:
        async with asyncio.timeout(60):
            while not good(found := await look()):  # noqa: ASYNC110 (over HTTP there is nothing to wait on)
                await asyncio.sleep(0.05)
            return found
    except (TimeoutError, KeyError) as error:
        raise DemoFailed(f"it stayed {found}") from error


async def _ready(name: str, process: Process, port: int, log: Path) -> None:
    try:
        async with asyncio.timeout(_START):
            while True:
                if process.returncode is not None:
                    raise DemoFailed(f"the {name} ended at once; {log} says why:\n{_tail(log)}")
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    return
    except TimeoutError as error:
        raise DemoFailed(f"the {name} was not ready within {_START:.0f} s:\n{_tail(log)}") from error


async def _stop(process: Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(_STOP):
            await process.wait()
    except TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
