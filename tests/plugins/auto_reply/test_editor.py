"""Editors complete and check rule files, by the language server that they use for YAML."""

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import playwright
import pytest

from .conftest import ROOT

HERE = Path(__file__).parent
#: A program of Node.js that every checkout has.
NODE = Path(playwright.__file__).parent / "driver" / "node"
SERVER = HERE / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"

RULES = ROOT / "config" / "rules"
SHIPPED = [*sorted(RULES.glob("*.yaml")), *sorted((ROOT / "plugins/auto_reply/gallery").glob("*.yaml"))]

WRONG = """\
# yaml-language-server: $schema=../rules.schema.json
rules:
  - id: hours
    when:
      text: hours
    repply: Nine to five.
"""
BEGUN = """\
# yaml-language-server: $schema=../rules.schema.json
rules:
  - id: hours
    when:
      te
"""


class Editor:
    """What an editor says to the server, and hears."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._asked = 0

    async def ask(self, method: str, params: Mapping[str, Any]) -> Any:
        """The answer to a request."""
        self._asked += 1
        await self._say({"id": self._asked, "method": method, "params": params})
        answer = await self._hear(lambda said: said.get("id") == self._asked and "method" not in said)
        return answer["result"]

    async def tell(self, method: str, params: Mapping[str, Any]) -> None:
        """Say what wants no answer."""
        await self._say({"method": method, "params": params})

    async def open(self, files: Mapping[str, str]) -> dict[str, list[str]]:
        """What is underlined in these files, by name, as if they lay among the rules."""
        for name, text in files.items():
            document = {"uri": uri(name), "languageId": "yaml", "version": 1, "text": text}
            await self.tell("textDocument/didOpen", {"textDocument": document})
        found: dict[str, list[str]] = {}
        while len(found) < len(files):
            said = await self._hear(lambda said: said.get("method") == "textDocument/publishDiagnostics")
            about = said["params"]
            found[about["uri"].rpartition("/")[2]] = [
                f"{each['range']['start']['line'] + 1}: {each['message']}" for each in about["diagnostics"]
            ]
        return found

    async def _say(self, message: Mapping[str, Any]) -> None:
        assert self._process.stdin
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        await self._process.stdin.drain()

    async def _hear(self, wanted: Any) -> Any:
        assert self._process.stdout
        while True:
            head = (await self._process.stdout.readuntil(b"\r\n\r\n")).decode().lower()
            size = int(head.partition("content-length:")[2].split()[0])
            said = json.loads(await self._process.stdout.readexactly(size))
            if wanted(said):
                return said
            if "id" in said and "method" in said:  # it asks the editor, for its settings
                no_net = {"schemaStore": {"enable": False}, "validate": True, "completion": True}
                items: Sequence[Any] = said.get("params", {}).get("items", ())
                settings = [no_net if each.get("section") == "yaml" else None for each in items]
                await self._say({"id": said["id"], "result": settings or None})


@pytest.fixture
async def editor() -> AsyncIterator[Editor]:
    """An editor that has just been started."""
    async with running() as editor:
        yield editor


@asynccontextmanager
async def running() -> AsyncIterator[Editor]:
    """The server, for the time of the block."""
    assert SERVER.exists(), "run: scripts/setup dev"
    process = await asyncio.create_subprocess_exec(NODE, SERVER, "--stdio", stdin=PIPE, stdout=PIPE)
    try:
        async with asyncio.timeout(60):
            editor = Editor(process)
            await editor.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
            await editor.tell("initialized", {})
            yield editor
    finally:
        process.kill()
        await process.wait()


async def test_an_editor_completes_keys_and_underlines_what_is_wrong(editor: Editor) -> None:
    files = {path.name: path.read_text("utf-8") for path in SHIPPED}
    found = await editor.open({**files, "wrong.yaml": WRONG, "begun.yaml": BEGUN})
    assert found.pop("wrong.yaml") == ["6: Property repply is not allowed."]
    assert found.pop("begun.yaml") != []
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert found.keys() == files.keys()

    place = {"textDocument": {"uri": uri("begun.yaml")}, "position": {"line": 4, "character": 8}}
    offered = {each["label"]: each for each in (await editor.ask("textDocument/completion", place))["items"]}
    assert {"text", "media", "firstContact", "hours", "or", "not"} <= set(offered)
    assert offered["text"]["documentation"].startswith("Words in the message")
    assert offered["text"]["insertText"].strip() == "text:"


def uri(name: str) -> str:
    return (RULES / name).as_uri()
