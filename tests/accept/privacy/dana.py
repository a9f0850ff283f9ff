"""A customer of two users: under two names, in private and in a group, with files, and in every table that
can be about a person."""

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, insert, select

from chatgrow_bot.messages import Fault
from chatgrow_bot.responses import Page, Trace
from chatgrow_bot.store import places, traces
from chatgrow_bot.store.account_tables import webhook_uses
from chatgrow_bot.store.customer_tables import customers
from chatgrow_bot.store.tables import inbox, journal, parked, plugin_store

from ..hostile.house import CONNECTIONS, House

NUMBER, LID = "972541112233", "123456789012345"
CHAT, LINKED = f"{NUMBER}@c.us", f"{LID}@lid"
FRIEND, GROUP = "972549998877@c.us", "120363000000000001@g.us"
#: How her number may be spelled.
SPELLED = (NUMBER, "+972 54-111-2233", "+972-54-111-2233", LID)
#: What she and a friend both sent: it is his as well.
SHARED = b"a menu that both of them sent"
WEBHOOKS = "/api/whatsapp/webhooks"


@dataclass(frozen=True)
class Shop:
    """A user whose customer she is."""

    name: str

    @property
    def words(self) -> str:
        """What she wrote to him and to nobody else."""
        return f"{self.name}canarywords"

    @property
    def called(self) -> str:
        """The name that she gave herself there."""
        return f"Dana {self.name}canaryname"

    @property
    def file(self) -> bytes:
        """What she sent him."""
        return f"{self.name}canaryfile".encode()

    @property
    def needles(self) -> Sequence[bytes]:
        """What must not be left anywhere once she is erased there."""
        return (self.words.encode(), self.called.encode(), self.file)


async def met(here: House, shop: Shop, messages: int) -> None:
    """She writes and is written to, in every way."""
    session = await here.connect(shop.name, f"{shop.name}-shop")
    await here.connect(shop.name, f"{shop.name}-second")
    endpoint = {"url": "http://127.0.0.1:1/", "description": "a CRM", "events": ["message.received"]}
    assert (await here.ask("POST", WEBHOOKS, shop.name, json=endpoint)).status == 201
    who = {"name": shop.called}
    await session.hears(f"{shop.words} by a linked id", LINKED, **who)
    await session.hears(f"{shop.words} by a number", CHAT, lid=LINKED, **who)
    for number in range(messages):
        await session.hears(f"{shop.words} {number}" + " and more" * (number % 40), CHAT, **who)
    await session.hears(f"{shop.words} in a group", GROUP, participant=CHAT, **who)
    await session.hears(f"look @{NUMBER} here", GROUP, participant=FRIEND, mentions=(CHAT,), name="Avi")
    for file, sender, name in ((shop.file, CHAT, shop.called), (SHARED, CHAT, ""), (SHARED, FRIEND, "Avi")):
        told = {"mimetype": "text/plain", "filename": "a.txt", "name": name}
        await session.hears("", sender, file=file, **told)
    await _written(here, shop)
    await _fetched(here, shop)
    await here.running.ground.db.write(lambda conn: _besides(conn, here.user_ids[shop.name], shop))
    reason = f"the CRM does not know {SPELLED[1]}"
    tenant, now = here.user_ids[shop.name], here.running.ground.clock.now()
    here.running.hub.report(Fault(where="crm", reason=reason, tenant=tenant, at=now))


async def _written(here: House, shop: Shop) -> None:
    data = base64.b64encode(b"%PDF-1.4 " + shop.file).decode()
    file = {"media": {"data": data, "filename": "an invoice.pdf"}, "caption": shop.words}
    later = {"sendAt": (here.running.ground.clock.now() + timedelta(days=1)).isoformat()}
    path = f"{CONNECTIONS}/{shop.name}-shop/send"
    for message, options, to in (
        (f"{shop.words} to her", {}, f"+{NUMBER}"),
        (file, {}, CHAT),
        (f"{shop.words} later", later, f"+{NUMBER}"),
        ("to a friend", {}, FRIEND),
    ):
        body = {"to": to, "message": message, "options": options}
        key = {"Idempotency-Key": f"{shop.name}-{to}-{len(str(message))}"}
        sent = await here.ask("POST", path, shop.name, json=body, headers=key)
        assert sent.status == 202, sent
    rows = [{"to": SPELLED[1], "content": f"{shop.words} bulk"}, {"to": FRIEND, "content": "to a friend"}]
    many: dict[str, Any] = {"connectionId": f"{shop.name}-shop", "name": "many", "messages": rows}
    many["options"] = later
    taken = await here.ask("POST", "/api/whatsapp/bulk/send", shop.name, json=many)
    assert taken.status == 202, taken


async def _fetched(here: House, shop: Shop) -> None:
    """Her files are here, what can leave has left, and the CRM was tried."""
    mine = (inbox.c.tenant == here.user_ids[shop.name], inbox.c.attachment.is_not(None))
    async with asyncio.timeout(60):
        while True:
            files = await here.running.ground.db.read(
                lambda conn: conn.execute(select(inbox.c.media).where(*mine)).scalars().all()
            )
            listed = await here.ask("GET", "/api/whatsapp/messages?status=sent", shop.name)
            tried = await here.ask("GET", WEBHOOKS, shop.name)
            [endpoint] = tried.body["endpoints"]
            if len(files) == 3 and all(files) and len(listed.body["messages"]) >= 3 and endpoint["attempts"]:
                return
            await asyncio.sleep(0.05)


def _besides(conn: Connection, tenant: str, shop: Shop) -> None:
    """What other parts write about her."""
    now = conn.execute(select(inbox.c.received_at).limit(1)).scalar_one()
    hers = (
        conn.execute(
            select(inbox.c.id).where(inbox.c.tenant == tenant, inbox.c.chat == CHAT).order_by(inbox.c.id)
        )
        .scalars()
        .all()
    )
    for name in (CHAT, LINKED):
        fields: dict[str, Any] = {"city": [shop.words, 0]}
        kept = {"tags": ["vip"], "fields": fields, "updated_at": now}
        conn.execute(insert(customers).values(tenant=tenant, person=name, **kept))
    marks = Trace(page=Page(("greeting",)), asked=1, marks={0: f"heard {shop.words}"}, is_dull=False)
    traces.keep(conn, hers[0], "auto_reply", marks, now)
    own = f"{shop.name}-shop"
    use = {"connection_id": own, "webhook_id": f"from {NUMBER}", "message_id": hers[0], "at": now}
    conn.execute(insert(webhook_uses).values(**use))
    places.take(conn, own, places.Ration.FIRST_CONTACT, CHAT, now)
    for key, value in (
        (f"limits/{CHAT}", {"seen": 3}),
        ("queue", [{"chat": CHAT, "note": shop.words}, {"chat": FRIEND, "note": "stays"}]),
        ("guests", {"numbers": [f"+{NUMBER}", FRIEND], "open": True}),
    ):
        conn.execute(insert(plugin_store).values(instance="auto_reply", tenant=tenant, key=key, value=value))
    told = select(journal.c.position, journal.c.body).where(journal.c.tenant == tenant)
    [position] = [row.position for row in conn.execute(told) if row.body.get("id") == hers[0]]
    reason = f"ValueError: {shop.words}"
    conn.execute(insert(parked).values(reader="crm", position=position, reason=reason, at=now))
