"""A hook ships with its documents and with a plugin that uses it, or not at all."""

import ast
import re
from collections.abc import Collection, Iterable, Mapping

import pytest

from chatgrow_bot.hookspecs import HookSpecs

from .source import ROOT, Source, core, dotted, expect_none, functions, imports, plugins, source
from .test_hooks import methods

HOOKS = frozenset(methods(HookSpecs))


def table_faults(readme: str, users: Mapping[str, Collection[str]]) -> list[str]:
    """What is wrong with the table below README.md's heading about hooks. A row has its hooks in backticks in
    its first cell, and in its last the plugins that use one of them. `users`: the plugins of each hook."""
    section = re.search(r"^##+ [^\n]*\bhooks\b[^\n]*\n(.*?)(?=^##|\Z)", readme, re.M | re.S | re.I)
    rows = re.findall(r"^\|([^|]*)\|.*\|([^|]*)\|$", section[1], re.M) if section else []
    named = {name: last for first, last in rows for name in re.findall(r"`(\w+)[^`]*`", first)}
    faults = [f"README.md's table of hooks lacks '{name}'" for name in sorted(users.keys() - named.keys())]
    faults += [f"README.md's table has '{name}', which is no hook" for name in named.keys() - users.keys()]
    for first, last in rows:
        hooks = re.findall(r"`(\w+)[^`]*`", first)
        using = {plugin for name in hooks for plugin in users.get(name, ())}
        strangers = set(re.findall(r"\w+", last)) - using if hooks else ()
        faults += [f"README.md's table: '{name}' does not use{first.rstrip()}" for name in strangers]
    return faults


def manual_faults(manual: str, hooks: Iterable[str]) -> list[str]:
    """Hooks that plugins/README.md does not name in code: `name`, `name(...)` or `def name(`."""
    return [
        f"plugins/README.md says nothing of '{name}'"
        for name in sorted(hooks)
        if not re.search(rf"`{name}\b[^`\n]*`|\bdef {name}\(", manual)
    ]


def users(files: Iterable[Source], hooks: Iterable[str]) -> dict[str, set[str]]:
    """The plugins that use each hook: that have a method of its name below `@hook` or `@hook(...)`."""
    found: dict[str, set[str]] = {name: set() for name in hooks}
    for file in files:
        if not any((each.module, each.name) == ("chatgrow_bot.plugin", "hook") for each in imports(file)):
            continue
        for each in functions(file):
            marks = (mark.func if isinstance(mark, ast.Call) else mark for mark in each.decorator_list)
            if any(dotted(mark) == "hook" for mark in marks):
                found.setdefault(each.name, set()).add(file.module.split(".")[1])
    return found


def use_faults(files: Iterable[Source], hooks: Iterable[str]) -> list[str]:
    """Hooks that no shipped plugin uses."""
    unused = sorted(name for name, plugins in users(files, hooks).items() if not plugins)
    return [f"no plugin in plugins/ uses '{name}': ship one that does, or drop the hook" for name in unused]


def test_every_hook_stands_in_the_table_of_the_readme() -> None:
    expect_none(table_faults((ROOT / "README.md").read_text("utf-8"), users(plugins(), HOOKS)))


def test_every_hook_is_explained_to_plugin_authors() -> None:
    manual = ROOT / "plugins" / "README.md"
    assert manual.exists(), "plugins/README.md is missing: it tells how to write a plugin, with every hook"
    expect_none(manual_faults(manual.read_text("utf-8"), HOOKS))


def test_every_hook_is_used_by_a_shipped_plugin() -> None:
    expect_none(use_faults(plugins(), HOOKS))


def test_every_prose_mention_of_a_hook_in_the_core_is_a_hook() -> None:
    """Docstrings name hooks in backticks; a renamed hook must not live on in them."""
    names = re.compile(r"`((?:register|filter|on)_[a-z_]+)`")
    expect_none(
        f"{file.path} speaks of '{name}', which is no hook"
        for file in core()
        for name in names.findall(file.text)
        if name not in HOOKS
    )


TABLE = """# Bot

## The hooks

| hook | when | by whom |
|---|---|---|
| `on_word(word)` | now | parrot |

## More

| `no` | row | of it |
"""


def test_a_hook_missing_in_a_document_is_found() -> None:
    assert table_faults(TABLE, {"on_word": {"parrot"}}) == []
    assert "lacks 'on_sound'" in table_faults(TABLE, {"on_word": {"parrot"}, "on_sound": {"parrot"}})[0]
    assert "lacks 'on_word'" in table_faults("# Bot", {"on_word": {"parrot"}})[0]
    assert manual_faults("`on_word` and\n    async def on_sound(self):", ["on_word", "on_sound"]) == []
    assert len(manual_faults("on_word without backticks, `on_words`", ["on_word"])) == 1


def test_a_hook_that_is_gone_and_a_plugin_that_does_not_use_one_are_found() -> None:
    assert "'on_word', which is no hook" in table_faults(TABLE, {})[0]
    assert table_faults(TABLE, {"on_word": set()}) == [
        "README.md's table: 'parrot' does not use `on_word(word)`"
    ]


@pytest.mark.parametrize("mark", ["@hook", "@hook(tryfirst=True)"])
def test_a_used_hook_is_seen(mark: str) -> None:
    text = f"from chatgrow_bot.plugin import hook\nclass P:\n    {mark}\n    async def on_word(self): ..."
    assert use_faults([source(text)], ["on_word"]) == []


def test_an_unused_hook_is_found() -> None:
    for text in (
        "class P:\n    async def on_word(self): ...",
        "from chatgrow_bot.plugin import hook\nclass P:\n    async def on_word(self): ...",
        "from elsewhere import hook\nclass P:\n    @hook\n    async def on_word(self): ...",
    ):
        assert len(use_faults([source(text)], ["on_word"])) == 1
