"""A whole hub with a team on their phones: customers and agents write, and what each got is read."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select, update

from chatgrow_bot.engine import Parcel
from chatgrow_bot.hub import Conversation
from chatgrow_bot.messages import HOLDS_CHAT, WAITING, Inbound, Kind
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.responses import HandOff, Response
from chatgrow_bot.store import inbox as store
from chatgrow_bot.store import journal
from chatgrow_bot.store.tables import bookmarks, outbox
from chatgrow_bot.testing import FakeSession, TalkingBot

DANA, AVI = "972541112233@c.us", "972541112234@c.us"
NOAM, MAYA = "15551230001@c.us", "15551230002@c.us"


class Rules(Plugin):
    """Hands whoever asks for a person to a team."""

    @hook
    async def answer(self, message: Inbound) -> Response | None:
        if message.text.startswith("person"):
            return Response(deeds=(HandOff(team="sales", note="wants a cake"),))
        return None


class Floor:
    """The team of sales, at work."""

    def __init__(self, bot: TalkingBot) -> None:
        self.bot = bot
        self.session: FakeSession
        self._seen: dict[str, int] = {}

    async def open(self, *, language: str = "en", members: tuple[str, ...] = ("dana",), **team: Any) -> None:
        """Start, and link the number."""
        people: Mapping[str, Any] = {
            "dana": {"name": "Dana Levi", "whatsapp": "+972541112233"},
            "avi": {"name": "Avi", "whatsapp": "+972541112234"},
        }
        sales = {"title": "Sales", "members": list(members), "texts": {"taken": False}, **team}
        self.settings = {"agents": dict(people), "teams": {"sales": sales}}
        self.language = language
        await self.start()
        self.session = await self.bot.connect()

    async def start(self, *, with_agents: bool = True) -> None:
        own = {"admin": True, "language": self.language}
        plugins = ("whatsapp_agents", Rules) if with_agents else (Rules,)
        await self.bot.start(*plugins, settings=self.settings, whatsapp_agents=own)

    async def restart(self, *, forgets: bool = False) -> None:
        """Stop and start again; a plugin that `forgets` how far it was is told all facts anew."""
        await self.rest()
        if forgets:
            anew = update(bookmarks).where(bookmarks.c.reader == "whatsapp_agents").values(position=0)
            await self.bot.running.ground.db.write(lambda conn: conn.execute(anew))
        await self.start_again()
        await self.rest()

    async def start_again(self, *, with_agents: bool = True) -> None:
        """Stop, and start with the plugin or without it."""
        await self.bot.stop()
        before = self.session.sent
        await self.start(with_agents=with_agents)
        self.session = await self.bot.online()
        self.session.sent[:0] = before

    async def rest(self) -> None:
        """Wait until all facts were told to the plugin, and all that it queued has left."""

        def at_rest(conn: Connection) -> bool:
            leaves = select(outbox.c.id).where(outbox.c.state.in_((*WAITING, *HOLDS_CHAT))).limit(1)
            is_busy = conn.execute(leaves).first() or store.pending(conn)
            return _was_told_all(conn) and not is_busy

        await self.bot.until(at_rest)

    async def is_told(self) -> None:
        """Wait until all facts were told to the plugin, also if nothing can leave."""
        await self.bot.until(lambda conn: _was_told_all(conn) and not store.pending(conn))

    @property
    def tenant(self) -> str:
        return self.bot.admin.user_id

    async def hears(self, sender: str, text: str = "", quoting: Parcel | None = None, **more: Any) -> None:
        """Somebody writes, and all that comes of it has come."""
        about = {"about": quoting.wa_id} if quoting else {}
        await self.session.hears(text, sender, **about, **more)
        await self.rest()

    def got(self, chat: str) -> list[Parcel]:
        """What somebody got since this was last asked."""
        parcels = [each for each in self.session.sent if each.chat == chat]
        fresh, self._seen[chat] = parcels[self._seen.get(chat, 0) :], len(parcels)
        return fresh

    def texts(self, chat: str) -> list[str]:
        return [each.text for each in self.got(chat)]

    async def hands_off(self, chat: str = NOAM, text: str = "person please", name: str = "Noam") -> Parcel:
        """A customer asks for a person; the summary that Dana gets."""
        await self.hears(chat, text, name=name)
        return self.got(DANA)[0]

    async def conversation(self, number: int = 1) -> Conversation:
        return await self.bot.running.hub.conversations.by_number(self.tenant, number)


def _was_told_all(conn: Connection) -> bool:
    read = select(bookmarks.c.position).where(bookmarks.c.reader == "whatsapp_agents")
    return conn.execute(read).scalar() == journal.head(conn)


__all__ = ["AVI", "DANA", "MAYA", "NOAM", "Floor", "Kind"]
