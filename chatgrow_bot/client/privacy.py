"""A person's own data: all that a hub keeps of him, and that it is erased."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Literal

from .nouns import Answer
from .wire import Call, Calls, part

PATH = "/api/whatsapp/contacts"
_TYPES = {"json": "application/json", "zip": "application/zip"}
_BLOCK = 1 << 16


class Erased(Answer, frozen=True, kw_only=True):
    """What was erased of a person."""

    counts: Mapping[str, int]
    suppressed: bool = False  #: he had opted out, and that holds
    copies_until: datetime | None = None  #: until then regular copies of the database still have him


class PrivacyCalls(Calls):
    """A person's own data, on all of the caller's connections. An admin may ask for another user's, or for
    everyone's."""

    async def export_person(
        self, number: str, kind: Literal["json", "zip"] = "json", *, user: str = "", everyone: bool = False
    ) -> AsyncIterator[bytes]:
        """All that is kept of a person, in blocks of a document or of a zip file."""
        query = {"format": kind, **_whose(user, everyone)}
        call = Call(method="GET", path=f"{PATH}/{part(number)}/export", query=query, accept=_TYPES[kind])
        async with self._wire.stream(call, {}) as (answer, _):
            while block := await answer.read(_BLOCK):
                yield block

    async def erase_person(self, number: str, *, user: str = "", everyone: bool = False) -> Erased:
        """Erase all of it; may be asked again, and goes on then. Raises Conflict while a message to him is
        being sent."""
        path = f"{PATH}/{part(number)}"
        call = Call(method="DELETE", path=path, query=_whose(user, everyone), again=True)
        return self._wire.read(Erased, await self._wire.raw(call))


def _whose(user: str, everyone: bool) -> Mapping[str, str]:
    return {**({"user": user} if user else {}), **({"everyone": "true"} if everyone else {})}
