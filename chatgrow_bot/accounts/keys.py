"""Keys for programs: each does what its user may, as far as its scopes go."""

import dataclasses
import hmac
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ..clock import Clock
from ..errors import BadInput, Conflict, ConnectionNotFound, NotAllowed, NotFound, NotLoggedIn
from ..hub import Identity, KeyView, Role, Scope
from ..ids import new_id
from ..store import api_keys as store
from ..store.database import Database
from . import written
from .known import Known, Verified

#: What a key is good for when nobody says.
DEFAULT_SCOPES = frozenset({Scope.READ, Scope.SEND})
#: Keys that one user may have.
MOST = 100

#: These reach what is everybody's.
_FOR_ADMINS = frozenset({Scope.ADMIN, Scope.METRICS})
#: How long a verified key is not looked up again. What ends one in this process is known at once.
_FRESH = timedelta(minutes=15)
_LONGEST_NAME = 100


class TooManyKeys(Conflict):
    """Revoke one that is used no more: GET /api/keys says when each was used last."""


class Keys:
    """The API keys of all users. Implements hub.Keys."""

    def __init__(self, db: Database, clock: Clock, known: Known) -> None:
        self._db = db
        self._clock = clock
        self._known = known
        self._used: dict[str, datetime] = {}  #: by key, since that was last written down

    async def make(
        self,
        who: Identity,
        name: str,
        *,
        scopes: Collection[Scope] = DEFAULT_SCOPES,
        connections: Collection[str] | None = None,
        expires_at: datetime | None = None,
    ) -> tuple[KeyView, str]:
        """A new key, and the text of it: this once. Raises BadInput, NotAllowed, ConnectionNotFound,
        TooManyKeys."""
        now, secret = self._clock.now(), written.new_secret()
        key = KeyView(
            key_id=new_id(),
            name=name,
            scopes=frozenset(scopes),
            connections=None if connections is None else frozenset(connections),
            created_at=now,
            expires_at=expires_at,
            used_at=None,
        )
        _check(who, key, now)

        def work(conn: Connection) -> None:
            if missing := sorted(store.unowned(conn, who.user_id, key.connections or ())):
                raise ConnectionNotFound(f"There is no connection '{missing[0]}'")
            if store.count(conn, who.user_id) >= MOST:
                raise TooManyKeys(f"A user has {MOST} keys at most")
            store.add(conn, who.user_id, key, written.hashed(secret))

        await self._db.write(work)
        return key, written.write(written.KEY, key.key_id, secret)

    async def list(self, user_id: str) -> Sequence[KeyView]:
        """A user's, oldest first."""
        kept = await self._db.read(lambda conn: store.of_user(conn, user_id))
        return [
            dataclasses.replace(key, used_at=self._used.get(key.key_id, key.used_at))  # what is newer
            for key in kept
        ]

    async def revoke(self, user_id: str, key_id: str) -> None:
        """End one of a user's, at once. Raises NotFound."""
        try:
            there = await self._db.write(lambda conn: store.remove(conn, user_id, key_id))
        finally:  # of an error it is not always known whether it was stored
            self._known.forget(lambda who: who.key_id == key_id)
        if not there:
            raise NotFound(f"There is no key '{key_id}'")

    async def look_up(self, text: str, now: datetime) -> Verified:
        """Whose a key is. Raises NotLoggedIn."""
        row, secret = written.read(written.KEY, text) or ("", "")
        key = await self._db.read(lambda conn: store.find(conn, row)) if row else None
        if key is None or not hmac.compare_digest(key.secret_hash, written.hashed(secret)):
            raise NotLoggedIn("The key is not valid")
        view, user = key.view, key.user
        if view.expires_at and view.expires_at <= now:
            raise NotLoggedIn("The key has expired")
        if user.disabled:
            raise NotLoggedIn("The key is not valid")
        scopes = view.scopes if user.identity.role is Role.ADMIN else view.scopes - _FOR_ADMINS
        identity = dataclasses.replace(
            user.identity, key_id=view.key_id, scopes=scopes, connections=view.connections
        )
        return Verified(identity, min(now + _FRESH, view.expires_at or now + _FRESH))

    def note(self, key_id: str, now: datetime) -> None:
        """A key was used just now."""
        self._used[key_id] = now

    async def write_down(self) -> None:
        """Keep when keys were used. Raises StoreUnavailable; nothing is forgotten then."""
        if not self._used:
            return
        used, self._used = self._used, {}
        try:
            await self._db.write(lambda conn: store.used(conn, used))
        except BaseException:
            self._used = {**used, **self._used}
            raise


def _check(who: Identity, key: KeyView, now: datetime) -> None:
    if not 1 <= len(key.name) <= _LONGEST_NAME or not key.name.isprintable():
        raise BadInput(f"A key's name has 1 to {_LONGEST_NAME} printable characters")
    if not key.scopes:
        raise BadInput(f"A key has a scope at least: {', '.join(Scope)}")
    if key.connections is not None and not key.connections:
        raise BadInput("Leave 'connections' out for all of them; a key for none does nothing")
    if key.expires_at and key.expires_at <= now:
        raise BadInput("The key would have expired already")
    if not key.scopes.isdisjoint(_FOR_ADMINS):
        if who.role is not Role.ADMIN:
            raise NotAllowed(f"A key with the scope '{min(key.scopes & _FOR_ADMINS)}' is for admins")
        if key.connections is not None:
            raise BadInput("What takes the scope 'admin' or 'metrics' is no matter of single connections")
