"""What is sent is taken by the standard's own library for another language."""

import asyncio
import json
from asyncio.subprocess import PIPE
from datetime import UTC, datetime
from pathlib import Path

import playwright

from .conftest import World

HERE = Path(__file__).parent
#: A program of Node.js that every checkout has.
NODE = Path(playwright.__file__).parent / "driver" / "node"
VERIFY = """
const { Webhook } = require("standardwebhooks");
const { secret, requests } = JSON.parse(require("fs").readFileSync(0));
for (const { headers, body } of requests) {
  try { new Webhook(secret).verify(body, headers); console.log("true"); }
  catch (error) { console.log(error.message); }
}
"""


async def test_signatures_verify_with_the_library_for_node(world: World) -> None:
    world.clock.set((datetime.now(UTC) - world.clock.now()).total_seconds())  # the library looks at the time
    endpoint = await world.make()
    await world.tell("one", "ein zweites: Grüße, 你好 🎉", "x" * 5000)
    await world.until(lambda: len(world.receiver.got) == 3)
    requests = [
        {"headers": {name.lower(): value for name, value in each.headers.items()}, "body": each.body.decode()}
        for each in world.receiver.got
    ]
    broken = requests[0] | {"body": requests[0]["body"] + " "}  # type: ignore[operator]
    given = json.dumps({"secret": endpoint["secret"], "requests": [*requests, broken]})
    process = await asyncio.create_subprocess_exec(
        NODE, "-e", VERIFY, cwd=HERE, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    async with asyncio.timeout(30):
        said, errors = await process.communicate(given.encode())
    assert said.decode().splitlines() == ["true", "true", "true", "No matching signature found"], errors
