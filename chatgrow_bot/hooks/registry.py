"""Which plugin implements which hook, and in which order. pluggy keeps the books; this refuses at load what
pluggy would let fail, or never call, later on."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import structlog
from pluggy import HookCaller, HookImpl, PluginManager, PluginValidationError
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from ..config.names import did_you_mean
from ..errors import PluginError
from ..hookspecs import HookSpecs
from ..plugin import Plugin

#: How the name of every hook begins that a plugin specifies: it is a plain function that gives parts.
GIVES = "register_"
#: So many slips of the pen make one name of another.
_SLIPS = 2

log = structlog.get_logger("chatgrow.plugins")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A plugin as it stands in chatgrow.yaml, under one key. Each has an object of its own."""

    name: str
    plugin: Plugin
    serves: Callable[[str], bool]  #: whether it may see a tenant's messages; "" is the installation itself


class Registry:
    """The instances and their hooks."""

    def __init__(self) -> None:
        self._pluggy = PluginManager("chatgrow_bot")
        self._pluggy.add_hookspecs(HookSpecs)
        self._callers: dict[str, HookCaller] = dict(vars(self._pluggy.hook))
        self._instances: dict[str, Instance] = {}
        self._specified: dict[type, frozenset[str]] = {}  #: by the class of a plugin's own hooks

    def get(self, name: str) -> Instance | None:
        """One instance by its name."""
        return self._instances.get(name)

    def register(self, instances: Sequence[Instance]) -> dict[str, PluginError]:
        """Register all, given in the order of chatgrow.yaml. Returns the errors of those left out."""
        refused: dict[str, PluginError] = {}
        wrong = {instance.name: self._specify(instance.plugin) for instance in instances}
        for instance in reversed(instances):  # pluggy asks the newest first
            if mistakes := [*wrong[instance.name], *self._mistakes(instance)]:
                refused[instance.name] = PluginError(f"plugin '{instance.name}': {'; '.join(mistakes)}")
                continue
            try:
                self._pluggy.register(instance.plugin, instance.name)
            except (PluginValidationError, ValueError) as error:
                refused[instance.name] = PluginError(" ".join(str(error).split()))
            else:
                self._instances[instance.name] = instance
        return refused

    def implementations(self, hook: str) -> list[HookImpl]:
        """Of one hook, in the order in which they are asked: tryfirst ones, then as in chatgrow.yaml, then
        trylast ones."""
        return self._callers[hook].get_hookimpls()[::-1]

    def implementation(self, hook: str, instance: str) -> HookImpl | None:
        """One instance's own, if it has the hook."""
        return next((i for i in self._callers[hook].get_hookimpls() if i.plugin_name == instance), None)

    def has_any(self, prefix: str, instance: str) -> bool:
        """Whether an instance has any hook whose name begins so."""
        return any(self.implementation(hook, instance) for hook in self._callers if hook.startswith(prefix))

    def specified(self, plugin: Plugin) -> frozenset[str]:
        """The hooks that a plugin specifies itself."""
        return self._specified.get(plugin.Hooks, frozenset()) if plugin.Hooks else frozenset()

    def _specify(self, plugin: Plugin) -> list[str]:
        """Take in the hooks that a plugin specifies itself; or what is wrong with them."""
        if plugin.Hooks is None or plugin.Hooks in self._specified:
            return []
        names = frozenset(name for name in dir(plugin.Hooks) if not name.startswith("_"))
        mistakes = [each for name in sorted(names) for each in self._misspecified(plugin.Hooks, name)]
        if not names:
            mistakes = ["`Hooks` has no hook in it"]
        if not mistakes:
            self._pluggy.add_hookspecs(plugin.Hooks)
            self._callers |= {name: getattr(self._pluggy.hook, name) for name in names}
            self._specified[plugin.Hooks] = names
        return mistakes

    def _misspecified(self, specs: type, name: str) -> Iterator[str]:
        """What is wrong with one of them, with what to write instead."""
        function = getattr(specs, name)
        if self._pluggy.parse_hookspec_opts(specs, name) is None:
            yield f"'{name}' in `Hooks` needs `@spec` above it"
        elif not name.startswith(GIVES):
            yield f"'{name}' in `Hooks` must be named for parts that are given: '{GIVES}{_bare(name)}'"
        elif name in self._callers:
            yield f"there is a hook '{name}' already; call the one in `Hooks` otherwise"
        elif inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            yield f"'{name}' in `Hooks` must be a plain `def`"
        elif list(inspect.signature(function).parameters) != ["self"]:
            yield f"'{name}' in `Hooks` takes nothing: def {name}(self)"

    def _is_another_plugins(self, hook: str) -> bool:
        """Whether an unknown hook is likely one of a plugin that is not listed, and no slip of the pen."""
        return hook.startswith(GIVES) and not process.extractOne(
            hook, list(self._callers), scorer=DamerauLevenshtein.distance, score_cutoff=_SLIPS
        )

    def _mistakes(self, instance: Instance) -> Iterator[str]:
        """What is wrong with a plugin's hooks, with what to write instead."""
        plugin = instance.plugin
        for name in dir(plugin):
            options = self._pluggy.parse_hookimpl_opts(plugin, name)
            if options is None:
                if name in self._callers:
                    yield f"'{name}' is a hook and needs `@hook` above it"
                continue
            hook = options.get("specname") or name
            if hook not in self._callers and self._is_another_plugins(hook):
                log.info("no plugin that is listed asks for this hook", plugin=instance.name, hook=hook)
            elif hook not in self._callers:
                near = did_you_mean(hook, self._callers) or f"; there are {', '.join(self._callers)}"
                yield f"there is no hook '{hook}'{near}"
            elif options.get("wrapper") or options.get("hookwrapper"):
                yield f"'{hook}' cannot be a wrapper"
            else:
                yield from self._wrong_colour(hook, getattr(plugin, name))

    def _wrong_colour(self, hook: str, function: Callable[..., object]) -> Iterator[str]:
        """The prefix of a hook's name says how it is called."""
        is_async = inspect.iscoroutinefunction(function)
        if inspect.iscoroutinefunction(getattr(HookSpecs, hook, None)):
            if not is_async:
                yield f"'{hook}' must be `async def`"
        elif inspect.isasyncgenfunction(function):
            yield f"'{hook}' needs `@asynccontextmanager` below `@hook`"
        elif is_async:
            yield f"'{hook}' must be a plain `def`"


def _bare(name: str) -> str:
    return name.partition("_")[2] or name
