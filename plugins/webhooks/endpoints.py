"""The endpoints: those of chatgrow.yaml and those made over the API, and who may see them."""

import asyncio
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, func, insert, select, update

from chatgrow_bot.errors import Conflict, NotFound
from chatgrow_bot.hub import EventType, Identity, Sealer, Wish
from chatgrow_bot.ids import new_id
from chatgrow_bot.plugin import Store
from chatgrow_bot.signatures import to_key, to_text

from . import records
from .config import Given
from .records import Kind, Place
from .tables import endpoints as t

#: Endpoints of one user, and secrets of one endpoint that are good at a time.
MOST, _SECRETS = 100, 5
_BYTES = 32


class EndpointNotFound(NotFound):
    """GET /api/whatsapp/webhooks lists the endpoints you own."""

    title = "Webhook endpoint not found"


class DefinedInYaml(Conflict):
    """Change it there and start again; over the API it can only be looked at, tested and resumed."""


class TooManyEndpoints(Conflict):
    """Remove one that is used no more."""


class TooManySecrets(Conflict):
    """Wait until an older secret has ended, or let the older ones end sooner with `keepOldFor`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """What requests are signed with."""

    sealed: str = field(repr=False)
    key: bytes | None = field(repr=False)  #: None: it was sealed by another installation
    until: datetime | None = None

    def is_good(self, now: datetime) -> bool:
        """Whether it has not ended."""
        return self.until is None or self.until > now


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a tenant's events go."""

    id: str
    tenant: str
    url: str
    description: str
    events: frozenset[EventType] | None  #: None for all
    connections: frozenset[str] | None  #: None for all, and what is of none
    secrets: tuple[Secret, ...] = field(repr=False)  #: the newest first
    created_at: datetime | None = None  #: None: by chatgrow.yaml

    @property
    def in_yaml(self) -> bool:
        """Whether it is chatgrow.yaml that says it."""
        return self.created_at is None

    def keys(self, now: datetime) -> Sequence[bytes]:
        """What to sign with now."""
        return [each.key for each in self.secrets if each.key is not None and each.is_good(now)]

    def wish(self, *, hub_too: bool, any_type: bool = False) -> Wish:
        """Which events it wants."""
        types = None if any_type else self.events
        return Wish(tenant=self.tenant, hub_too=hub_too, types=types, connections=self.connections)

    def sends_as(self, other: "Endpoint") -> bool:
        """Whether both send the same events to the same place."""
        return self.url == other.url and self.wish(hub_too=False) == other.wish(hub_too=False)

    def is_shown_to(self, who: Identity) -> bool:
        """Whether somebody may know of it. A key that is bound sees what is bound within its connections."""
        if self.tenant != who.user_id:
            return False
        return who.connections is None or (
            self.connections is not None and self.connections <= who.connections
        )


class Endpoints:
    """All there are, in memory too."""

    def __init__(self, store: Store, vault: Sealer) -> None:
        self._store = store
        self._vault = vault
        self._all: dict[str, Endpoint] = {}
        self._changing = asyncio.Lock()

    async def load(self) -> Sequence[Endpoint]:
        """Those made over the API."""
        rows = await self._store.read(lambda conn: conn.execute(select(t).order_by(t.c.id)).all())
        for endpoint in map(self._read, rows):
            self._all[endpoint.id] = endpoint
        return self.all()

    def all(self) -> Sequence[Endpoint]:
        """Everybody's."""
        return list(self._all.values())

    def define(self, given: Given, tenant: str) -> Endpoint:
        """One of chatgrow.yaml, from now on."""
        self._all[given.id] = Endpoint(
            id=given.id,
            tenant=tenant,
            url=given.url,
            description=given.description,
            events=None if given.events is None else frozenset(given.events),
            connections=None if given.connections is None else frozenset(given.connections),
            secrets=(Secret(sealed="", key=to_key(given.secret)),),
        )
        return self._all[given.id]

    def of(self, who: Identity) -> Sequence[Endpoint]:
        """Those that somebody may know of, oldest first, after those of chatgrow.yaml."""
        mine = [each for each in self._all.values() if each.is_shown_to(who)]
        return sorted(mine, key=lambda each: (not each.in_yaml, each.id))

    def one(self, who: Identity, endpoint_id: str) -> Endpoint:
        """One of them. Raises EndpointNotFound."""
        found = self._all.get(endpoint_id)
        if found is None or not found.is_shown_to(who):
            raise not_found(endpoint_id)
        return found

    def own(self, who: Identity, endpoint_id: str) -> Endpoint:
        """One that may be changed. Raises DefinedInYaml besides."""
        found = self.one(who, endpoint_id)
        if found.in_yaml:
            raise DefinedInYaml(
                f"The webhook endpoint '{endpoint_id}' is defined in chatgrow.yaml, under the plugin's "
                "`endpoints:`"
            )
        return found

    async def make(
        self,
        tenant: str,
        url: str,
        description: str,
        events: Collection[EventType] | None,
        connections: Collection[str] | None,
        now: datetime,
        position: int,
    ) -> tuple[Endpoint, Place, str]:
        """A new one, its live place behind a position and its secret; `admit` makes it known. Raises
        TooManyEndpoints."""
        secret, text = self._secret()
        made = Endpoint(
            id=new_id(),
            tenant=tenant,
            url=url,
            description=description,
            events=None if events is None else frozenset(events),
            connections=None if connections is None else frozenset(connections),
            secrets=(secret,),
            created_at=now,
        )
        row = {"id": made.id, "tenant": tenant, "created_at": now, **_written(made)}
        live = Place(tenant=tenant, endpoint=made.id, feed=Kind.LIVE, position=position)

        def work(conn: Connection) -> None:
            if conn.execute(select(func.count()).where(t.c.tenant == tenant)).scalar_one() >= MOST:
                raise TooManyEndpoints(f"You have {MOST} webhook endpoints already")
            conn.execute(insert(t).values(**row))
            records.open_place(conn, live)

        await self._store.write(work)
        return made, live, text

    def admit(self, endpoint: Endpoint) -> None:
        """From now on a new one is known."""
        self._all[endpoint.id] = endpoint

    async def rotate(
        self, who: Identity, endpoint_id: str, keep: timedelta, now: datetime
    ) -> tuple[Endpoint, str]:
        """Another secret; those before end after so long. Raises TooManySecrets."""
        secret, text = self._secret()
        async with self._changing:
            old, end = self.own(who, endpoint_id), now + keep
            older = [
                replace(each, until=min(end, each.until or end)) for each in old.secrets if each.is_good(now)
            ]
            kept = [each for each in older if each.is_good(now)]
            if len(kept) >= _SECRETS:
                raise TooManySecrets(f"The webhook endpoint has {_SECRETS} secrets that are good already")
            return await self._changed(replace(old, secrets=(secret, *kept))), text

    async def change(self, who: Identity, endpoint_id: str, **what: object) -> Endpoint:
        """Other settings, of url, description, events and connections."""
        async with self._changing:
            return await self._changed(replace(self.own(who, endpoint_id), **what))  # type: ignore[arg-type]

    async def _changed(self, endpoint: Endpoint) -> Endpoint:
        mine = (t.c.tenant == endpoint.tenant, t.c.id == endpoint.id)
        values = _written(endpoint)
        await self._store.write(lambda conn: conn.execute(update(t).where(*mine).values(**values)))
        if endpoint.id not in self._all:  # removed meanwhile
            raise not_found(endpoint.id)
        self._all[endpoint.id] = endpoint
        return endpoint

    def forget(self, endpoint: Endpoint) -> None:
        """Nobody sees it any more; who calls removes what is stored."""
        self._all.pop(endpoint.id, None)

    def _secret(self) -> tuple[Secret, str]:
        key = secrets.token_bytes(_BYTES)
        text = to_text(key)
        return Secret(sealed=self._vault.seal(text), key=key), text

    def _read(self, row: Row[tuple[object, ...]]) -> Endpoint:
        return Endpoint(
            id=row.id,
            tenant=row.tenant,
            url=row.url,
            description=row.description,
            events=None if row.events is None else frozenset(map(EventType, row.events)),
            connections=None if row.connections is None else frozenset(row.connections),
            secrets=tuple(map(self._unsealed, row.secrets)),
            created_at=row.created_at,
        )

    def _unsealed(self, kept: dict[str, str | None]) -> Secret:
        sealed, until = kept["sealed"] or "", kept["until"]
        text = self._vault.unseal(sealed)
        return Secret(
            sealed=sealed,
            key=to_key(text) if text else None,
            until=datetime.fromisoformat(until) if until else None,
        )


def not_found(endpoint_id: str) -> EndpointNotFound:
    """The same for a missing one and another's."""
    return EndpointNotFound(f"There is no webhook endpoint '{endpoint_id}'")


def _written(endpoint: Endpoint) -> dict[str, object]:
    return {
        "url": endpoint.url,
        "description": endpoint.description,
        "events": None if endpoint.events is None else sorted(endpoint.events),
        "connections": None if endpoint.connections is None else sorted(endpoint.connections),
        "secrets": [
            {"sealed": each.sealed, "until": each.until.isoformat() if each.until else None}
            for each in endpoint.secrets
        ],
    }
