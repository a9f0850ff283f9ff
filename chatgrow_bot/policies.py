"""How each connection sends: its own settings over the defaults, and its owner's plan under both."""

from typing import Protocol

from .config.connection import ConnectionSettings
from .config.models import OnUnknown, Settings
from .limits import Pace, Policy
from .messages import Lane


class Owners(Protocol):
    """Who knows each connection's settings."""

    def settings(self, connection_id: str) -> ConnectionSettings:
        """A connection's own settings over the defaults."""
        ...


class Policies:
    """Works out how a connection sends."""

    def __init__(self, settings: Settings, owners: Owners) -> None:
        self._settings = settings
        self._owners = owners

    def of(self, connection_id: str) -> Policy:
        """How this connection sends."""
        own, queue = self._owners.settings(connection_id), self._settings.queue
        pacing = own.pacing or self._settings.pacing
        delays = tuple(each / 1000 for each in queue.retry_delays)
        attempts = own.message_retry_attempts
        return Policy(
            paces={
                Lane.SEND: Pace(low=pacing.send.min, high=pacing.send.max, jitter=pacing.send.jitter),
                Lane.REPLY: Pace(low=pacing.reply.min, high=pacing.reply.max),
            },
            typing=pacing.reply.typing,
            max_retries=queue.max_retries if attempts is None else attempts,
            retry_delays=delays if own.message_retry_delay is None else (own.message_retry_delay,),
            hold_unknown=queue.on_unknown is OnUnknown.HOLD,
        )
