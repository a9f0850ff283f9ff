"""The whole hub inside another program: the verbs of the REST API as methods, in the name of one user.

from chatgrow_bot.embedded import open_hub

async with open_hub("config/chatgrow.yaml") as hub:
    await hub.create_connection("shop")
    qr = await hub.get_qr_code("shop")
    ...
    await hub.send_message("shop", "+14155550123", "Your order is ready", wait=60)
"""

import asyncio
import os
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from . import app
from .background import background
from .clock import Clock
from .config.load import Loaded, load, load_mapping
from .engine import Engine
from .errors import ConnectionNotReady, ConnectionStarting, NotAllowed, StoreUnavailable
from .host.loader import setting_problems
from .hub import (
    ConnectionView,
    Event,
    EventType,
    Hub,
    Identity,
    QrCode,
    Role,
    Vitals,
    Wish,
    Workers,
)
from .logs import quiet
from .messages import ConnectionState, Delivery, HealthReport, Media, Outbound, Priority
from .payloads import Payload

#: Seconds between two looks at how all fares: at least where much happens, at most where nothing does.
_SOON, _LATE = 0.5, 5.0
_OVER = frozenset({ConnectionState.BANNED, ConnectionState.FAILED, ConnectionState.LOGGED_OUT})


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthStatus:
    """How the hub fares, as of a moment ago."""

    checks: Mapping[str, bool]  #: by name, whether each passes
    connections: Sequence[HealthReport]  #: the user's own
    vitals: Vitals

    @property
    def is_ok(self) -> bool:
        """Whether every check passes."""
        return all(self.checks.values())


class EmbeddedHub:
    """A hub that runs, used in the name of one user. `parts` has all of it, for what is not here."""

    def __init__(self, running: app.Running, who: Identity, health: HealthStatus, *, serves: bool) -> None:
        self.parts: Hub = running.hub
        self.user = who
        self.url = f"http://{running.host}:{running.port}" if serves else None
        self.first_password = running.first_password  #: of the user `admin`, if he was made just now
        self._health = health

    async def create_connection(
        self,
        connection_id: str,
        *,
        name: str = "",
        phone_number: str = "",
        settings: Mapping[str, Any] | None = None,
    ) -> ConnectionView:
        """Make a connection and start it. Raises BadInput, Conflict, RateLimitExceeded."""
        who = self._with(Role.OPERATOR)
        return await self.parts.connections.create(who, connection_id, name, phone_number, settings or {})

    async def connections(self) -> Sequence[ConnectionView]:
        """All of the user's, oldest first."""
        return await self.parts.connections.list(self.user.user_id)

    async def connection(self, connection_id: str) -> ConnectionView:
        """One of them. Raises ConnectionNotFound."""
        return await self.parts.connections.get(self.user.user_id, connection_id)

    async def delete_connection(self, connection_id: str) -> None:
        """Stop a connection, unlink and forget it."""
        await self.parts.connections.delete(self._with(Role.OPERATOR).user_id, connection_id)

    async def reconnect(self, connection_id: str) -> ConnectionView:
        """Start a connection again now."""
        await self.parts.connections.reconnect(self._with(Role.OPERATOR).user_id, connection_id)
        return await self.connection(connection_id)

    async def get_qr_code(self, connection_id: str, *, wait: float = 120) -> QrCode:
        """The code to scan now; waits so many seconds for one that is on its way. It changes every 20 seconds
        or so. Raises ConnectionNotReady where there is none, TimeoutError."""
        tenant = self._with(Role.OPERATOR).user_id
        async with asyncio.timeout(wait):
            while True:
                try:
                    return await self.parts.connections.qr(tenant, connection_id)
                except ConnectionStarting:
                    await self.parts.clock.sleep(0.1)

    async def wait_until_online(self, connection_id: str, *, wait: float = 120) -> ConnectionView:
        """Wait until a connection can send. Raises ConnectionNotReady when it never will by itself,
        TimeoutError."""
        async with asyncio.timeout(wait):
            while True:
                news = self.parts.events.news()
                view = await self.connection(connection_id)
                if view.state is ConnectionState.ONLINE:
                    return view
                if view.state in _OVER:
                    raise ConnectionNotReady(f"'{connection_id}' is {view.state}: {view.reason}")
                await self.parts.clock.wait(news, _LATE)

    async def send_message(
        self,
        connection_id: str,
        to: str,
        text: str = "",
        *,
        file: bytes | Path | None = None,
        filename: str = "",
        payload: Payload | None = None,
        priority: Priority = Priority.NORMAL,
        send_at: datetime | None = None,
        ttl: timedelta | None = None,
        reply_to: str = "",
        mentions: Sequence[str] = (),
        wait: float = 0,
        key: str | None = None,
    ) -> Delivery:
        """Send a text, a file with the text as its caption, or a payload (Location, Contacts, Poll). It is on
        disk when this returns; with `wait`, it returns once the message has left or ended, or after so many
        seconds. A path lies inside `allowedMediaRoots`; bytes may come from anywhere. The same `key` again
        sends nothing. Raises ConnectionNotFound, InvalidPhoneNumber, BadInput, RateLimitExceeded."""
        tenant = self._with(Role.OPERATOR).user_id
        message = Outbound(
            to=to,
            text=text,
            payload=payload,
            priority=priority,
            send_at=send_at,
            ttl=ttl,
            about=reply_to,
            mentions=tuple(mentions),
        )
        if file is not None:
            message = replace(message, media=await self._media(tenant, file, filename))
        sent = await self.parts.outbox.enqueue(tenant, connection_id, message, source="embedded", key=key)
        return await self.parts.outbox.wait(tenant, sent.id, wait) if wait else sent

    async def _media(self, tenant: str, file: bytes | Path, filename: str) -> Media:
        most = await self.parts.plans.media_size(tenant)
        if isinstance(file, Path):
            return await self.parts.spool.from_path(tenant, file, filename=filename, max_bytes=most)
        return await self.parts.spool.from_stream(tenant, _once(file), filename=filename, max_bytes=most)

    async def message(self, message_id: str) -> Delivery:
        """How far a message has come. Raises MessageNotFound."""
        return await self.parts.outbox.get(self.user.user_id, message_id)

    async def events(
        self,
        types: Collection[EventType] | None = None,
        connection_id: str = "",
        *,
        after: int | None = None,
    ) -> AsyncIterator[Event]:
        """What happens, until nobody asks any more: after the event of that position, by default from the
        moment on in which the first is asked for."""
        wish = Wish(
            tenant=self.user.user_id,
            hub_too=self.user.sees_all,
            types=types,
            connections=frozenset({connection_id}) if connection_id else None,
        )
        head = await self.parts.events.head()
        position = head if after is None else min(after, head)  # of before a restored copy: not for ever deaf
        while True:
            news = self.parts.events.news()
            told = await self.parts.events.after(wish, position)
            for event in told.events:
                yield event
            if told.position == position:
                await self.parts.clock.wait(news, _LATE)
            position = told.position

    def get_health_status(self) -> HealthStatus:
        """How the hub and the user's connections fare, as they did a moment ago."""
        return self._health

    async def get_worker_stats(self) -> Workers:
        """Who sends, and how much of it is under way."""
        workers = (await self.parts.queue.status()).workers
        return workers or Workers(concurrency=0, alive=0, busy=0)

    async def pause(self, reason: str = "") -> None:
        """Let nothing leave, of anybody's, until it is resumed, restart or not; for admins."""
        await self.parts.queue.pause(self._with(Role.ADMIN).username, reason)
        await self._look()

    async def resume(self) -> None:
        """Let everything go again; for admins."""
        await self.parts.queue.resume(self._with(Role.ADMIN).username)
        await self._look()

    def _with(self, role: Role) -> Identity:
        """The user, who has this role. Raises NotAllowed."""
        if not self.user.role.includes(role):
            raise NotAllowed(f"{self.user.username} is a {self.user.role}, and this takes the role {role}")
        return self.user

    async def look(self) -> None:
        """Keep looking how all fares, so that it can be told at once."""
        while True:
            news = self.parts.events.news()
            await self._look()
            await self.parts.clock.sleep(_SOON)
            await self.parts.clock.wait(news, _LATE)

    async def _look(self) -> None:
        try:
            self._health = await _health(self.parts, self.user)
        except StoreUnavailable:
            self._health = replace(self._health, checks={**self._health.checks, "database": False})


@asynccontextmanager
async def open_hub(
    config: str | Path | Mapping[str, Any],
    *,
    user: str = "admin",
    serve: bool = False,
    engines: Mapping[str, Engine] | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[EmbeddedHub]:
    """The hub, for the time of the block: of a chatgrow.yaml, or of what one would say as a mapping, whose
    relative folders start at the working folder. It listens for HTTP only with `serve`.

    `user` is in whose name it is used. `engines` are ways to WhatsApp of the program's own, by the name that
    `connectionDefaults.engine` gives. A program that has set up structlog gets the log there; else warnings
    go to stderr. Files in `logsDir` are kept by `chatgrow run` alone. Raises ConfigError with all that is
    wrong, HeldByAnother, StoreUnavailable, NotFound for the user.
    """
    async with AsyncExitStack() as house:
        if not structlog.is_configured():
            house.enter_context(quiet())
        running = await house.enter_async_context(
            app.open_hub(_loaded(config), engines=engines, clock=clock, door=serve)
        )
        who = await running.hub.accounts.find(user)
        hub = EmbeddedHub(running, who, await _health(running.hub, who), serves=serve)
        await house.enter_async_context(background(hub.look(), "embedded health"))
        yield hub


def _loaded(config: str | Path | Mapping[str, Any]) -> Loaded:
    if isinstance(config, Mapping):
        return load_mapping(config, Path.cwd(), os.environ, also=setting_problems)
    return load(Path(config), os.environ, also=setting_problems)


async def _health(parts: Hub, who: Identity) -> HealthStatus:
    return HealthStatus(
        checks=await parts.health.checks(),
        connections=await parts.health.reports(who.user_id),
        vitals=parts.health.vitals(),
    )


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
