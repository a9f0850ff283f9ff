"""The REST API: JSON in camelCase over HTTP. A thin skin: every decision is made in the core it calls."""

from collections.abc import Iterable
from itertools import chain

from chatgrow_bot.plugin import Plugin, Route, hook

from .auth import AuthRoutes
from .chats import ChatRoutes
from .commands import CommandRoutes
from .connections import ConnectionRoutes
from .health import HealthRoutes
from .media import MediaRoutes
from .messages import MessageRoutes
from .pairing import PairingRoutes
from .qr import QrRoutes
from .queue import QueueRoutes
from .remarks import RemarkRoutes


class RestApi(Plugin):
    """Serves the hub's parts."""

    needs_hub = True

    @hook
    def register_routes(self) -> Iterable[Route]:
        """All routes, by topic."""
        hub = self.bot.hub
        topics = (
            AuthRoutes(hub.accounts),
            ConnectionRoutes(hub.connections),
            QrRoutes(hub.connections),
            PairingRoutes(hub.connections),
            MessageRoutes(hub),
            RemarkRoutes(hub),
            MediaRoutes(hub),
            ChatRoutes(hub.chats),
            QueueRoutes(hub.queue),
            CommandRoutes(hub.commands),
            HealthRoutes(hub.health),
        )
        return chain.from_iterable(topic.routes() for topic in topics)
