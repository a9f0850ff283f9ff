"""Looking after what is stored: trouble with the disk, copies, and what is old enough to go."""

from .upkeep import Upkeep

__all__ = ["Upkeep"]
