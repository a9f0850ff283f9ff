"""The REST API: JSON in camelCase over HTTP. A thin skin: every decision is made in the core it calls."""

from collections.abc import Iterable
from itertools import chain

from chatgrow_bot.plugin import CliCommand, Plugin, Route, hook

from .auth import AuthRoutes
from .bulk import BulkRoutes
from .bulk_results import BulkResultRoutes
from .chats import ChatRoutes
from .commands import CommandRoutes
from .connections import ConnectionRoutes
from .contacts import ContactRoutes
from .conversations import ConversationRoutes
from .events import EventRoutes
from .health import HealthRoutes
from .insight import InsightRoutes
from .keys import KeyRoutes
from .listing import ListingRoutes
from .logs import LogRoutes
from .media import MediaRoutes
from .messages import MessageRoutes
from .openapi.cli import openapi
from .openapi.routes import DocumentRoutes
from .pairing import PairingRoutes
from .privacy import PrivacyRoutes
from .qr import QrRoutes
from .queue import QueueRoutes
from .remarks import RemarkRoutes
from .stats import StatsRoutes
from .teams import TeamRoutes
from .usage import UsageRoutes
from .users import UserRoutes
from .webhook import WebhookRoutes


class RestApi(Plugin):
    """Serves the hub's parts."""

    needs_hub = True

    @hook
    def register_routes(self) -> Iterable[Route]:
        """All routes, by topic."""
        hub = self.bot.hub
        topics = (
            AuthRoutes(hub.accounts),
            UserRoutes(hub.accounts),
            KeyRoutes(hub.accounts.keys),
            ConnectionRoutes(hub.connections),
            QrRoutes(hub.connections),
            PairingRoutes(hub.connections),
            MessageRoutes(hub),
            BulkRoutes(hub),
            BulkResultRoutes(hub),
            UsageRoutes(hub.plans),
            ListingRoutes(hub),
            ContactRoutes(hub.history),
            ConversationRoutes(hub),
            TeamRoutes(hub.conversations),
            PrivacyRoutes(hub),
            EventRoutes(hub),
            WebhookRoutes(hub),
            RemarkRoutes(hub),
            MediaRoutes(hub),
            ChatRoutes(hub.chats),
            QueueRoutes(hub.queue),
            CommandRoutes(hub.commands),
            HealthRoutes(hub.health, hub.connections),
            StatsRoutes(hub),
            InsightRoutes(hub.insight),
            LogRoutes(),
            DocumentRoutes(),
        )
        return chain.from_iterable(topic.routes() for topic in topics)

    @hook
    def register_cli(self) -> Iterable[CliCommand]:
        """`chatgrow openapi`."""
        return (openapi,)
