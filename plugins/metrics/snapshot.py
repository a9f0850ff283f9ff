"""What the hub's parts say at one moment: asked of them before anything is written, for they are asked by
`await` and the library is not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chatgrow_bot.hub import Counts, Hub, QueueStatus, Vitals
from chatgrow_bot.messages import HealthReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The whole hub."""

    counts: Counts  #: since counting began
    uncounted: int
    queue: QueueStatus
    waited: float  #: seconds since the longest waiting message could have left
    reports: Sequence[HealthReport]
    checks: Mapping[str, bool]
    vitals: Vitals


async def take(hub: Hub) -> Snapshot:
    """One of this moment."""
    queue, vitals = await hub.queue.status(), hub.health.vitals()
    now, oldest = vitals.at, queue.oldest_waiting
    return Snapshot(
        counts=await hub.stats.totals(),
        uncounted=await hub.stats.uncounted(),
        queue=queue,
        waited=max(0.0, (now - oldest).total_seconds()) if oldest else 0.0,
        reports=await hub.health.reports(),
        checks=await hub.health.checks(),
        vitals=vitals,
    )
