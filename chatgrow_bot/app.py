"""Puts the house together, once, in order: the ground, the plugins, the core, the door. Leaving takes it
apart in reverse. What the core's parts are and who hands what to whom is in core.py.
"""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from aiohttp import web
from sqlalchemy import Connection

from .accounts import Accounts
from .background import background
from .clock import Clock, SystemClock
from .commands import Commands
from .config.load import Loaded
from .config.models import Server
from .core import Core
from .engine import Arrival, Engine
from .events import Events
from .facts import Facts
from .ground import Ground
from .history import History
from .hooks import Hooks, Limits
from .hooks.watchdog import Watchdog
from .host import Host
from .host.bot import InstanceStore
from .host.loader import Catalogue
from .hub import Answer, Hub
from .insight import Insight
from .plugin import Http
from .privacy import Privacy
from .reloads import Own, Reloads, teams_anew
from .reporting import Reporter
from .safety.http import SafeHttp
from .server import Bounds, create_app, serve
from .store import happenings, meta, suppressions
from .store.database import open_database
from .store.folder import FolderLock
from .tenants import Directory
from .upkeep.copies import copies_kept
from .vault import Vault
from .webhook_keys import WebhookKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A hub that runs."""

    hub: Hub
    ground: Ground  #: for tests that look at what is stored
    host: str
    port: int
    plugins: Host
    reload: Callable[[str], Awaitable[Answer]]  #: reads anew what can be; given who asks
    arrived: Callable[[str, str, Arrival], Awaitable[None]]  #: brings in a message, as a session would
    first_password: str | None = field(repr=False)  #: of the admin made at the very first start


@asynccontextmanager
async def open_hub(
    loaded: Loaded,
    *,
    clock: Clock | None = None,
    chance: Random | None = None,
    engines: Mapping[str, Engine] | None = None,
    catalogue: Catalogue | None = None,
    patience: Limits | None = None,
    http: Http | None = None,
    door: bool = True,
) -> AsyncIterator[Running]:
    """The hub, for the time of the block. Raises ConfigError, HeldByAnother, StoreUnavailable.

    Tests hand in a clock, a seeded chance, engines and plugins of their own, less patience with these; a
    rehearsal, a way out to URLs that leads nowhere.
    Without a `door` nothing listens, and the port is 0.
    """
    async with AsyncExitStack() as house:
        ground = await _ground(house, loaded, clock or SystemClock(), chance, patience, http)
        accounts, first_password = await _accounts(house, ground)
        directory = await _directory(ground, accounts)
        host = _plugins(loaded, ground, directory, catalogue)
        facts = _facts(ground, lambda connection_id: core.connections.settings(connection_id).enable_logging)
        core = Core(ground, engines or {}, serves=directory.serves, is_read=lambda: not facts.are_stuck)
        commands, reloads = _commands(house, ground, teams_anew(loaded, core.conversations.renew))
        events = _events(ground)
        hub = _hub(ground, core, accounts, commands, events)
        await house.enter_async_context(host.running(hub=hub, facts=facts, offer=commands.offered))
        await _begin(house, core, hub)
        port = await _door(house, ground, accounts, host) if door else 0
        yield Running(
            hub=hub,
            ground=ground,
            host=loaded.settings.server.host,
            port=port,
            plugins=host,
            reload=reloads.run,
            arrived=core.arrived,
            first_password=first_password,
        )


def _hub(ground: Ground, core: Core, accounts: Accounts, commands: Commands, events: Events) -> Hub:
    """The parts, as plugins with `admin: true` see them."""
    return Hub(
        connections=core.connections,
        inbox=core.inbox,
        outbox=core.outbox,
        bulk=core.bulk,
        plans=core.plans,
        queue=core.queue,
        chats=core.chats,
        spool=core.spool,
        history=History(ground.db),
        webhook_keys=WebhookKeys(ground.db, ground.clock, ground.vault),
        accounts=accounts,
        commands=commands,
        health=core.health,
        stats=core.stats,
        events=events,
        conversations=core.conversations.service,
        insight=Insight(ground.db, ground.clock, ground.settings.zone),
        vault=ground.vault,
        privacy=_privacy(ground, core, events),
        report=ground.report,
        clock=ground.clock,
    )


async def _begin(house: AsyncExitStack, core: Core, hub: Hub) -> None:
    """Work, and go on with what was broken off."""
    await house.enter_async_context(core.running())
    await house.enter_async_context(background(hub.privacy.resume(), "broken-off erases"))


def _privacy(ground: Ground, core: Core, events: Events) -> Privacy:
    """A person's own data, with what plugins keep of him."""
    return Privacy(
        db=ground.db,
        clock=ground.clock,
        vault=ground.vault,
        files=core.spool,
        plugins=ground.hooks.register_personal_data,
        is_on=ground.hooks.is_on,
        forget=events.forget,
        copies=copies_kept(ground.settings),
    )


async def _ground(
    house: AsyncExitStack,
    loaded: Loaded,
    clock: Clock,
    chance: Random | None,
    patience: Limits | None,
    http: Http | None,
) -> Ground:
    """One process in this folder, its database, the way out to URLs, and who writes down what goes wrong."""
    settings = loaded.settings
    house.enter_context(FolderLock(settings.session_dir))
    vault = Vault.open(settings.session_dir)
    house.enter_context(Watchdog())
    carried = {suppressions.KEY: vault.derive(suppressions.KEY), happenings.ZONE: settings.zone}
    db = await house.enter_async_context(open_database(settings.database_url, carried=carried))
    if http is None:
        http = await house.enter_async_context(SafeHttp(settings.allowed_hosts))
    reporter = Reporter(db, clock)
    await house.enter_async_context(background(reporter.run(), "reporter"))
    await WebhookKeys(db, clock, vault).check()
    epoch, key = await db.write(_start)
    return Ground(
        settings=settings,
        db=db,
        clock=clock,
        chance=chance or Random(),  # noqa: S311 (pace, not secrets)
        hooks=Hooks(clock=clock, report=reporter.report, limits=patience),
        http=http,
        report=reporter.report,
        epoch=epoch,
        key=key,
        vault=vault,
    )


async def _accounts(house: AsyncExitStack, ground: Ground) -> tuple[Accounts, str | None]:
    """Who may come in, and the password of the first of them where he was made just now."""
    server = ground.settings.server
    accounts = await Accounts.open(
        ground.db,
        ground.clock,
        secret=server.token_secret.encode() if server.token_secret else ground.vault.derive("tokens"),
        lasts=timedelta(seconds=server.login_lasts),
        report=ground.report,
    )
    await house.enter_async_context(accounts.keeping())
    return accounts, await accounts.ensure_admin()


async def _directory(ground: Ground, accounts: Accounts) -> Directory:
    """Who is who, as long as the house stands."""
    directory = await Directory.read(ground.db, ground.settings.admins)
    accounts.on_change(directory.learn)
    return directory


def _plugins(loaded: Loaded, ground: Ground, directory: Directory, catalogue: Catalogue | None) -> Host:
    """Loaded, not started: engines and routes come from them."""
    host = Host(
        loaded=loaded,
        catalogue=catalogue or Catalogue(loaded.settings.plugin_folders),
        hooks=ground.hooks,
        clock=ground.clock,
        http=ground.http,
        store=lambda instance: InstanceStore(ground.db, instance),
        serves=directory.serves,
    )
    host.load()
    return host


def _commands(house: AsyncExitStack, ground: Ground, teams: Own) -> tuple[Commands, Reloads]:
    """The admin commands; the core's own is on offer for as long as the house stands."""
    commands = Commands(clock=ground.clock, report=ground.report)
    reloads = Reloads(ground.hooks, {"teams": teams})
    house.enter_context(commands.offered(reloads.commands()))
    return commands, reloads


def _facts(ground: Ground, is_logged: Callable[[str], bool]) -> Facts:
    facts = Facts(
        db=ground.db, clock=ground.clock, hooks=ground.hooks, report=ground.report, is_logged=is_logged
    )
    ground.db.on_commit(facts.poke)
    return facts


def _events(ground: Ground) -> Events:
    events = Events(ground.db)
    ground.db.on_commit(events.poke)
    return events


def _web(ground: Ground, accounts: Accounts, host: Host) -> web.Application:
    """What is served: the routes of the plugins, and nothing else."""
    return create_app(
        ground.hooks.register_routes(),
        accounts=accounts,
        is_enabled=host.is_enabled,
        proxies=ground.settings.server.trusted_proxies,
    )


async def _door(house: AsyncExitStack, ground: Ground, accounts: Accounts, host: Host) -> int:
    """Open, until the house falls; the port."""
    at = ground.settings.server
    served = serve(_web(ground, accounts, host), at.host, at.port, bounds=_bounds(at))
    return await house.enter_async_context(served)


def _bounds(at: Server) -> Bounds:
    return Bounds(
        connections=at.max_sockets,
        per_address=at.max_sockets_per_address,
        proxies=at.trusted_proxies,
    )


def _start(conn: Connection) -> tuple[int, bytes]:
    """Count this start; the installation's key for message ids, made at its first."""
    if meta.get(conn, "id_key") is None:
        meta.put(conn, "id_key", secrets.token_hex(32))
    return meta.next_epoch(conn), bytes.fromhex(meta.get(conn, "id_key"))
