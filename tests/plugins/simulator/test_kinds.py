"""Every kind of message, both ways, by genuine wa-js: what is sent arrives, what arrives can be opened."""

from __future__ import annotations

import hashlib
import io
import wave
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from plugins.simulator import Customer
    from tests.plugins.simulator.conftest import Stage

pytestmark = pytest.mark.asyncio(loop_scope="package")

DIGEST = """async (id) => {
  const blob = await WPP.chat.downloadMedia(id);
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
  return [blob.type, [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('')];
}"""
FACTS = """async ([id, names]) => {
  const msg = await WPP.chat.getMessageById(id);
  return Object.fromEntries(names.map((name) => [name, msg[name]]));
}"""


def chat(person: Customer) -> str:
    return f"{person.number}@c.us"


def sound(seconds: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as track:
        track.setnchannels(1)
        track.setsampwidth(2)
        track.setframerate(8000)
        track.writeframes(bytes(range(256)) * (8000 * 2 * seconds // 256))
    return file.getvalue()


def webp(side: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (side, side), "teal").save(file, "WEBP")
    return file.getvalue()


async def facts(stage: Stage, id_: str, *names: str) -> dict[str, Any]:
    found: dict[str, Any] = await stage.page.ask(FACTS, [id_, names])
    return found


@pytest.mark.parametrize(
    ("name", "options", "mimetype", "type_"),
    [
        ("clip.mp4", {"type": "video", "caption": "look"}, "video/mp4", "video"),
        ("song.mp3", {"type": "audio"}, "audio/mpeg", "audio"),
        ("note.ogg", {"type": "audio", "isPtt": True}, "audio/ogg", "ptt"),
    ],
)
async def test_a_file_of_each_kind_arrives_as_it_was(
    stage: Stage, tmp_path: Path, name: str, options: dict[str, Any], mimetype: str, type_: str
) -> None:
    dana, file = stage.person("Dana"), tmp_path / name
    file.write_bytes(name.encode() * 1000)
    await stage.page.send_file(chat(dana), file, **options)
    (message,) = await dana.received()
    assert message.content == file.read_bytes()
    expected = (type_, mimetype, options.get("caption"))
    assert (message.type, message.mimetype, message.caption) == expected


async def test_a_voice_message_carries_its_length(stage: Stage, tmp_path: Path) -> None:
    dana, file = stage.person("Dana"), tmp_path / "note.wav"
    file.write_bytes(sound(2))
    await stage.page.send_file(chat(dana), file, type="audio", isPtt=True)
    (message,) = await dana.received()
    assert (message.type, message.duration) == ("ptt", 2)


async def test_a_picture_sent_as_a_sticker_becomes_one(stage: Stage, tmp_path: Path) -> None:
    dana, file = stage.person("Dana"), tmp_path / "smile.webp"
    for side in (512, 64):
        file.write_bytes(webp(side))
        await stage.page.send_file(chat(dana), file, type="sticker")
    ready, made = await dana.received(2)
    assert (ready.type, ready.mimetype, ready.content) == ("sticker", "image/webp", webp(512))
    assert made.content
    assert Image.open(io.BytesIO(made.content)).size == (512, 512)


@pytest.mark.parametrize(
    ("type_", "mimetype"),
    [
        ("video", "video/mp4"),
        ("audio", "audio/mpeg"),
        ("ptt", "audio/ogg; codecs=opus"),
        ("sticker", "image/webp"),
    ],
)
async def test_a_file_of_each_kind_downloads_as_it_was(stage: Stage, type_: str, mimetype: str) -> None:
    dana, data = stage.person("Dana"), type_.encode() * 1000
    sent = await dana.send_media(stage.shop, data, type=type_, mimetype=mimetype, duration=7)
    key = f"false_{chat(dana)}_{sent.id}"
    await stage.page.until_told(event="message", id=key, type=type_)
    assert await facts(stage, key, "duration") == {"duration": 7}
    downloaded = await stage.page.ask(DIGEST, key)
    assert downloaded == [mimetype, hashlib.sha256(data).hexdigest()]


async def test_a_location_both_ways(stage: Stage) -> None:
    dana = stage.person("Dana")
    place = {"lat": 32.0853, "lng": "34.7818", "name": "החנות", "address": "Herzl 1"}
    await stage.page.ask("([chat, place]) => WPP.chat.sendLocationMessage(chat, place)", [chat(dana), place])
    (message,) = await dana.received()
    assert (message.type, message.latitude, message.longitude) == ("location", 32.0853, 34.7818)
    assert (message.place, message.address) == ("החנות", "Herzl 1")
    sent = await dana.send_location(stage.shop, -1.5, 2.25, "home", "here")
    key = f"false_{chat(dana)}_{sent.id}"
    await stage.page.until_told(event="message", id=key, type="location")
    assert await facts(stage, key, "lat", "lng", "loc") == {"lat": -1.5, "lng": 2.25, "loc": "home\nhere"}


async def test_contacts_both_ways(stage: Stage) -> None:
    dana = stage.person("Dana")
    people = [{"id": "972541110001@c.us", "name": "דנה"}, {"id": "972541110002@c.us", "name": "Avi"}]
    send = "([chat, people]) => WPP.chat.sendVCardContactMessage(chat, people)"
    await stage.page.ask(send, [chat(dana), people[:1]])
    await stage.page.ask(send, [chat(dana), people])
    one, two = await dana.received(2)
    assert (one.type, [(each.name, each.number) for each in one.contacts]) == (
        "vcard",
        [("דנה", "972541110001")],
    )
    assert two.type == "multi_vcard"
    assert [(each.name, each.number) for each in two.contacts][1] == ("Avi", "972541110002")
    sent = await dana.send_contact(stage.shop, "Yossi", "+972541110003")
    key = f"false_{chat(dana)}_{sent.id}"
    await stage.page.until_told(event="message", id=key, type="vcard")
    found = await facts(stage, key, "body", "vcardFormattedName")
    assert found["vcardFormattedName"] == "Yossi"
    assert "waid=972541110003:+972541110003" in found["body"]


async def test_an_answer_names_what_it_answers_both_ways(stage: Stage) -> None:
    dana = stage.person("Dana")
    asked = await dana.write(stage.shop, "how much?")
    key = f"false_{chat(dana)}_{asked.id}"
    await stage.page.until_told(event="message", id=key)
    sent = await stage.page.ask(
        "([chat, key]) => WPP.chat.sendTextMessage(chat, '100', {quotedMsg: key})", [chat(dana), key]
    )
    (answer,) = await dana.received()
    assert (answer.text, answer.quoted) == ("100", asked.id)
    thanks = await dana.write(stage.shop, "thanks", quote=answer)
    await stage.page.until_told(event="message", id=f"false_{chat(dana)}_{thanks.id}")
    quoted = await stage.page.ask(
        "async (id) => { const msg = await WPP.chat.getQuotedMsg(id);"
        " return [String(msg.id), msg.body, String((await WPP.chat.getMessageById(id)).quotedMsgId)]; }",
        f"false_{chat(dana)}_{thanks.id}",
    )
    assert quoted == [sent["id"], "100", sent["id"]]


async def test_the_forwarded_mark_both_ways(stage: Stage) -> None:
    dana = stage.person("Dana")
    sent = await dana.send_media(stage.shop, b"menu", filename="menu.pdf", forwarded=True)
    key = f"false_{chat(dana)}_{sent.id}"
    await stage.page.until_told(event="message", id=key)
    assert await facts(stage, key, "isForwarded", "forwardingScore") == {
        "isForwarded": True,
        "forwardingScore": 1,
    }
    yossi = stage.person("Yossi")
    await stage.page.ask("([chat, key]) => WPP.chat.forwardMessages(chat, [key])", [chat(yossi), key])
    (passed_on,) = await yossi.received()
    assert (passed_on.content, passed_on.filename, passed_on.forwarded) == (b"menu", "menu.pdf", True)


async def test_a_message_that_cannot_be_decrypted_opens_later_or_never(stage: Stage) -> None:
    dana = stage.person("Dana")
    sealed = await dana.write(stage.shop, "secret", sealed=True)
    key = f"false_{chat(dana)}_{sealed.id}"
    await stage.page.until_told(event="message", id=key, type="ciphertext")
    assert await facts(stage, key, "body") == {"body": None}
    await dana.unseal(sealed)
    await stage.page.until_told(event="message", id=key, type="chat", body="secret")
    assert await stage.page.ask("(chat) => WPP.chat.get(chat).unreadCount", chat(dana)) == 1


async def test_playing_a_voice_message_is_seen_both_ways(
    stage: Stage, tmp_path: Path, plugin: ModuleType
) -> None:
    dana, file = stage.person("Dana"), tmp_path / "note.ogg"
    file.write_bytes(b"voice")
    sent = await stage.page.send_file(chat(dana), file, type="audio", isPtt=True)
    (message,) = await dana.received()
    await dana.play(message)
    await stage.page.until_told(event="ack", id=sent["id"], ack=4)
    note = await dana.send_media(stage.shop, b"voice", type="ptt", mimetype="audio/ogg")
    key = f"false_{chat(dana)}_{note.id}"
    await stage.page.until_told(event="message", id=key)
    await stage.page.ask("(id) => WPP.chat.markPlayed(id)", key)
    assert (await dana.acked(note, plugin.Ack.PLAYED)).ack == 4
