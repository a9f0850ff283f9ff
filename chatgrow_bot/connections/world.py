"""What all keepers of a process share."""

from dataclasses import dataclass, field
from random import Random

from ..clock import Clock
from .listener import Bounds, Listener
from .room import Room


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The same for each of them."""

    listener: Listener
    clock: Clock
    chance: Random
    room: Room
    bounds: Bounds = field(default_factory=Bounds)
