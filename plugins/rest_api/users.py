"""Users: made, changed, shut out. For admins who have logged in; no key does any of it."""

from collections.abc import Iterable
from typing import Any

from aiohttp import web

from chatgrow_bot.hub import Role, Users, UserView
from chatgrow_bot.plugin import Access, Doc, Route
from chatgrow_bot.server.bodies import read_body

from .models.users import (
    NewUser,
    PasswordGiven,
    PasswordMade,
    UserChange,
    UserList,
    UserMade,
    UserShown,
)
from .replies import reply

PATH = "/api/users"

_TAG = "Users"
_ALL = Doc(tag=_TAG, answer=UserList)
_MADE = Doc(tag=_TAG, body=NewUser, answer=UserMade, status=201, also=(409, 429), sends=("Location",))
_ONE = Doc(tag=_TAG, answer=UserShown)
_CHANGED = Doc(tag=_TAG, body=UserChange, answer=UserShown, also=(409,))
_PASSWORD = Doc(tag=_TAG, body=PasswordGiven, optional=True, answer=PasswordMade, also=(429,))
_ENDED = Doc(tag=_TAG, status=204)


class UserRoutes:
    """/api/users."""

    def __init__(self, users: Users) -> None:
        self._users = users

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom: admins."""
        one = f"{PATH}/{{user_id}}"
        served = (
            ("GET", PATH, self.list, _ALL),
            ("POST", PATH, self.create, _MADE),
            ("GET", one, self.get, _ONE),
            ("PUT", one, self.change, _CHANGED),
            ("POST", f"{one}/password", self.set_password, _PASSWORD),
            ("POST", f"{one}/logout", self.end_logins, _ENDED),
        )
        for method, path, handler, doc in served:
            yield Route(
                method=method,
                path=path,
                handler=handler,
                access=Access.ADMIN,
                doc=doc,
                max_body=16 * 1024,
            )

    async def list(self, request: web.Request) -> web.Response:
        """All users, by name."""
        return reply(UserList(users=[UserShown(**_shown(user)) for user in await self._users.users()]))

    async def create(self, request: web.Request) -> web.Response:
        """Make a user. A password that is made is told here, and nowhere else."""
        body = await read_body(request, NewUser)
        who, password = await self._users.add_user(body.username, body.password, Role(body.role), body.plan)
        made = UserMade(
            **_shown(await self._users.user(who.user_id)), password=None if body.password else password
        )
        return reply(made, status=201, location=f"{PATH}/{who.user_id}")

    async def get(self, request: web.Request) -> web.Response:
        """One user."""
        return reply(UserShown(**_shown(await self._users.user(request.match_info["user_id"]))))

    async def change(self, request: web.Request) -> web.Response:
        """Change what is given, at once; whoever is disabled has no login any more, and his keys open
        nothing."""
        body = await read_body(request, UserChange)
        changed = await self._users.change_user(
            request.match_info["user_id"],
            role=Role(body.role) if body.role else None,
            plan=body.plan,
            disabled=body.disabled,
        )
        return reply(UserShown(**_shown(changed)))

    async def set_password(self, request: web.Request) -> web.Response:
        """Give a user another password, and end every login of his."""
        body = await read_body(request, PasswordGiven) if request.body_exists else PasswordGiven()
        user = await self._users.user(request.match_info["user_id"])
        password = await self._users.set_password(user.username, body.password)
        return reply(PasswordMade(password=None if body.password else password))

    async def end_logins(self, request: web.Request) -> web.Response:
        """End every login of a user, at once; his password and his keys stay good."""
        await self._users.revoke((await self._users.user(request.match_info["user_id"])).user_id)
        return web.Response(status=204)


def _shown(user: UserView) -> dict[str, Any]:
    return {
        "user_id": user.user_id,
        "username": user.username,
        "role": user.role,
        "plan": user.plan,
        "disabled": user.disabled,
        "created_at": user.created_at,
    }
