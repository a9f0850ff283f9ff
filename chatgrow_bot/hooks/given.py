"""The parts that plugins give: to the core, and to a plugin that asks for some by hooks of its own."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar

from ..config.names import did_you_mean
from ..errors import PluginError
from ..messages import Inbound
from ..plugin import Part
from .isolation import Failed, Isolation, WrongAnswer, place_of
from .registry import Instance, Registry

T = TypeVar("T")


class Given:
    """Asks plugins for their parts. One that fails at it is blamed and passed over."""

    def __init__(self, registry: Registry, isolation: Isolation, is_on: Callable[[str], bool]) -> None:
        self._registry = registry
        self._isolation = isolation
        self._is_on = is_on

    def collect(
        self, hook: str, unpack: Callable[[Any], Iterable[T]], instance: str | None = None
    ) -> list[tuple[str, T]]:
        """The parts of all instances, or of one, each with the instance that it comes from."""
        pairs: list[tuple[str, T]] = []
        for found in self._registry.implementations(hook):
            if instance not in (None, found.plugin_name):
                continue
            try:
                pairs += [(found.plugin_name, part) for part in unpack(found.function())]
            except (Exception, SystemExit) as error:
                reason = f"{hook}: {type(error).__name__}: {error} ({place_of(error)})"
                self._isolation.fault(found.plugin_name, reason)
        return pairs

    def hand_out(self, instances: Iterable[Instance]) -> None:
        """Let each that specifies hooks of its own have what others give to them."""
        for instance in instances:
            if hooks := self._registry.specified(instance.plugin):
                instance.plugin.parts = partial(self._parts, hooks)  # type: ignore[method-assign]

    def _parts(
        self, hooks: frozenset[str], hook: str, check: Callable[[Any], Any] = lambda value: value
    ) -> Sequence[Part]:
        if hook not in hooks:
            raise PluginError(f"'{hook}' is not in `Hooks`{did_you_mean(hook, hooks)}")
        parts: list[Part] = []
        for by, value in self.collect(hook, lambda value: [check(value)]):
            if giver := self._registry.get(by):
                parts.append(LentPart(giver, value, self._isolation, self._is_on))
        return parts


def all_of(kind: type[T]) -> Callable[[Iterable[object]], list[T]]:
    """Unpacks parts that must be of a kind."""

    def unpack(parts: Iterable[object]) -> list[T]:
        found = list(parts)
        fitting = [part for part in found if isinstance(part, kind)]
        if len(fitting) < len(found):
            raise TypeError(f"gave something else than a {kind.__name__}")
        return fitting

    return unpack


class LentPart:
    """A part of one plugin in another's hands. Implements plugin.Part."""

    def __init__(
        self, giver: Instance, value: Any, isolation: Isolation, is_on: Callable[[str], bool]
    ) -> None:
        self.by = giver.name
        self.value = value
        self._giver = giver
        self._isolation = isolation
        self._is_on = is_on

    @property
    def is_on(self) -> bool:
        """Whether the giver runs."""
        return self._is_on(self.by)

    def serves(self, tenant: str) -> bool:
        """Whether the giver may see a tenant's messages."""
        return self._giver.serves(tenant)

    async def lent(
        self,
        what: str,
        call: Callable[[], Awaitable[Any]],
        *,
        seconds: float,
        check: Callable[[Any], T] = lambda value: value,
        about: Inbound | None = None,
    ) -> T:
        """Call a function that the giver gave, and check its result. Raises PluginError."""
        if not self.is_on:
            raise PluginError(f"{what}: '{self.by}' is off")
        if about and not self.serves(about.tenant):
            raise PluginError(
                f"{what}: the plugin '{self.by}' does not serve this tenant; see its `tenants:`"
            )
        outcome = await self._isolation.run(
            self.by,
            what,
            call,
            seconds=seconds,
            check=partial(_checked, check),
            tenant=about.tenant if about else "",
            connection_id=about.connection_id if about else "",
        )
        if isinstance(outcome, Failed):
            raise PluginError(f"{what}: '{self.by}' failed: {outcome.reason}")
        return outcome


def _checked(check: Callable[[Any], T], value: Any) -> T:
    """What `check` says of a wrong result are its own words, and safe to show."""
    try:
        return check(value)
    except ValueError as error:
        raise WrongAnswer(str(error)) from error
