"""She has all that is kept of her, then it is erased: by one user, whose rows and words go while another's
stay; then by everyone, until her number is in no byte of the database's files, of the media folder and of the
log. What she said about being written to holds all the same."""

import json
import os
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest import mock

import structlog
from sqlalchemy import Connection, func, select

from chatgrow_bot.engine import Arrival
from chatgrow_bot.hub import Role
from chatgrow_bot.logs.redaction import clean
from chatgrow_bot.messages import State
from chatgrow_bot.store import personal_rows, privacy_log
from chatgrow_bot.store.customer_tables import person_keys, suppressions
from chatgrow_bot.store.metadata import metadata
from chatgrow_bot.store.tables import inbox, outbox

from ..checks import Figure, Size
from ..hostile.house import CONNECTIONS, House, house
from .dana import CHAT, FRIEND, LINKED, NUMBER, SHARED, SPELLED, Shop, met

_PLUGINS: Mapping[str, Any] = {"rest_api": {"admin": True}, "webhooks": {"admin": True}}
_MESSAGES = {Size.SLICE: 30, Size.FULL: 3000}
_PATH = f"/api/whatsapp/contacts/%2B{NUMBER}"
#: Sections that an export of hers has.
_EXPORTED = {
    "messagesIn", "messagesOut", "bulkRows", "customer", "consent", "consentLedger", "contactMap", "events",
    "pluginValues", "idempotencyKeys", "webhookUses", "placesInRations", "webhooks: deliveries",
}  # fmt: skip

SHOP, OTHER = Shop("shop"), Shop("other")


async def erased(folder: Path, size: Size) -> tuple[Mapping[str, Figure], Sequence[str]]:
    """Figures, and what was promised and does not hold."""
    figures: dict[str, Figure] = {}
    broken: list[str] = []
    with structlog.testing.capture_logs() as lines:
        async with house(folder, plugins=_PLUGINS, allowedHosts=["127.0.0.1"]) as here:
            for shop in (SHOP, OTHER):
                await here.person(shop.name)
                await met(here, shop, _MESSAGES[size])
            await here.person("boss", Role.ADMIN)
            _age(folder)
            await here.engine.opened["shop-shop"].hears("STOP", CHAT, name=SHOP.called)
            broken += await _exports(here)
            again = await _arrivals(here)
            answer = await here.ask("DELETE", _PATH, "shop")
            broken += [] if answer.status == 200 else [f"the erase fails: {answer}"]
            figures["rows erased"] = sum(answer.body.get("counts", {}).values())
            figures["seconds"] = round(answer.seconds, 1)
            for arrival in again:  # as the next sweep does: it looks back beyond what is stored
                await here.engine.opened["shop-shop"].inlet.arrived(arrival)
            figures["swept again"] = len(again)
            broken += [*await _rows_left(here, "shop"), *_bytes_left(folder, SHOP.needles)]
            broken += [*await _others(here), *await _silence(here), *await _log(here)]
            everyone = await here.ask("DELETE", f"{_PATH}?everyone=true", "boss")
            broken += [] if everyone.status == 200 else [f"the erase for everyone fails: {everyone}"]
            numbers = [each.encode() for each in SPELLED]
            broken += _bytes_left(folder, [*SHOP.needles, *OTHER.needles, *numbers])
    said = "\n".join(clean(json.dumps(line, default=str)) for line in lines).encode()
    needles = [*SHOP.needles, *OTHER.needles, *(each.encode() for each in SPELLED)]
    broken += [f"the log says {each!r}" for each in needles if each in said]
    figures["traces left"] = len(broken)
    return figures, broken


def _age(folder: Path) -> None:
    """Her files have been here for an hour: a fresh one is left alone for a while, for somebody may be just
    about to send it."""
    for path in (folder / "sessions" / "media").rglob("*"):
        os.utime(path, times=(time.time() - 3600,) * 2)


async def _arrivals(here: House) -> Sequence[Arrival]:
    """All that she wrote and was written, as a sweep finds it on the page."""
    session = here.engine.opened["shop-shop"]
    mine = (inbox.c.connection_id == "shop-shop", inbox.c.name == SHOP.called)
    wrote = select(inbox.c.wa_id, inbox.c.text, inbox.c.chat, inbox.c.participant).where(*mine)
    sent = select(outbox.c.wa_id, outbox.c.text).where(
        outbox.c.connection_id == "shop-shop", outbox.c.chat == CHAT, outbox.c.state == State.SENT
    )

    def look(conn: Connection) -> tuple[Sequence[Any], Sequence[Any]]:
        return conn.execute(wrote).all(), conn.execute(sent).all()

    hers, ours = await here.running.ground.db.read(look)
    told: dict[str, Any] = {"name": SHOP.called, "lid": LINKED}
    return [
        *(session.arrival(r.text, r.chat, wa_id=r.wa_id, participant=r.participant, **told) for r in hers),
        *(session.arrival(r.text, CHAT, wa_id=r.wa_id, from_me=True) for r in ours),
    ]


async def _exports(here: House) -> Sequence[str]:
    """All that is kept is in it, and nothing of the other user's."""
    answer = await here.ask("GET", f"{_PATH}/export?format=zip", "shop")
    with zipfile.ZipFile(BytesIO(answer.raw)) as packed:
        told = json.loads(packed.read("person.json"))
        files = {packed.read(name) for name in packed.namelist() if name.startswith("files/")}
    [user] = told["users"]
    wrong = [f"the export has no {each}" for each in _EXPORTED - user["kept"].keys()]
    wrong += ["the export lacks a file"] if not {SHOP.file, SHARED} <= files else []
    whole = json.dumps(told)
    wrong += ["the export tells of another user"] if OTHER.words in whole else []
    wrong += ["the export lacks her words"] if whole.count(SHOP.words) < 10 else []
    return wrong


async def _rows_left(here: House, name: str) -> Sequence[str]:
    """Every row of every table, as text: hers are none of the user's any more."""
    tenant = here.user_ids[name]
    hers = (NUMBER, LINKED, *(needle.decode() for needle in SHOP.needles))
    mine = (tenant, f"{name}-shop", f"{name}-second")

    def look(conn: Connection) -> Iterator[str]:
        for table in metadata.sorted_tables:
            for row in conn.execute(select(table)).all():
                words = str(tuple(row))
                if any(each in words for each in mine) and any(each in words for each in hers):
                    yield f"{table.name} has {words[:200]}"

    return await here.running.ground.db.read(lambda conn: list(look(conn)))


def _bytes_left(folder: Path, needles: Sequence[bytes]) -> Sequence[str]:
    """The files as they lie on the disk, what is free in them and their names included."""
    wrong = []
    for path in sorted((folder / "sessions").rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        wrong += [
            f"{path.name} holds {each!r}" for each in needles if each in data or each.decode() in path.name
        ]
    return wrong


async def _others(here: House) -> Sequence[str]:
    """What is another's stays: the other user's customer, the friend, the file that both of them sent."""
    wrong = []
    kept = await here.ask("GET", f"{CONNECTIONS}/other-shop/contacts/{CHAT}", "other")
    if kept.status != 200 or kept.body["name"] != OTHER.called:
        wrong.append(f"the other user's customer is gone: {kept}")
    listed = await here.ask("GET", f"/api/whatsapp/messages?chat={FRIEND}", "shop")
    files = [each for each in listed.body["messages"] if each["media"]]
    got = await here.ask("GET", files[0]["media"]["url"], "shop")
    if got.raw != SHARED:
        wrong.append(f"the friend's file is gone: {got}")
    if len(listed.body["messages"]) != 2:
        wrong.append(f"the friend's messages are {len(listed.body['messages'])}")
    groups = await here.ask("GET", "/api/whatsapp/messages?direction=inbound", "shop")
    if "look @… here" not in [each["text"] for each in groups.body["messages"]]:
        wrong.append("what a friend wrote of her in a group is gone, or names her")
    return wrong


async def _silence(here: House) -> Sequence[str]:
    """Nobody writes to her, by whichever road, until she says START."""
    wrong, session = [], here.engine.opened["shop-shop"]
    before = len(session.sent)
    for to in (f"+{NUMBER}", LINKED):
        refused = await here.ask(
            "POST", f"{CONNECTIONS}/shop-shop/send", "shop", json={"to": to, "message": "Come back!"}
        )
        if refused.status != 409:
            wrong.append(f"she can be written to as {to[:6]}...: {refused}")
    if len(session.sent) > before:
        wrong.append("something was sent to her after the erase")
    kept = await here.running.ground.db.read(
        lambda conn: conn.execute(select(func.count()).select_from(suppressions)).scalar_one()
    )
    if not kept:
        wrong.append("that she had opted out is not kept")
    await session.hears("START", CHAT)
    allowed = await here.ask(
        "POST", f"{CONNECTIONS}/shop-shop/send", "shop", json={"to": CHAT, "message": "Hello again"}
    )
    return [*wrong, *([] if allowed.status == 202 else [f"START does not bring her back: {allowed}"])]


async def _log(here: House) -> Sequence[str]:
    """The erase is written down, and nobody can tell of whom."""
    tenant = here.user_ids["shop"]

    def look(conn: Connection) -> tuple[Sequence[privacy_log.Entry], int]:
        keys = select(func.count()).where(person_keys.c.tenant == tenant)
        return privacy_log.of(conn, tenant), conn.execute(keys).scalar_one()

    lines, keys = await here.running.ground.db.read(look)
    wrong = []
    if [(line.what, line.by) for line in lines] != [("export", "shop"), ("erase", "shop")]:
        wrong.append(f"the log has {[(line.what, line.by) for line in lines]}")
    if keys:
        wrong.append("her key was not destroyed")
    return wrong


async def forgetful(folder: Path) -> str:
    """The control: the same with an erase that forgets a table; how that is seen, empty if it is not."""
    forgetting = tuple(kind for kind in personal_rows.KINDS if kind.name != "consentLedger")
    with mock.patch.object(personal_rows, "KINDS", forgetting):
        _, broken = await erased(folder, Size.SLICE)
    left = [each for each in broken if each.startswith("consent_ledger has")]
    return f"an erase that forgets a table: {len(left)} rows of it are found" if left else ""
