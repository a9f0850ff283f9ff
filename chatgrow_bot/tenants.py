"""Whose messages a plugin may see, from the `tenants:` key beside it."""

from collections.abc import Callable, Collection, Mapping
from typing import Self

from .config.plugins import Tenants
from .hub import Role
from .store import accounts
from .store.database import Database


class Directory:
    """Who is who, as it was at the start."""

    def __init__(self, names: Mapping[str, str], admins: Collection[str]) -> None:
        self._names = names  #: user id to user name
        self._admins = admins  #: user ids

    @classmethod
    async def read(cls, db: Database, admins: Collection[str]) -> Self:
        """From the database; `admins` are user names besides those with the role."""
        users = await db.read(accounts.every)
        chosen = {u.user_id for u in users if u.role is Role.ADMIN or u.username in admins}
        return cls({user.user_id: user.username for user in users}, chosen)

    def serves(self, tenants: Tenants) -> Callable[[str], bool]:
        """What tells whether a tenant's messages are meant. The installation itself ("") always is."""
        if tenants == "all":
            return lambda tenant: True
        if tenants == "default":
            return lambda tenant: not tenant or tenant in self._admins
        return lambda tenant: not tenant or self._names.get(tenant) in tenants
