"""A plugin stands on what the core offers plugins and on its own files: the core's insides may change, and
any plugin may be taken away."""

from collections.abc import Iterable, Iterator

from chatgrow_bot import config

from .source import Source, core, expect_none, imports, plugins, source

#: What a plugin may import from chatgrow_bot, and for what.
PUBLIC = {
    "addresses": "phone numbers and chat ids, read and masked in one way",
    "background": "tasks that live as long as a block",
    "clock": "the time, as an argument where it decides",
    "config": "checks and reports for a plugin's own YAML files, and types of values",
    "config.schema": "makes the schemas by which editors complete a plugin's own YAML files",
    "consent": "the words by which people opt out, which no plugin is asked about",
    "engine": "what a way to reach WhatsApp must offer",
    "errors": "one family: what a plugin raises is told as the core tells its own",
    "hours": "when a business is open",
    "hub": "the core's parts, for plugins with `admin: true`, and what commands are made of",
    "ids": "ids that grow with time",
    "logs": "log files that rotate, how they fare, and what no line may say",
    "messages": "the nouns that flow",
    "payloads": "what a message carries besides words and files",
    "plugin": "the base class and the parts a plugin gives",
    "qr": "draws QR codes",
    "responses": "what a plugin may do about a message, and what it may know of who wrote it",
    "safety.media": "what a file is, and names that are safe to show",
    "safety.patterns": "the only door to patterns",
    "safety.templates": "the only door to templates",
    "server.bodies": "request bodies, read strictly: for plugins with routes",
    "server.events": "server-sent events: for plugins with live routes",
    "server.patience": "answers that are put off: for plugins with routes that wait",
    "server.problems": "the errors of HTTP, told as problem+json: for plugins with routes",
    "signatures": "signed requests from other systems, and to them",
    "store.types": "columns that both databases store alike: for plugins with tables of their own",
}


def import_faults(files: Iterable[Source]) -> list[str]:
    """Imports of what is not a plugin's to use."""
    return [f"{file.path}:{line}: {fault}" for file in files for line, fault in _faults(file)]


def _faults(file: Source) -> Iterator[tuple[int, str]]:
    own = ".".join(file.module.split(".")[:2])
    known = {each.module for each in core()}
    for each in imports(file):
        top = each.module.partition(".")[0]
        if top == "chatgrow_bot":
            exported = each.module == config.__name__ and each.name in config.__all__
            part = "config" if exported else each.target(known).partition(".")[2]
            if part not in PUBLIC:
                yield each.line, f"chatgrow_bot.{part} is not for plugins; PUBLIC in {__name__} lists what is"
            elif each.name.startswith("_"):
                yield each.line, f"'{each.name}' is private to chatgrow_bot.{part}"
        elif top == "plugins" or (top == "chatgrow_plugins" and not each.level):
            yield each.line, f"'{each.module}': a plugin imports no plugin, and its own files as `from .file`"
        elif each.level and not f"{each.module}.".startswith(f"{own}."):
            yield each.line, "leads out of the plugin's own folder"


def test_plugins_import_what_is_theirs_to_use() -> None:
    expect_none(import_faults(plugins()))


def test_every_public_part_is_used() -> None:
    known = {each.module for each in core()}
    used = {each.target(known) for file in plugins() for each in imports(file)}
    idle = (name for name in PUBLIC if f"chatgrow_bot.{name}" not in used)
    expect_none(f"no plugin uses '{name}': take it out of PUBLIC" for name in idle)


def test_what_is_theirs_is_let_be() -> None:
    text = """
from chatgrow_bot import errors
from chatgrow_bot.config import check
from chatgrow_bot.plugin import Plugin
from chatgrow_bot.safety.patterns import Pattern
from . import page
from .page import x
import telegram
"""
    assert import_faults([source(text, "plugins/telegram/__init__.py")]) == []
    assert import_faults([source("from ..page import x", "plugins/telegram/demo/story.py")]) == []


def test_what_is_not_theirs_is_found() -> None:
    for text in (
        "from chatgrow_bot.store import journal",
        "from chatgrow_bot import outbox",
        "import chatgrow_bot.app",
        "from chatgrow_bot.safety import http",
        "from chatgrow_bot.config.walk import At",
        "from chatgrow_bot.config import walk",
        "from chatgrow_bot.plugin import _private",
        "import chatgrow_plugins.rest_api",
        "from plugins.rest_api import models",
        "from ..rest_api import models",
        "from .. import rest_api",
        "def late():\n    from chatgrow_bot.hooks import Hooks",
    ):
        assert len(import_faults([source(text, "plugins/telegram/page.py")])) == 1, text
    assert len(import_faults([source("from .rest_api import x", "plugins/telegram.py")])) == 1
