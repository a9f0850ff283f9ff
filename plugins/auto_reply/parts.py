"""Conditions and actions of other plugins: which there are, what a rule may write for them, and how they are
asked, so that what goes wrong is told as the fault of the plugin they come from."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from pydantic import JsonValue

from chatgrow_bot.config import Shape
from chatgrow_bot.errors import PluginError
from chatgrow_bot.messages import TEXT_LIMIT, FileNamed, Inbound, Media, Outbound
from chatgrow_bot.payloads import well_formed
from chatgrow_bot.plugin import Part, Plugin
from chatgrow_bot.responses import Customer, Deed, Response

T = TypeVar("T")

#: Seconds within which a condition must say whether it holds, and an action must have acted.
ASK, RUN = 2.0, 10.0
#: Messages that one action may give, at most.
MOST = 100


@dataclass(frozen=True, slots=True)
class _Function:
    """What a plugin gave under a name, with what a rule may write for it."""

    call: Callable[..., Any]
    shape: Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A condition or an action that a rule may name."""

    name: str  #: as the rule writes it
    what: str  #: "condition" or "action"
    givers: tuple[tuple[Part, _Function], ...] = field(repr=False)  #: several: nobody knows which is meant

    @property
    def by(self) -> str:
        """The plugin that it comes from, by its name in chatgrow.yaml."""
        return " or ".join(part.by for part, _ in self.givers)

    def check(self, value: Any) -> Any:
        """The value for `ask` or `run`, from what a rule says. Raises ValueError, telling what is wrong."""
        if len(self.givers) > 1:
            choices = " or ".join(f"'{part.by}.{self.name}'" for part, _ in self.givers)
            raise ValueError(f"several plugins have a {self.what} '{self.name}': write {choices}")
        return self.givers[0][1].shape.fitted(value, self.name)

    async def ask(self, message: Inbound, customer: Customer, value: Any) -> bool:
        """Whether it holds. Raises PluginError."""
        return await self._lent(message, customer, value, ASK, _truth)

    async def run(self, message: Inbound, customer: Customer, value: Any) -> Response:
        """Act; what is to be said and done because of it. Raises PluginError."""
        return await self._lent(message, customer, value, RUN, _response)

    async def _lent(
        self, message: Inbound, customer: Customer, value: Any, seconds: float, check: Callable[[Any], T]
    ) -> T:
        if len(self.givers) > 1:
            raise PluginError(f"several plugins have a {self.what} '{self.name}': {self.by}")
        [(part, given)] = self.givers
        return await part.lent(
            f"the {self.what} '{self.name}'",
            partial(given.call, message, customer, value),
            seconds=seconds,
            check=check,
            about=message,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """All of them, by the names that rules may write: `guest`, and `guests.guest` with the plugin's own."""

    conditions: Mapping[str, Known] = field(default_factory=dict)
    actions: Mapping[str, Known] = field(default_factory=dict)


def parts_of(plugin: Plugin) -> Parts:
    """What the others give now, also those that are switched off: these answer once they are on. What is not
    in its form is its giver's fault, and left out."""
    return Parts(
        conditions=_known("condition", plugin.parts("register_rule_conditions", _functions)),
        actions=_known("action", plugin.parts("register_rule_actions", _functions)),
    )


def _known(what: str, parts: Sequence[Part]) -> Mapping[str, Known]:
    givers: dict[str, list[tuple[Part, _Function]]] = {}
    for part in parts:
        for name, given in part.value.items():
            givers.setdefault(name, []).append((part, given))
            givers[f"{part.by}.{name}"] = [(part, given)]
    return {name: Known(name=name, what=what, givers=tuple(found)) for name, found in givers.items()}


def _functions(value: Any) -> Mapping[str, _Function]:
    """What a plugin gave, in its form. Raises TypeError or ValueError, and what annotations raise."""
    if not isinstance(value, Mapping):
        raise TypeError(f"gave a {type(value).__name__}, where names with functions are wanted")
    return {_named(name): _function(name, function) for name, function in value.items()}


def _named(name: Any) -> str:
    if isinstance(name, str) and name.replace("-", "_").isidentifier():
        return name
    raise ValueError(f"{name!r} is no name: write letters, digits, '_' and '-'")


def _function(name: str, function: Any) -> _Function:
    if not inspect.iscoroutinefunction(function):
        raise TypeError(f"'{name}' must be `async def`")
    signature = inspect.signature(function, eval_str=True)
    try:
        signature.bind(None, None, None)
    except TypeError:
        raise TypeError(f"'{name}' must take (message, customer, value)") from None
    kind = list(signature.parameters.values())[2].annotation
    return _Function(function, Shape(JsonValue if kind is inspect.Parameter.empty else kind))


def _truth(value: Any) -> bool:
    if value is True or value is False:
        return bool(value)
    raise ValueError(f"gave a {type(value).__name__}, where True or False is wanted")


def _response(value: Any) -> Response:
    """What an action gave, as one thing. How a rule was chosen is told by the rules, not by it."""
    match value:
        case None:
            return Response()
        case Outbound():
            given = Response(messages=(value,))
        case list() | tuple():
            given = Response(messages=tuple(value))
        case Response():
            given = replace(value, messages=tuple(value.messages), deeds=tuple(value.deeds), trace=None)
        case _:
            raise ValueError(f"gave a {type(value).__name__}, where an Outbound or a Response is wanted")
    if len(given.messages) > MOST:
        raise ValueError(f"gave {len(given.messages)} messages at once; {MOST} at most")
    if not all(isinstance(each, Outbound) and _formed(each) for each in given.messages):
        raise ValueError("gave a message that is not in its form")
    if not all(isinstance(each, Deed) for each in given.deeds):
        raise ValueError("gave something to do that is not in responses.Deed")
    return given


def _formed(message: Outbound) -> bool:
    return (
        well_formed(message.text, message.payload)
        and isinstance(message.media, Media | None)
        and isinstance(message.file, FileNamed | None)
        and len(message.text) <= TEXT_LIMIT
    )
