"""Does it hear? An ear that is cut off, deaf, or talks into the void is noticed within seconds and set up
anew; each time it says so, for the core to look at what was missed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from chatgrow_bot.engine import Parcel, Snapshot
from chatgrow_bot.errors import SendUnknown
from chatgrow_bot.messages import ConnectionState as State

from .conftest import Chat, World, browser_page, chat_of, new_world, part, reach

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOTICED = 10.0  #: seconds, as promised
#: Takes what the page tells of messages, says that it was taken, and lets the rest through.
SWALLOW = """() => {
    const through = window.__chatgrowReport;
    window.__chatgrowReport = async (text, page) =>
        text.includes('"type":"message"') ? true : through(text, page);
}"""

#: Whether the order has reached the page.
IS_DEAF = "Object.hasOwn(require('WAWebMsgCollection').MsgCollection, 'trigger')"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def linked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[World, Any]]:
    patience = pytest.MonkeyPatch()
    for name, seconds in {"beat": 0.3, "grace": 0.5, "unanswered": 1.0, "forgiven": 2.0}.items():
        patience.setitem(part("listening").PATIENT, name, seconds)
    patience.setattr(part("listening"), "SILENT_FOR", 1.5)
    folder = tmp_path_factory.mktemp("world")
    try:
        async with new_world(folder, ack_seconds=2) as world, world.open() as session:
            await world.link(session)
            yield world, session
    finally:
        patience.undo()


@pytest_asyncio.fixture(loop_scope="module")
async def chat(linked: tuple[World, Any]) -> AsyncIterator[Chat]:
    """The session, hearing well, and a customer of this test's own."""
    world, session = linked
    yield Chat(session=session, customer=world.customer(), world=world)
    await world.sim.heal()
    await reach(session, State.ONLINE, world.inlet)
    await browser_page(session).wait_for_function(f"() => !({IS_DEAF})")
    async with asyncio.timeout(10):
        while not (await session.snapshot()).can_receive:  # noqa: ASYNC110 (polled, as in life)
            await asyncio.sleep(0.1)


async def looked(chat: Chat, good: Callable[[Snapshot], object], seconds: float = NOTICED) -> Snapshot:
    """The first snapshot that is good, polled as a keeper polls."""
    async with asyncio.timeout(seconds):
        while True:
            snapshot: Snapshot = await chat.session.snapshot()
            if good(snapshot):
                return snapshot
            await asyncio.sleep(0.1)


async def listening(chat: Chat) -> int:
    return (await looked(chat, lambda seen: seen.state is State.ONLINE)).listening


async def swept(chat: Chat) -> list[str]:
    since = datetime.now(UTC) - timedelta(minutes=1)
    arrivals = [each async for each in chat.session.sweep(since)]
    return [each.text for each in arrivals if each.chat == chat_of(chat.customer)]


async def deafened(chat: Chat) -> None:
    await chat.world.sim.order("deaf", chat.world.shop)
    await browser_page(chat.session).wait_for_function(f"() => {IS_DEAF}")


async def hears(chat: Chat, text: str) -> None:
    message = await chat.customer.write(chat.world.shop, text)
    await chat.until(lambda: any(each.wa_id == message.id for each in chat.heard()))


async def test_a_page_that_tells_of_nothing_is_deaf_until_it_tells_again(chat: Chat) -> None:
    before = await listening(chat)
    await deafened(chat)
    await chat.customer.write(chat.world.shop, "is anybody there?")
    deaf = await looked(chat, lambda seen: not seen.can_receive)
    assert deaf.state is State.ONLINE
    assert "does not tell" in deaf.reason
    assert deaf.listening > before
    assert chat.heard() == []
    assert await swept(chat) == ["is anybody there?"]
    await chat.world.sim.heal()
    await browser_page(chat.session).wait_for_function(f"() => !({IS_DEAF})")
    await hears(chat, "hello again")
    assert (await looked(chat, lambda seen: seen.can_receive)).reason == ""


async def test_a_page_that_stays_deaf_is_loaded_anew_once(chat: Chat) -> None:
    await browser_page(chat.session).evaluate("() => { window.__before = true; }")
    await deafened(chat)
    for number in range(2):
        before = await listening(chat)
        await chat.customer.write(chat.world.shop, f"number {number}")
        await looked(chat, lambda seen, before=before: seen.listening > before)  # type: ignore[misc]
    assert await browser_page(chat.session).evaluate("() => window.__before ?? false") is False


async def test_listeners_that_were_taken_away_are_put_back(chat: Chat) -> None:
    before = await listening(chat)
    page = browser_page(chat.session)
    await page.evaluate("() => WPP.removeAllListeners('chat.new_message')")
    await page.wait_for_function("() => WPP.listeners('chat.new_message').length > 0")
    await looked(chat, lambda seen: seen.listening > before)
    await hears(chat, "and heard")
    assert (await chat.session.snapshot()).can_receive


@pytest.mark.parametrize("how", ["() => { delete window.__chatgrowReport; }", SWALLOW])
async def test_a_way_to_us_that_is_broken_is_mended_by_loading_the_page_anew(chat: Chat, how: str) -> None:
    chat.session._listening._reloaded_at = float("-inf")  # as if the last time were long ago
    before = await listening(chat)
    await browser_page(chat.session).evaluate(how)
    await chat.customer.write(chat.world.shop, "into the void")
    broken = await looked(chat, lambda seen: not seen.can_receive)
    assert "does not reach the hub" in broken.reason
    await looked(chat, lambda seen: seen.state is State.ONLINE and seen.listening > before)
    assert await swept(chat) == ["into the void"]
    await hears(chat, "and heard")


async def test_a_server_that_confirms_nothing_is_a_line_that_is_stuck(chat: Chat) -> None:
    to = chat_of(chat.customer)
    await chat.session.send(Parcel(chat=to, wa_id="3EB00123456789ABCD0101", text="hello"))
    await chat.world.sim.order("silence", chat.world.shop)
    with pytest.raises(SendUnknown):
        await chat.session.send(Parcel(chat=to, wa_id="3EB00123456789ABCD0102", text="hello?"))
    stuck = await looked(chat, lambda seen: not seen.can_receive)
    assert "confirms nothing" in stuck.reason
    await chat.world.sim.heal()
    assert (await looked(chat, lambda seen: seen.can_receive)).reason == ""


async def test_what_came_while_the_line_was_down_is_looked_for_and_is_no_deafness(chat: Chat) -> None:
    before = await listening(chat)
    await chat.world.sim.order("away", chat.world.shop, seconds=0.5)
    await looked(chat, lambda seen: seen.state is State.RECONNECTING)
    await chat.customer.write(chat.world.shop, "meanwhile")
    await looked(chat, lambda seen: seen.state is State.ONLINE)
    assert "meanwhile" in await swept(chat)
    assert (await chat.session.snapshot()).can_receive
    assert (await chat.session.snapshot()).listening >= before


async def test_each_loading_of_the_page_is_another_listening(chat: Chat) -> None:
    for _ in range(3):
        before = await listening(chat)
        await browser_page(chat.session).reload()
        await looked(chat, lambda seen, before=before: seen.listening > before)  # type: ignore[misc]
