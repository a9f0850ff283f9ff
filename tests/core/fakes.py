"""Plugins of a few lines, and what they are asked about: shared by the tests of hooks, facts and host."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from chatgrow_bot.hooks import Hooks, Limits
from chatgrow_bot.hooks.registry import Instance
from chatgrow_bot.messages import Delivery, Fault, Inbound, Kind, Lane, Outbound, Priority, State
from chatgrow_bot.plugin import Plugin
from chatgrow_bot.responses import Customer
from chatgrow_bot.testing import FakeClock

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
TENANT = "t1"
CUSTOMER = Customer(chat="15551230001@c.us")


def inbound(text: str = "hello", *, tenant: str = TENANT, id: str = "m1") -> Inbound:
    return Inbound(
        id=id,
        tenant=tenant,
        connection_id="c1",
        chat="15551230001@c.us",
        wa_id="A1",
        text=text,
        sent_at=NOW,
        received_at=NOW,
    )


def outbound(text: str = "hi") -> Outbound:
    return Outbound(to="15551230001@c.us", text=text)


def delivery(*, tenant: str = TENANT) -> Delivery:
    return Delivery(
        id="d1",
        tenant=tenant,
        connection_id="c1",
        chat="15551230001@c.us",
        wa_id="3EB0",
        kind=Kind.TEXT,
        lane=Lane.SEND,
        priority=Priority.NORMAL,
        state=State.CLAIMED,
        created_at=NOW,
        due=NOW,
        expires_at=NOW,
        updated_at=NOW,
    )


def block(seconds: float = 60.0) -> None:
    """What a plugin must never do."""
    time.sleep(seconds)


class Stage:
    """Hooks with plugins in them, a clock that stands still, and the faults that were reported."""

    def __init__(self, clock: FakeClock | None = None, limits: Limits | None = None) -> None:
        self.clock = clock or FakeClock()
        self.faults: list[Fault] = []
        self.hooks = Hooks(clock=self.clock, report=self.faults.append, limits=limits)
        self.asked: list[str] = []  #: names, in the order in which they were called

    def play(
        self,
        *plugins: type[Plugin],
        serves: Callable[[str], bool] = lambda tenant: True,
        **named: type[Plugin],
    ) -> "Stage":
        """Register plugins in this order, each under its class's name (or the one given), and switch them on.
        Their `bot` is this stage."""
        cast = {kind.__name__: kind for kind in plugins} | named
        bot: Any = self
        instances = [Instance(name=name, plugin=kind(bot), serves=serves) for name, kind in cast.items()]
        refused = self.hooks.register(instances)
        if refused:
            raise next(iter(refused.values()))
        for name in cast:
            self.hooks.switch(name, on=True)
        return self
