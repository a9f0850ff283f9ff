"""One request, followed by its id through the server, the queue, the engine and a plugin to its message."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp import ClientSession
from structlog.testing import capture_logs

from chatgrow_bot.accounts import Accounts
from chatgrow_bot.engine import Ack, Parcel
from chatgrow_bot.messages import Delivery, Outbound, State
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store import explain, tables
from chatgrow_bot.testing import FakeSession, TalkingBot

TO = "15551239999@c.us"


class Watcher(Plugin):
    """Says what it sees."""

    @hook
    async def filter_outbound(self, message: Outbound, delivery: Delivery) -> None:
        self.bot.log.info("a plugin looked")


@pytest.fixture
async def hub(bot: TalkingBot) -> AsyncIterator[TalkingBot]:
    plugins: dict[str, Any] = {"rest_api": {"admin": True}, "watcher": {"tenants": "all"}}
    journal = {"tenants": "all", "file": str(bot.folder / "whatsapp.log")}
    await bot.start("rest_api", Watcher, "journal_log", **plugins, journal_log=journal)
    yield bot


async def logged_in(hub: TalkingBot) -> str:
    accounts = hub.running.hub.accounts
    assert isinstance(accounts, Accounts)
    assert hub.running.first_password
    return (await accounts.login("admin", hub.running.first_password, "10.0.0.1")).access_token


async def test_the_id_of_an_answer_is_on_all_that_was_done_for_it(
    hub: TalkingBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = FakeSession.send

    async def speaking(self: FakeSession, parcel: Parcel) -> Ack:
        structlog.get_logger("chatgrow.tests").info("the engine sends")
        return await send(self, parcel)

    monkeypatch.setattr(FakeSession, "send", speaking)
    await hub.connect()
    url, headers = f"http://127.0.0.1:{hub.running.port}", {"Authorization": f"Bearer {await logged_in(hub)}"}
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
        async with ClientSession(url, headers=headers) as client:
            path = "/api/whatsapp/connections/shop/send"
            async with client.post(path, json={"to": TO, "message": "hello"}) as answer:
                asked, message_id = answer.headers["X-Request-Id"], (await answer.json())["messageId"]
            await hub.until(lambda conn: _state(conn, message_id), lambda state: state == State.SENT, 20.0)
            async with client.get(f"/api/whatsapp/messages/{message_id}") as answer:
                assert (await answer.json())["requestId"] == asked != answer.headers["X-Request-Id"]
    said = {each["event"] for each in logs if each.get("request_id") == asked}
    assert {"a plugin looked", "the engine sends"} <= said
    assert {each["message"] for each in logs if each["event"] in said} == {message_id}
    why = await hub.read(lambda conn: explain.lines(conn, message_id, hub.clock.now()))
    assert f"     asked for by request {asked}" in why
    facts = await written(hub.folder / "whatsapp.log", message_id)
    assert {each["request_id"] for each in facts} == {asked}


async def written(log: Path, message_id: str) -> list[dict[str, Any]]:
    """The lines of whatsapp.log about a message, once it was sent."""
    async with asyncio.timeout(20):
        while True:
            text = await asyncio.to_thread(lambda: log.read_text() if log.exists() else "")
            found = [line for line in map(json.loads, text.splitlines()) if line.get("message") == message_id]
            if any(line["state"] == "sent" for line in found):
                return found
            await asyncio.sleep(0.02)


async def test_what_a_connection_does_later_is_not_said_to_be_done_for_who_made_it(hub: TalkingBot) -> None:
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
        with structlog.contextvars.bound_contextvars(request_id="made it"):
            await hub.connect("other")
        await hub.engine.opened["other"].hears("hello")
        await hub.rest()
    others = [each for each in logs if each["event"] in ("connection", "message came in")]
    assert others
    assert not [each for each in others if "request_id" in each]


async def test_a_connection_that_is_not_to_be_logged_has_no_line(hub: TalkingBot) -> None:
    await hub.connect("quiet", enableLogging=False)
    await hub.connect("loud")
    for name in ("quiet", "loud"):
        await hub.engine.opened[name].hears("hello")
        message = Outbound(to=TO, text="hello")
        delivery = await hub.running.hub.outbox.enqueue(hub.admin.user_id, name, message, source="test")
        await hub.until(partial(_state, message_id=delivery.id), lambda state: state == State.SENT, 20.0)
    facts = await written(hub.folder / "whatsapp.log", delivery.id)  # told after all the others
    assert {each["fact"] for each in facts} == {"outbound"}
    lines = [json.loads(line) for line in (hub.folder / "whatsapp.log").read_text().splitlines()]
    assert {each.get("connection") for each in lines} == {"loud"}


def _state(conn: Any, message_id: str) -> Any:
    return conn.execute(
        tables.outbox.select()
        .with_only_columns(tables.outbox.c.state)
        .where(tables.outbox.c.id == message_id)
    ).scalar_one()


@pytest.fixture(autouse=True)
def _info() -> Iterator[None]:
    before = logging.getLogger().level
    logging.getLogger().setLevel(logging.INFO)
    yield
    logging.getLogger().setLevel(before)
