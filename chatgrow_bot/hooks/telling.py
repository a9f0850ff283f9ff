"""Tells plugins what happened: each fact is told to one instance, by the hook that hears its kind."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from pluggy import HookImpl

from ..errors import PluginError, ReceiverDown
from ..messages import (
    CommandUse,
    ConnectionChange,
    ConversationChange,
    Delivery,
    Fact,
    Fault,
    HealthReport,
    Inbound,
    Notice,
)
from .isolation import Failed, Isolation
from .registry import Registry


class Telling:
    """Every fact that plugins hear. All methods raise PluginError when the plugin fails, ReceiverDown when it
    says so."""

    def __init__(self, registry: Registry, isolation: Isolation, seconds: float) -> None:
        """`seconds` is how long it may take to hear one."""
        self.isolation = isolation
        self._registry = registry
        self._seconds = seconds

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

    async def on_notice(self, instance: str, notice: Notice) -> None:
        """A plugin wants others to know of a message."""
        await self._tell("on_notice", instance, notice, notice=notice)

    async def on_conversation(self, instance: str, change: ConversationChange) -> None:
        """Tell one plugin what happened in a conversation."""
        await self._tell("on_conversation", instance, change, change=change)

    async def _tell(self, hook: str, instance: str, fact: Fact, **given: object) -> None:
        found = self._registry.implementation(hook, instance)
        if found is None:
            return
        # Quiet: a fact is tried again, and reported when it is parked; each report would be a fact too.
        outcome = await self.isolation.run(
            instance,
            hook,
            call(found, given),
            seconds=self._seconds,
            check=lambda nothing: nothing,
            no_fault=ReceiverDown,
            quiet=True,
            tenant=getattr(fact, "tenant", ""),
            connection_id=getattr(fact, "connection_id", ""),
        )
        if isinstance(outcome, Failed):
            raise PluginError(f"{hook}: {outcome.reason}")


def call(found: HookImpl, given: Mapping[str, object]) -> Callable[[], Awaitable[Any]]:
    """A call of a plugin with the arguments that it names."""
    work: Any = partial(found.function, *(given[name] for name in found.argnames))
    return work  # type: ignore[no-any-return]
