"""Coming in, staying, and leaving. The session is a cookie with an access token; a page that is open has it
prolonged every few minutes, until the login is as old as it may become."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from chatgrow_bot.errors import BadInput, ChatgrowError, NotLoggedIn, RateLimitExceeded
from chatgrow_bot.hub import Accounts, Tokens
from chatgrow_bot.plugin import IDENTITY, Access, Route
from chatgrow_bot.server.bodies import read_form
from chatgrow_bot.server.problems import known_as

from . import language
from .news import News
from .pages import LOGIN, PATH, SESSION, Frame, is_partial, to

FORM = ("application/x-www-form-urlencoded",)
_YEAR = 365 * 86_400


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Login(_Form):
    """Who comes in."""

    username: Annotated[str, Field(min_length=1, max_length=64)]
    password: Annotated[str, Field(min_length=1, max_length=1024)]


class Choice(_Form):
    """A language, and the page to come back to."""

    language: str
    back: str = PATH


class SessionRoutes:
    """/console/login, /logout, /session, /language."""

    def __init__(self, accounts: Accounts, frame: Frame, news: News, lasting: timedelta) -> None:
        self._accounts = accounts
        self._frame = frame
        self._news = news
        self._lasting = lasting

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        pages, public = self._frame.pages, Access.PUBLIC
        yield Route(method="GET", path="/", handler=self.welcome, access=public, pages=pages)
        yield Route(method="GET", path=LOGIN, handler=self.show, access=public, pages=pages)
        yield Route(
            method="POST",
            path=LOGIN,
            handler=self.login,
            access=public,
            pages=pages,
            max_body=16 * 1024,
            content_types=FORM,
        )
        yield Route(
            method="POST",
            path=f"{PATH}/language",
            handler=self.choose,
            access=public,
            pages=pages,
            max_body=4 * 1024,
            content_types=FORM,
        )
        for name, handler in (("session", self.prolong), ("logout", self.logout)):
            yield Route(
                method="POST",
                path=f"{PATH}/{name}",
                handler=handler,
                access=Access.VIEWER,
                pages=pages,
                content_types=FORM,
            )

    async def welcome(self, request: web.Request) -> web.Response:
        """Whoever opens the hub's bare address wants to see it."""
        return to(PATH)

    async def show(self, request: web.Request) -> web.Response:
        """The page to log in on. A part of a page that was sent here takes the whole page along."""
        if is_partial(request):
            return web.Response(headers={"HX-Redirect": LOGIN})
        return self._frame.page(request, "login.html", wrong="", username="")

    async def login(self, request: web.Request) -> web.Response:
        """Let somebody in."""
        username = ""
        try:
            form = await read_form(request, Login)
            username = form.username
            address = request.remote or ""
            tokens = await self._accounts.login(
                form.username, form.password, address, renewable=self._lasting
            )
        except (BadInput, NotLoggedIn, RateLimitExceeded) as error:
            return self._refused(request, error, username)
        response = to(PATH)
        _keep(request, response, tokens)
        return response

    def _refused(self, request: web.Request, error: ChatgrowError, username: str) -> web.Response:
        # 401 would have to name a scheme by which the browser itself logs in.
        slow = isinstance(error, RateLimitExceeded)
        status = known_as(error)[1] if slow else 422
        wrong = self._frame.language(request)("login.slow" if slow else "login.wrong")
        return self._frame.page(request, "login.html", status, wrong=wrong, username=username)

    async def prolong(self, request: web.Request) -> web.Response:
        """A page is open still."""
        response = web.Response(status=204)
        _keep(request, response, await self._accounts.renew(request.cookies[SESSION]))
        return response

    async def logout(self, request: web.Request) -> web.Response:
        """Leave, on every page of this login."""
        await self._accounts.end(request.cookies[SESSION])
        self._news.ring(request[IDENTITY].user_id)
        response = to(LOGIN)
        response.del_cookie(SESSION, path=PATH)
        return response

    async def choose(self, request: web.Request) -> web.Response:
        """Another language, for this browser."""
        form = await read_form(request, Choice)
        if form.language not in self._frame.languages:
            raise BadInput(f"There is no language '{form.language}'")
        is_ours = form.back == PATH or form.back.startswith(f"{PATH}/")
        response = to(form.back if is_ours and form.back.isascii() and form.back.isprintable() else PATH)
        response.set_cookie(
            language.COOKIE, form.language, max_age=_YEAR, path=PATH, samesite="Lax", secure=request.secure
        )
        return response


def _keep(request: web.Request, response: web.Response, tokens: Tokens) -> None:
    """Hand the session to the browser, and to nobody else: no script reads it, no other site sends it."""
    response.set_cookie(
        SESSION,
        tokens.access_token,
        max_age=int(tokens.expires_in.total_seconds()),
        path=PATH,
        httponly=True,
        samesite="Strict",
        secure=request.secure,
    )
