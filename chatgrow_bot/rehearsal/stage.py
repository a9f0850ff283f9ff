"""Where a message is rehearsed: a folder and a database of its own, the plugins that have a say, and nothing
that leads outside."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, delete, insert, or_, update

from ..clock import SystemClock
from ..config.load import Loaded
from ..config.models import DatabaseSettings
from ..engine import Engine, Inlet, Session, SessionSpec
from ..errors import PluginError, UrlRefused
from ..hookspecs import HookSpecs
from ..host.loader import Catalogue
from ..hub import Role
from ..ids import new_id
from ..messages import ConnectionState, Kind, Lane, Priority, State
from ..plugin import HttpAnswer, Plugin, hook
from ..store import consent, customers, dialogues
from ..store.account_tables import users
from ..store.customer_tables import customers as customer_table
from ..store.dialect import upsert
from ..store.tables import bookmarks, connections, inbox, outbox
from ..store.tables import consent as consent_table
from ..store.upgrade import lay_out
from .copying import Sample
from .scene import ABOUT, Scene

#: The connection where the user has none.
CONNECTION = "rehearsed"
_ASKED = {"filter_inbound", "answer"}
_MARK = f"{hook.project_name}_impl"
#: Further than any journal comes: whoever follows the facts hears none.
_BEYOND = 1 << 62
_LONG_AGO = timedelta(days=30)


class StageClock(SystemClock):
    """The machine's clock, set to the time of the scene."""

    def __init__(self, at: datetime) -> None:
        self._ahead = at - super().now()

    def now(self) -> datetime:
        """The time in the scene."""
        return super().now() + self._ahead


class ShutDoor:
    """The way out to URLs, and it is shut. Implements plugin.Http."""

    def __init__(self) -> None:
        self.asked: list[str] = []  #: what would have been called
        self.askers: set[asyncio.Task[Any] | None] = set()

    async def request(self, method: str, url: str, **_: object) -> HttpAnswer:
        """Nothing is called; what would have been is noted."""
        raise self._refusal(method, url)

    def check(self, url: str) -> None:
        """Any may be named."""

    async def stream(self, url: str, **_: object) -> AsyncIterator[bytes]:
        """Nothing is fetched; what would have been is noted."""
        raise self._refusal("GET", url)
        yield b""

    def _refusal(self, method: str, url: str) -> UrlRefused:
        self.asked.append(f"{method} {url}")
        self.askers.add(asyncio.current_task())
        return UrlRefused("nothing is called in a rehearsal")


class SilentEngine:
    """Its sessions never come so far that anything could leave. Implements engine.Engine."""

    @asynccontextmanager
    async def open(self, spec: SessionSpec, inlet: Inlet) -> AsyncIterator[Session]:
        """Starts for ever."""
        await asyncio.Event().wait()
        yield cast(Session, None)

    def login_files(self, folder: Path) -> Sequence[Path]:
        """There is no login."""
        return ()


def engines_of(found: Loaded, sample: Sample) -> Mapping[str, Engine]:
    """A silent one for each that a connection asks for."""
    names = {found.settings.connection_defaults.engine, *sample.engines} - {""}
    return dict.fromkeys(names, SilentEngine())


def staged(found: Loaded, folder: Path) -> Loaded:
    """The configuration with everything of its own in the folder, and only the plugins that have a say: those
    that filter or answer, and those that give parts to other plugins."""
    settings = found.settings
    catalogue = Catalogue(settings.plugin_folders)
    plugins = {
        name: entry
        for name, entry in settings.plugins.items()
        if entry.enabled and _has_a_say(catalogue, entry.plugin or name)
    }
    update = {
        "session_dir": folder,
        "database": DatabaseSettings(),
        "backups": settings.backups.model_copy(update={"every": 0, "folder": None}),
        "disk_reserve": 0,
        "memory_reserve": 0,
        "plugins": plugins,
    }
    return replace(found, settings=settings.model_copy(update=update))


def _has_a_say(catalogue: Catalogue, name: str) -> bool:
    try:
        hooks = _hooks(catalogue.find(name))
    except PluginError:
        return True  # the hub leaves it out, and says why
    return bool(hooks & _ASKED or any(not hasattr(HookSpecs, each) for each in hooks))


def _hooks(kind: type[Plugin]) -> set[str]:
    marks = {name: getattr(getattr(kind, name, None), _MARK, None) for name in dir(kind)}
    return {mark.get("specname") or name for name, mark in marks.items() if isinstance(mark, dict)}


def laid_out(conn: Connection, found: Loaded, sample: Sample, scene: Scene) -> tuple[str, str]:
    """Make the stage's database, of what was copied and of what the scene says besides; whose message it is,
    and on which connection."""
    lay_out(conn)
    for table, rows in sample.rows:
        if rows:
            conn.execute(insert(table), [*rows])
    tenant = sample.tenant or _user(conn, scene)
    connection = sample.connection or _connection(conn, tenant, scene)
    followers = [{"reader": name, "position": _BEYOND} for name in found.settings.plugins]
    if followers:
        conn.execute(insert(bookmarks), followers)
    for name in sample.suppressed:
        known = {"tenant": tenant, "person": name, "opted_out": True, "at": scene.at - _LONG_AGO}
        conn.execute(upsert(consent_table), known)
    if scene.is_new:
        his = consent.names(conn, tenant, scene.sender)
        conn.execute(delete(inbox).where(or_(inbox.c.chat.in_(his), inbox.c.participant.in_(his))))
        conn.execute(update(customer_table).where(customer_table.c.person.in_(his)).values(wrote=None))
        dialogues.end_with(conn, tenant, his)
    elif scene.is_made_up:
        conn.execute(insert(inbox), _earlier(tenant, connection, scene))
    if scene.tags:
        customers.tag(conn, tenant, scene.sender, scene.tags, scene.at)
    for name, value in scene.fields.items():
        customers.set_field(conn, tenant, scene.sender, name, value, scene.at)
    if scene.about_ours or scene.votes:
        conn.execute(insert(outbox), _ours(tenant, connection, scene))
    return tenant, connection


def _user(conn: Connection, scene: Scene) -> str:
    row = {"id": new_id(), "username": "admin", "password_hash": "", "role": Role.ADMIN, "plan": "enterprise"}
    conn.execute(insert(users), {**row, "created_at": scene.at})
    return row["id"]


def _connection(conn: Connection, tenant: str, scene: Scene) -> str:
    times = {"state_since": scene.at, "created_at": scene.at}
    row = {"id": CONNECTION, "tenant": tenant, "name": "", "phone_number": "", "settings": {}}
    conn.execute(insert(connections), {**row, "state": ConnectionState.CREATED, **times})
    return CONNECTION


def _earlier(tenant: str, connection: str, scene: Scene) -> Mapping[str, Any]:
    """Something that he wrote long ago."""
    at = scene.at - _LONG_AGO
    where = {"connection_id": connection, "chat": scene.sender, "participant": "", "from_me": False}
    what = {"wa_id": "REHEARSED-EARLIER", "kind": Kind.TEXT, "text": "", "name": "", "outcome": "no answer"}
    first = {"id": "0" * len(new_id()), "tenant": tenant}  # before any other
    return {**first, **where, **what, "sent_at": at, "received_at": at}


def _ours(tenant: str, connection: str, scene: Scene) -> Mapping[str, Any]:
    """The message of ours that he quotes, or votes on."""
    at = scene.at - timedelta(days=1)
    first = {"id": "0" * len(new_id()), "tenant": tenant, "connection_id": connection, "chat": scene.chat}
    kind = Kind.POLL if scene.votes else Kind.TEXT
    poll = {"question": "?", "options": [*scene.votes, ""], "choices": 0} if scene.votes else None
    what = {"wa_id": ABOUT, "kind": kind, "text": "", "payload": poll, "source": "rehearsal"}
    state = {"lane": Lane.SEND, "priority": Priority.NORMAL, "state": State.SENT, "ack": 1}
    return {**first, **what, **state, "due": at, "expires_at": at, "created_at": at, "updated_at": at}
