"""Logging in, staying so, leaving."""

from collections.abc import Iterable

from aiohttp import web

from chatgrow_bot.hub import Accounts, Tokens
from chatgrow_bot.plugin import IDENTITY, Access, Doc, Route
from chatgrow_bot.server.bodies import read_body

from .models.accounts import LoggedIn, Login, PasswordChange, Refresh
from .replies import reply

_MAX_BODY = 16 * 1024
_LOGIN = Doc(tag="Login", body=Login, answer=LoggedIn, also=(401, 429))
_REFRESH = Doc(tag="Login", body=Refresh, answer=LoggedIn, also=(401, 429))
_LOGOUT = Doc(tag="Login", status=204)
_PASSWORD = Doc(tag="Login", body=PasswordChange, status=204, also=(429,))


class AuthRoutes:
    """/api/auth."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom: to log out takes a login, which no key is."""
        served = (
            ("POST", "login", self.login, Access.PUBLIC, _LOGIN),
            ("POST", "refresh", self.refresh, Access.PUBLIC, _REFRESH),
            ("POST", "logout", self.logout, Access.VIEWER, _LOGOUT),
            ("PUT", "password", self.change_password, Access.VIEWER, _PASSWORD),
        )
        for method, name, handler, access, doc in served:
            yield Route(
                method=method,
                path=f"/api/auth/{name}",
                handler=handler,
                access=access,
                doc=doc,
                max_body=_MAX_BODY,
            )

    async def login(self, request: web.Request) -> web.Response:
        """Tokens for a name and a password."""
        body = await read_body(request, Login)
        return _told(await self._accounts.login(body.username, body.password, request.remote or ""))

    async def refresh(self, request: web.Request) -> web.Response:
        """The next tokens. A refresh token that comes twice has been copied: its login ends."""
        body = await read_body(request, Refresh)
        return _told(await self._accounts.refresh(body.refresh_token, request.remote or ""))

    async def logout(self, request: web.Request) -> web.Response:
        """End this login, with all its tokens, at once."""
        await self._accounts.end_login(request[IDENTITY])
        return web.Response(status=204)

    async def change_password(self, request: web.Request) -> web.Response:
        """Another password for oneself; every login so far ends, this one too."""
        body = await read_body(request, PasswordChange)
        await self._accounts.change_password(
            request[IDENTITY], body.old_password, body.new_password, request.remote or ""
        )
        return web.Response(status=204)


def _told(tokens: Tokens) -> web.Response:
    return reply(
        LoggedIn(
            access_token=tokens.access_token,
            expires_in=int(tokens.expires_in.total_seconds()),
            refresh_token=tokens.refresh_token,
            refresh_expires_in=int(tokens.refresh_expires_in.total_seconds()),
        )
    )
