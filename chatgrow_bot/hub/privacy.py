"""What privacy law gives to a person: all that is kept of him, and that it is erased."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")

#: Works on the database for one person: given a connection, his tenant, his chat ids and ids of messages of
#: his or to him. Names and ids come apart: all names and no ids; then no names, and a hundred ids at a time.
Personally = Callable[[Connection, str, Collection[str], Collection[str]], T]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalData:
    """What a plugin keeps of people in tables of its own, so that a person can have it, or have it erased.
    What it keeps in `bot.store` is found without it, wherever a key or a value names him. Whether a text
    does, and not a longer number in it, `names_one_of` of `chatgrow_bot.addresses` tells."""

    name: str  #: in a word or two
    export: Personally[Iterable[Any]]  #: what can be told as JSON; changes nothing
    #: Takes it away; how much went. It may be called again, uses nothing but the connection, and works also
    #: where the plugin is off or never made its tables.
    erase: Personally[int]
    #: Writes down what is only in memory yet; awaited before either, while the plugin is on.
    flush: Callable[[], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What was erased."""

    counts: Mapping[str, int]  #: by what it was
    suppressed: bool  #: he had opted out: nobody can write to him until he says START himself
    copies_until: datetime | None  #: until then regular copies of the database still have him; None: none do


class Privacy(Protocol):
    """A person's own data, of some tenants. Raises InvalidPhoneNumber; BadInput for a group."""

    async def export(
        self, tenants: Sequence[str], number: str, by: str, *, as_zip: bool = False
    ) -> AsyncIterator[bytes]:
        """All that is kept of a person: a JSON document, or a zip file of it and of his files. Written down
        in the log of such requests."""
        ...

    async def erase(self, tenants: Sequence[str], number: str, by: str) -> Erased:
        """Erase all of it, cancelling what waits for him first. It may take minutes; if it breaks off, it
        goes on when the hub starts again, or when it is asked for again. Raises StillLeaving while a message
        to him is being sent."""
        ...

    async def resume(self) -> None:
        """Go on with what was broken off when the hub stopped."""
        ...
