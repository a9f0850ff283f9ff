"""What surrounds a keeper: who hears what it learns, how patient it is to be, how long an engine may take."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ..engine import Ack, Arrival
from ..messages import ConnectionState


class Listener(Protocol):
    """Who hears what a keeper learns."""

    async def arrived(self, connection_id: str, arrival: Arrival) -> None:
        """Into the way in."""
        ...

    async def acked(self, connection_id: str, ack: Ack) -> None:
        """To the way out."""
        ...

    async def entered(self, connection_id: str, state: ConnectionState, reason: str, me: str | None) -> None:
        """The connection came into another state."""
        ...

    async def swept_to(self, connection_id: str) -> datetime | None:
        """What came before this is known to be stored."""
        ...

    async def swept(self, connection_id: str, to: datetime) -> None:
        """Everything before `to` is stored."""
        ...

    def online(self, connection_id: str) -> None:
        """In sync: messages may leave."""
        ...

    def busy(self, connection_id: str) -> bool:
        """Whether a message is just being sent, or looked up."""
        ...

    def pictured(self, connection_id: str, at: datetime | None) -> None:
        """There is a picture of the page, or none any more."""
        ...

    def troubled(self, connection_id: str, reason: str) -> None:
        """Something a person should know."""
        ...


class Patience(Protocol):
    """How a connection wants to be kept: its settings."""

    auto_reconnect: bool
    max_reconnect_attempts: int
    reconnect_interval: float  #: seconds
    enable_logging: bool
    memory_budget: int  #: bytes; 0 for none
    recycle_after: float  #: seconds; 0 for never


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Seconds that an engine may take. It bounds its own calls; these are for one that does not."""

    opening: float = 300.0
    answer: float = 60.0
    closing: float = 60.0
    picture: float = 10.0
    weighing: float = 10.0
