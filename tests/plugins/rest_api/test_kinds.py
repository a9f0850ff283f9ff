"""Everything that a message may carry on its way out."""

import base64
from typing import Any

import pytest

from chatgrow_bot.engine import Reference
from chatgrow_bot.errors import BadInput
from chatgrow_bot.payloads import Contacts, Location, Payload, Person, Poll
from chatgrow_bot.server.bodies import fit

from .conftest import CONNECTIONS, Api, Reply, part

SEND = f"{CONNECTIONS}/shop/send"
TO = "+14155550123"
CHAT = "14155550123@c.us"
OGG = b"OggS\0\2" + bytes(22) + b"OpusHead\1\1" + bytes(200)
WEBP = b"RIFF\x1a\0\0\0WEBPVP8L\r\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0"


async def send(api: Api, message: Any, **options: Any) -> Reply:
    return await api.ask("POST", SEND, json={"to": TO, "message": message, "options": options})


def place(**more: Any) -> dict[str, Any]:
    return {"location": {"latitude": 32.0853, "longitude": 34.7818} | more}


def card(**more: Any) -> dict[str, Any]:
    return {"contact": {"name": "Dana", "number": TO} | more}


def poll(**more: Any) -> dict[str, Any]:
    return {"poll": {"question": "Lunch?", "options": ["Pizza", "מרק"]} | more}


async def test_what_a_message_carries_reaches_the_engine_and_is_shown_again(api: Api) -> None:
    await api.connect("shop")
    dana, noam = Person(name="Dana", numbers=(TO,)), Person(name="Noam", numbers=(TO, "+972541112233"))
    several = [
        {"name": "Dana", "number": "1 415-555-0123"},
        {"name": "Noam", "numbers": [TO, "972541112233"]},
    ]
    cases: tuple[tuple[dict[str, Any], str, Payload, dict[str, Any]], ...] = (
        (
            place(name="The shop", address="Dizengoff 1"),
            "location",
            Location(latitude=32.0853, longitude=34.7818, name="The shop", address="Dizengoff 1"),
            {"latitude": 32.0853, "longitude": 34.7818, "name": "The shop", "address": "Dizengoff 1"},
        ),
        (
            place(latitude=-90, longitude=180),
            "location",
            Location(latitude=-90.0, longitude=180.0),
            {"latitude": -90.0, "longitude": 180.0, "name": "", "address": ""},
        ),
        (card(), "contact", Contacts(people=(dana,)), {"people": [{"name": "Dana", "numbers": [TO]}]}),
        (
            {"contacts": several},
            "contact",
            Contacts(people=(dana, noam)),
            {
                "people": [
                    {"name": "Dana", "numbers": [TO]},
                    {"name": "Noam", "numbers": [TO, "+972541112233"]},
                ]
            },
        ),
        (
            poll(choices=0),
            "poll",
            Poll(question="Lunch?", options=("Pizza", "מרק"), choices=0),
            {"question": "Lunch?", "options": ["Pizza", "מרק"], "choices": 0},
        ),
    )
    for message, kind, payload, shown in cases:
        accepted = await send(api, message)
        parcel = await api.leaves(accepted)
        assert (parcel.payload, parcel.text, parcel.media) == (payload, "", None)
        body = (await api.ask("GET", accepted.headers["Location"])).body
        assert (body["type"], body["payload"]) == (kind, shown)


@pytest.mark.parametrize(
    ("kind", "data"), [("voice", OGG), ("audio", OGG), ("sticker", WEBP), ("document", OGG)]
)
async def test_a_file_is_sent_as_what_it_is_asked_to_be(api: Api, kind: str, data: bytes) -> None:
    await api.connect("shop")
    source = {"data": base64.b64encode(data).decode(), "type": kind}
    media = (await api.leaves(await send(api, {"media": source}))).media
    assert media is not None
    assert (media.kind, media.path.read_bytes()) == (kind, data)
    for other in ("image", "video", "voice", "sticker"):
        if other != kind and not (data is OGG and other in ("audio", "voice")):
            answer = await send(api, {"media": source | {"type": other, "data": "aGVsbG8="}})
            assert answer.is_problem(422, "Media refused"), other


@pytest.mark.parametrize(
    ("message", "pointer"),
    [
        (place(latitude=90.1), "/message/location/latitude"),
        (place(longitude=-181), "/message/location/longitude"),
        (place(latitude="32"), "/message/location/latitude"),
        (place(name="x" * 256), "/message/location/name"),
        (poll(options=["one"]), "/message/poll/options"),
        (poll(options=[str(n) for n in range(13)]), "/message/poll/options"),
        (poll(options=["a", "b", "a"]), "/message/poll"),
        (poll(options=["a", ""]), "/message/poll/options/1"),
        (poll(options=["a", "x" * 256]), "/message/poll/options/1"),
        (poll(question=""), "/message/poll/question"),
        (poll(question="x" * 256), "/message/poll/question"),
        (poll(choices=3), "/message/poll"),
        (poll(choices=-1), "/message/poll/choices"),
        (card(name=""), "/message/contact/name"),
        (card(numbers=[TO]), "/message/contact"),
        ({"contact": {"name": "Dana"}}, "/message/contact"),
        ({"contact": {"name": "Dana", "numbers": []}}, "/message/contact/numbers"),
        ({"contact": {"name": "Dana", "numbers": [TO] * 11}}, "/message/contact/numbers"),
        ({"contacts": []}, "/message/contacts"),
        ({"contacts": [{"name": "Dana", "number": TO}] * 51}, "/message/contacts"),
        ({"media": {"data": "aGVsbG8=", "type": "gif"}}, "/message/media/type"),
        ({}, "/message"),
        ({"caption": "alone"}, "/message"),
        (place() | poll(), "/message"),
        (place() | {"caption": "of nothing"}, "/message"),
        ({"loction": {"latitude": 1, "longitude": 1}}, "/message/loction"),
    ],
)
def test_a_value_that_whatsapp_would_not_take_is_refused_by_its_place(
    message: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(BadInput) as refused:
        fit({"to": TO, "message": message}, part("models.messages").Send)
    errors: Any = refused.value.facts["errors"]
    assert [fault["pointer"] for fault in errors] == [pointer]


async def test_a_card_of_somebody_without_a_number_is_refused(api: Api) -> None:
    await api.connect("shop")
    for number in ("12", "hello", "120363041234567890@g.us", "123456789@lid"):
        assert (await send(api, card(number=number))).is_problem(422, "Invalid phone number"), number


async def test_a_reply_quotes_a_message_of_either_direction(api: Api) -> None:
    session = await api.connect("shop")
    came = await api.hears(text="are you open?", sender=CHAT)
    first = await send(api, "yes", replyTo=came)
    parcel = await api.leaves(first)
    assert parcel.about is not None
    assert (parcel.about.chat, parcel.about.from_me) == (CHAT, False)
    second = await api.leaves(await send(api, "till six", replyTo=first.body["messageId"]))
    assert second.about == Reference(chat=CHAT, wa_id=session.sent[0].wa_id, from_me=True)
    body = (await api.ask("GET", first.headers["Location"])).body
    assert body["about"] == came
    for unknown in ("0" * 32, "nonsense"):
        assert (await send(api, "what?", replyTo=unknown)).is_problem(404, "Message not found")


async def test_people_are_mentioned_by_number(api: Api) -> None:
    await api.connect("shop")
    accepted = await send(api, "ask @14155550124", mentions=["+1 415 555 0124", "12345678@lid"])
    assert (await api.leaves(accepted)).mentions == ("14155550124@c.us", "12345678@lid")
    assert (await send(api, "ask @12", mentions=["12"])).is_problem(422, "Invalid phone number")
    answer = await send(api, "all", mentions=[TO] * 257)
    assert answer.body["errors"][0]["pointer"] == "/options/mentions"


async def test_a_repeated_key_is_one_poll_and_another_poll_is_refused(api: Api) -> None:
    await api.connect("shop")

    async def ask(message: dict[str, Any]) -> Reply:
        headers = {"Idempotency-Key": "lunch"}
        return await api.ask("POST", SEND, json={"to": TO, "message": message}, headers=headers)

    first, again = await ask(poll()), await ask(poll())
    assert first.body["messageId"] == again.body["messageId"]
    assert (await ask(poll(choices=2))).is_problem(422, "Idempotency key reused")
