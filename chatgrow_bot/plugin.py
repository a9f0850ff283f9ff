"""All that a plugin author sees: the base class, what a plugin is handed, and the parts it may give back."""

from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Iterable,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Protocol, TypeVar

import click
import pluggy
from aiohttp import web
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from sqlalchemy import Connection

from .given import Part as Part
from .given import Reload as Reload
from .hub import Hub, Identity, Scope
from .hub import PersonalData as PersonalData
from .messages import Outbound

T = TypeVar("T")

#: Marks a method as a hook: `@hook`, or `@hook(tryfirst=True)` to be asked before the others.
hook = pluggy.HookimplMarker("chatgrow_bot")
#: Marks a method of `Plugin.Hooks` as a hook that other plugins may have.
spec = pluggy.HookspecMarker("chatgrow_bot")


class PluginConfig(BaseModel):
    """What stands under a plugin's name in chatgrow.yaml, in camelCase. Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class Plugin:
    """Base of every plugin: one class a plugin, one object for each time it is named in chatgrow.yaml."""

    #: The model that checks this plugin's own keys.
    Config: ClassVar[type[PluginConfig]] = PluginConfig

    #: Whether it is of no use without `admin: true`.
    needs_hub: ClassVar[bool] = False

    #: Hooks that this plugin asks others to have: a class of methods marked `@spec`, named `register_...`.
    Hooks: ClassVar[type | None] = None

    def __init__(self, bot: "Bot") -> None:
        self.bot = bot

    def parts(self, hook: str, check: Callable[[Any], Any] = lambda value: value) -> Sequence["Part"]:
        """What others give now to a hook of `Hooks`, in the order of chatgrow.yaml, also those that are
        switched off. A part that `check` raises for is its giver's fault, and left out; what it returns is
        the part's value. Not before the plugin is made: from `lifespan` on, or in a command line's word."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    method: str = "GET"  #: of the request that was answered: a redirect may have made it a GET without a body


class Http(Protocol):
    """The only way out to URLs: checked against private addresses, bounded in time and size."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        seconds: float = 15.0,
        max_bytes: int = 1 << 20,
        cut: bool = False,
        same_origin: bool = False,
    ) -> HttpAnswer:
        """One request, at most three redirects, each checked again. Raises BadInput for a forbidden or
        unreachable address, and for an answer past `max_bytes` or broken off: with `cut`, its beginning is
        the answer. One to another origin takes only harmless headers along; with `same_origin`, it raises
        UrlRefused."""
        ...

    def check(self, url: str) -> None:
        """Look at a URL without calling it. Raises UrlRefused for one that may not be called by what it
        says itself; where its name leads is seen at each call."""
        ...

    def stream(self, url: str, *, seconds: float = 60.0, max_bytes: int = 1 << 26) -> AsyncIterator[bytes]:
        """The body of a GET in chunks. Raises as `request` does, and BadInput past `max_bytes`."""
        ...


class Store(Protocol):
    """A plugin's own memory: JSON values by tenant and key. Each plugin instance sees only its own."""

    async def get(self, tenant: str, key: str) -> Any:
        """The value, or None."""
        ...

    async def put(self, tenant: str, key: str, value: Any) -> None:
        """Keep a JSON value; returns once it is on disk."""
        ...

    async def delete(self, tenant: str, key: str) -> None:
        """Forget a value."""
        ...

    async def items(self, tenant: str, prefix: str = "") -> Mapping[str, Any]:
        """All values whose key begins so, in key order."""
        ...

    async def migrate(self, *steps: Callable[[Connection], None]) -> None:
        """Make the plugin's own tables, whose names begin with the plugin's: run those of these steps that
        never ran here, in order, each in one transaction with the note that it ran. A step is never changed;
        another is added behind it. Write them for SQLite and PostgreSQL alike."""
        ...

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Do something with the plugin's own tables that changes nothing."""
        ...

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Change something in them, in one transaction; on disk when this returns. It may run twice, so it
        touches nothing else."""
        ...


class Bot(Protocol):
    """What a plugin is handed: eight names. With `admin: true`, `hub` besides."""

    name: str  #: the instance's name in chatgrow.yaml
    log: Any  #: a structured logger: log.info("sentence", key=value)
    config: Any  #: an object of the plugin's Config
    store: Store
    http: Http

    async def send(self, tenant: str, message: Outbound) -> str:
        """Queue a message on one of the tenant's connections; returns its id once it is on disk.
        Inside a fact's hook a repeat of the same fact makes no double."""
        ...

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run something in the background for as long as the plugin lives."""
        ...

    def every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        """Call something again and again for as long as the plugin lives."""
        ...

    @property
    def hub(self) -> Hub:
        """The core's parts. Raises PluginError without `admin: true`."""
        ...


#: Where a handler finds who is asking: `request[IDENTITY]`; absent on public routes.
IDENTITY = web.RequestKey("identity", Identity)
#: For answers that take long: `await request[RECHECK]()` raises NotLoggedIn once the caller's login is over.
RECHECK: web.RequestKey[Callable[[], Awaitable[Identity]]] = web.RequestKey("recheck")


class Access(StrEnum):
    """Who may call a route."""

    PUBLIC = "public"  #: anyone: the list of these is frozen by a test; with a scope, tokens are looked at
    SIGNED = "signed"  #: the handler verifies a signature; a bearer token, if there is one, is looked at
    VIEWER = "viewer"  #: any logged-in user
    OPERATOR = "operator"  #: who sends messages and keeps connections
    ADMIN = "admin"  #: who may do everything


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """What a plugin's routes for people in a browser have in common. They are entered by a cookie, which a
    browser sends of itself; so what changes something is taken from these very pages only."""

    cookie: str  #: its name; it holds an access token
    login: str  #: the path of the page to log in on, where whoever is not logged in is sent
    tell: Callable[
        [web.Request, int, str, str], web.Response
    ]  #: an error's status, title and detail as a page


@dataclass(frozen=True, slots=True, kw_only=True)
class Doc:
    """What the API's document says of a route, by the models that its handler reads and answers with. The
    summary is the handler's docstring."""

    tag: str  #: the topic that it is listed under
    body: type[BaseModel] | None = None  #: of JSON
    optional: bool = False  #: whether the body may be left out
    query: type[BaseModel] | None = None  #: read by `read_query`
    headers: tuple[str, ...] = ()  #: of the request, that it reads
    answer: type[BaseModel] | None = None  #: JSON; None when there is no body
    status: int = 200  #: of success
    also: tuple[int, ...] = ()  #: other statuses that it may answer, besides those that any route may
    #: Other statuses with bodies of their own.
    answers: Mapping[int, type[BaseModel]] = field(default_factory=dict, hash=False)
    types: tuple[str, ...] = ()  #: content types that it answers with, besides or instead of JSON
    sends: tuple[str, ...] = ()  #: headers of the answer that a client may want


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One HTTP route of a plugin. Without an access policy there is no Route, and no start."""

    method: str
    path: str  #: aiohttp's form: /api/things/{id}
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    access: Access
    max_body: int = 256 * 1024  #: bytes; a larger body is refused before it is read
    content_types: tuple[str, ...] = ("application/json",)  #: accepted for a request with a body
    pages: Pages | None = None  #: for a browser: entered by a cookie, and not by a bearer token
    scope: Scope | None = None  #: what an API key must be good for; None: no key may call it
    doc: Doc | None = None  #: None: not in the API's document


#: Where the server keeps what it serves: `app[ROUTES]()` gives every route of the plugins that are on, each
#: with its plugin's name.
ROUTES: web.AppKey[Callable[[], Sequence[tuple[str, Route]]]] = web.AppKey("routes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What `chatgrow check` prints of something that it looked at, for people."""

    wrong: str = ""  #: what must be mended
    worth: str = ""  #: what is worth a look, and keeps nothing from working
    #: What must be mended besides, by the names of the teams of people that chatgrow.yaml has.
    of_teams: Callable[[Collection[str]], str] | None = None


#: One thing that `chatgrow check` looks at; a text is what must be mended, empty when all is well.
Check = Callable[[], str | Report]


class Grade(StrEnum):
    """How well something is."""

    OK = "ok"  #: as it should be
    WARN = "warn"  #: works, and somebody should look
    BAD = "bad"  #: does not work, or not safely


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What `chatgrow doctor` prints in a line."""

    what: str  #: what was looked at, in a word or two
    grade: Grade = Grade.OK
    said: str  #: how it is
    do: str = ""  #: what to do about it; a command where there is one


#: One thing that `chatgrow doctor` looks at, without changing anything. It has a minute.
Examination = Callable[[], Coroutine[Any, Any, Iterable[Finding]]]

#: A `chatgrow` sub-command of a plugin.
CliCommand = click.Command
#: Where such a command finds the routes that a running hub would serve, to be looked at and not called:
#: `ctx.meta[SERVED]()` gives what `app[ROUTES]()` gives. Raises InvalidConfig.
SERVED = "chatgrow.routes"
#: Where it finds what is kept of a connection's messages, both ways:
#: `ctx.meta[HISTORY](connection_id, since)` gives the tenant and every `hub.Written` since then, or of all
#: time for None, newest first. Raises ConnectionNotFound, InvalidConfig, StoreUnavailable.
HISTORY = "chatgrow.history"
