"""Wakes the pages of a tenant when something about his connections has changed."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from chatgrow_bot.errors import RateLimitExceeded
from chatgrow_bot.hub import ConnectionView
from chatgrow_bot.messages import HealthReport

#: Live pages that one user may have open at once.
MOST = 50


class News:
    """Who waits for news of whom, and the last report on each connection's health."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[asyncio.Event]] = {}
        self._reports: dict[tuple[str, str], HealthReport] = {}

    @contextmanager
    def followed(self, tenant: str) -> Iterator[asyncio.Event]:
        """An event that is set by every piece of news of a tenant. Raises RateLimitExceeded."""
        listeners = self._listeners.setdefault(tenant, set())
        if len(listeners) >= MOST:
            raise RateLimitExceeded(f"{MOST} live pages of yours are open already", retry_after=60)
        event = asyncio.Event()
        listeners.add(event)
        try:
            yield event
        finally:
            listeners.discard(event)
            if not listeners and self._listeners.get(tenant) is listeners:
                del self._listeners[tenant]

    def ring(self, tenant: str) -> None:
        """There is news of a tenant."""
        for event in self._listeners.get(tenant, ()):
            event.set()

    def report(self, report: HealthReport) -> None:
        """A connection's health has changed."""
        self._reports[report.tenant, report.connection_id] = report
        self.ring(report.tenant)

    def is_deaf(self, view: ConnectionView) -> bool:
        """Whether a connection looks well and is not, by the last report on the state that it is in."""
        report = self._reports.get((view.tenant, view.connection_id))
        return report is not None and report.state is view.state and not report.can_receive

    def forget(self, tenant: str, connection_id: str) -> None:
        """A connection is no more."""
        self._reports.pop((tenant, connection_id), None)
        self.ring(tenant)
