"""One person, erased: what waits for him is taken back, then all that is kept goes, a little at a time and
again and again, until a look finds nothing. Whatever was removed is written down with its removal, so that a
run that was killed can go on."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from sqlalchemy import Connection

from ..clock import Clock
from ..errors import Conflict, PluginError
from ..hub import PersonalData
from ..store import personal_messages as messages
from ..store import personal_rows, privacy_log, retention
from ..store.database import Database
from ..store.people import Person
from ..store.personal import AT_ONCE, Found, Kind, page
from ..store.privacy_log import Entry

#: Seconds between two transactions, so that others need not wait; between two looks at a message that is
#: being sent, and how many of them.
_BREATH, _LOOK, _LOOKS = 0.01, 0.2, 100
#: Looks at everything, at most: somebody who goes on writing is a customer again.
_ROUNDS = 10


class StillLeaving(Conflict):
    """Ask again in a minute; pausing the connection keeps others from leaving."""

    title = "Still being sent"


class Files(Protocol):
    """The files that messages name."""

    def read(self, tenant: str, sha256: str) -> AsyncIterator[bytes]:
        """One of them. Raises MediaRefused when it is not there."""
        ...

    async def let_go(
        self, tenant: str, hashes: Collection[str], named: Callable[[str, Collection[str]], Any]
    ) -> int:
        """Remove those that nothing names; how many."""
        ...


class Erasure:
    """Of one person, for one tenant."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        files: Files,
        plugins: Sequence[tuple[str, PersonalData]],
        person: Person,
        entry_id: str,
    ) -> None:
        self._db = db
        self._clock = clock
        self._files = files
        self._plugins = plugins
        self.person = person
        self._entry_id = entry_id  #: of the line in the log

    async def run(self) -> None:
        """Until nothing is left. Raises StillLeaving, PluginError, StoreUnavailable; to be run again then."""
        for _ in range(_ROUNDS):
            await self._take_back()
            await self.plugins_own()
            found = [await self._remove(kind) for kind in personal_rows.KINDS if not kind.last]
            if not any(found):
                break
        files = (await self._db.read(self._written)).files
        gone = await self._files.let_go(self.person.tenant, files, self._named) if files else 0
        await self._db.write(lambda conn: self._note(conn, {"files": gone}))

    def end(self, conn: Connection) -> Entry:
        """What the rest was found by goes, and the log says that it is done and no more of whom: in one
        transaction, for until then whoever asks again goes on with it."""
        now = self._clock.now()
        for kind in personal_rows.KINDS:
            if kind.last and (found := kind.look(conn, self.person, None).found):
                keys = [each.key for each in found]
                self._note(conn, {kind.name: kind.remove(conn, self.person, keys, now)})
        entry = self._written(conn)
        entry.what, entry.at = privacy_log.ERASE, now
        entry.files.clear()
        privacy_log.note(conn, entry)
        privacy_log.destroy_keys(conn, self.person)
        return entry

    async def _take_back(self) -> None:
        """Nothing leaves for him any more; what is just leaving is waited for."""
        after: Any = None
        while True:
            looked = await self._db.read(page(messages.OUT, self.person, after))
            for some in _parts(looked.found):
                ids = [found.key for found in some]
                await self._db.write(partial(self._cancel, ids))
                await self._until_left(ids)
            after = looked.after
            if after is None:
                return

    def _cancel(self, ids: Sequence[str], conn: Connection) -> None:
        taken = messages.cancel(conn, self.person, ids, self._clock.now())
        self._note(conn, {"cancelled": taken})

    async def _until_left(self, ids: Sequence[str]) -> None:
        look = partial(messages.in_states, person=self.person, ids=ids, states=messages.LEAVING)
        for _ in range(_LOOKS):
            if not await self._db.read(look):
                return
            await asyncio.sleep(_LOOK)
        raise StillLeaving("A message to this person is being sent just now")

    async def _remove(self, kind: Kind) -> int:
        """Take away what there is; how much was found."""
        after, found = None, 0
        while True:
            looked = await self._db.read(page(kind, self.person, after))
            found += len(looked.found)
            for some in _parts(looked.found):
                await self._db.write(partial(self._slice, kind, some))
                await asyncio.sleep(_BREATH)
            after = looked.after
            if after is None:
                return found

    def _slice(self, kind: Kind, some: Sequence[Found], conn: Connection) -> None:
        """Some rows, with what plugins keep of them, in one transaction with the note of it."""
        keys, counts = [found.key for found in some], dict[str, int]()
        if kind.messages:
            counts = self._plugins_own(conn, (), keys)
        counts[kind.name] = kind.remove(conn, self.person, keys, self._clock.now())
        self._note(conn, counts, [found.file for found in some if found.file])

    async def plugins_own(self) -> None:
        """What plugins keep under his names."""

        def work(conn: Connection) -> None:
            self._note(conn, self._plugins_own(conn, self.person.names, ()))

        await self._db.write(work)

    def _plugins_own(self, conn: Connection, names: Collection[str], ids: Collection[str]) -> dict[str, int]:
        gone: dict[str, int] = {}
        for by, data in self._plugins:
            try:
                gone[f"{by}: {data.name}"] = data.erase(conn, self.person.tenant, names, ids)
            except Exception as error:
                raise PluginError(f"'{by}' cannot erase what it keeps as {data.name}: {error!r}") from error
        return gone

    def _note(self, conn: Connection, counts: Mapping[str, int], files: Collection[str] = ()) -> None:
        """What went, as the log has it: a transaction may run twice, and another run may have begun this."""
        if any(counts.values()) or files:
            entry = self._written(conn)
            for what, amount in counts.items():
                entry.count(what, amount)
            entry.files.update(files)
            privacy_log.note(conn, entry)

    def _written(self, conn: Connection) -> Entry:
        return privacy_log.get(conn, self.person.tenant, self._entry_id)

    async def _named(self, tenant: str, hashes: Collection[str]) -> Collection[str]:
        return await self._db.read(lambda conn: retention.named_files(conn, tenant, hashes))


def _parts(found: Sequence[Found]) -> Sequence[Sequence[Found]]:
    return [found[start : start + AT_ONCE] for start in range(0, len(found), AT_ONCE)]
