"""The files that rows name: kept for as long as it takes, and what cannot be had holds up nobody else."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chatgrow_bot.errors import BadInput, MediaRefused, UrlUnreachable
from chatgrow_bot.hub import BatchState, BulkOrder, BulkRow, Content, FileNamed
from chatgrow_bot.messages import Media
from chatgrow_bot.testing import FakeClock, TalkingBot

from .asking import becomes, number, sent, states, take

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock(bot: TalkingBot) -> FakeClock:
    turned = bot.clock = FakeClock(NOON)
    bot.engine._clock = turned.now
    return turned


async def said(text: str) -> AsyncIterator[bytes]:
    yield text.encode()


async def kept(bot: TalkingBot, text: str) -> Media:
    return await bot.running.hub.spool.from_stream(bot.admin.user_id, said(text))


def row(n: int, **file: Any) -> BulkRow:
    return BulkRow(number=n, to=number(n), content=Content(text=f"{n}", file=FileNamed(**file)))


async def test_an_upload_is_kept_until_the_turn_of_its_rows(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start()
    await bot.connect()
    spool, tenant = bot.running.hub.spool, bot.admin.user_id
    upload = await spool.upload(tenant, await kept(bot, "the menu"))
    rows = [row(1, upload_id=upload), row(2, upload_id="none"), row(3, upload_id=upload, filename="a.txt")]
    wanted = BulkOrder(connection_id="shop", rows=rows, send_at=NOON + timedelta(days=3))
    taken = await take(bot, wanted, key="k", asked="a")
    [refused] = taken.rejections
    assert refused.number == 2 and "There is no upload of that id" in refused.reason
    clock.advance(2 * 24 * 3600)
    with pytest.raises(MediaRefused):
        await spool.from_upload(tenant, upload)
    again = await take(bot, wanted, key="k", asked="a")
    assert again.batch.batch_id == taken.batch.batch_id, "whatever has become of the upload"
    clock.advance(24 * 3600 + 1)
    name = taken.batch.batch_id
    done = await becomes(bot, name, BatchState.COMPLETED, lambda: clock.advance(0.2))
    assert done.counts == {"sent": 2, "rejected": 1}
    files = [parcel.media for parcel in bot.engine.opened["shop"].sent]
    assert [file and file.path.read_text() for file in files] == ["the menu"] * 2


async def test_a_file_for_all_is_no_name_of_one(bot: TalkingBot) -> None:
    await bot.start()
    await bot.connect()
    rows = [BulkRow(number=1, to=number(1))]
    everybody = Content(text="Hello", file=FileNamed(url="https://files.example/menu"))
    with pytest.raises(BadInput, match="The content of all has its file in the spool"):
        await take(bot, BulkOrder(connection_id="shop", rows=rows, template=everybody))


class Addresses:
    """Stands for what is behind addresses: some are dead, some break us, the others answer."""

    def __init__(self, bot: TalkingBot) -> None:
        self.bot, self.tried = bot, Counter[str]()

    async def from_url(self, tenant: str, url: str, *more: Any) -> Media:
        self.tried[url] += 1
        if "dead" in url:
            raise MediaRefused("It does not answer") from UrlUnreachable("It does not answer")
        if "broken" in url:
            raise LookupError(url)
        return replace(await kept(self.bot, url), filename="menu.txt")


async def test_a_fault_of_ours_is_tried_three_times_and_no_more(
    bot: TalkingBot, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bot.start()
    await bot.connect()
    addresses = Addresses(bot)
    monkeypatch.setattr(bot.running.hub.spool, "from_url", addresses.from_url)
    rows = [row(1, url="https://broken.example/"), row(2, url="https://dead.example/")]
    name = (await take(bot, BulkOrder(connection_id="shop", rows=rows))).batch.batch_id
    done = await becomes(bot, name, BatchState.COMPLETED, lambda: clock.advance(1))
    assert done.counts == {"failed": 2}
    assert set(addresses.tried.values()) == {3}
    results = await bot.running.hub.bulk.results(bot.admin.user_id, name, 9)
    assert [each.reason for each in results] == [
        "its file cannot be had: it was tried in vain; the log says more",
        "its file cannot be had: It does not answer",
    ]


async def test_dead_addresses_do_not_keep_the_good_ones_waiting(
    bot: TalkingBot, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bot.start()
    await bot.connect()
    monkeypatch.setattr(bot.running.hub.spool, "from_url", Addresses(bot).from_url)
    rows = [row(n, url="https://dead.example/") for n in range(1, 11)]
    rows += [row(n, url="https://good.example/") for n in (11, 12)]
    name = (await take(bot, BulkOrder(connection_id="shop", rows=rows))).batch.batch_id
    async with asyncio.timeout(20):
        while sent(bot) != {"11": 1, "12": 1}:
            clock.advance(0.05)
            await asyncio.sleep(0.01)
            assert clock.now() - NOON < timedelta(seconds=30), "before any dead one is given up"
    assert (await states(bot, name))[:10] == ["waiting"] * 10
