"""House rules that a reader would otherwise have to check by eye, file by file."""

import ast
from collections.abc import Callable, Iterator

import pytest

from .source import Found, Source, calls, core, dotted, expect_none, imports, plugins, source, unlisted

#: Who makes a task by itself; all others ask a TaskGroup or a scope, so that every task ends with its owner.
TASKS = {
    "chatgrow_bot/host/scope.py": "the scope of a plugin, which owns the tasks it makes",
    "chatgrow_bot/hooks/isolation.py": "a plugin's call, left behind when it will not be cancelled",
}
#: Who reads the wall clock; all others are handed a Clock, so that a test can turn its hands.
WALL_CLOCKS = {
    "chatgrow_bot/clock.py": "the clock",
    "plugins/simulator/certificate.py": "a certificate is judged by the browser's own clock",
    "plugins/simulator/database.py": "stands in for WhatsApp, whose clock is not ours",
}
_LOOPS = {"get_running_loop", "get_event_loop", "new_event_loop"}
_BINARY = {"pickle", "shelve", "marshal", "dill", "cloudpickle"}
_MUTABLE = {"list", "dict", "set", "bytearray", "defaultdict", "deque", "Counter", "OrderedDict"}


def own_tasks(file: Source) -> Iterator[Found]:
    """Tasks that no group and no scope owns."""
    for call in calls(file):
        owner, _, name = dotted(call.func).rpartition(".")
        if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Call):
            owner, name = dotted(call.func.value.func).rpartition(".")[2], call.func.attr
        loose = owner in {"", "asyncio", *_LOOPS} or owner.endswith("loop")
        if name in {"ensure_future", "run_coroutine_threadsafe"} or (name == "create_task" and loose):
            yield Found(path=file.path, line=call.lineno, what=f"{name}(...) makes a task of nobody's")


def prints(file: Source) -> Iterator[Found]:
    """What is printed, save by the command line."""
    if "cli" not in file.path.removesuffix(".py").split("/"):
        for call in calls(file):
            if dotted(call.func) == "print":
                yield Found(path=file.path, line=call.lineno, what="print(...)")


def naive_times(file: Source) -> Iterator[Found]:
    """Times without a zone."""
    for call in calls(file):
        name = ".".join(dotted(call.func).split(".")[-2:])
        zone = any(word.arg in {"tz", "tzinfo"} for word in call.keywords)
        given = len(call.args) + zone
        naive = {
            "datetime.now": given < 1,
            "datetime.fromtimestamp": given < 2,
            "datetime.datetime": not zone and len(call.args) < 8,
            "datetime": not zone and len(call.args) < 8,
            "datetime.utcnow": True,
            "datetime.utcfromtimestamp": True,
            "datetime.today": True,
            "date.today": True,
        }
        if naive.get(name):
            yield Found(path=file.path, line=call.lineno, what=f"{name}(...) gives a time without a zone")


def wall_clocks(file: Source) -> Iterator[Found]:
    """Where the time is asked of the machine."""
    for call in calls(file):
        if ".".join(dotted(call.func).split(".")[-2:]) in {"datetime.now", "time.time", "time.time_ns"}:
            yield Found(
                path=file.path, line=call.lineno, what=f"{dotted(call.func)}(...) reads the wall clock"
            )


def binary_formats(file: Source) -> Iterator[Found]:
    """Formats that run code when they are read."""
    for each in imports(file):
        if each.module.partition(".")[0] in _BINARY:
            yield Found(path=file.path, line=each.line, what=f"imports {each.module}")


def global_state(file: Source) -> Iterator[Found]:
    """What a module keeps for all: two apps in one process would share it."""
    for node in file.tree.body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        for name in _targets(node):
            if value and _is_mutable(value) and name != "__all__" and name != name.upper():
                yield Found(path=file.path, line=node.lineno, what=f"'{name}' can change, and is everybody's")
    for each in file.nodes:
        if isinstance(each, ast.Global):
            yield Found(path=file.path, line=each.lineno, what=f"global {', '.join(each.names)}")


def _targets(node: ast.stmt) -> list[str]:
    match node:
        case ast.Assign(targets=targets):
            return [dotted(target) for target in targets]
        case ast.AnnAssign(target=target):
            return [dotted(target)]
    return []


def _is_mutable(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return dotted(value.func).rpartition(".")[2] in _MUTABLE
    return isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp)


Check = Callable[[Source], Iterator[Found]]
RULES: list[tuple[Check, dict[str, str], str]] = [
    (own_tasks, TASKS, "make it in a TaskGroup, or by bot.spawn"),
    (prints, {}, "log it"),
    (naive_times, {}, "times are aware, in UTC"),
    (wall_clocks, WALL_CLOCKS, "take a Clock as an argument"),
    (binary_formats, {}, "what is kept is JSON"),
    (global_state, {}, "hand it in, or name it in capitals if it never changes"),
]


@pytest.mark.parametrize(("check", "allowed", "advice"), RULES, ids=[rule[0].__name__ for rule in RULES])
def test_the_house_is_kept(check: Check, allowed: dict[str, str], advice: str) -> None:
    found = (each for file in [*core(), *plugins()] for each in check(file))
    expect_none(unlisted(found, allowed, advice))


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (own_tasks, "asyncio.create_task(work())"),
        (own_tasks, "create_task(work())"),
        (own_tasks, "asyncio.ensure_future(work())"),
        (own_tasks, "loop.create_task(work())"),
        (own_tasks, "self._loop.create_task(work())"),
        (own_tasks, "asyncio.get_running_loop().create_task(work())"),
        (prints, "print('here')"),
        (naive_times, "datetime.now()"),
        (naive_times, "datetime.datetime.utcnow()"),
        (naive_times, "datetime(2024, 1, 1)"),
        (naive_times, "datetime.fromtimestamp(1)"),
        (naive_times, "date.today()"),
        (wall_clocks, "datetime.now(UTC)"),
        (wall_clocks, "time.time()"),
        (binary_formats, "import pickle"),
        (binary_formats, "def load():\n    from shelve import open"),
        (global_state, "seen = set()"),
        (global_state, "_cache: dict[str, int] = {}"),
        (global_state, "def f():\n    global seen"),
    ],
)
def test_a_broken_rule_is_found(check: Check, text: str) -> None:
    assert len(list(check(source(text)))) == 1


def test_what_keeps_the_rules_is_let_be() -> None:
    text = """
__all__ = ["a"]
WORDS = {"a": 1}
names = ("a", "b")
async def work():
    async with TaskGroup() as group:
        group.create_task(other())
    seen = []
    clock.now(), datetime(2024, 1, 1, tzinfo=UTC), datetime.fromtimestamp(1, UTC)
"""
    assert [each for check, _, _ in RULES for each in check(source(text))] == []
    assert list(prints(source("print('usage')", "chatgrow_bot/cli/check.py"))) == []
