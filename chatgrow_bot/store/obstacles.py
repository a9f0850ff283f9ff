"""What keeps a message back, beside its time and its pace: conditions of the claim and of the intent."""

from sqlalchemy import exists, text

from ..messages import UNSENT, State
from .halts import HALTED
from .partial import in_states
from .tables import connections, outbox

_EARLIER, _TARGET = outbox.alias("earlier"), outbox.alias("target")
#: One that was told to wait for a better time leaves the chat's other lane alone; nothing overtakes it in its
#: own, save one that holds the chat already. In the index's own words, or the index is not used.
LANE_HELD = exists().where(
    in_states("outbox.state", (State.QUEUED,)),
    _EARLIER.c.connection_id == outbox.c.connection_id,
    _EARLIER.c.chat == outbox.c.chat,
    _EARLIER.c.lane == outbox.c.lane,
    _EARLIER.c.priority <= outbox.c.priority,
    _EARLIER.c.id < outbox.c.id,
    text("earlier.held"),
)
#: What quotes or remarks on a message of ours would be about nothing before that has left.
TARGET_WAITS = exists().where(_TARGET.c.id == outbox.c.about, in_states("target.state", UNSENT))
#: Nothing of this keeps a waiting message from being taken.
NONE = (~LANE_HELD, ~TARGET_WAITS, ~HALTED)
#: Whoever took a message may let it leave: its connection is still his, and nobody has stopped it meanwhile.
MAY_LEAVE = (
    exists().where(
        connections.c.id == outbox.c.connection_id,
        connections.c.epoch == outbox.c.epoch,
        connections.c.paused.is_(False),
    ),
    ~HALTED,
)
