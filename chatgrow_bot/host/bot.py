"""What a plugin is handed: its name, log, configuration and memory, the safe way out, and ways to act that
end with it."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection

from ..errors import BadInput, NotAllowed, PluginError
from ..facts import next_key
from ..hub import Hub
from ..inbox.enclosures import digest, fetched
from ..messages import Outbound
from ..plugin import Http, PluginConfig, Store
from ..store import plugin_store
from ..store.database import Database
from .scope import Scope

T = TypeVar("T")

#: Under which key it is kept how many steps of its tables an instance has run.
_STEPS = "chatgrow.tables"


class PluginBot:
    """One plugin's bot. Implements plugin.Bot."""

    def __init__(
        self,
        *,
        name: str,
        config: PluginConfig,
        store: Store,
        http: Http,
        scope: Scope,
        serves: Callable[[str], bool],
        hub: Callable[[], Hub],
        admin: bool,
    ) -> None:
        self.name = name
        self.log = structlog.get_logger("chatgrow.plugins").bind(plugin=name)
        self.config = config
        self.store = store
        self.http = http
        self._scope = scope
        self._serves = serves
        self._hub = hub
        self._admin = admin

    async def send(self, tenant: str, message: Outbound) -> str:
        """Queue a message; its id once it is on disk. Without a connection, by the tenant's only one.

        A file that it names is taken in first. Raises NotAllowed for a tenant this plugin does not serve,
        BadInput when it is unclear which connection is meant, MediaRefused, and what the outbox raises.
        """
        key = next_key()
        if not self._serves(tenant):
            raise NotAllowed(f"the plugin '{self.name}' does not serve this tenant; see its `tenants:`")
        hub = self._hub()
        connection_id = message.connection_id
        if connection_id is None:
            connections = await hub.connections.list(tenant)
            if len(connections) != 1:
                raise BadInput(f"the tenant has {len(connections)} connections, and the message names none")
            connection_id = connections[0].connection_id
        if message.file is None:
            delivery = await hub.outbox.enqueue(tenant, connection_id, message, source=self.name, key=key)
            return delivery.id
        asked = digest(message.file)
        if key and (before := await hub.outbox.asked_before(tenant, key, asked)):
            return before.id  # the file may be gone by now
        whole = replace(message, file=None, media=await fetched(hub.spool, tenant, message.file))
        delivery = await hub.outbox.enqueue(
            tenant, connection_id, whole, source=self.name, key=key, asked=asked
        )
        return delivery.id

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run something in the background for as long as the plugin lives."""
        self._scope.spawn(work, name, depth=2)

    def every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        """Call something again and again for as long as the plugin lives."""
        self._scope.every(seconds, work, depth=2)

    @property
    def hub(self) -> Hub:
        """The core's parts. Raises PluginError without `admin: true`."""
        if not self._admin:
            raise PluginError(f"'{self.name}' needs `admin: true` under its name in chatgrow.yaml for this")
        return self._hub()


class InstanceStore:
    """One plugin instance's memory in the database. Implements plugin.Store."""

    def __init__(self, db: Database, instance: str) -> None:
        self._db = db
        self._instance = instance

    async def get(self, tenant: str, key: str) -> Any:
        """The value, or None."""
        return await self._db.read(lambda conn: plugin_store.get(conn, self._instance, tenant, key))

    async def put(self, tenant: str, key: str, value: Any) -> None:
        """Keep a JSON value; on disk when this returns."""
        await self._db.write(lambda conn: plugin_store.put(conn, self._instance, tenant, key, value))

    async def delete(self, tenant: str, key: str) -> None:
        """Forget a value."""
        await self._db.write(lambda conn: plugin_store.remove(conn, self._instance, tenant, key))

    async def items(self, tenant: str, prefix: str = "") -> Mapping[str, Any]:
        """All values whose key begins so, in key order."""
        return await self._db.read(lambda conn: plugin_store.items(conn, self._instance, tenant, prefix))

    async def migrate(self, *steps: Callable[[Connection], None]) -> None:
        """Run those of these steps that never ran here."""
        done = await self.get("", _STEPS) or 0
        for number, step in enumerate(steps[done:], done + 1):
            await self._db.write(partial(self._step, step, number))

    def _step(self, step: Callable[[Connection], None], number: int, conn: Connection) -> None:
        step(conn)
        plugin_store.put(conn, self._instance, "", _STEPS, number)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Do something with the plugin's own tables that changes nothing."""
        return await self._db.read(work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Change something in them, in one transaction."""
        return await self._db.write(work)
