"""The files of what comes in: in the spool before anybody looks at the message, or not, and then why not."""

import asyncio
from typing import Any, ClassVar

from sqlalchemy import Connection, func, select

from chatgrow_bot.errors import EngineError
from chatgrow_bot.messages import ConnectionState, Inbound, Kind, Outbound
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store.tables import inbox, journal
from chatgrow_bot.testing import FakeClock, FakeEngine, FakeSession, TalkingBot

from .arriving import stored

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0"
PICTURE: dict[str, Any] = {"file": PNG, "mimetype": "image/png", "kind": Kind.IMAGE}
DANA, NOAM = "15551230001@c.us", "15551230002@c.us"


class Viewer(Plugin):
    """Says what it was shown, and hears all facts."""

    told: ClassVar[list[Inbound]]
    filtered: ClassVar[list[Inbound]]
    heard: ClassVar[asyncio.Event]

    def __init__(self, bot: object) -> None:
        super().__init__(bot)  # type: ignore[arg-type]
        Viewer.told, Viewer.filtered, Viewer.heard = [], [], asyncio.Event()

    @hook
    async def filter_inbound(self, message: Inbound) -> None:
        Viewer.filtered.append(message)

    @hook
    async def answer(self, message: Inbound) -> Outbound | None:
        shown = "text" if message.attachment is None else "no file" if message.media is None else "file"
        return Outbound(to=message.chat, text=f"{shown} {message.text}".strip())

    @hook
    async def on_inbound(self, message: Inbound) -> None:
        Viewer.told.append(message)
        Viewer.heard.set()


def facts(conn: Connection) -> int:
    told = select(func.count()).select_from(journal).where(journal.c.hook == "on_inbound")
    return int(conn.execute(told).scalar_one())


def said(session: FakeSession) -> list[str]:
    return [parcel.text for parcel in session.sent]


async def turned(clock: FakeClock, event: asyncio.Event) -> None:
    """Turn the hands until something has happened."""
    async with asyncio.timeout(10):
        while not event.is_set():
            clock.advance(1)
            await asyncio.sleep(0.001)


async def test_filters_answers_and_facts_see_the_file_itself(bot: TalkingBot) -> None:
    await bot.start(Viewer)
    session = await bot.connect()
    arrival = await session.hears("look", **PICTURE, filename="../me.png")
    message = await stored(bot, arrival.wa_id)
    assert message.media is not None
    assert message.media.path.read_bytes() == PNG
    assert (message.media.kind, message.media.filename) == (Kind.IMAGE, "me.png")
    assert message.attachment is not None and message.attachment.size == len(PNG)
    assert session.downloaded == [arrival.reference]
    await asyncio.wait_for(Viewer.heard.wait(), 10)
    assert Viewer.filtered == Viewer.told == [message]
    await bot.rest()
    assert said(session) == ["file look"]


async def test_until_its_file_is_there_a_message_is_stored_but_not_told_and_its_chat_waits(
    bot: TalkingBot,
) -> None:
    await bot.start(Viewer)
    session = await bot.connect()
    session.gate.clear()
    picture = await session.hears("look", DANA, **PICTURE)
    await session.downloading.wait()
    behind = await session.hears("hello?", DANA)
    other = await session.hears("hi", NOAM)
    await stored(bot, other.wa_id)
    assert [message.text for message in Viewer.filtered] == ["hi"]
    assert await bot.read(facts) == 2  # of those without a file
    assert await bot.read(
        lambda c: c.execute(select(inbox.c.wa_id).order_by(inbox.c.id)).scalars().all()
    ) == [
        picture.wa_id,
        behind.wa_id,
        other.wa_id,
    ]
    session.gate.set()
    await stored(bot, behind.wa_id)
    assert [message.text for message in Viewer.filtered] == ["hi", "look", "hello?"]
    assert await bot.read(facts) == 3


async def test_two_chats_fetch_side_by_side_and_no_more_than_the_page_can_bear(bot: TalkingBot) -> None:
    await bot.start(Viewer)
    session = await bot.connect()
    session.gate.clear()
    arrivals = [await session.hears("look", f"1555123000{n}@c.us", **PICTURE) for n in range(5)]
    async with asyncio.timeout(10):
        while len(session.downloaded) < 3:  # noqa: ASYNC110 (a list has no event)
            await asyncio.sleep(0.005)
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(session.downloaded) == 3
    session.gate.set()
    for arrival in arrivals:
        assert (await stored(bot, arrival.wa_id)).media


async def test_a_file_that_is_not_what_it_is_said_to_be_or_too_large_is_left_and_the_message_goes_on(
    bot: TalkingBot,
) -> None:
    await bot.start(Viewer, settings={"inbound": {"mediaSize": "1KB"}})
    session = await bot.connect()
    cases: list[tuple[bytes, dict[str, Any], str]] = [
        (b"%PDF-1.7", {"kind": Kind.VIDEO, "mimetype": "video/mp4"}, "not take application/pdf as 'video'"),
        (b"<html>", {"kind": Kind.DOCUMENT, "mimetype": "application/pdf"}, "but it is text/html"),
        (b"OggS" + bytes(60), {"kind": Kind.VOICE, "mimetype": "audio/ogg"}, "only Ogg with Opus"),
        (bytes(2000), {"kind": Kind.DOCUMENT}, "larger than 1024 bytes"),
        (bytes(2000), {"kind": Kind.DOCUMENT, "size": 0}, "larger than 1024 bytes"),
        (b"", {"kind": Kind.DOCUMENT}, "empty"),
    ]
    messages = []
    for number, (file, told, why) in enumerate(cases):
        arrival = await session.hears("look", f"1555123000{number}@c.us", file=file, **told)
        messages.append(await stored(bot, arrival.wa_id))
        assert messages[-1].media is None
        assert why in messages[-1].media_trouble
    await bot.rest()
    assert said(session) == ["no file look"] * len(cases)
    async with asyncio.timeout(10):
        while len(Viewer.told) < len(cases):
            await Viewer.heard.wait()
            Viewer.heard.clear()
    assert Viewer.told == messages
    assert [p for p in (bot.folder / "sessions" / "media").rglob("*") if p.is_file()] == []


async def test_what_is_said_to_be_too_large_is_not_asked_for(bot: TalkingBot) -> None:
    await bot.start(Viewer)
    session = await bot.connect()
    arrival = await session.hears(file=b"x", size=1 << 40)
    assert "larger than 67108864 bytes" in (await stored(bot, arrival.wa_id)).media_trouble
    assert session.downloaded == []


async def test_a_file_that_whatsapp_has_no_more_is_asked_for_once(bot: TalkingBot) -> None:
    await bot.start(Viewer)
    session = await bot.connect()
    arrival = session.arrival("look", **PICTURE)
    session.files.clear()
    await session.inlet.arrived(arrival)
    assert "no more" in (await stored(bot, arrival.wa_id)).media_trouble
    assert len(session.downloaded) == 1


async def test_a_passing_failure_is_tried_again_a_few_times(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start(Viewer)
    session = await bot.connect()
    for failures, trouble in ((2, ""), (3, "try again")):
        session.download_failures = [EngineError("try again")] * failures
        session.sending.clear()
        arrival = await session.hears("look", **PICTURE)
        await turned(clock, session.sending)
        message = await stored(bot, arrival.wa_id)
        assert message.media_trouble == trouble
        assert bool(message.media) is not bool(trouble)


async def test_an_engine_s_own_fault_costs_the_file_and_not_the_message(bot: TalkingBot) -> None:
    await bot.start(Viewer)
    session = await bot.connect()
    session.download_failures = [KeyError("a number of somebody")]
    message = await stored(bot, (await session.hears("look", **PICTURE)).wa_id)
    assert message.media_trouble == "the engine failed with a KeyError"


async def test_a_download_that_hangs_does_not_hold_its_chat_for_ever(bot: TalkingBot) -> None:
    await bot.start(Viewer, settings={"inbound": {"mediaPatience": 1}})
    session = await bot.connect()
    session.gate.clear()
    arrival = await session.hears("look", **PICTURE)
    assert (await stored(bot, arrival.wa_id)).media_trouble == "it could not be fetched within 1 s"
    session.gate.set()


async def test_a_connection_that_comes_back_in_time_is_asked_then(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start(Viewer)
    session = await bot.connect()
    session.becomes(ConnectionState.RECONNECTING)
    await bot.reaches("shop", ConnectionState.RECONNECTING)
    arrival = await session.hears("look", **PICTURE)
    clock.advance(59)
    session.becomes(ConnectionState.ONLINE)
    assert (await stored(bot, arrival.wa_id)).media


async def test_a_connection_that_stays_away_costs_the_file_and_not_the_message(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(Viewer)
    session = await bot.connect()
    session.becomes(ConnectionState.LOGGED_OUT)
    await bot.reaches("shop", ConnectionState.LOGGED_OUT)
    arrival = await session.hears("look", **PICTURE)
    done = asyncio.ensure_future(stored(bot, arrival.wa_id))
    begin = clock.now()
    async with asyncio.timeout(10):
        while not done.done():
            clock.advance(1)
            await asyncio.sleep(0.001)
    assert (await done).media_trouble == "the connection was not online for 60 s"
    assert (clock.now() - begin).total_seconds() >= 60
    assert session.downloaded == []


async def test_a_stop_in_the_middle_of_fetching_fetches_again_and_answers_and_tells_once(
    bot: TalkingBot,
) -> None:
    await bot.start(Viewer)
    session = await bot.connect()
    session.gate.clear()
    arrival = await session.hears("look", **PICTURE)
    await session.downloading.wait()
    await bot.stop()
    assert session.sent == []

    def has_the_file(new: FakeSession) -> None:
        new.files[arrival.wa_id] = PNG

    bot.engine = FakeEngine(bot.clock.now)
    bot.engine.on_open = has_the_file
    await bot.start(Viewer)
    assert (await stored(bot, arrival.wa_id)).media
    await bot.rest()
    assert said(bot.engine.opened["shop"]) == ["file look"]
    assert await bot.read(facts) == 1


async def test_a_stop_after_fetching_does_not_fetch_again_nor_tell_twice(bot: TalkingBot) -> None:
    asked = asyncio.Event()

    class Stuck(Plugin):
        @hook
        async def answer(self, message: Inbound) -> Outbound | None:
            asked.set()
            await asyncio.Event().wait()
            return None

    await bot.start(Stuck)
    session = await bot.connect()
    arrival = await session.hears("look", **PICTURE)
    await asked.wait()
    await bot.stop()
    bot.engine = FakeEngine(bot.clock.now)
    await bot.start(Viewer)
    assert (await stored(bot, arrival.wa_id)).media
    assert (await bot.online()).downloaded == []
    assert await bot.read(facts) == 1


async def test_a_file_that_the_disk_does_not_take_is_fetched_again_until_it_does(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(Viewer)
    session = await bot.connect()
    in_the_way = bot.folder / "sessions" / "media" / bot.admin.user_id
    in_the_way.parent.mkdir(exist_ok=True)
    in_the_way.touch()
    arrival = await session.hears("look", **PICTURE)
    async with asyncio.timeout(10):
        while len(session.downloaded) < 2:
            clock.advance(1)
            await asyncio.sleep(0.001)
    in_the_way.unlink()
    await turned(clock, session.sending)
    assert (await stored(bot, arrival.wa_id)).media
    assert await bot.read(facts) == 1
