"""The prefix of a hook's name is its calling convention, and every hook has one typed caller that fits it."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, get_args, get_origin, get_type_hints

from chatgrow_bot.hooks import Answered, Hooks
from chatgrow_bot.hookspecs import HookSpecs

from .source import expect_none

PLAIN = ("register_", "lifespan")
ASKED = ("filter_", "answer")
TOLD = ("on_",)
#: What a caller may take besides: where it writes who was asked and how they came to it, or whom to ask,
#: or whom first.
OPTIONAL = {"filter_": ["trace"], "answer": ["trace", "told", "holder"], "register_": ["instance"]}

Methods = Mapping[str, Callable[..., Any]]


def methods(owner: type) -> dict[str, Callable[..., Any]]:
    """The public functions of a class, and of those that it stands on."""
    parts = (part for each in reversed(owner.__mro__) for part in vars(each).items())
    return {name: value for name, value in parts if inspect.isfunction(value) and name[0] != "_"}


def spec_faults(specs: type) -> list[str]:
    """Hooks whose name, colour or docstring is wrong."""
    faults = []
    for name, spec in methods(specs).items():
        is_async = inspect.iscoroutinefunction(spec)
        if not _is_hook(name):
            faults.append(f"'{name}': a hook begins with register_, filter_ or on_, or is lifespan or answer")
        elif name.startswith(PLAIN) and is_async:
            faults.append(f"'{name}' must be a plain `def`")
        elif not name.startswith(PLAIN) and not is_async:
            faults.append(f"'{name}' must be `async def`")
        if not inspect.getdoc(spec):
            faults.append(f"'{name}' needs a docstring: it is what a plugin author reads")
    return faults


def _is_hook(name: str) -> bool:
    return name in ("lifespan", "answer") or name.startswith(("register_", "filter_", "on_"))


def caller_faults(specs: type, callers: type) -> list[str]:
    """Hooks without a caller, callers without a hook, and callers that do not fit theirs."""
    wanted, found = methods(specs), {name: m for name, m in methods(callers).items() if _is_hook(name)}
    faults = [f"'{name}' has no caller in hooks.py" for name in wanted.keys() - found.keys()]
    faults += [f"hooks.py calls '{name}', which is no hook" for name in found.keys() - wanted.keys()]
    for name in sorted(wanted.keys() & found.keys()):
        faults += [f"the caller of '{name}' {fault}" for fault in _unlike(name, wanted[name], found[name])]
    return faults


def _unlike(name: str, spec: Callable[..., Any], caller: Callable[..., Any]) -> Iterable[str]:
    if inspect.iscoroutinefunction(spec) != inspect.iscoroutinefunction(caller):
        yield "has another colour: one of the two is async"
    asked, given = _arguments(spec), _arguments(caller)
    required = (["instance"] if name.startswith(("on_", "lifespan")) else []) + list(asked)
    optional = next((more for begin, more in OPTIONAL.items() if name.startswith(begin)), [])
    if list(given) not in ([*required, *optional[:count]] for count in range(len(optional) + 1)):
        yield f"takes ({', '.join(given)}), not ({', '.join(required)})"
    for each in given.keys() & optional:
        if inspect.signature(caller).parameters[each].default is not None:
            yield f"takes '{each}' without None as its default"
    for argument in asked.keys() & given.keys():
        if asked[argument] != given[argument]:
            yield f"takes {given[argument]} as '{argument}', not {asked[argument]}"
    gives, should = get_type_hints(caller)["return"], _returned(name, get_type_hints(spec)["return"])
    if gives != should:
        yield f"returns {gives}, not {should}"


def _arguments(function: Callable[..., Any]) -> dict[str, Any]:
    hints = get_type_hints(function)
    return {name: hints.get(name) for name in inspect.signature(function).parameters if name != "self"}


def _returned(name: str, spec: Any) -> Any:
    """What a caller makes of what plugins give: parts with the instance they come from, a message that went
    through all filters, who answered. Lifespans and facts stay as they are."""
    if name.startswith("register_"):
        return list[tuple[str, get_args(spec)[0] if get_origin(spec) is _ITERABLE else spec]]  # type: ignore[misc]
    if name.startswith("filter_"):
        return _without_none(spec)
    return Answered | None if name == "answer" else spec


_ITERABLE = get_origin(Iterable[int])


def _without_none(union: Any) -> Any:
    first, *others = (each for each in get_args(union) if each is not type(None))
    for each in others:
        first = first | each
    return first


def test_every_hook_is_what_its_name_says() -> None:
    expect_none(spec_faults(HookSpecs))


def test_every_hook_has_one_typed_caller_that_fits() -> None:
    expect_none(caller_faults(HookSpecs, Hooks))


class Misnamed:
    """Hooks that a plugin author would get wrong."""

    def hear_inbound(self) -> None:
        """No prefix."""

    async def register_routes(self) -> None:
        """Wrong colour."""

    def on_inbound(self) -> None:
        """Wrong colour."""

    async def on_fault(self) -> None: ...


def test_a_wrong_name_colour_and_missing_docstring_are_found() -> None:
    faults = spec_faults(Misnamed)
    assert [fault.split("'")[1] for fault in faults] == [
        "hear_inbound",
        "register_routes",
        "on_inbound",
        "on_fault",
    ]


class Specs:
    """A hook of each kind."""

    def lifespan(self) -> AbstractAsyncContextManager[None]: ...  # type: ignore[empty-body]
    def register_words(self) -> Iterable[int]: ...  # type: ignore[empty-body]
    async def filter_word(self, word: str) -> str | int | None: ...
    async def on_word(self, word: str) -> None: ...


class Fitting:
    """Their callers."""

    def lifespan(self, instance: str) -> AbstractAsyncContextManager[None]: ...  # type: ignore[empty-body]
    def register_words(self, instance: str | None = None) -> list[tuple[str, int]]: ...  # type: ignore[empty-body]
    async def filter_word(self, word: str, trace: list[str] | None = None) -> str | int: ...  # type: ignore[empty-body]
    async def on_word(self, instance: str, word: str) -> None: ...
    def other(self) -> None: ...


def test_callers_that_fit_are_let_be() -> None:
    assert caller_faults(Specs, Fitting) == []


def test_a_caller_unlike_its_hook_is_found() -> None:
    class Missing:
        register_words = None

    class Colour:
        def on_word(self, instance: str, word: str) -> None: ...

    class Order:
        async def on_word(self, word: str, instance: str) -> None: ...

    class Argument:
        async def on_word(self, instance: str, text: str) -> None: ...

    class Typed:
        async def on_word(self, instance: str, word: bytes) -> None: ...

    class Returned:
        async def filter_word(self, word: str) -> str | int | None: ...

    class Unasked:
        def register_words(self, instance: str | None) -> list[tuple[str, int]]: ...  # type: ignore[empty-body]

    class Extra:
        async def on_sound(self, instance: str) -> None: ...

    def told(wrong: type) -> list[str]:
        callers = type("Callers", (), {**vars(Fitting), **vars(wrong)})
        return caller_faults(Specs, callers)

    assert "has no caller" in told(Missing)[0]
    assert "another colour" in told(Colour)[0]
    assert "not (instance, word)" in told(Order)[0]
    assert "not (instance, word)" in told(Argument)[0]
    assert "not <class 'str'>" in told(Typed)[0]
    assert "returns" in told(Returned)[0]
    assert "None as its default" in told(Unasked)[0]
    assert "no hook" in told(Extra)[0]
