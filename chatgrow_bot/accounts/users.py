"""Who there is: made, changed, shut out."""

import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from ..clock import Clock
from ..errors import BadInput, Conflict, NotFound
from ..hub import Identity, Role, UserView
from ..ids import new_id
from ..store import accounts as store
from ..store import logins
from ..store.database import Database
from .known import Known
from .passwords import Passwords

FIRST_ADMIN = "admin"  #: the user made at the first start

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")

log = structlog.get_logger("chatgrow.accounts")


class LastAdmin(Conflict):
    """Make another user an admin first."""


class Users:
    """The users of this installation. Implements hub.Users."""

    def __init__(self, db: Database, clock: Clock, passwords: Passwords) -> None:
        self._db = db
        self._clock = clock
        self._passwords = passwords
        self._known = Known()
        self._listeners: list[Callable[[UserView], None]] = []

    def on_change(self, callback: Callable[[UserView], None]) -> None:
        """Have `callback` called on the loop with every user who is made or changed; it must be quick."""
        self._listeners.append(callback)

    async def users(self) -> Sequence[UserView]:
        """All, by name."""
        return await self._db.read(store.views)

    async def user(self, user_id: str) -> UserView:
        """One. Raises NotFound."""
        found = await self._db.read(lambda conn: store.view(conn, user_id))
        if found is None:
            raise _nobody(user_id)
        return found

    async def find(self, username: str) -> Identity:
        """The user of that name. Raises NotFound."""
        user = await self._db.read(lambda conn: store.by_name(conn, username.lower()))
        if user is None:
            raise _nobody(username)
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
        who = Identity(user_id=new_id(), username=name, role=role, plan=plan)
        user = store.User(identity=who, password_hash=await self._hashed(name, password))
        at = self._clock.now()
        try:
            await self._db.write(lambda conn: store.add(conn, user, at))
        except IntegrityError as error:
            raise Conflict(f"There is a user '{name}' already") from error
        self._tell(await self.user(who.user_id))
        return who, password

    async def change_user(
        self, user_id: str, *, role: Role | None = None, plan: str | None = None, disabled: bool | None = None
    ) -> UserView:
        """Change what is given. Disabling ends his logins; his keys are good for nothing meanwhile.

        Raises NotFound, and LastAdmin where nobody would be left who may do everything.
        """
        given = {"role": role, "plan": plan, "disabled": disabled}
        values = {key: value for key, value in given.items() if value is not None}

        def work(conn: Connection) -> UserView | None:
            had_admin = store.has_admin(conn)
            if values:
                store.change(conn, user_id, values)
            if disabled:
                _end(conn, user_id)
            if had_admin and not store.has_admin(conn):
                raise LastAdmin("There would be no admin left who may log in")
            return store.view(conn, user_id)

        with self._forgetting(user_id):
            changed = await self._db.write(work)
        if changed is None:
            raise _nobody(user_id)
        self._tell(changed)
        return changed

    async def set_password(self, username: str, password: str | None) -> str:
        """Give a user another password (made when None) and end his logins; answers the password.

        Raises NotFound, BadInput.
        """
        who, password = await self.find(username), password or secrets.token_urlsafe(15)
        await self._keep_password(who, password)
        return password

    async def _keep_password(self, who: Identity, password: str, *, version: int | None = None) -> bool:
        """Keep it and end the user's logins; with `version` only if none was ended since that was seen."""
        kept = await self._hashed(who.username, password)

        def work(conn: Connection) -> bool:
            is_kept = store.set_password(conn, who.user_id, kept, version=version)
            if is_kept:
                _end(conn, who.user_id)
            return is_kept

        with self._forgetting(who.user_id):
            return await self._db.write(work)

    async def revoke(self, user_id: str) -> None:
        """End every login of a user, at once."""
        with self._forgetting(user_id):
            await self._db.write(lambda conn: _end(conn, user_id))

    async def ensure_admin(self, plan: str = "enterprise") -> str | None:
        """Where there is no admin who may log in, make one; his password is answered this once."""
        if await self._db.read(store.has_admin):
            return None
        try:
            _, password = await self.add_user(FIRST_ADMIN, None, Role.ADMIN, plan)
        except Conflict:
            log.warning(f"no admin may log in: stop the hub, then chatgrow user add NAME --role {Role.ADMIN}")
            return None
        return password

    async def _hashed(self, name: str, password: str) -> str:
        if name == password.lower():
            raise BadInput("A password differs from the user's name")
        return await self._passwords.hash(password)

    @contextmanager
    def _forgetting(self, user_id: str) -> Iterator[None]:
        """Ask anew about a user after the block, also after an error: it is not always known then whether
        something was stored."""
        try:
            yield
        finally:
            self._known.forget(lambda who: who.user_id == user_id)

    def _tell(self, user: UserView) -> None:
        for listener in self._listeners:
            listener(user)


def _end(conn: Connection, user_id: str) -> None:
    store.end_tokens(conn, user_id)
    logins.remove_of(conn, user_id)


def _nobody(name: str) -> NotFound:
    return NotFound(f"There is no user '{name}'")
