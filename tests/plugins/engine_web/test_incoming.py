"""Reports of the page are hostile input until proven otherwise."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from chatgrow_bot.engine import Ack, Arrival, Snapshot
from chatgrow_bot.errors import StoreUnavailable
from chatgrow_bot.messages import Attachment, ConnectionState, Kind
from chatgrow_bot.payloads import (
    Contacts,
    Deletion,
    Edit,
    Location,
    Payload,
    Person,
    Poll,
    Reaction,
    Vote,
)

from .conftest import RecordingInlet, part

incoming = part("incoming")

ORIGIN = "https://web.whatsapp.com"
SOURCE = {"frame": SimpleNamespace(url=f"{ORIGIN}/")}
MESSAGE = {
    "type": "message", "chat": "972541112233@c.us", "participant": "", "fromMe": False, "waId": "3A01",
    "kind": "text", "text": "שלום", "name": "Dana", "sentAt": 1_790_000_000, "chatName": "", "lid": "",
    "attachment": None, "payload": None, "about": "", "mentions": [], "forwarded": False,
}  # fmt: skip
FILE = {"mimetype": "image/webp", "filename": "a.webp", "size": 5}
PLACE = {"type": "location", "latitude": 32.1, "longitude": 34.8, "name": "Shop", "address": "Herzl 1"}
POLL = {"type": "poll", "question": "When?", "options": ["now", "later"], "choices": 1}
CARD = "BEGIN:VCARD\nFN:Avi\nTEL;waid=972541112244:+972541112244\nEND:VCARD"
ACK = {"type": "ack", "chat": "972541112233@c.us", "waId": "3EB001", "ack": 2}


def made(inlet: RecordingInlet, on_logout: Any = None) -> Any:
    log, page = structlog.get_logger(), None  # no page: what is wrong with its ear is not asked here
    ear = part("listening").Listening(page, log, asyncio.get_running_loop().time)
    return incoming.Incoming(inlet, log, ORIGIN, ear, on_logout or (lambda _: None))


@asynccontextmanager
async def handing_in(reports: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(reports.hand_in())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_message_and_an_ack_are_handed_in_in_order() -> None:
    inlet = RecordingInlet()
    reports = made(inlet)
    assert await reports.take(SOURCE, json.dumps(MESSAGE))
    assert await reports.take(SOURCE, json.dumps(ACK | {"ack": -7}))
    async with handing_in(reports):
        await inlet.until(lambda: bool(inlet.acks))
    [arrival] = inlet.arrivals
    assert isinstance(arrival, Arrival)
    assert (arrival.text, arrival.kind, arrival.wa_id) == ("שלום", Kind.TEXT, "3A01")
    assert inlet.acks == [Ack(chat="972541112233@c.us", wa_id="3EB001", ack=-1)]


@pytest.mark.parametrize(
    ("kind", "told", "payload"),
    [
        ("location", PLACE, Location(latitude=32.1, longitude=34.8, name="Shop", address="Herzl 1")),
        ("poll", POLL, Poll(question="When?", options=("now", "later"), choices=1)),
        (
            "contact",
            {"type": "contacts", "cards": [CARD]},
            Contacts(people=(Person(name="Avi", numbers=("+972541112244",)),)),
        ),
        ("vote", {"type": "vote", "options": []}, Vote(options=())),
        ("reaction", {"type": "reaction", "emoji": "👍🏽"}, Reaction(emoji="👍🏽")),
        ("edit", {"type": "edit"}, Edit()),
        ("deletion", {"type": "deletion"}, Deletion()),
    ],
)
async def test_what_a_message_carries_is_handed_in(kind: str, told: Any, payload: Payload) -> None:
    inlet = RecordingInlet()
    reports = made(inlet)
    about = {"about": "3A00", "mentions": ["972541112244@c.us"], "forwarded": True, "lid": "1234567@lid"}
    await reports.take(SOURCE, json.dumps(MESSAGE | about | {"kind": kind, "payload": told}))
    async with handing_in(reports):
        await inlet.until(lambda: bool(inlet.arrivals))
    [arrival] = inlet.arrivals
    assert (arrival.kind, arrival.payload, arrival.about) == (kind, payload, "3A00")
    assert (arrival.mentions, arrival.forwarded, arrival.lid) == (("972541112244@c.us",), True, "1234567@lid")


async def test_a_file_is_handed_in_with_what_its_sender_says_of_it() -> None:
    inlet = RecordingInlet()
    reports = made(inlet)
    await reports.take(SOURCE, json.dumps(MESSAGE | {"kind": "sticker", "attachment": FILE}))
    async with handing_in(reports):
        await inlet.until(lambda: bool(inlet.arrivals))
    assert inlet.arrivals[0].attachment == Attachment(mimetype="image/webp", filename="a.webp", size=5)


@pytest.mark.parametrize(
    "payload",
    [
        None, 5, {}, [], "", "x", "null", "[]", "{}", "\ud800", "[" * 100_000, json.dumps({"type": "eval"}),
        *(
            json.dumps(MESSAGE | wrong)
            for wrong in (
                {"chat": "x"}, {"chat": "972541112233@c.us\n"}, {"chat": "1@status@broadcast"}, {"chat": 5},
                {"participant": "../../etc"}, {"fromMe": 1}, {"waId": ""}, {"waId": "a'b"},
                {"waId": "x" * 200},
                {"kind": "program"}, {"text": "x" * 65_537}, {"text": None}, {"name": "x" * 257},
                {"sentAt": -1}, {"sentAt": 1e30}, {"sentAt": "now"}, {"tenant": "admin"}, {"text": "\ud800"},
                {"chatName": "x" * 257}, {"lid": "972541112233@c.us"}, {"about": "../x"}, {"about": None},
                {"mentions": ["972541112233@c.us"] * 257}, {"mentions": ["all"]}, {"mentions": None},
                {"forwarded": "yes"}, {"attachment": FILE}, {"kind": "image"}, {"kind": "vote"},
                {"payload": PLACE}, {"kind": "location"}, {"kind": "poll", "payload": PLACE},
                {"kind": "image", "attachment": FILE | {"size": -1}},
                {"kind": "image", "attachment": FILE | {"mimetype": "x" * 257}},
                {"kind": "location", "payload": PLACE | {"latitude": 91}},
                {"kind": "location", "payload": PLACE | {"longitude": None}},
                {"kind": "location", "payload": PLACE | {"name": "x" * 256}},
                {"kind": "poll", "payload": POLL | {"options": []}},
                {"kind": "poll", "payload": POLL | {"options": ["x"] * 13}},
                {"kind": "poll", "payload": POLL | {"options": ["x" * 256]}},
                {"kind": "poll", "payload": POLL | {"choices": -1}},
                {"kind": "contact", "payload": {"type": "contacts", "cards": []}},
                {"kind": "contact", "payload": {"type": "contacts", "cards": [CARD] * 51}},
                {"kind": "contact", "payload": {"type": "contacts", "cards": ["x" * 4097]}},
                {"kind": "vote", "payload": {"type": "vote", "options": [5]}},
                {"kind": "reaction", "payload": {"type": "reaction", "emoji": "x" * 65}},
                {"kind": "edit", "payload": {"type": "edit", "by": "me"}},
            )
        ),
        *(json.dumps(ACK | wrong) for wrong in ({"ack": 6}, {"ack": True}, {"ack": None}, {"ack": 1.5})),
        json.dumps({"type": "changed", "logout": "x" * 101}),
        json.dumps(MESSAGE | {"text": "x" * (600 * 1024)}),
    ],
)  # fmt: skip
async def test_a_malformed_report_changes_nothing(payload: object) -> None:
    inlet = RecordingInlet()
    reports = made(inlet)
    assert await reports.take(SOURCE, payload)
    assert (reports.refused, reports._queue.qsize(), inlet.changes) == (1, 0, 0)


@pytest.mark.parametrize(
    "url", ["https://web.whatsapp.com.evil.example/", "about:blank", "https://evil.example/"]
)
async def test_a_report_from_another_origin_changes_nothing(url: str) -> None:
    reports = made(RecordingInlet())
    await reports.take({"frame": SimpleNamespace(url=url)}, json.dumps(MESSAGE))
    assert (reports.refused, reports._queue.qsize()) == (1, 0)


async def test_extra_arguments_do_no_harm() -> None:
    assert await made(RecordingInlet()).take(SOURCE, json.dumps(MESSAGE), "more", {"and": "more"})


async def test_a_zero_character_does_not_reach_the_database() -> None:
    inlet = RecordingInlet()
    reports = made(inlet)
    await reports.take(SOURCE, json.dumps(MESSAGE | {"text": "a\x00b"}))
    async with handing_in(reports):
        await inlet.until(lambda: bool(inlet.arrivals))
    assert inlet.arrivals[0].text == "ab"


async def test_a_flood_is_told_to_come_again_and_loses_nothing_taken() -> None:
    reports = made(RecordingInlet())
    answers = [await reports.take(SOURCE, json.dumps({"type": "changed"})) for _ in range(5_000)]
    assert answers.count(False) > 1_000
    assert answers[: incoming.BURST].count(False) == 0


async def test_a_full_queue_makes_the_page_wait_and_then_refuses() -> None:
    reports = made(RecordingInlet())
    for _ in range(incoming.WAITING):
        await reports.take(SOURCE, json.dumps(ACK))
    waiting = [asyncio.create_task(reports.take(SOURCE, json.dumps(ACK))) for _ in range(incoming.CALLS)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    assert await reports.take(SOURCE, json.dumps(ACK)) is False
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_logout_is_told_with_its_reason() -> None:
    told: list[str] = []
    inlet = RecordingInlet()
    reports = made(inlet, told.append)
    async with handing_in(reports):
        await reports.take(SOURCE, json.dumps({"type": "changed", "logout": "user_initiated"}))
        assert told == ["user_initiated"]
        await inlet.until(lambda: inlet.changes == 1)


async def test_a_flood_of_changes_is_handed_in_as_a_few_and_the_last_is_not_forgotten() -> None:
    inlet = RecordingInlet()
    reports, now = made(inlet), asyncio.get_running_loop().time
    async with handing_in(reports):
        began = now()
        for _ in range(1000):
            assert await reports.take(SOURCE, json.dumps({"type": "changed"}))
            await asyncio.sleep(0)
        assert 1 <= inlet.changes <= 1 + (now() - began) / incoming.APART
        known = inlet.changes
        await reports.take(SOURCE, json.dumps({"type": "changed"}))
        await inlet.until(lambda: inlet.changes > known)


async def test_a_store_that_is_down_for_a_while_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Reluctant(RecordingInlet):
        failures = 3

        async def arrived(self, arrival: Arrival) -> None:
            if self.failures:
                self.failures -= 1
                raise StoreUnavailable("disk full")
            await super().arrived(arrival)

    monkeypatch.setattr(incoming, "_RETRIES", (0,))
    inlet = Reluctant()
    reports = made(inlet)
    for number in range(3):
        await reports.take(SOURCE, json.dumps(MESSAGE | {"waId": f"3A{number}"}))
    async with handing_in(reports):
        await inlet.until(lambda: len(inlet.arrivals) == 3)
    assert [arrival.wa_id for arrival in inlet.arrivals] == ["3A0", "3A1", "3A2"]


async def test_one_message_that_cannot_be_stored_does_not_stop_the_next() -> None:
    class Picky(RecordingInlet):
        async def arrived(self, arrival: Arrival) -> None:
            if arrival.wa_id == "3Abad":
                raise ValueError
            await super().arrived(arrival)

    inlet = Picky()
    reports = made(inlet)
    for wa_id in ("3Abad", "3Agood"):
        await reports.take(SOURCE, json.dumps(MESSAGE | {"waId": wa_id}))
    async with handing_in(reports):
        await inlet.until(lambda: bool(inlet.arrivals))
    assert inlet.arrivals[0].wa_id == "3Agood"


async def test_nonsense_under_another_name_does_not_get_the_page_loaded_anew() -> None:
    reports = made(RecordingInlet())
    await reports.take(SOURCE, json.dumps({"type": "beat", "told": 0}), "page")
    await reports.take(SOURCE, json.dumps(ACK), "page")
    await reports.take(SOURCE, "nonsense", "another")
    await reports.take(SOURCE, json.dumps({"type": "beat", "told": 1}), "page")
    ear = part("snapshot").EarState(name="page.1", waiting=0.0, deaf=False, silent=False)
    for _ in range(2):  # what is wrong twice is mended
        looked = await reports._listening.judge(Snapshot(state=ConnectionState.ONLINE), ear)
    assert looked.can_receive
