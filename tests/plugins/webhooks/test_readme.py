"""What the plugin's README says is done as it is printed, with the receiver that it shows."""

import asyncio
import json
import re
import shutil
import socket
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from chatgrow_bot.host.loader import built_in_folder

from .conftest import World

README = (built_in_folder() / "webhooks" / "README.md").read_text()
_CURL = """curl() { command curl -sS -w '%{stderr}HTTP %{http_code}\\n' "$@"; }"""


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", README, re.DOTALL)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def shell(world: World, script: str, **given: str) -> tuple[str, list[int]]:
    """What it prints, and the status of every answer."""
    await world.ask("GET", "/api/whatsapp/webhooks")  # logs in again where that is needed
    named = {
        "API": f"http://127.0.0.1:{world.bot.running.port}",
        "AUTH": f"Authorization: Bearer {world.tokens['anna']}",
        "JSON": "Content-Type: application/json",
        **given,
    }
    head = "\n".join(f"{name}='{value}'" for name, value in named.items())
    words = ("bash", "-euo", "pipefail", "-c", f"{head}\n{_CURL}\n{script}")
    process = await asyncio.create_subprocess_exec(*words, stdout=PIPE, stderr=PIPE)
    async with asyncio.timeout(60):
        out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return out.decode(), [int(status) for status in re.findall(r"HTTP (\d+)", errors.decode())]


@asynccontextmanager
async def receiver(folder: Path, port: int, secret: str) -> AsyncIterator[list[str]]:
    """The receiver, and what it prints."""
    file = folder / "receiver.py"
    file.write_text(blocks("python")[0].replace("8000", str(port)))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-u", str(file), env={"WEBHOOK_SECRET": secret}, stdout=PIPE
    )
    assert process.stdout
    said: list[str] = []

    async def read(lines: asyncio.StreamReader) -> None:
        while line := await lines.readline():
            said.append(line.decode())

    async with asyncio.TaskGroup() as group:
        reading = group.create_task(read(process.stdout))
        try:
            async with asyncio.timeout(20):
                while not any("Running on" in line for line in said):  # noqa: ASYNC110 (a line of another program)
                    await asyncio.sleep(0.05)
            yield said
        finally:
            process.terminate()
            await process.wait()
            await reading


@pytest.mark.skipif(not all(map(shutil.which, ("bash", "curl"))), reason="bash or curl is missing")
async def test_the_first_endpoint_and_all_that_is_done_with_it(world: World, tmp_path: Path) -> None:
    world.clock.set((datetime.now(UTC) - world.clock.now()).total_seconds())  # the receiver looks at the time
    port = free_port()
    first, try_it, resume, skip, replay, change = blocks("sh")
    said, statuses = await shell(world, first.replace("8000", str(port)))
    made = json.loads(said)
    assert statuses == [201]
    async with receiver(tmp_path, port, made["secret"]) as printed:
        said, statuses = await shell(world, try_it, ID=made["id"])
        assert (statuses, '"outcome":"delivered"' in said) == ([200, 200, 200], True), said
        said, statuses = await shell(world, resume, ID=made["id"])
        assert statuses == [200, 200, 202], said
        said, statuses = await shell(world, skip, ID=made["id"])
        assert (statuses, "No event is tried again now" in said) == ([409], True), said
        said, statuses = await shell(world, replay, ID=made["id"])
        assert statuses == [202, 204], said
        said, statuses = await shell(world, change, ID=made["id"])
        assert (statuses, '"description":"the CRM"' in said) == ([200, 201, 204], True), said
        assert any(line.startswith("webhook.test") for line in printed)


async def test_the_keys_of_the_file_are_those_that_there_are(fresh: World) -> None:
    whole = next(block for block in blocks("yaml") if "endpoints" in block)
    given = yaml.safe_load(whole.replace("!secret CRM_WEBHOOK", "whsec_" + "A" * 44))["plugins"]["webhooks"]
    await fresh.start(**given)
    assert "webhooks" in fresh.bot.running.plugins.names
    listed = [f"`endpoints.N.{key}`" for key in given["endpoints"][0]]
    assert [each for each in listed if each not in README] == []
