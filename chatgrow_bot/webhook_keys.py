"""The keys with which messages from outside are signed: made, listed, rotated, and tried on what comes. They
have to be read again, so they are stored sealed, not hashed."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from .clock import Clock
from .errors import ConfigError, Conflict, ConnectionNotFound, NotFound, NotLoggedIn
from .hub import FreshKey, Signer, WebhookKey
from .ids import new_id
from .signatures import Signature, to_key, to_text
from .store import connections as stored_connections
from .store import webhook_keys as store
from .store.database import Database
from .store.webhook_keys import Sealed
from .vault import Vault

#: Keys of one connection that are good at a time: a few senders, each with an old one and a new one.
MOST = 5

_BYTES = 32
_NAMED = 5  #: connections that an error names
_REFUSED = "This needs a token, or a signature made with one of the connection's webhook keys"

log = structlog.get_logger("chatgrow.webhook_keys")


class WebhookKeyNotFound(NotFound):
    """GET the connection's webhook-keys for those that it has."""

    title = "Webhook key not found"


class TooManyKeys(Conflict):
    """Remove one that is used no more."""


class SealedElsewhere(ConfigError):
    """Bring back the secret.key that lay beside the database, from a backup, in place of the one there now;
    or do without these keys: chatgrow webhook-key list CONNECTION, then webhook-key remove for each."""


class WebhookKeys:
    """Implements `hub.WebhookKeys`."""

    def __init__(self, db: Database, clock: Clock, vault: Vault) -> None:
        self._db = db
        self._clock = clock
        self._vault = vault
        #: Tried in place of keys that are not there.
        self._nobodys = vault.seal(_secret())
        self._warned: set[str] = set()

    async def check(self) -> None:
        """Raises SealedElsewhere where keys are stored that the installation's own key does not open: with
        another one whatever they sign would be refused, and nobody could see why."""
        now = self._clock.now()
        kept = await self._db.read(lambda conn: store.every(conn, now))
        shut = {each.key.connection_id for each in kept if self._vault.unseal(each.sealed) is None}
        if shut:
            names = ", ".join(sorted(shut)[:_NAMED])
            raise SealedElsewhere(f"The webhook keys of {names} were sealed with another secret.key")

    async def owner(self, connection_id: str) -> str:
        """Whose connection it is. Raises ConnectionNotFound."""
        tenant = await self._db.read(lambda conn: stored_connections.owner(conn, connection_id))
        if tenant is None:
            raise _no_connection(connection_id)
        return tenant

    async def list(self, tenant: str, connection_id: str) -> Sequence[WebhookKey]:
        """Those that are good now, oldest first."""
        now = self._clock.now()

        def look(conn: Connection) -> Sequence[WebhookKey]:
            _require(conn, tenant, connection_id)
            return store.of(conn, tenant, connection_id, now)

        return await self._db.read(look)

    async def make(self, tenant: str, connection_id: str) -> FreshKey:
        """One more. Raises TooManyKeys."""
        return await self._add(tenant, connection_id, None)

    async def rotate(self, tenant: str, connection_id: str, keep_old: timedelta) -> FreshKey:
        """A new one; all others end after so long. Raises TooManyKeys."""
        return await self._add(tenant, connection_id, self._clock.now() + keep_old)

    async def _add(self, tenant: str, connection_id: str, end_old: datetime | None) -> FreshKey:
        now, secret = self._clock.now(), _secret()
        key = WebhookKey(
            id=new_id(), connection_id=connection_id, created_at=now, expires_at=None, used_at=None
        )
        sealed = Sealed(key=key, tenant=tenant, sealed=self._vault.seal(secret))

        def work(conn: Connection) -> None:
            _require(conn, tenant, connection_id)
            if end_old is not None:
                store.end(conn, tenant, connection_id, end_old)
            store.remove_ended(conn, tenant, connection_id, now)
            if len(store.of(conn, tenant, connection_id, now)) >= MOST:
                raise TooManyKeys(f"Connection '{connection_id}' has {MOST} webhook keys already")
            store.add(conn, sealed)

        await self._db.write(work)
        return FreshKey(key=key, secret=secret)

    async def remove(self, tenant: str, connection_id: str, key_id: str) -> None:
        """End one at once. Raises WebhookKeyNotFound."""

        def work(conn: Connection) -> None:
            _require(conn, tenant, connection_id)
            if not store.remove(conn, tenant, connection_id, key_id):
                raise WebhookKeyNotFound(f"Connection '{connection_id}' has no webhook key '{key_id}'")

        await self._db.write(work)

    async def verify(self, connection_id: str, signature: Signature, body: bytes) -> Signer:
        """Who signed a request. As many keys are tried, each to its end, whatever there is: neither the
        answer nor its time tells a stranger which connections exist. Raises NotLoggedIn."""
        now = self._clock.now()
        if not signature.is_timely(now):
            raise NotLoggedIn(_REFUSED)
        found = await self._db.read(lambda conn: store.good(conn, connection_id, now))
        signer: Signer | None = None
        for at in range(MOST):
            known = found[at] if at < len(found) else None
            secret = self._vault.unseal(known.sealed if known else self._nobodys)
            if secret is None:
                self._warn_of(known)
                continue
            if signature.is_of(to_key(secret), body) and known:
                signer = Signer(tenant=known.tenant, key_id=known.key.id)
        if signer is None:
            raise NotLoggedIn(_REFUSED)
        return signer

    def _warn_of(self, known: Sealed | None) -> None:
        """Once for each key: strangers make the requests."""
        if known and known.key.id not in self._warned:
            self._warned.add(known.key.id)
            log.warning(
                "a webhook key was sealed with another installation's key; make a new one",
                key=known.key.id,
                connection=known.key.connection_id,
            )


def _secret() -> str:
    return to_text(secrets.token_bytes(_BYTES))


def _require(conn: Connection, tenant: str, connection_id: str) -> None:
    if stored_connections.owner(conn, connection_id) != tenant:
        raise _no_connection(connection_id)


def _no_connection(connection_id: str) -> ConnectionNotFound:
    return ConnectionNotFound(f"There is no connection '{connection_id}'")
