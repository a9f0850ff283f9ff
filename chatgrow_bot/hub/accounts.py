"""Users, their logins and their keys, as others see them."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from .nouns import Identity, Role, Scope, Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class UserView:
    """A user as an admin sees him."""

    user_id: str
    username: str
    role: Role
    plan: str
    disabled: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyView:
    """An API key as its owner sees it: everything but the key."""

    key_id: str
    name: str
    scopes: frozenset[Scope]
    connections: frozenset[str] | None  #: None for all of his
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


class Door(Protocol):
    """Who may come in."""

    @property
    def revoked(self) -> asyncio.Event:
        """An event that is set when anybody's login or key ends next; ask for it anew after that."""
        ...

    async def verify(self, token: str) -> Identity:
        """Who an access token or an API key belongs to. Raises NotLoggedIn."""
        ...


class Users(Protocol):
    """Who there is."""

    async def users(self) -> Sequence[UserView]:
        """All, by name."""
        ...

    async def user(self, user_id: str) -> UserView:
        """One. Raises NotFound."""
        ...

    async def find(self, username: str) -> Identity:
        """The user of that name. Raises NotFound."""
        ...

    async def add_user(
        self, username: str, password: str | None, role: Role, plan: str
    ) -> tuple[Identity, str]:
        """Make one; without a password one is made too. Answers the user and the password. Raises BadInput,
        Conflict."""
        ...

    async def change_user(
        self, user_id: str, *, role: Role | None = None, plan: str | None = None, disabled: bool | None = None
    ) -> UserView:
        """Change what is given. Disabling ends his logins and shuts out his keys. Raises NotFound, and
        Conflict where no admin would be left."""
        ...

    async def set_password(self, username: str, password: str | None) -> str:
        """Another password (made when None), and the end of every login so far; answers the password. Raises
        NotFound, BadInput."""
        ...

    async def revoke(self, user_id: str) -> None:
        """End every login of a user, at once."""
        ...


class Keys(Protocol):
    """Keys for programs. Each does what its user may, as far as its scopes go."""

    async def make(
        self,
        who: Identity,
        name: str,
        *,
        scopes: Collection[Scope],
        connections: Collection[str] | None = None,
        expires_at: datetime | None = None,
    ) -> tuple[KeyView, str]:
        """A new one, and the key itself: this once. Raises BadInput, NotAllowed for a scope that takes the
        role admin, ConnectionNotFound, Conflict past the most that one user may have."""
        ...

    async def list(self, user_id: str) -> Sequence[KeyView]:
        """A user's, oldest first."""
        ...

    async def revoke(self, user_id: str, key_id: str) -> None:
        """End one of a user's, at once. Raises NotFound."""
        ...


class Accounts(Users, Door, Protocol):
    """Users, and how they come in."""

    @property
    def keys(self) -> Keys:
        """The keys of their programs."""
        ...

    async def login(
        self, username: str, password: str, address: str, *, renewable: timedelta | None = None
    ) -> Tokens:
        """Check a password. With `renewable`, the login has no refresh token: whoever holds its access token
        may `renew` it, for so long in all. Raises NotLoggedIn (the same for a wrong name), RateLimitExceeded.
        """
        ...

    async def refresh(self, refresh_token: str, address: str) -> Tokens:
        """Fresh tokens for a refresh token, which is used up. One that was used before ends its login. Raises
        NotLoggedIn, RateLimitExceeded."""
        ...

    async def renew(self, token: str) -> Tokens:
        """A fresh token of the same login, for one that is still good. Raises NotLoggedIn."""
        ...

    async def change_password(self, who: Identity, old: str, new: str, address: str) -> None:
        """Another password for oneself, and the end of every login so far. Raises BadInput (also for a wrong
        old one), RateLimitExceeded."""
        ...

    async def end(self, token: str) -> None:
        """End the login that an access token came of: it, and all that were renewed from it."""
        ...

    async def end_login(self, who: Identity) -> None:
        """End the login by which somebody asks."""
        ...
