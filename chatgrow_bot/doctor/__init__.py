"""What `chatgrow doctor` looks at. Each part looks at one thing, changes nothing, and says what to do."""

from .clock import clock
from .database import database
from .disk import disk
from .folders import folders, lock
from .machine import machine

__all__ = ["clock", "database", "disk", "folders", "lock", "machine"]
