"""Users and their tokens: who may come in, and who a token belongs to."""

import asyncio
import hashlib
import ipaddress
import math
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from ..clock import Clock
from ..errors import BadInput, Conflict, NotFound, NotLoggedIn, RateLimitExceeded
from ..hub import Identity, Role, Tokens
from ..ids import new_id
from ..store import accounts as store
from ..store import meta
from ..store.database import Database
from . import tokens
from .brake import Brake
from .passwords import Passwords

FIRST_ADMIN = "admin"  #: the user made at the first start

_SECRET = "jwtSecret"  # noqa: S105 (the key in `meta` under which the secret is kept)
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
_CACHED = 10_000  # verified tokens


@dataclass(frozen=True, slots=True)
class _Verified:
    identity: Identity
    login_id: str
    until: datetime


class Accounts:
    """The users of this installation. Implements hub.Accounts."""

    def __init__(self, db: Database, clock: Clock, secret: str, passwords: Passwords) -> None:
        self._db = db
        self._clock = clock
        self._secret = secret
        self._passwords = passwords
        # Together at most 10 hash checks of one account in any minute, wherever they come from.
        self._by_account = Brake(clock, burst=5, per_minute=5)
        self._by_address = Brake(clock, burst=20, per_minute=20)
        self._verified: dict[bytes, _Verified] = {}
        self._revocations = 0
        # Logins that were ended, until their tokens are over anyway. A restart forgets them.
        self._ended: dict[str, datetime] = {}

    @classmethod
    async def open(cls, db: Database, clock: Clock, *, secret: str | None = None) -> Self:
        """With the configured signing secret, or with this installation's own, made at its first start.

        Raises ConfigError for a configured secret that is too weak.
        """
        if secret is None:
            made = secrets.token_urlsafe(48)
            secret = await db.write(lambda conn: _kept_secret(conn, made))
        else:
            tokens.check_secret(secret)
        return cls(db, clock, secret, await asyncio.to_thread(Passwords))

    async def login(
        self, username: str, password: str, address: str, *, renewable: timedelta | None = None
    ) -> Tokens:
        """Check a password. A wrong one, an unknown user and a disabled one cannot be told apart.

        With `renewable`, `renew` prolongs the login for so long in all; else it ends with its token. Raises
        NotLoggedIn, RateLimitExceeded.
        """
        name, place = username.lower(), _network(address)
        self._brake(name, place)
        user = await self._db.read(lambda conn: store.by_name(conn, name))
        fits = await self._passwords.check(user.password_hash if user else None, password)
        if user is None or not fits or user.disabled:
            raise NotLoggedIn("Wrong user name or password")
        self._by_address.give_back(place)
        now = self._clock.now()
        token = tokens.sign(
            self._secret,
            user.identity.user_id,
            user.token_version,
            now,
            renewable_until=now + renewable if renewable else None,
        )
        return Tokens(access_token=token, expires_in=tokens.LIFETIME)

    async def renew(self, token: str) -> Tokens:
        """A fresh token for one that is still good, as long as its login may be prolonged.

        Raises NotLoggedIn.
        """
        who, now = await self.verify(token), self._clock.now()
        claims = tokens.read(self._secret, token, now)
        until = claims.renewable_until
        if until is None or until <= now:
            raise NotLoggedIn("This login cannot be prolonged")
        fresh = tokens.sign(
            self._secret, who.user_id, claims.version, now, login_id=claims.login_id, renewable_until=until
        )
        return Tokens(access_token=fresh, expires_in=min(tokens.LIFETIME, until - now))

    async def end(self, token: str) -> None:
        """End one login, at once: this token and all that were renewed from the same login."""
        now = self._clock.now()
        try:
            claims = tokens.read(self._secret, token, now)
        except NotLoggedIn:
            return  # it is over already
        self._ended = {login: until for login, until in self._ended.items() if now < until}
        self._ended[claims.login_id] = claims.renewable_until or claims.expires_at
        self._forget(lambda known: known.login_id == claims.login_id)

    async def verify(self, token: str) -> Identity:
        """Who a token belongs to. Raises NotLoggedIn."""
        key, now = hashlib.sha256(token.encode(errors="replace")).digest(), self._clock.now()
        known = self._verified.get(key)
        if known and now < known.until:
            return known.identity
        claims = tokens.read(self._secret, token, now)
        before = self._revocations
        user = await self._db.read(lambda conn: store.by_id(conn, claims.user_id))
        is_over = claims.login_id in self._ended
        if user is None or user.disabled or user.token_version != claims.version or is_over:
            raise NotLoggedIn("The token was revoked")
        if before == self._revocations:  # else the row may have been read just before it changed
            self._remember(key, _Verified(user.identity, claims.login_id, claims.expires_at), now)
        return user.identity

    async def revoke(self, user_id: str) -> None:
        """End every token of a user, at once."""
        await self._db.write(lambda conn: store.end_tokens(conn, user_id))
        self._forget(lambda known: known.identity.user_id == user_id)

    async def set_password(self, username: str, password: str | None) -> str:
        """Give a user another password (made when None) and end his tokens; answers the password.

        Raises NotFound, BadInput.
        """
        who, password = await self.find(username), password or secrets.token_urlsafe(15)
        kept = await self._passwords.hash(password)

        def work(conn: Connection) -> None:
            store.set_password(conn, who.user_id, kept)
            store.end_tokens(conn, who.user_id)

        await self._db.write(work)
        self._forget(lambda known: known.identity.user_id == who.user_id)
        return password

    async def find(self, username: str) -> Identity:
        """The user of that name. Raises NotFound."""
        user = await self._db.read(lambda conn: store.by_name(conn, username.lower()))
        if user is None:
            raise NotFound(f"There is no user '{username}'")
        return user.identity

    async def add_user(
        self, username: str, password: str | None, role: Role, plan: str
    ) -> tuple[Identity, str]:
        """Make a user; without a password one is made too. Answers the user and the password.

        Raises BadInput for a name or password that will not do, Conflict for a name that is taken.
        """
        name, password = username.lower(), password or secrets.token_urlsafe(15)
        if not _USERNAME.fullmatch(name):
            raise BadInput("A user name has 1 to 64 of letters, digits, '.', '_', '@' and '-'")
        if name == password.lower():
            raise BadInput("A password differs from the user's name")
        who = Identity(user_id=new_id(), username=name, role=role, plan=plan)
        user = store.User(identity=who, password_hash=await self._passwords.hash(password))
        at = self._clock.now()
        try:
            await self._db.write(lambda conn: store.add(conn, user, at))
        except IntegrityError as error:
            raise Conflict(f"There is a user '{name}' already") from error
        return who, password

    async def ensure_admin(self, plan: str = "enterprise") -> str | None:
        """Where there is no user at all, make the first admin; his password is answered this once."""
        if await self._db.read(store.count):
            return None
        _, password = await self.add_user(FIRST_ADMIN, None, Role.ADMIN, plan)
        return password

    def _brake(self, name: str, place: str) -> None:
        wait = max(self._by_account.wait(name), self._by_address.wait(place))
        if wait:
            seconds = math.ceil(wait)
            raise RateLimitExceeded(f"Too many logins; try again in {seconds} s", retry_after=seconds)
        # An attempt that the account refuses costs its address nothing: others may share it.
        self._by_account.take(name)
        self._by_address.take(place)

    def _forget(self, whom: Callable[[_Verified], bool]) -> None:
        self._revocations += 1
        self._verified = {k: v for k, v in self._verified.items() if not whom(v)}

    def _remember(self, key: bytes, verified: _Verified, now: datetime) -> None:
        if len(self._verified) >= _CACHED:
            self._verified = {k: v for k, v in self._verified.items() if now < v.until}
        if len(self._verified) < _CACHED:
            self._verified[key] = verified


def _kept_secret(conn: Connection, made: str) -> str:
    kept = meta.get(conn, _SECRET)
    if kept is None:
        meta.put(conn, _SECRET, made)
    return str(kept or made)


def _network(address: str) -> str:
    """What one party holds: a single IPv4 address, but a whole /64 of IPv6."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ip.ipv4_mapped or ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)
