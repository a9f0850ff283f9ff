"""Logging in."""

from collections.abc import Iterable

from aiohttp import web

from chatgrow_bot.hub import Accounts
from chatgrow_bot.plugin import Access, Route
from chatgrow_bot.server.bodies import read_body

from .models.accounts import LoggedIn, Login
from .replies import reply


class AuthRoutes:
    """/api/auth."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        yield Route(
            method="POST",
            path="/api/auth/login",
            handler=self.login,
            access=Access.PUBLIC,
            max_body=16 * 1024,
        )

    async def login(self, request: web.Request) -> web.Response:
        """A token for a name and a password."""
        body = await read_body(request, Login)
        tokens = await self._accounts.login(body.username, body.password, request.remote or "")
        return reply(
            LoggedIn(access_token=tokens.access_token, expires_in=int(tokens.expires_in.total_seconds()))
        )
