"""Every way a send can end badly, with the page's own network replaced underneath the genuine wa-js."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from chatgrow_bot.errors import SendFailed, SendRefused, SendUnknown
from chatgrow_bot.messages import Kind

from .conftest import Chat, World, browser_page, new_world
from .test_messages import parcel, spooled

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def linked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[World, Any]]:
    folder = tmp_path_factory.mktemp("world")
    async with new_world(folder, ack_seconds=1, media_ack_seconds=3) as world, world.open() as session:
        await world.link(session)
        yield world, session


@asynccontextmanager
async def broken(session: Any, module: str, function: str, body: str) -> AsyncIterator[None]:
    """One function of the page replaced for a while."""
    page = browser_page(session)
    await page.evaluate(
        """([module, name, body]) => {
            const owner = require(module);
            window.__whole = owner[name];
            owner[name] = new Function(`return (async () => { ${body} })()`);
        }""",
        [module, function, body],
    )
    yield
    await page.evaluate("([module, name]) => { require(module)[name] = window.__whole; }", [module, function])


def sending(session: Any, body: str) -> Any:
    return broken(session, "WAWebEncryptMsg", "encryptAndSendMsg", body)


async def test_a_server_that_never_confirms_leaves_it_unknown_and_it_is_found_pending(chat: Chat) -> None:
    sent = parcel(chat.customer)
    async with sending(chat.session, "await new Promise(() => {})"):
        began = time.monotonic()
        with pytest.raises(SendUnknown, match="did not confirm"):
            await chat.session.send(sent)
        assert time.monotonic() - began < 3
    found = await chat.session.find(sent.chat, sent.wa_id)
    assert found
    assert found.ack == 0


async def test_sending_a_pending_message_again_does_not_make_a_second(chat: Chat) -> None:
    sent = parcel(chat.customer)
    async with sending(
        chat.session, "window.__sends = (window.__sends ?? 0) + 1; await new Promise(() => {})"
    ):
        for _ in range(2):
            with pytest.raises(SendUnknown):
                await chat.session.send(sent)
    assert await browser_page(chat.session).evaluate("() => window.__sends") == 1


async def test_the_reach_out_lock_is_a_refusal_with_its_number(chat: Chat) -> None:
    sent = parcel(chat.customer)
    async with sending(chat.session, "return { refused: 463 }"):
        with pytest.raises(SendRefused) as refused:
            await chat.session.send(sent)
    assert refused.value.facts["code"] == "463"
    found = await chat.session.find(sent.chat, sent.wa_id)
    assert found
    assert found.ack == -1


async def test_an_upload_that_fails_is_tried_again_under_the_same_id(chat: Chat, tmp_path: Path) -> None:
    media = spooled(tmp_path, b"%PDF", "offer.pdf", "application/pdf", Kind.DOCUMENT)
    sent = parcel(chat.customer, "", media=media)
    async with broken(chat.session, "WAWebMediaUpload", "uploadMedia", "throw new Error('no route')"):
        with pytest.raises(SendFailed):
            await chat.session.send(sent)
    slow = "await new Promise((done) => setTimeout(done, 1000)); return window.__whole(...arguments)"
    async with sending(chat.session, slow):
        assert (await chat.session.send(sent)).ack >= 1
    assert [message.id for message in await chat.customer.received(1)] == [sent.wa_id]


async def test_a_refusal_that_comes_late_is_told_as_an_ack(chat: Chat) -> None:
    sent = parcel(chat.customer)
    async with sending(
        chat.session, "await new Promise((done) => setTimeout(done, 1500)); return {refused: 1}"
    ):
        with pytest.raises(SendUnknown):
            await chat.session.send(sent)
        await chat.until(lambda: -1 in chat.acks(sent.wa_id))


async def test_a_check_of_a_number_that_fails_is_not_a_verdict(chat: Chat) -> None:
    sent = parcel(chat.customer, chat="14155550199@c.us")
    async with broken(chat.session, "WAWebQueryExistsJob", "queryWidExists", "throw new Error('timeout')"):
        with pytest.raises(SendFailed):
            await chat.session.send(sent)
