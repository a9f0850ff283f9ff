"""Starts and stops plugins. Each lives in a task of its own, from the first line of its lifespan to the last,
so that one that fails, hangs or crashes leaves the others alone."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
)
from contextvars import Context
from dataclasses import dataclass, field

import structlog

from ..background import task_group
from ..clock import Clock
from ..config import InvalidConfig, Loaded, PluginEntry, Problem, Tenants
from ..config.names import did_you_mean
from ..errors import NotFound, PluginError
from ..facts import Facts
from ..hooks import Hooks
from ..hooks.registry import Instance
from ..hub import Command, Hub
from ..plugin import Http, Plugin, Store
from .bot import PluginBot
from .loader import Catalogue, explained, own_settings
from .scope import Scope

#: Seconds that a plugin's lifespan may take to begin, and to end.
START, STOP = 60.0, 20.0

log = structlog.get_logger("chatgrow.host")

#: Offers commands for the time of a `with`.
Offer = Callable[[Iterable[Command]], AbstractContextManager[None]]


@dataclass(slots=True)
class _Seat:
    """A plugin's place in chatgrow.yaml, and what goes on there."""

    name: str
    enabled: bool
    scope: Scope
    plugin: Plugin
    serves: Callable[[str], bool]
    life: asyncio.Task[None] | None = None
    ending: asyncio.Event = field(default_factory=asyncio.Event)
    turning: asyncio.Lock = field(default_factory=asyncio.Lock)  #: on and off one after the other


@dataclass(frozen=True, slots=True)
class _Core:
    """The core, once it runs."""

    hub: Hub
    facts: Facts
    offer: Offer
    lives: asyncio.TaskGroup


class Host:
    """The plugins of one configuration. `load()` first: engines, routes and commands come from it; then
    `running()`."""

    def __init__(
        self,
        *,
        loaded: Loaded,
        catalogue: Catalogue,
        hooks: Hooks,
        clock: Clock,
        http: Http,
        store: Callable[[str], Store],
        serves: Callable[[Tenants], Callable[[str], bool]],
    ) -> None:
        """`store` gives each instance its memory; `serves` makes of a `tenants:` setting what tells whether a
        tenant is meant ("" is the installation itself)."""
        self._loaded = loaded
        self._catalogue = catalogue
        self._hooks = hooks
        self._clock = clock
        self._http = http
        self._store = store
        self._serves = serves
        self._seats: dict[str, _Seat] = {}
        self._core: _Core | None = None
        self.problems: list[Problem] = []  #: why plugins were left out, for people

    def load(self) -> None:
        """Load and register every plugin that chatgrow.yaml lists, also those switched off. One with an error
        is left out: a fault, and a problem for `chatgrow check`."""
        for name, entry in self._loaded.settings.plugins.items():
            try:
                self._seats[name] = self._seat(name, entry)
            except InvalidConfig as wrong:
                self.problems += wrong.problems
                self._hooks.isolation.fault(name, f"left out, for its configuration is wrong: {wrong}")
            except PluginError as unfit:
                self._leave_out(name, unfit)
        instances = [Instance(name=s.name, plugin=s.plugin, serves=s.serves) for s in self._seats.values()]
        for name, error in self._hooks.register(instances).items():
            del self._seats[name]
            self._leave_out(name, error)

    @asynccontextmanager
    async def running(self, *, hub: Hub, facts: Facts, offer: Offer) -> AsyncIterator[None]:
        """Start the plugins that are switched on, in the order of chatgrow.yaml; stop them in reverse."""
        async with task_group() as lives:
            self._core = _Core(hub, facts, offer, lives)
            try:
                for seat in self._seats.values():
                    if seat.enabled:
                        await self._turn_on(seat)
                yield
            finally:
                for seat in reversed(self._seats.values()):
                    await self._turn_off(seat)
                self._core = None

    @property
    def names(self) -> list[str]:
        """The plugins that were loaded, in order."""
        return list(self._seats)

    def is_enabled(self, name: str) -> bool:
        """Whether a plugin runs."""
        return self._hooks.is_on(name)

    async def enable(self, name: str) -> None:
        """Start a plugin, if it does not run. Raises NotFound, PluginError when it cannot start."""
        if error := await self._turn_on(self._find(name)):
            raise error

    async def disable(self, name: str) -> None:
        """Stop a plugin: its hooks, tasks, timers and commands end. Raises NotFound."""
        await self._turn_off(self._find(name))

    def _find(self, name: str) -> _Seat:
        if name not in self._seats:
            raise NotFound(f"there is no plugin '{name}'{did_you_mean(name, self._seats)}")
        return self._seats[name]

    def _seat(self, name: str, entry: PluginEntry) -> _Seat:
        kind = self._catalogue.find(entry.plugin or name)
        config, problems = own_settings(kind, self._loaded.document, name)
        if config is None:
            raise InvalidConfig(problems)
        scope = Scope(name, self._hooks.isolation, self._clock)
        serves = self._serves(entry.tenants)
        bot = PluginBot(
            name=name,
            config=config,
            store=self._store(name),
            http=self._http,
            scope=scope,
            serves=serves,
            hub=self._hub,
            admin=entry.admin,
        )
        try:
            plugin = kind(bot)
        except (Exception, SystemExit) as error:
            raise PluginError(f"'{name}' cannot be made: {explained(error)}") from error
        return _Seat(name=name, enabled=entry.enabled, scope=scope, plugin=plugin, serves=serves)

    def _hub(self) -> Hub:
        if self._core is None:
            raise PluginError("the hub does not run yet; use it from `lifespan` on")
        return self._core.hub

    def _leave_out(self, name: str, error: PluginError) -> None:
        position = self._loaded.document.position(("plugins", name, "plugin"))
        self.problems.append(Problem(position, error.detail))
        self._hooks.isolation.fault(name, f"left out: {error.detail}")

    async def _turn_on(self, seat: _Seat) -> PluginError | None:
        """Start a life; why it could not, if it could not."""
        async with seat.turning:
            if self._core is None:
                return PluginError("the hub does not run")
            if seat.life and not seat.life.done():
                return None
            seat.ending = asyncio.Event()
            begun: asyncio.Future[PluginError | None] = asyncio.get_running_loop().create_future()
            life = self._live(seat, self._core, begun)
            # A context of its own: it outlives whoever asked for it.
            seat.life = self._core.lives.create_task(life, name=f"plugin:{seat.name}", context=Context())
            try:
                return await begun
            except asyncio.CancelledError:  # the hub is stopped while it starts
                seat.life.cancel()
                raise

    async def _turn_off(self, seat: _Seat) -> None:
        async with seat.turning:
            if seat.life:
                seat.ending.set()
                await asyncio.wait([seat.life])

    async def _live(self, seat: _Seat, core: _Core, begun: "asyncio.Future[PluginError | None]") -> None:
        """A plugin's life. Whatever it dies of is its own fault, and nobody else's."""
        try:
            async with seat.scope.opened(), _in_time(self._hooks.lifespan(seat.name)):
                await self._serve(seat, core, begun)
        except (Exception, SystemExit) as error:
            what = "stopped with an error" if begun.done() else "left out, for it cannot start"
            reason = f"{what}: {explained(error)}"
            self._hooks.isolation.fault(seat.name, reason)
            if not begun.done():
                begun.set_result(PluginError(f"'{seat.name}' was {reason}"))
        finally:
            if not begun.done():
                begun.set_result(PluginError(f"'{seat.name}' was stopped before it had started"))

    async def _serve(self, seat: _Seat, core: _Core, begun: "asyncio.Future[PluginError | None]") -> None:
        """The part of a life in which a plugin is asked and told."""
        commands = [command for _, command in self._hooks.register_commands(seat.name)]
        with core.offer(commands):
            if self._hooks.listens(seat.name):
                position = await core.facts.begin(seat.name)
                seat.scope.spawn(core.facts.follow(seat.name, position), "facts")
            self._hooks.switch(seat.name, on=True)
            log.info("plugin started", plugin=seat.name)
            begun.set_result(None)
            try:
                await seat.ending.wait()
            finally:
                self._hooks.switch(seat.name, on=False)
                await seat.scope.end()  # before its lifespan ends, on which its tasks may lean
                log.info("plugin stopped", plugin=seat.name)


@asynccontextmanager
async def _in_time(lifespan: AbstractAsyncContextManager[None]) -> AsyncIterator[None]:
    """A lifespan that must begin and end in time."""
    stack = AsyncExitStack()
    async with asyncio.timeout(START):
        await stack.enter_async_context(lifespan)
    try:
        yield
    finally:
        async with asyncio.timeout(STOP):
            await stack.aclose()
