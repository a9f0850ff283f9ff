"""What the README says of messages from outside, lists and contacts runs in a shell as it is printed."""

import asyncio
import re
import shutil
from asyncio.subprocess import PIPE
from datetime import UTC, datetime

import pytest

from chatgrow_bot.host.loader import built_in_folder

from .conftest import CONNECTIONS, Api

README = (built_in_folder() / "rest_api" / "README.md").read_text()
#: Every answer's status goes to stderr.
_CURL = """curl() { command curl -sS -w '%{stderr}HTTP %{http_code}\\n' "$@"; }"""

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "curl", "jq", "openssl"))),
    reason="bash, curl, jq or openssl is missing",
)


def blocks(title: str) -> list[str]:
    """The shell blocks of a section."""
    section = README.split(f"### {title}\n", 1)[1].split("\n### ", 1)[0]
    return re.findall(r"```sh\n(.*?)```", section, re.DOTALL)


async def shell(api: Api, script: str, **given: str) -> tuple[str, list[int]]:
    """What it prints, and the status of every answer."""
    named = {"API": api.url, "JSON": "Content-Type: application/json"} | given
    named |= {"AUTH": f"Authorization: Bearer {await api.token('operator')}"}
    named |= {"SHOP": f"{api.url}{CONNECTIONS}/shop"}
    head = "\n".join(f"{name}='{value}'" for name, value in named.items())
    words = ("bash", "-euo", "pipefail", "-c", f"{head}\n{_CURL}\n{script}")
    process = await asyncio.create_subprocess_exec(*words, stdout=PIPE, stderr=PIPE)
    async with asyncio.timeout(60):
        out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return out.decode(), [int(status) for status in re.findall(r"HTTP (\d+)", errors.decode())]


async def test_messages_from_outside_lists_and_contacts_work_as_printed(api: Api) -> None:
    api.clock.set((datetime.now(UTC) - api.clock.now()).total_seconds())  # the shell signs by the true time
    await api.create("shop")
    signed, by_token = blocks("Messages from outside")
    said, statuses = await shell(api, signed)
    assert (statuses, '"status":"stored","answerable":true' in said) == ([201, 202], True), said
    (key,) = (await api.ask("GET", f"{CONNECTIONS}/shop/webhook-keys")).body["keys"]
    assert key["usedAt"] is not None
    said, statuses = await shell(api, by_token, ID=key["keyId"])
    assert statuses == [202, 200, 201, 204], said
    said, statuses = await shell(api, blocks("Lists and search")[0])
    assert (statuses, said.count("When do you open?")) == ([200] * 4, 4), said
    said, statuses = await shell(api, blocks("Contacts")[0])
    assert (statuses, said.count('"chat":"14155550123@c.us"')) == ([200, 200], 2), said
