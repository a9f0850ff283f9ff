"""Calls plugins: in the order of chatgrow.yaml, each within its time, each failure kept to itself.

pluggy holds the registry and cannot await, so the implementations are walked here. One typed method per hook.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial, wraps
from typing import Any, TypeVar

from aiohttp import web
from pluggy import HookImpl

from ..clock import Clock
from ..engine import EngineFactory
from ..errors import PluginError, ReceiverDown
from ..hub import Answer, Command, Identity
from ..messages import (
    CommandUse,
    ConnectionChange,
    Delivery,
    Drop,
    Fact,
    Fault,
    HealthReport,
    Inbound,
    Later,
    Outbound,
    Step,
)
from ..plugin import Check, CliCommand, Examination, Route
from .isolation import Failed, Isolation, place_of
from .registry import Instance, Registry
from .verdicts import inbound_verdict, outbound_verdict, replies, said

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long one call may take, in seconds."""

    filter: float = 5.0
    answer: float = 20.0
    fact: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Who answered, and what."""

    by: str  #: the instance's name
    messages: tuple[Outbound, ...]


@dataclass(frozen=True, slots=True)
class _Question:
    """What stays the same while one plugin after the other is asked."""

    hook: str
    seconds: float
    about: Inbound | Delivery
    trace: list[Step] | None


class Hooks:
    """Every way in which the core calls a plugin."""

    def __init__(
        self, *, clock: Clock, report: Callable[[Fault], None], limits: Limits | None = None
    ) -> None:
        self.isolation = Isolation(clock, report)
        self._clock = clock
        self._limits = limits or Limits()
        self._registry = Registry()
        self._on: set[str] = set()

    def register(self, instances: Sequence[Instance]) -> Mapping[str, PluginError]:
        """Take in all instances, in the order of chatgrow.yaml, switched off. Returns why some are not."""
        return self._registry.register(instances)

    def switch(self, instance: str, *, on: bool) -> None:
        """Ask an instance from now on, or no longer."""
        (self._on.add if on else self._on.discard)(instance)

    def is_on(self, instance: str) -> bool:
        """Whether an instance is asked."""
        return instance in self._on

    def listens(self, instance: str) -> bool:
        """Whether an instance hears facts of any kind."""
        return self._registry.has_any("on_", instance)

    def hears(self, instance: str, hook: str, tenant: str) -> bool:
        """Whether an instance listens to a kind of fact and may hear this tenant's."""
        known = self._registry.get(instance)
        return bool(known and known.serves(tenant) and self._registry.implementation(hook, instance))

    # What a plugin lives in, and the parts it gives.

    def lifespan(self, instance: str) -> AbstractAsyncContextManager[None]:
        """What surrounds an instance's life. Raises whatever the plugin raises."""
        found = self._registry.implementation("lifespan", instance)
        context: Any = found.function() if found else nullcontext()
        return context  # type: ignore[no-any-return]

    def register_engines(self) -> list[tuple[str, Mapping[str, EngineFactory]]]:
        """The engines by name, with the instance they come from."""
        return self._collect("register_engines", lambda engines: [dict(engines)])

    def register_routes(self) -> list[tuple[str, Route]]:
        """The routes of all instances, also of those switched off: a router cannot be changed later."""
        pairs: list[tuple[str, Route]] = self._collect("register_routes", list)
        return [  # what is no Route is for the server to refuse by name
            (name, replace(route, handler=self._route(name, route)) if isinstance(route, Route) else route)
            for name, route in pairs
        ]

    def register_commands(self, instance: str | None = None) -> list[tuple[str, Command]]:
        """The commands of all instances, or of one."""
        pairs: list[tuple[str, Command]] = self._collect("register_commands", list, instance)
        return [(name, replace(command, run=self._command(name, command))) for name, command in pairs]

    def register_cli(self) -> list[tuple[str, CliCommand]]:
        """The `chatgrow` sub-commands."""
        return self._collect("register_cli", list)

    def register_checks(self) -> list[tuple[str, Check]]:
        """What `chatgrow check` looks at besides chatgrow.yaml."""
        return self._collect("register_checks", list)

    def register_examinations(self) -> list[tuple[str, Examination]]:
        """What `chatgrow doctor` looks at besides the machine and the hub's own files."""
        return self._collect("register_examinations", list)

    def _collect(
        self, hook: str, unpack: Callable[[Any], Iterable[T]], instance: str | None = None
    ) -> list[tuple[str, T]]:
        pairs: list[tuple[str, T]] = []
        for found in self._registry.implementations(hook):
            if instance not in (None, found.plugin_name):
                continue
            try:
                pairs += [(found.plugin_name, part) for part in unpack(found.function())]
            except (Exception, SystemExit) as error:
                reason = f"{hook}: {type(error).__name__}: {error} ({place_of(error)})"
                self.isolation.fault(found.plugin_name, reason)
        return pairs

    def _route(self, name: str, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        @wraps(route.handler)  # the API's document tells of a route by its handler's name and docstring
        async def handler(request: web.Request) -> web.StreamResponse:
            return await self.isolation.lent(name, route.path, partial(route.handler, request))

        return handler

    def _command(self, name: str, command: Command) -> Callable[[Sequence[str], Identity], Awaitable[Answer]]:
        async def run(args: Sequence[str], who: Identity) -> Answer:
            return await self.isolation.lent(name, command.name, partial(command.run, args, who))

        return run

    # Questions: each plugin is asked in turn.

    async def filter_inbound(self, message: Inbound, trace: list[Step] | None = None) -> Inbound | Drop:
        """The message as the filters leave it, or the first Drop. A filter that fails lets it pass."""
        question = _Question("filter_inbound", self._limits.filter, message, trace)
        for found in self._asked(question):
            verdict = await self._ask(question, found, inbound_verdict(message), message=message)
            if isinstance(verdict, Drop):
                return verdict
            if isinstance(verdict, Inbound):
                message = verdict
        return message

    async def answer(self, message: Inbound, trace: list[Step] | None = None) -> Answered | None:
        """The first answer. A plugin that fails is passed over."""
        question = _Question("answer", self._limits.answer, message, trace)
        for found in self._asked(question):
            messages = await self._ask(question, found, replies, message=message)
            if isinstance(messages, tuple):
                return Answered(by=found.plugin_name, messages=messages)
        return None

    async def filter_outbound(
        self, message: Outbound, delivery: Delivery, trace: list[Step] | None = None
    ) -> Outbound | Drop | Later:
        """The message as the filters leave it, or the first Drop or Later. A filter that fails or sleeps
        holds the message."""
        question = _Question("filter_outbound", self._limits.filter, delivery, trace)
        for found in self._asked(question):
            check = outbound_verdict(message)
            match await self._ask(question, found, check, message=message, delivery=delivery):
                case Outbound() as changed:
                    message = changed
                case Drop() | Later() as verdict:
                    return verdict
                case Failed(reason=reason, wait=wait):
                    return Later(wait, f"held, because the filter '{found.plugin_name}' failed: {reason}")
        return message

    def _asked(self, question: _Question) -> Iterator[HookImpl]:
        for found in self._registry.implementations(question.hook):
            instance = self._registry.get(found.plugin_name)
            if instance and self.is_on(instance.name) and instance.serves(question.about.tenant):
                yield found

    async def _ask(
        self, question: _Question, found: HookImpl, check: Callable[[Any], T], **given: object
    ) -> T | Failed:
        """Ask one plugin, with the arguments that it names; a line of the trace says what came of it."""
        began = self._clock.monotonic()
        verdict = await self.isolation.run(
            found.plugin_name,
            question.hook,
            _call(found, given),
            seconds=question.seconds,
            check=check,
            tenant=question.about.tenant,
            connection_id=question.about.connection_id,
        )
        if question.trace is not None:
            stage = question.hook.partition("_")[0]
            ms = (self._clock.monotonic() - began) * 1000
            question.trace.append(Step(stage=stage, by=found.plugin_name, result=said(verdict), ms=ms))
        return verdict

    # Facts: each is told to one instance. All raise PluginError when it fails, ReceiverDown when it says so.

    async def on_inbound(self, instance: str, message: Inbound) -> None:
        """A message came in."""
        await self._tell("on_inbound", instance, message, message=message)

    async def on_outbound(self, instance: str, delivery: Delivery) -> None:
        """An outgoing message came into another state."""
        await self._tell("on_outbound", instance, delivery, delivery=delivery)

    async def on_connection(self, instance: str, change: ConnectionChange) -> None:
        """A connection came into another state."""
        await self._tell("on_connection", instance, change, change=change)

    async def on_health(self, instance: str, report: HealthReport) -> None:
        """A connection's health changed."""
        await self._tell("on_health", instance, report, report=report)

    async def on_fault(self, instance: str, fault: Fault) -> None:
        """Something went wrong."""
        await self._tell("on_fault", instance, fault, fault=fault)

    async def on_command(self, instance: str, use: CommandUse) -> None:
        """Somebody used an admin command."""
        await self._tell("on_command", instance, use, use=use)

    async def _tell(self, hook: str, instance: str, fact: Fact, **given: object) -> None:
        found = self._registry.implementation(hook, instance)
        if found is None:
            return
        # Quiet: a fact is tried again, and reported when it is parked; each report would be a fact too.
        outcome = await self.isolation.run(
            instance,
            hook,
            _call(found, given),
            seconds=self._limits.fact,
            check=lambda nothing: nothing,
            no_fault=ReceiverDown,
            quiet=True,
            tenant=getattr(fact, "tenant", ""),
            connection_id=getattr(fact, "connection_id", ""),
        )
        if isinstance(outcome, Failed):
            raise PluginError(f"{hook}: {outcome.reason}")


def _call(found: HookImpl, given: Mapping[str, object]) -> Callable[[], Awaitable[Any]]:
    work: Any = partial(found.function, *(given[name] for name in found.argnames))
    return work  # type: ignore[no-any-return]
