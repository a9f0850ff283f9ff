"""Files of every kind, out and in, byte for byte, over one session that stays open."""

import base64
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from chatgrow_bot.engine import Arrival, Reference
from chatgrow_bot.errors import EngineError, MediaGone
from chatgrow_bot.messages import Attachment, Kind

from .conftest import Chat, World, browser_page, new_world, part
from .test_messages import parcel, spooled

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: A kind, the simulator's word for it, and a file of it; most players look no further than the first bytes.
FILES = [
    (Kind.IMAGE, "image", "photo.png", "image/png"),
    (Kind.VIDEO, "video", "film.mp4", "video/mp4"),
    (Kind.AUDIO, "audio", "song.mp3", "audio/mpeg"),
    (Kind.VOICE, "ptt", "voice.ogg", "audio/ogg; codecs=opus"),
    (Kind.STICKER, "sticker", "sticker.webp", "image/webp"),
    (Kind.DOCUMENT, "document", "מחירון.pdf", "application/pdf"),
]
MAKE_STICKER = """async () => {
    const canvas = new OffscreenCanvas(512, 512);
    canvas.getContext('2d').fillRect(0, 0, 256, 256);
    const blob = await canvas.convertToBlob({ type: 'image/webp' });
    return btoa(String.fromCharCode(...new Uint8Array(await blob.arrayBuffer())));
}"""
CAN_STILL_BE_READ = """async (handle) => (await window.__chatgrow.call('readMedia', [handle, 0, 1])).ok"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def linked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[World, Any]]:
    folder = tmp_path_factory.mktemp("world")
    async with new_world(folder, download_seconds=5) as world, world.open() as session:
        await world.link(session)
        yield world, session


async def file_of(session: Any, kind: Kind) -> bytes:
    if kind is Kind.STICKER:  # WhatsApp makes another file of what is no sticker
        return base64.b64decode(await browser_page(session).evaluate(MAKE_STICKER))
    return b"%PDF-1.7" + secrets.token_bytes(3000)


async def received(chat: Chat, count: int = 1) -> list[Arrival]:
    await chat.until(lambda: len(chat.heard()) >= count)
    return chat.heard()


async def downloaded(session: Any, message: Reference) -> bytes:
    return b"".join([piece async for piece in session.download(message)])


@pytest.fixture
def handles(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Under what names files were opened in the page."""
    seen: list[str] = []
    call = chat.session._page.call

    async def watched(name: str, *args: Any, **more: Any) -> Any:
        if name == "openMedia":
            seen.append(args[0])
        return await call(name, *args, **more)

    monkeypatch.setattr(chat.session._page, "call", watched)
    return seen


@pytest.mark.parametrize(("kind", "type_", "filename", "mimetype"), FILES)
async def test_a_file_leaves_as_the_kind_it_is(
    chat: Chat, tmp_path: Path, kind: Kind, type_: str, filename: str, mimetype: str
) -> None:
    content = await file_of(chat.session, kind)
    sent = parcel(chat.customer, "", media=spooled(tmp_path, content, filename, mimetype, kind))
    for _ in range(2):  # a second time changes nothing
        assert (await chat.session.send(sent)).ack >= 1
    [got] = await chat.customer.received(1)
    assert (got.id, got.type, got.content == content) == (sent.wa_id, type_, True)
    assert got.mimetype.startswith(mimetype.partition(";")[0])
    assert not got.caption


async def test_a_film_has_its_caption(chat: Chat, tmp_path: Path) -> None:
    media = spooled(tmp_path, b"ftyp", "film.mp4", "video/mp4", Kind.VIDEO)
    await chat.session.send(parcel(chat.customer, "הסרט", media=media))
    [got] = await chat.customer.received(1)
    assert (got.type, got.caption) == ("video", "הסרט")


async def test_a_voice_message_is_seen_being_recorded(chat: Chat, tmp_path: Path) -> None:
    media = spooled(tmp_path, b"OggS", "voice.ogg", "audio/ogg; codecs=opus", Kind.VOICE)
    await chat.session.send(parcel(chat.customer, "", media=media, typing=0.3))
    assert (await chat.customer.chat_states(chat.world.shop))[:2] == ["recording", "paused"]


@pytest.mark.parametrize(("kind", "type_", "filename", "mimetype"), FILES)
async def test_a_file_that_comes_in_is_told_and_fetched(
    chat: Chat, kind: Kind, type_: str, filename: str, mimetype: str
) -> None:
    content = secrets.token_bytes(3000)
    await chat.customer.send_media(
        chat.world.shop, content, type=type_, filename=filename, mimetype=mimetype, caption="look"
    )
    [arrival] = await received(chat)
    assert (arrival.kind, arrival.text) == (kind, "look")
    assert arrival.attachment == Attachment(mimetype=mimetype, filename=filename, size=len(content))
    assert await downloaded(chat.session, arrival.reference) == content


async def test_a_large_file_comes_in_slices_and_none_is_left_in_the_page(
    chat: Chat, handles: list[str]
) -> None:
    content = secrets.token_bytes(5_000_000)
    await chat.customer.send_media(chat.world.shop, content, filename="a.bin")
    [arrival] = await received(chat)
    pieces = [piece async for piece in chat.session.download(arrival.reference)]
    assert b"".join(pieces) == content
    assert max(map(len, pieces)) <= 1_000_000
    assert not await browser_page(chat.session).evaluate(CAN_STILL_BE_READ, handles[0])


async def test_a_reader_that_stops_early_leaves_nothing_in_the_page(chat: Chat, handles: list[str]) -> None:
    await chat.customer.send_media(chat.world.shop, secrets.token_bytes(3_000_000), filename="a.bin")
    [arrival] = await received(chat)
    pieces = chat.session.download(arrival.reference)
    assert await anext(pieces)
    assert await browser_page(chat.session).evaluate(CAN_STILL_BE_READ, handles[0])
    await pieces.aclose()
    assert not await browser_page(chat.session).evaluate(CAN_STILL_BE_READ, handles[0])


async def test_a_file_of_which_whatsapp_has_nothing_left_is_gone(chat: Chat) -> None:
    await chat.customer.send_media(chat.world.shop, b"%PDF here no more", filename="a.pdf")
    [arrival] = await received(chat)
    for file in (chat.world.sim_folder / "media").iterdir():
        file.unlink()
    with pytest.raises(MediaGone):
        await downloaded(chat.session, arrival.reference)


async def test_a_file_of_a_message_nobody_has_is_gone(chat: Chat) -> None:
    await chat.customer.write(chat.world.shop, "only words")
    [arrival] = await received(chat)
    with pytest.raises(MediaGone):
        await downloaded(chat.session, arrival.reference)
    nobody = Reference(chat=arrival.chat, wa_id="3A00000000", from_me=False)
    with pytest.raises(MediaGone):
        await downloaded(chat.session, nobody)


async def test_a_file_that_does_not_come_ends_in_time_and_is_let_go_when_it_comes_after_all(
    chat: Chat, handles: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await chat.customer.send_media(chat.world.shop, b"%PDF slow", filename="a.pdf")
    [arrival] = await received(chat)
    page = browser_page(chat.session)
    await page.evaluate(
        """() => {
            const media = require('WAWebMediaDownload');
            const whole = media.download;
            const wait = new Promise((done) => { window.__come = done; });
            media.download = async (...args) => {
                await wait;
                media.download = whole;
                return whole(...args);
            };
        }"""
    )
    patient = chat.session._settings
    hasty = patient.model_copy(update={"download_seconds": 0.3})
    monkeypatch.setattr(chat.session, "_settings", hasty)
    with pytest.raises(EngineError, match="did not answer"):
        await downloaded(chat.session, arrival.reference)
    await page.evaluate("() => __come()")
    monkeypatch.setattr(chat.session, "_settings", patient)
    assert await downloaded(chat.session, arrival.reference) == b"%PDF slow"
    assert not await page.evaluate(CAN_STILL_BE_READ, handles[0])


@pytest.mark.parametrize("raw", [None, 5, "?", base64.b64encode(b"four").decode()])
async def test_what_the_page_gives_is_no_more_than_was_asked_for(raw: object) -> None:
    with pytest.raises(EngineError):
        part("downloads")._bytes(raw, 3)
