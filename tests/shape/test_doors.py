"""URLs, paths, and patterns from outside go through safety/: here is who else touches a file or a socket,
and on whose word."""

import ast
from collections.abc import Iterable, Iterator

import pytest

from .source import Found, Source, calls, core, dotted, expect_none, imports, plugins, source, unlisted

#: Who opens files itself: none of these paths comes from a message, a request or a rule.
FILES = {
    "chatgrow_bot/cli/new_plugin.py": "writes a plugin to begin with",
    "chatgrow_bot/cli/stop.py": "whether the terminal of whoever runs the hub is still there",
    "chatgrow_bot/client/messages.py": "reads files named by the program that uses the client",
    "chatgrow_bot/config/environment.py": "reads .env",
    "chatgrow_bot/config/schema.py": "writes config/schema.json and README.md, for developers",
    "chatgrow_bot/config/source.py": "reads the YAML files named by whoever runs the hub",
    "chatgrow_bot/connections/memory.py": "what the kernel says of memory",
    "chatgrow_bot/lineage.py": "a note in a connection's own folder",
    "chatgrow_bot/logs/files.py": "the hub's own log files",
    "chatgrow_bot/logs/reading.py": "the hub's own log files",
    "chatgrow_bot/private.py": "writes what only the hub's user may read, where the hub or he says",
    "chatgrow_bot/privacy/packing.py": "what goes into a zip file that it makes",
    "chatgrow_bot/sessions/archive.py": "packs a connection's own folder; what it unpacks, it checks",
    "chatgrow_bot/sessions/copies.py": "reads a backup named by whoever runs the hub",
    "chatgrow_bot/sessions/rest.py": "the lock of a connection's own folder",
    "chatgrow_bot/sessions/seal.py": "reads a key named by whoever runs the hub",
    "chatgrow_bot/store/backup.py": "the hub's own database",
    "chatgrow_bot/store/damage.py": "word that the hub's own database is damaged",
    "chatgrow_bot/store/folder.py": "the hub's own database and its lock",
    "chatgrow_bot/store/remains.py": "the hub's own database",
    "chatgrow_bot/testing/hub.py": "writes the configuration of a test",
    "chatgrow_bot/upkeep/ballast.py": "a file of the hub's own that holds nothing but room",
    "plugins/auto_reply/chats/files.py": "reads an exported chat named by whoever runs the hub",
    "plugins/auto_reply/cli_rules.py": "begins a rule file where whoever runs the hub says",
    "plugins/auto_reply/gallery.py": "reads the files it ships with",
    "plugins/dashboard/assets.py": "reads the files it ships with",
    "plugins/dashboard/language.py": "reads the words it ships with",
    "plugins/engine_web/browsers.py": "reads which program a browser is",
    "plugins/engine_web/profile.py": "the lock of a browser profile",
    "plugins/engine_web/unswept.py": "notes in a connection's own folder",
    "plugins/engine_web/wajs.py": "reads the scripts it ships with",
    "plugins/rest_api/openapi/pages.py": "reads the files it ships with",
    "plugins/simulator/certificate.py": "writes the certificate of the stand-in",
    "plugins/simulator/cli.py": "keeps where the demo runs",
    "plugins/simulator/demo/processes.py": "the logs of the demo",
    "plugins/simulator/demo/stage.py": "writes the configuration of the demo",
    "plugins/simulator/writing.py": "files that a test lets a virtual phone send",
    "plugins/simulator/simulator.py": "files that virtual phones sent",
}
#: Who opens connections itself, without the checks of safety/http.py.
SOCKETS = {
    "chatgrow_bot/cli/connections.py": "asks the hub for a connection to WhatsApp, by the client",
    "chatgrow_bot/client/wire.py": "calls the hub that the program which uses the client names",
    "plugins/engine_web/launch.py": "asks the system whether there is a proxy, and connects to nothing",
    "plugins/simulator/client.py": "speaks to the simulator, on this machine, in tests and the demo",
    "plugins/simulator/demo/processes.py": "looks whether the demo's own processes are up, on this machine",
    "plugins/simulator/demo/api.py": "speaks to the demo's own hub, on this machine",
}
#: The one plugin whose patterns are written by people who are not developers.
RULES = "plugins/auto_reply/"

_OPENING = {"open", "io.open", "os.open", "os.fdopen", "codecs.open", "aiofiles.open"}
_PATH_METHODS = {"read_text", "read_bytes", "write_text", "write_bytes"}
_CLIENTS = {"ClientSession", "create_connection", "open_connection", "urlopen", "TCPConnector"}
_CLIENT_MODULES = {"urllib.request", "http.client", "requests", "httpx", "urllib3", "ftplib", "smtplib"}


def opened_files(file: Source) -> Iterator[Found]:
    """Where a file is opened, read or written without a door."""
    for call in calls(file):
        name = dotted(call.func)
        method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if name in _OPENING or method in _PATH_METHODS or (method == "open" and _like_path_open(call)):
            yield Found(path=file.path, line=call.lineno, what=f"{name or method}(...) opens a file")


def _like_path_open(call: ast.Call) -> bool:
    """Whether `x.open(...)` has the arguments of a path's: none, or a mode."""
    given = [*call.args, *(word.value for word in call.keywords if word.arg == "mode")]
    modes = (isinstance(each, ast.Constant) and isinstance(each.value, str) for each in given)
    return all(modes)


def opened_sockets(file: Source) -> Iterator[Found]:
    """Where a connection is made without the door."""
    for call in calls(file):
        if dotted(call.func).rpartition(".")[2] in _CLIENTS:
            yield Found(path=file.path, line=call.lineno, what=f"{dotted(call.func)}(...) connects")
    for each in imports(file):
        if {each.module, f"{each.module}.{each.name}"} & _CLIENT_MODULES:
            yield Found(path=file.path, line=each.line, what=f"imports {each.module}, which connects")


def loose_patterns(file: Source) -> Iterator[Found]:
    """Patterns for `re` that are not written in the code: one from outside can take forever."""
    for each in imports(file):
        if each.module == "re" and (each.name or file.path.startswith(RULES)):
            yield Found(path=file.path, line=each.line, what=f"imports {each.name or each.module}")
    constants = _constants(file)
    for call in calls(file):
        owner, _, function = dotted(call.func).rpartition(".")
        pattern = call.args[0] if call.args else None
        written = isinstance(pattern, ast.Constant) or (pattern and dotted(pattern) in constants)
        if owner == "re" and function != "escape" and not written:
            yield Found(path=file.path, line=call.lineno, what=f"re.{function} with a pattern from elsewhere")


def _constants(file: Source) -> set[str]:
    assigned = (node for node in file.tree.body if isinstance(node, ast.Assign))
    names = (dotted(t) for node in assigned if isinstance(node.value, ast.Constant) for t in node.targets)
    return set(filter(None, names))


def _outside(files: Iterable[Source]) -> list[Source]:
    return [file for file in files if not file.path.startswith("chatgrow_bot/safety/")]


def test_files_are_opened_through_the_door() -> None:
    found = (each for file in _outside([*core(), *plugins()]) for each in opened_files(file))
    expect_none(unlisted(found, FILES, "a path from outside goes through safety/files.py"))


def test_connections_are_made_through_the_door() -> None:
    found = (each for file in _outside([*core(), *plugins()]) for each in opened_sockets(file))
    expect_none(unlisted(found, SOCKETS, "a URL goes through safety/http.py, which a plugin has as bot.http"))


def test_patterns_from_outside_go_through_the_door() -> None:
    found = (each for file in [*core(), *plugins()] for each in loose_patterns(file))
    expect_none(unlisted(found, {}, "a pattern from outside goes through safety/patterns.py"))


@pytest.mark.parametrize(
    "text",
    [
        "open(path)",
        "with path.open('rb') as file: ...",
        "Path(name).open()",
        "path.open(mode='w')",
        "os.open(path, os.O_RDONLY)",
        "text = Path(name).read_text('utf-8')",
        "(folder / name).write_bytes(data)",
    ],
)
def test_a_file_opened_without_the_door_is_found(text: str) -> None:
    assert len(list(opened_files(source(text)))) == 1


def test_what_opens_no_file_is_let_be() -> None:
    assert (
        list(opened_files(source("Accounts.open(db, clock)\nengine.open(spec, inlet)\nopen_inside(r, p)")))
        == []
    )


@pytest.mark.parametrize(
    "text",
    [
        "aiohttp.ClientSession()",
        "async with ClientSession() as session: ...",
        "await asyncio.open_connection(host, 80)",
        "from urllib import request",
        "import urllib.request",
        "from urllib.request import urlopen",
        "import httpx",
    ],
)
def test_a_connection_made_without_the_door_is_found(text: str) -> None:
    assert len(list(opened_sockets(source(text)))) == 1


def test_a_pattern_from_elsewhere_is_found() -> None:
    for text in (
        "re.compile(text)",
        "re.search(rule.pattern, text)",
        "re.sub(f'{x}', '', y)",
        "from re import search",
    ):
        assert len(list(loose_patterns(source(text)))) == 1, text
    for text in (
        "re.compile('a+')",
        "_WORD = 'a'\nre.fullmatch(_WORD, x)",
        "re.escape(x)",
        "pattern.search(x)",
    ):
        assert list(loose_patterns(source(text))) == [], text
    assert len(list(loose_patterns(source("import re", f"{RULES}conditions.py")))) == 1
