"""The bridge in a real page: what WhatsApp Web does beside sending and receiving."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from chatgrow_bot.messages import ConnectionState as State
from tests.accept.browsers.fuzz import FUZZ

from .conftest import World, browser_page, chat_of, linked_id_of, new_world, part, reach

#: A message as the page first has it, not decrypted yet.
ADD_CIPHERTEXT = """async ([chat, isNewMsg]) => {
    await WPP.chat.find(chat);
    const key = WPP.whatsapp.MsgKey.fromString(`false_${chat}_3A00C1F3`);
    const [from, to] = [WPP.whatsapp.WidFactory.createWid(chat), WPP.conn.getMyUserId()];
    const msg = { id: key, type: 'ciphertext', t: Math.floor(Date.now() / 1000), from, to, isNewMsg };
    await WPP.whatsapp.MsgStore.processMultipleMessages(from, [msg]);
    window.__message = WPP.whatsapp.MsgStore.get(key);
}"""
DECRYPT = "() => { __message.set('body', 'at last'); __message.set('type', 'chat'); }"


@pytest.mark.slow
async def test_an_expired_qr_code_is_renewed_when_asked(tmp_path: Path) -> None:
    async with (
        new_world(tmp_path, switches={"qr_seconds": 0.3, "qr_codes": 2}) as world,
        world.open() as session,
    ):
        shown = set()
        while (snapshot := await session.snapshot()).reason != "the QR code has expired; ask for a new one":
            shown.add(snapshot.qr)
        assert (snapshot.state, snapshot.qr) == (State.QR, None)
        await world.sim.switch(qr_seconds=20)
        await session.refresh_qr()
        fresh = await reach(session, State.QR, world.inlet)
        assert fresh.qr not in shown
        await world.shop.scan(fresh.qr)
        await reach(session, State.ONLINE, world.inlet)


@pytest.mark.slow
async def test_the_qr_code_follows_the_page_when_it_changes(tmp_path: Path) -> None:
    async with (
        new_world(tmp_path, switches={"qr_seconds": 0.5, "qr_codes": 50}) as world,
        world.open() as session,
    ):
        first = await reach(session, State.QR, world.inlet)
        changes = world.inlet.changes
        await world.inlet.until(lambda: world.inlet.changes > changes)
        while (await session.snapshot()).qr == first.qr:
            pass


async def test_a_message_is_handed_in_only_once_decrypted(world: World) -> None:
    dana = world.customer()
    async with world.open() as session:
        await world.link(session)
        page = browser_page(session)
        await page.evaluate(ADD_CIPHERTEXT, [chat_of(dana), True])
        await dana.write(world.shop, "after it")
        await world.inlet.until(lambda: bool(world.inlet.arrivals))
        assert [arrival.text for arrival in world.inlet.arrivals] == ["after it"]
        await page.evaluate(DECRYPT)
        await world.inlet.until(lambda: len(world.inlet.arrivals) > 1)
        assert [arrival.text for arrival in world.inlet.arrivals] == ["after it", "at last"]


@pytest.mark.slow
async def test_a_message_swept_before_it_is_decrypted_is_handed_in_afterwards(world: World) -> None:
    dana = world.customer()
    async with world.open() as session:
        await world.link(session)
        await dana.write(world.shop, "before it")
        await world.inlet.until(lambda: bool(world.inlet.arrivals))
        page = browser_page(session)
        await page.evaluate(ADD_CIPHERTEXT, [chat_of(dana), False])
        since = world.inlet.arrivals[0].sent_at
        assert [arrival.text async for arrival in session.sweep(since)] == ["before it"]
        await page.evaluate(DECRYPT)
        await world.inlet.until(lambda: len(world.inlet.arrivals) > 1)
        assert world.inlet.arrivals[-1].text == "at last"


@pytest.mark.slow
async def test_a_message_that_stays_undecrypted_is_a_trouble_and_never_handed_in_before(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    dana = world.customer()
    async with world.open() as session:
        await world.link(session)
        page = browser_page(session)
        await page.evaluate(ADD_CIPHERTEXT, [chat_of(dana), True])
        await session.snapshot()
        assert world.inlet.troubles == []
        monkeypatch.setattr(part("session"), "UNDECRYPTED_AFTER", 0.0)
        for _ in range(2):
            await session.snapshot()
        [trouble] = world.inlet.troubles
        assert "could not be decrypted" in trouble
        assert dana.number not in trouble
        assert world.inlet.arrivals == []
        await page.evaluate(DECRYPT)
        await world.inlet.until(lambda: bool(world.inlet.arrivals))
        assert [arrival.text for arrival in world.inlet.arrivals] == ["at last"]


@pytest.mark.slow
async def test_a_message_under_a_linked_id_is_handed_in_under_the_phone_number(world: World) -> None:
    dana = world.customer()
    async with world.open() as session:
        await world.link(session)
        await session.resolve(chat_of(dana))  # from here on the page knows both ids
        page = browser_page(session)
        await page.evaluate(ADD_CIPHERTEXT, [linked_id_of(dana), True])
        await page.evaluate(DECRYPT)
        await world.inlet.until(lambda: bool(world.inlet.arrivals))
        assert [arrival.chat for arrival in world.inlet.arrivals] == [chat_of(dana)]


async def test_a_dialog_needs_a_person(world: World) -> None:
    async with world.open() as session:
        await world.link(session)
        await browser_page(session).evaluate(
            """() => {
                const dialog = document.createElement('div');
                dialog.setAttribute('role', 'dialog');
                dialog.textContent = 'Your phone number is about to be banned';
                document.body.append(dialog);
            }"""
        )
        snapshot = await session.snapshot()
        assert snapshot.state is State.ACTION_REQUIRED
        assert "about to be banned" in snapshot.reason


async def test_a_passkey_that_the_page_asks_for_is_noticed(world: World) -> None:
    async with world.open() as session:
        await reach(session, State.QR, world.inlet)
        await browser_page(session).evaluate(
            "() => void navigator.credentials.get({publicKey: {challenge: new Uint8Array(8)}}).catch(() => 0)"
        )
        assert (await session.snapshot()).state is State.PASSKEY_REQUIRED


@pytest.mark.slow
async def test_a_page_that_calls_the_binding_at_will_gets_nowhere(world: World) -> None:
    dana = world.customer()
    async with world.open() as session:
        await world.link(session)
        await dana.write(world.shop, "before it")
        await world.inlet.until(lambda: bool(world.inlet.arrivals))
        before = len(world.inlet.acks)
        await browser_page(session).evaluate(FUZZ, 1_000)  # ten thousand in AC-09
        assert [arrival.text for arrival in world.inlet.arrivals] == ["before it"]
        assert len(world.inlet.acks) == before
        assert world.inlet.troubles == []
        await dana.write(world.shop, "and still it works")
        await world.inlet.until(lambda: len(world.inlet.arrivals) > 1)
        assert (await session.snapshot()).state is State.ONLINE


async def test_a_page_that_has_changed_says_what_is_lost_and_the_rest_works(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wajs = part("wajs")
    whole = wajs.BUNDLE.read_text("utf-8")
    broken = whole.replace("queryWidExists&&e.queryPhoneExists", "queryWidExists&&e.noLongerThere")
    assert broken != whole
    bundle = tmp_path / "wa.js"
    bundle.write_text(broken, "utf-8")
    digest = hashlib.sha256(bundle.read_bytes()).hexdigest()
    monkeypatch.setattr(part("engine"), "init_script", lambda: wajs.init_script(bundle, digest))
    async with world.open() as session:
        await world.link(session)
        snapshot: Any = await session.snapshot()
        assert "checking numbers (WPP.whatsapp.functions.queryWidExists is missing)" in snapshot.reason
        await world.customer().write(world.shop, "hello")
        await world.inlet.until(lambda: bool(world.inlet.arrivals))


async def test_a_state_that_cannot_be_read_first_counts_as_starting_and_then_needs_a_person(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world.open() as session:
        await world.link(session)
        await browser_page(session).evaluate("() => { document.querySelector = null; }")
        assert (await session.snapshot()).state is State.STARTING
        monkeypatch.setattr(part("session"), "_UNREADABLE_FOR", -1.0)
        snapshot = await session.snapshot()
        assert snapshot.state is State.ACTION_REQUIRED
        assert "has changed" in snapshot.reason


async def test_the_genuine_library_lacks_nothing_the_bridge_needs(world: World) -> None:
    async with world.open() as session:
        await world.link(session)
        assert (await session.snapshot()).reason == ""
