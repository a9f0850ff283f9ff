"""What was erased does not come back: not with a sweep, not with a request that comes once more. And whoever
erases reaches what is his, and no more."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from chatgrow_bot.errors import StoreFull, StoreUnavailable
from chatgrow_bot.messages import Fault, Kind
from chatgrow_bot.privacy import Privacy
from chatgrow_bot.store import privacy_log, remains
from chatgrow_bot.store.customer_tables import spent
from chatgrow_bot.store.tables import contacts, inbox, journal

from .conftest import CONNECTIONS, Api
from .signing import SENDER, WEBHOOK, body_of, key_of, signed
from .test_privacy import CHAT, NUMBER, PERSON, exported, log_of

LID = "123456789012345@lid"


async def stored(api: Api) -> list[str]:
    query = select(inbox.c.text).order_by(inbox.c.id)
    return list(await api._db.read(lambda conn: conn.execute(query).scalars().all()))


async def test_a_sweep_brings_back_neither_what_she_wrote_nor_what_we_wrote_her(api: Api) -> None:
    session = await api.connect("shop")
    came = await session.hears("please erase my data", CHAT, name="Dana", lid=LID)
    sent = await api.ask("POST", f"{CONNECTIONS}/shop/send", json={"to": NUMBER, "message": "ours to her"})
    ours = await api.leaves(sent)
    assert (await api.ask("DELETE", PERSON)).status == 200
    our_mark: dict[str, Any] = {"from_me": True, "kind": Kind.REACTION, "about": came.wa_id}
    session.waiting += [
        came,
        session.arrival("ours to her", CHAT, wa_id=ours.wa_id, from_me=True),
        session.arrival("👍", CHAT, **our_mark),
        session.arrival("what she writes since", CHAT),
    ]
    async with asyncio.timeout(20):
        while "what she writes since" not in await stored(api):
            await api._pass(5)
    assert await stored(api) == ["what she writes since"]
    known = await api._db.read(lambda conn: conn.execute(select(contacts.c.lid)).all())
    assert known == []
    marks = await api._db.read(lambda conn: conn.execute(select(spent)).all())
    assert len(marks) == 2
    assert not any(each in str(marks) for each in (came.wa_id, ours.wa_id, "972541112233"))


async def test_a_request_that_comes_once_more_has_no_effect_after_the_erase_either(api: Api) -> None:
    session = await api.connect("shop")
    body = body_of(api.clock.now())
    headers = signed(await key_of(api), api.clock.now(), body)
    first = await api.ask("POST", f"{WEBHOOK}/shop", None, data=body, headers=headers)
    send: dict[str, Any] = {"json": {"to": SENDER, "message": "hello"}, "headers": {"Idempotency-Key": "k"}}
    await api.leaves(await api.ask("POST", f"{CONNECTIONS}/shop/send", **send))
    erased = await api.ask("DELETE", f"/api/whatsapp/contacts/{SENDER}")
    assert erased.body["counts"]["webhookUses"] == erased.body["counts"]["idempotencyKeys"] == 1
    again = await api.ask("POST", f"{WEBHOOK}/shop", None, data=body, headers=headers)
    assert (again.status, again.body["messageId"]) == (200, first.body["messageId"])
    refused = await api.ask("POST", f"{CONNECTIONS}/shop/send", **send)
    assert refused.is_problem(422, "Idempotency key reused")
    assert await stored(api) == []
    assert len(session.sent) == 1


async def test_the_installations_own_events_are_shown_to_nobody_and_only_lose_the_name(api: Api) -> None:
    await api.connect("shop")
    await api.engine.opened["shop"].hears("hello", CHAT)
    said = f"somebody else's customer, {NUMBER}"
    api.hub.report(Fault(where="crm", reason=said, at=api.clock.now()))
    bodies = select(journal.c.body).where(journal.c.hook == "on_fault", journal.c.tenant == "")
    async with asyncio.timeout(20):
        while not await api._db.read(lambda conn: conn.execute(bodies).scalars().all()):
            await api._pass(0.01)
    assert "events" not in (await exported(api))["users"][0]["kept"]
    assert (await api.ask("DELETE", PERSON)).body["counts"] == {"messagesIn": 1}
    [body] = await api._db.read(lambda conn: conn.execute(bodies).scalars().all())
    assert (body["where"], body["reason"]) == ("crm", "erased")


async def test_rows_of_a_bulk_send_stay_what_they_were(api: Api) -> None:
    session = await api.connect("shop")
    rows = [{"to": NUMBER, "content": "now"}, {"to": "972549998877@c.us", "content": "to a friend"}]
    many = {"connectionId": "shop", "messages": rows}
    taken = await api.ask("POST", "/api/whatsapp/bulk/send", json=many)
    async with asyncio.timeout(20):
        while len(session.sent) < 2:
            await api._pass(5)
    async with asyncio.timeout(20):
        while (await api.ask("GET", taken.headers["Location"])).body["counts"].get("sent") != 2:
            await api._pass(1)
    assert (await api.ask("DELETE", PERSON)).body["counts"]["bulkRows"] == 1
    shown = (await api.ask("GET", taken.headers["Location"])).body
    assert shown["counts"] == {"sent": 2}


async def test_what_fails_at_the_files_of_the_database_is_told_and_goes_on_when_asked_again(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await api.connect("shop")
    await api.engine.opened["shop"].hears("hello", CHAT, lid=LID)

    def full(*_: Any) -> None:
        raise StoreFull("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(remains, "empty_log", full)
        assert (await api.ask("DELETE", PERSON)).is_problem(507, "Storage full")
    [entry] = await log_of(api)
    assert entry.what == privacy_log.ERASING
    known = await api._db.read(lambda conn: conn.execute(select(contacts.c.lid)).scalars().all())
    assert known == [LID]  # by it the rest is found
    assert (await api.ask("DELETE", PERSON)).body["counts"] == {"messagesIn": 1, "contactMap": 1}
    [entry] = await log_of(api)
    assert entry.what == privacy_log.ERASE


async def test_a_database_that_is_away_is_waited_for_by_an_erase_that_goes_on(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    real = privacy_log.broken_off

    def away_at_first(conn: Any) -> Any:
        asked.append(1)
        if len(asked) == 1:
            raise StoreUnavailable("the server restarts")
        return real(conn)

    monkeypatch.setattr(privacy_log, "broken_off", away_at_first)
    assert isinstance(api.hub.privacy, Privacy)
    resumed = asyncio.create_task(api.hub.privacy.resume())
    async with asyncio.timeout(20):
        while not resumed.done():
            await api._pass(10)
    assert (len(asked), resumed.exception()) == (2, None)

    def wrong(conn: Any) -> Any:
        raise ValueError("wrong")

    monkeypatch.setattr(privacy_log, "broken_off", wrong)
    await api.hub.privacy.resume()  # ends the hub with nothing
