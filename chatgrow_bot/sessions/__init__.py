"""The logins of connections as folders on the disk: copied safely, put back, and cleared away."""

from .archive import Archive
from .cleanup import Leftover, leftovers
from .copies import backup, restore
from .seal import Key, Passphrase, Seal

__all__ = ["Archive", "Key", "Leftover", "Passphrase", "Seal", "backup", "leftovers", "restore"]
