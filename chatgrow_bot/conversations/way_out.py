"""What conversations need of the way out."""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import Connection

from ..messages import Delivery, Lane, Outbound
from ..store.rows import Outgoing


class WayOut(Protocol):
    """As `Outbox` is."""

    def draft(
        self,
        tenant: str,
        connection_id: str,
        message: Outbound,
        *,
        source: str,
        lane: Lane,
        cause: str = "",
    ) -> Outgoing:
        """The row that a message will be. Raises BadInput."""
        ...

    def answer(self, conn: Connection, rows: Sequence[Outgoing]) -> int:
        """Store automatic messages."""
        ...

    def accept(self, conn: Connection, row: Outgoing, key: str) -> Delivery:
        """Store what a person sends. Raises as `enqueue`."""
        ...

    def wake(self, connection_id: str) -> None:
        """Something was queued."""
        ...
