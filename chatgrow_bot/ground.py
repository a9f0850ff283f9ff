"""What every part of the core stands on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from .clock import Clock
from .config import Settings
from .hooks import Hooks
from .messages import Fact
from .plugin import Http
from .store.database import Database
from .vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What every part stands on."""

    settings: Settings
    db: Database
    clock: Clock
    chance: Random
    hooks: Hooks
    http: Http
    report: Callable[[Fact], None]
    epoch: int  #: which start of this installation it is
    key: bytes = field(repr=False)  #: of which message ids are made
    vault: Vault = field(repr=False)
