"""The part itself: who is meant, in whose name, and what the log says of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy import Connection

from ..addresses import GROUP, chat_of
from ..clock import Clock
from ..errors import BadInput, PluginError, StoreUnavailable
from ..hub import Erased, PersonalData, Sealer
from ..ids import new_id
from ..store import accounts, consent, people, privacy_log
from ..store.database import Database
from ..store.people import Person
from ..store.privacy_log import ERASING, EXPORT, Entry
from .erasing import Erasure, Files
from .exporting import Piece, pieces
from .packing import as_json, as_zip
from .subjects import name_of, subject_of

#: Seconds until a database that was away is asked again; until a plugin must have written down what it has.
_PATIENCE, _FLUSH = 60.0, 20.0

log = structlog.get_logger("chatgrow.privacy")


class Privacy:
    """Implements hub.Privacy."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        vault: Sealer,
        files: Files,
        plugins: Callable[[], Sequence[tuple[str, PersonalData]]],
        is_on: Callable[[str], bool] = lambda plugin: True,
        forget: Callable[[], Awaitable[None]] | None = None,
        copies: timedelta = timedelta(),
    ) -> None:
        self._db = db
        self._clock = clock
        self._vault = vault
        self._files = files
        self._plugins = plugins
        self._is_on = is_on
        self._forget = forget  #: lets go of what is in memory of stored messages
        self._copies = copies  #: how old the regular copies of the database become
        self._erasing = asyncio.Lock()

    async def export(
        self, tenants: Sequence[str], number: str, by: str, *, as_zip: bool = False
    ) -> AsyncIterator[bytes]:
        """All that is kept of a person."""
        chat, now = _chat_of(number), self._clock.now()
        names = {user.user_id: user.username for user in await self._db.read(accounts.every)}
        await self._flush()
        files: dict[str, Callable[[], AsyncIterator[bytes]]] = {}
        users = [
            ({"userId": tenant, "user": names.get(tenant, "")}, self._of(tenant, chat, by, files))
            for tenant in tenants
        ]
        document = as_json(chat, users, now)
        return _zipped(document, files) if as_zip else document

    async def _of(
        self, tenant: str, chat: str, by: str, files: dict[str, Callable[[], AsyncIterator[bytes]]]
    ) -> AsyncIterator[Piece]:
        """What one tenant keeps of him; written down when all of it was told."""
        person, entry = await self._begun(tenant, chat, EXPORT, by)
        async with aclosing(pieces(self._db, person, self._plugins())) as found:
            async for piece in found:
                entry.count(piece.section, 1)
                if piece.file:
                    files.setdefault(piece.file, partial(self._files.read, tenant, piece.file))
                yield piece
        await self._db.write(lambda conn: privacy_log.note(conn, entry))

    async def erase(self, tenants: Sequence[str], number: str, by: str) -> Erased:
        """Erase a person, for one tenant after the other."""
        chat, counts, suppressed = _chat_of(number), dict[str, int](), False
        async with self._erasing:
            erasures: list[Erasure] = []
            for tenant in tenants:
                erasure, wants_nothing = await self._erase(tenant, chat, by)
                erasures.append(erasure)
                suppressed = suppressed or wants_nothing
            for entry in await self._end(erasures):
                for what, amount in entry.counts.items():
                    counts[what] = counts.get(what, 0) + amount
        kept = self._clock.now() + self._copies if self._copies else None
        return Erased(counts=counts, suppressed=suppressed, copies_until=kept)

    async def _erase(self, tenant: str, chat: str, by: str) -> tuple[Erasure, bool]:
        await self._flush()
        person, entry = await self._begun(tenant, chat, ERASING, by)
        # asked of the writer, who has the key to suppressions
        wants_nothing = await self._db.write(partial(_wants_nothing, person=person))
        erasure = Erasure(
            db=self._db,
            clock=self._clock,
            files=self._files,
            plugins=self._plugins(),
            person=person,
            entry_id=entry.id,
        )
        await erasure.run()
        if self._forget:
            await self._forget()
        await self._flush()  # what was on its way meanwhile
        await erasure.plugins_own()
        return erasure, wants_nothing

    async def _end(self, erasures: Sequence[Erasure]) -> Sequence[Entry]:
        """Nothing of it is left in the files of the database, and then in the log of it. In this order: what
        fails here is found again, by whoever asks again and by the next start."""
        digits = {each for erasure in erasures for each in erasure.person.digits}
        await self._db.clear_remains(digits)
        ended = [await self._db.write(erasure.end) for erasure in erasures]
        try:
            await self._db.clear_remains(digits)  # of the names by which he was found
        except StoreUnavailable:
            log.warning("the last rows of who was erased are overwritten by the next commits", exc_info=True)
        log.info("a person was erased", rows=sum(sum(entry.counts.values()) for entry in ended))
        return ended

    async def resume(self) -> None:
        """Go on with what was broken off when the hub stopped. A database that is away is waited for; what
        fails otherwise waits for the next start, or for whoever asks for it."""
        is_over = False
        while not is_over:
            try:
                for entry in await self._db.read(privacy_log.broken_off):
                    await self._go_on(entry)
                is_over = True
            except StoreUnavailable as error:
                log.warning("an erase goes on later", cause=error.detail)
                await self._clock.sleep(_PATIENCE)
            except Exception:  # whatever it is, the hub has other things to do
                log.exception("erases cannot go on")
                is_over = True

    async def _go_on(self, entry: Entry) -> None:
        try:
            name = await self._db.read(partial(self._name_of, entry=entry))
            if name is not None:
                await self.erase([entry.tenant], name, entry.by)
        except StoreUnavailable:
            raise
        except Exception:  # the others can
            log.exception("an erase cannot go on yet")

    def _name_of(self, conn: Connection, entry: Entry) -> str | None:
        return name_of(conn, entry.tenant, entry.subject, self._vault)

    async def _begun(self, tenant: str, chat: str, what: str, by: str) -> tuple[Person, Entry]:
        entry_id, now = new_id(), self._clock.now()

        def work(conn: Connection) -> tuple[Person, Entry]:
            person = people.find(conn, tenant, chat)
            subject = subject_of(conn, person, self._vault)
            begun = Entry(id=entry_id, tenant=tenant, subject=subject, what=what, by=by[:64], at=now)
            return person, privacy_log.begin(conn, begun)

        return await self._db.write(work)

    async def _flush(self) -> None:
        for by, data in self._plugins():
            if data.flush and self._is_on(by):
                try:
                    async with asyncio.timeout(_FLUSH):
                        await data.flush()
                except TimeoutError as error:
                    raise PluginError(f"'{by}' does not write down what it has as {data.name}") from error


def _wants_nothing(conn: Connection, person: Person) -> bool:
    return bool(consent.all_opted_out(conn, {(person.tenant, name) for name in person.names}))


def _chat_of(number: str) -> str:
    chat = chat_of(number)
    if chat.endswith(GROUP):
        raise BadInput(f"'{number}' is a group, and no person")
    return chat


async def _zipped(
    document: AsyncIterator[bytes], files: Mapping[str, Callable[[], AsyncIterator[bytes]]]
) -> AsyncIterator[bytes]:
    async for part in as_zip(document, files):
        yield part
