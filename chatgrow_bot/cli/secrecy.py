"""What the system keeps of a process for others to read: its memory when it crashes, its environment."""

import ctypes
import os
import sys
from collections.abc import Set
from contextlib import suppress

#: prctl's word for whether a process may be dumped and looked into by others of its user.
_SET_DUMPABLE = 4
#: Shorter values are no secrets worth the name, and may be what another variable says by chance.
_SHORTEST = 8


def shut(secrets: Set[str], names: Set[str] = frozenset()) -> None:
    """No core dump, nobody attaches, and what we start inherits none of these from the environment: neither
    the variables of these names nor others that say the same."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # a system that does not know it
            ctypes.CDLL(None, use_errno=True).prctl(_SET_DUMPABLE, 0, 0, 0, 0)
    for name, value in list(os.environ.items()):
        if name in names or (len(value) >= _SHORTEST and value in secrets):
            del os.environ[name]
