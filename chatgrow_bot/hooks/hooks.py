"""Calls plugins: in the order of chatgrow.yaml, each within its time, each failure kept to itself.

pluggy holds the registry and cannot await, so the implementations are walked here. One typed method per hook.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial, wraps
from typing import Any, TypeVar

from aiohttp import web
from pluggy import HookImpl

from ..clock import Clock
from ..engine import EngineFactory
from ..errors import PluginError
from ..hub import Answer, Command, Identity
from ..messages import Delivery, Drop, Fault, Inbound, Later, Outbound, Step
from ..plugin import Check, CliCommand, Examination, PersonalData, Reload, Route
from ..responses import Customer, Response, Trace
from .given import Given, all_of
from .isolation import Failed, Isolation
from .registry import Instance, Registry
from .telling import Telling, call
from .verdicts import inbound_verdict, outbound_verdict, response, said

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long one call may take, in seconds."""

    filter: float = 5.0
    answer: float = 20.0
    fact: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Who took care of a message, and how."""

    by: str  #: the instance's name
    response: Response

    @property
    def messages(self) -> tuple[Outbound, ...]:
        """What is said."""
        return self.response.messages


@dataclass(frozen=True, slots=True)
class _Question:
    """What stays the same while one plugin after the other is asked."""

    hook: str
    seconds: float
    about: Inbound | Delivery
    trace: list[Step] | None


class Hooks(Telling):
    """Every way in which the core calls a plugin."""

    def __init__(
        self, *, clock: Clock, report: Callable[[Fault], None], limits: Limits | None = None
    ) -> None:
        self.limits = limits or Limits()
        super().__init__(Registry(), Isolation(clock, report), self.limits.fact)
        self._clock = clock
        self._on: set[str] = set()
        self._given = Given(self._registry, self.isolation, self.is_on)
        self._collect = self._given.collect

    def register(self, instances: Sequence[Instance]) -> Mapping[str, PluginError]:
        """Take in all instances, in the order of chatgrow.yaml, switched off. Returns why some are not."""
        refused = self._registry.register(instances)
        self._given.hand_out(each for each in instances if each.name not in refused)
        return refused

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

    def register_reloads(self) -> list[tuple[str, Reload]]:
        """What is read anew while the hub runs."""
        return self._collect("register_reloads", all_of(Reload))

    def register_personal_data(self) -> list[tuple[str, PersonalData]]:
        """What plugins keep of people, also those that are switched off."""
        return self._collect("register_personal_data", list)

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
        question = _Question("filter_inbound", self.limits.filter, message, trace)
        for found in self._asked(question):
            verdict = await self._ask(question, found, inbound_verdict(message), message=message)
            if isinstance(verdict, Drop):
                return verdict
            if isinstance(verdict, Inbound):
                message = verdict
        return message

    async def answer(
        self,
        message: Inbound,
        customer: Customer,
        trace: list[Step] | None = None,
        told: dict[str, Trace] | None = None,
        holder: str | None = None,
    ) -> Answered | None:
        """The first that takes care of the message. A plugin that fails is passed over. `told` is filled with
        how each that was asked came to its response, where it tells. The `holder` of the customer's dialogue
        is asked before all others, who are not told of it."""
        question = _Question("answer", self.limits.answer, message, trace)
        others = replace(customer, dialogue=None)
        for found in self._asked(question, first=holder):
            known = customer if found.plugin_name == holder else others
            given = await self._ask(question, found, response, message=message, customer=known)
            if not isinstance(given, Response):
                continue
            if told is not None and given.trace is not None:
                told[found.plugin_name] = given.trace
            if given.settles:
                return Answered(by=found.plugin_name, response=given)
        return None

    async def filter_outbound(
        self, message: Outbound, delivery: Delivery, trace: list[Step] | None = None
    ) -> Outbound | Drop | Later:
        """The message as the filters leave it, or the first Drop or Later. A filter that fails or sleeps
        holds the message."""
        question = _Question("filter_outbound", self.limits.filter, delivery, trace)
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

    def _asked(self, question: _Question, first: str | None = None) -> Iterator[HookImpl]:
        known = self._registry.implementations(question.hook)
        for found in sorted(known, key=lambda found: found.plugin_name != first):
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
            call(found, given),
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
