"""How users come in: by a password, and then by tokens; their programs by keys."""

import asyncio
import hashlib
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Self

import structlog
from sqlalchemy import Connection

from ..background import background
from ..clock import Clock
from ..errors import BadInput, NotLoggedIn, RateLimitExceeded, StoreUnavailable
from ..hub import Identity, Tokens
from ..ids import new_id
from ..messages import Fact, Fault
from ..networks import party
from ..store import accounts as stored
from ..store import logins
from ..store.database import Database
from ..store.logins import Login, Rotation
from . import tokens, written
from .brake import Brake
from .keys import Keys
from .known import Verified
from .passwords import Passwords
from .users import Users

#: How long one stays logged in at most, and without a sign of life.
LASTS, UNUSED = timedelta(days=30), timedelta(days=7)

_WRITE_DOWN, _TIDY = 60.0, 3600.0  # seconds

log = structlog.get_logger("chatgrow.accounts")


class Accounts(Users):
    """The users of this installation, and how they come in. Implements hub.Accounts."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        secret: bytes,
        passwords: Passwords,
        *,
        lasts: timedelta = LASTS,
        report: Callable[[Fact], None] = lambda fact: None,
    ) -> None:
        super().__init__(db, clock, passwords)
        self._secret = secret
        self._lasts = lasts
        self._report = report
        self.keys = Keys(db, clock, self._known)
        # Together at most 10 hash checks of one account in any minute, wherever they come from.
        self._by_account = Brake(clock, burst=5, per_minute=5)
        self._by_address = Brake(clock, burst=20, per_minute=20)
        self._refreshes = Brake(clock, burst=20, per_minute=20)

    @classmethod
    async def open(
        cls,
        db: Database,
        clock: Clock,
        *,
        secret: bytes,
        lasts: timedelta = LASTS,
        report: Callable[[Fact], None] = lambda fact: None,
    ) -> Self:
        """With the secret that signs tokens; `lasts` is how long one stays logged in at most."""
        return cls(db, clock, secret, await asyncio.to_thread(Passwords), lasts=lasts, report=report)

    @property
    def revoked(self) -> asyncio.Event:
        """Set when anything ends next; ask for it anew after that."""
        return self._known.revoked

    async def verify(self, token: str) -> Identity:
        """Who an access token or an API key belongs to. Raises NotLoggedIn."""
        key, now = hashlib.sha256(token.encode(errors="replace")).digest(), self._clock.now()
        who = self._known.get(key, now)
        if who is None:
            before = self._known.revocations
            is_key = token.startswith(f"{written.KEY}_")
            verified = await (self.keys.look_up(token, now) if is_key else self._look_up(token, now))
            self._known.remember(key, verified, now, before)
            who = verified.identity
        if who.key_id:
            self.keys.note(who.key_id, now)
        return who

    async def login(
        self, username: str, password: str, address: str, *, renewable: timedelta | None = None
    ) -> Tokens:
        """Check a password. A wrong one, an unknown user and a disabled one cannot be told apart.

        With `renewable` there is no refresh token: whoever holds the access token may `renew` it, for so long
        in all. Raises NotLoggedIn, RateLimitExceeded.
        """
        name, place = username.lower(), party(address)
        self._brake(name, place)
        user = await self._db.read(lambda conn: stored.by_name(conn, name))
        fits = await self._passwords.check(user.password_hash if user else None, password)
        if user is None or not fits or user.disabled:
            raise NotLoggedIn("Wrong user name or password")
        self._by_address.give_back(place)
        now, login_id = self._clock.now(), new_id()
        login = Login(
            id=login_id, user=user, expires_at=now + (renewable or self._lasts), has_refresh=not renewable
        )
        secret = "" if renewable else written.signed_secret(self._secret, login_id)
        kept = written.hashed(secret) if secret else ""
        if not await self._db.write(
            lambda conn: logins.add(conn, login_id, user, kept, now, login.expires_at)
        ):
            raise NotLoggedIn("Wrong user name or password")  # changed, or shut out, in this moment
        return self._tokens(login, secret, now)

    async def refresh(self, refresh_token: str, address: str) -> Tokens:
        """Fresh tokens for a refresh token, which is used up.

        One that was used before is in two hands, and nobody knows which are the right ones: the login ends
        for both, with a Fault. Raises NotLoggedIn, RateLimitExceeded.
        """
        login_id, secret = written.read(written.REFRESH, refresh_token) or ("", "")
        if not written.is_signed(self._secret, login_id, secret):
            place = party(address)  # others may share it: what they hold is never refused for these guesses
            _or_wait(self._refreshes.wait(place), "tries")
            self._refreshes.take(place)
            raise NotLoggedIn("The refresh token is not valid")
        _or_wait(self._refreshes.wait(login_id), "refreshed tokens")
        self._refreshes.take(login_id)
        now, fresh = self._clock.now(), written.signed_secret(self._secret, login_id)
        old, new = written.hashed(secret), written.hashed(fresh)

        def work(conn: Connection) -> tuple[Login | None, Rotation]:
            return logins.find(conn, login_id), logins.rotate(conn, login_id, old, new, now, now - UNUSED)

        login, outcome = await self._db.write(work)
        if login is None or outcome is not Rotation.DONE:
            self._known.forget(lambda who: who.login_id == login_id)
            if login and outcome is Rotation.REUSED:
                self._tell_of_reuse(login.user.identity, now)
            raise NotLoggedIn("The refresh token is not valid")
        return self._tokens(login, fresh, now)

    async def renew(self, token: str) -> Tokens:
        """A fresh token for one that is still good, as long as its login may be prolonged.

        Raises NotLoggedIn.
        """
        who, now = await self.verify(token), self._clock.now()
        login = await self._db.read(lambda conn: logins.find(conn, who.login_id))
        if login is None or login.has_refresh or login.expires_at <= now:
            raise NotLoggedIn("This login cannot be prolonged")
        return self._tokens(login, "", now)

    async def change_password(self, who: Identity, old: str, new: str, address: str) -> None:
        """Another password for oneself, and the end of every login so far, this one too. Whoever holds a
        token may guess as little as whoever logs in. Raises BadInput, RateLimitExceeded, and NotLoggedIn if
        another password was set, or every login ended, meanwhile."""
        place = party(address)
        self._brake(who.username, place)
        user = await self._db.read(lambda conn: stored.by_id(conn, who.user_id))
        if not await self._passwords.check(user.password_hash if user else None, old) or user is None:
            fault = {"pointer": "/oldPassword", "detail": "Wrong"}
            raise BadInput("The old password is wrong", errors=[fault])
        self._by_address.give_back(place)
        if not await self._keep_password(user.identity, new, version=user.token_version):
            raise NotLoggedIn("The login was ended meanwhile")

    async def end(self, token: str) -> None:
        """End the login that an access token came of, at once, with all its tokens."""
        with suppress(NotLoggedIn):  # it is over already
            await self._end(tokens.read(self._secret, token, self._clock.now()).login_id)

    async def end_login(self, who: Identity) -> None:
        """End the login by which somebody asks, at once, with all its tokens."""
        await self._end(who.login_id)

    @asynccontextmanager
    async def keeping(self) -> AsyncIterator[None]:
        """Write down when keys were used, and let go of logins that are over, for the time of the block."""
        try:
            async with background(self._keep(), "accounts"):
                yield
        finally:
            with suppress(StoreUnavailable):
                await self.keys.write_down()

    async def _keep(self) -> None:
        tidied = self._clock.monotonic()
        while True:
            await self._clock.sleep(_WRITE_DOWN)
            now = self._clock.now()
            try:
                await self.keys.write_down()
                if self._clock.monotonic() - tidied >= _TIDY:
                    await self._db.write(lambda conn, at=now: logins.tidy(conn, at, at - UNUSED))  # type: ignore[misc]
                    tidied = self._clock.monotonic()
            except StoreUnavailable as error:
                log.warning("the use of keys cannot be written down yet", cause=error.detail)

    async def _end(self, login_id: str) -> None:
        try:
            await self._db.write(lambda conn: logins.remove(conn, login_id))
        finally:  # of an error it is not always known whether it was stored
            self._known.forget(lambda who: who.login_id == login_id)

    async def _look_up(self, token: str, now: datetime) -> Verified:
        claims = tokens.read(self._secret, token, now)
        login = await self._db.read(lambda conn: logins.find(conn, claims.login_id))
        if login is None or login.user.disabled:
            raise NotLoggedIn("The token was revoked")
        who = login.user.identity
        if (who.user_id, login.user.token_version) != (claims.user_id, claims.version):
            raise NotLoggedIn("The token was revoked")
        return Verified(replace(who, login_id=login.id), claims.expires_at)

    def _tokens(self, login: Login, refresh_secret: str, now: datetime) -> Tokens:
        user = login.user
        access, expires_in = tokens.sign(
            self._secret, user.identity.user_id, login.id, user.token_version, now, until=login.expires_at
        )
        if not refresh_secret:
            return Tokens(access_token=access, expires_in=expires_in)
        return Tokens(
            access_token=access,
            expires_in=expires_in,
            refresh_token=written.write(written.REFRESH, login.id, refresh_secret),
            refresh_expires_in=min(UNUSED, login.expires_at - now),
        )

    def _tell_of_reuse(self, who: Identity, now: datetime) -> None:
        reason = (
            f"a refresh token of '{who.username}' was used twice: somebody may have copied it, "
            "or a program sent it twice; that login was ended, its owner logs in anew"
        )
        self._report(Fault(where="accounts", reason=reason, tenant=who.user_id, at=now))

    def _brake(self, name: str, place: str) -> None:
        _or_wait(max(self._by_account.wait(name), self._by_address.wait(place)), "logins")
        # An attempt that the account refuses costs its address nothing: others may share it.
        self._by_account.take(name)
        self._by_address.take(place)


def _or_wait(wait: float, what: str) -> None:
    if wait:
        seconds = math.ceil(wait)
        raise RateLimitExceeded(f"Too many {what}; try again in {seconds} s", retry_after=seconds)
