"""Parts that plugins give and that are called long after: by another plugin, or when things are read anew."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from .hub import Answer
from .messages import Inbound

T = TypeVar("T")


class Part(Protocol):
    """What another plugin gave to a hook of one's own."""

    by: str  #: the giver's name in chatgrow.yaml
    value: Any

    @property
    def is_on(self) -> bool:
        """Whether the giver runs; its functions can be called only then."""
        ...

    def serves(self, tenant: str) -> bool:
        """Whether the giver may see a tenant's messages."""
        ...

    async def lent(
        self,
        what: str,
        call: Callable[[], Awaitable[Any]],
        *,
        seconds: float,
        check: Callable[[Any], T] = lambda value: value,
        about: Inbound | None = None,
    ) -> T:
        """Call a function that the giver gave, and check its result. Whatever goes wrong (an error, a stall,
        no end in time, a ValueError of `check`) is the giver's fault, reported as its own, and raised here as
        PluginError; so is that it is off, asleep, or may not see this message."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reload:
    """Something that is read anew while the hub runs."""

    what: str  #: a few words: "rules"
    #: Takes all of it or nothing; its answer says how it is now, and is not `ok` when it is as before.
    run: Callable[[], Awaitable[Answer]]
