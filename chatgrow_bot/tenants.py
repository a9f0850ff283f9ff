"""Whose messages a plugin may see, from the `tenants:` key beside it."""

from collections.abc import Callable, Collection, Mapping
from typing import Self

from .config.plugins import Tenants
from .hub import Role, UserView
from .store import accounts
from .store.database import Database


class Directory:
    """Who is who."""

    def __init__(self, names: Mapping[str, str], admins: Collection[str], chosen: Collection[str]) -> None:
        self._names = dict(names)  #: user id to user name
        self._admins = set(admins)  #: user ids
        self._chosen = chosen  #: user names besides

    @classmethod
    async def read(cls, db: Database, admins: Collection[str]) -> Self:
        """From the database; `admins` are user names besides those with the role."""
        users = await db.read(accounts.every)
        chosen = {u.user_id for u in users if u.role is Role.ADMIN or u.username in admins}
        return cls({user.user_id: user.username for user in users}, chosen, admins)

    def learn(self, user: UserView) -> None:
        """Somebody is new, or is something else now."""
        self._names[user.user_id] = user.username
        if user.role is Role.ADMIN or user.username in self._chosen:
            self._admins.add(user.user_id)
        else:
            self._admins.discard(user.user_id)

    def serves(self, tenants: Tenants) -> Callable[[str], bool]:
        """What tells whether a tenant's messages are meant. The installation itself ("") always is."""
        if tenants == "all":
            return lambda tenant: True
        if tenants == "default":
            return lambda tenant: not tenant or tenant in self._admins
        return lambda tenant: not tenant or self._names.get(tenant) in tenants
