"""What a user leaves behind: a bit of everything that can be asked for, with a word in it that nobody else
uses, and the ids by which it can be asked for."""

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from chatgrow_bot.engine import Group, Member
from chatgrow_bot.hub import Role
from chatgrow_bot.testing import FakeSession

from ..hostile.house import CONNECTIONS, House, Reply

WEBHOOKS, TALKS = "/api/whatsapp/webhooks", "/api/whatsapp/conversations"
#: Any role that may make one.
_SCOPES = ("read", "send", "manage", "delete", "qr", "inbound")


@dataclass
class User:
    """Somebody, and what is his."""

    here: House
    name: str
    number: str  #: of the customer who writes to him alone
    ids: dict[str, list[str]] = field(default_factory=dict)  #: by the name that a route's path has for them
    upload_id: str = ""
    page: str = ""  #: where his list of messages goes on
    session: FakeSession = field(init=False)
    cookie: str = ""
    key: str = ""  #: an API key of his, for another connection of his

    @property
    def canary(self) -> str:
        """The word."""
        return f"{self.name}canary"

    @property
    def shop(self) -> str:
        """His connection."""
        return f"{self.name}-shop"

    @property
    def marks(self) -> Sequence[str]:
        """What no answer to somebody else may hold."""
        known = (each for name, ids in self.ids.items() if name not in ("chat", "number") for each in ids)
        return [self.canary, self.number, self.upload_id, *known]

    async def ask(self, method: str, path: str, **more: Any) -> Reply:
        """Ask by his login."""
        return await self.here.ask(method, path, self.name, **more)

    def note(self, kind: str, made: Any) -> str:
        """Remember an id."""
        self.ids.setdefault(kind, []).append(str(made))
        return str(made)


async def settle(here: House, name: str, number: str) -> User:
    """Somebody new, with connections, messages of both ways, files, contacts, groups and keys."""
    user = User(here, name, number)
    await here.person(name, Role.OPERATOR)
    user.note("user_id", here.user_ids[name])
    user.session = await here.connect(name, user.shop)
    await here.connect(name, f"{name}-second")
    user.note("connection_id", user.shop)
    user.note("chat", f"{number}@c.us")
    user.note("number", f"+{number}")
    members = (Member(chat=f"{number}@c.us"),)
    user.session.known_groups = [Group(chat=f"{number}@g.us", name=user.canary, members=members)]
    await _done(user.ask("PUT", f"{CONNECTIONS}/{user.shop}", json={"name": f"{user.canary} shop"}))
    body = {"url": f"https://{user.canary}.example/", "description": user.canary}
    user.note("endpoint_id", (await _done(user.ask("POST", WEBHOOKS, json=body))).body["id"])
    await _write(user)
    await _hear(user)
    await _hand_over(user)
    await _keys(user)
    listed = await _done(user.ask("GET", "/api/whatsapp/messages?limit=1"))
    user.page = listed.body["next"] or ""
    return user


async def _done(asked: Any) -> Reply:
    reply: Reply = await asked
    if reply.status not in (200, 201, 202, 204):
        raise RuntimeError(f"a user cannot do what is his: {reply}")
    return reply


async def _write(user: User) -> None:
    data = base64.b64encode(b"%PDF-1.4 " + user.canary.encode()).decode()
    for message in (
        f"{user.canary} text",
        {"media": {"data": data, "filename": f"{user.canary}.pdf"}, "caption": user.canary},
    ):
        body = {"to": f"+{user.number}", "message": message}
        sent = await _done(user.ask("POST", f"{CONNECTIONS}/{user.shop}/send", json=body))
        user.note("message_id", sent.body["messageId"])
    people = [{"to": f"+{user.number}", "content": f"{user.canary} bulk"}, {"to": user.canary}]
    many = {"connectionId": user.shop, "name": user.canary, "messages": people}
    taken = await _done(user.ask("POST", "/api/whatsapp/bulk/send", json=many))
    user.note("batch_id", taken.body["batchId"])
    place, kind = f"/api/whatsapp/media?filename={user.canary}.pdf", {"Content-Type": "application/pdf"}
    user.upload_id = (await _done(user.ask("POST", place, data=b"%PDF-1.4 x", headers=kind))).body["uploadId"]


async def _hear(user: User) -> None:
    """A customer writes, and sends a file."""
    chat = f"{user.number}@c.us"
    await user.session.hears(f"{user.canary} heard", chat, name=user.canary)
    await user.session.hears(
        user.canary, chat, file=user.canary.encode(), mimetype="text/plain", filename=f"{user.canary}.txt"
    )
    heard: list[Any] = []
    async with asyncio.timeout(60):
        while len(heard) < 2:
            heard = (await _done(user.ask("GET", "/api/whatsapp/messages?direction=inbound"))).body[
                "messages"
            ]
    for each in heard:
        user.note("message_id", each["messageId"])
    file = heard[0]["messageId"] if heard[0]["type"] == "document" else heard[1]["messageId"]
    async with asyncio.timeout(60):
        while (await user.ask("GET", f"/api/whatsapp/media/{file}")).status != 200:
            pass


async def _hand_over(user: User) -> None:
    """One of his customers is handed to a team, and spoken with."""
    body = {"connectionId": user.shop, "chat": f"+{user.number}", "team": "sales", "note": user.canary}
    made = await _done(user.ask("POST", TALKS, json=body))
    talk = f"{TALKS}/{user.note('conversation_id', made.body['conversationId'])}"
    said = {"message": f"{user.canary} said", "agent": "dana"}
    user.note("message_id", (await _done(user.ask("POST", f"{talk}/messages", json=said))).body["messageId"])
    await _done(user.ask("POST", f"{talk}/note", json={"text": user.canary}))


async def _keys(user: User) -> None:
    made = await _done(user.ask("POST", f"{CONNECTIONS}/{user.shop}/webhook-keys"))
    user.note("key_id", made.body["keyId"])
    body: dict[str, Any] = {"name": user.canary, "scopes": list(_SCOPES)}
    made = await _done(user.ask("POST", "/api/keys", json=body))
    user.note("key_id", made.body["keyId"])
    bound = body | {"name": "bound", "connections": [f"{user.name}-second"]}
    user.key = (await _done(user.ask("POST", "/api/keys", json=bound))).body["key"]
