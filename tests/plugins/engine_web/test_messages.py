"""Messages out, messages in, and their ticks, over one session that stays open."""

import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chatgrow_bot.engine import Ack, Parcel
from chatgrow_bot.errors import SendRefused
from chatgrow_bot.messages import Kind, Media

from .conftest import Chat, chat_of, linked_id_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


def new_id() -> str:
    return f"3EB0{secrets.token_hex(9).upper()}"


def parcel(customer: Any, text: str = "hello", **more: Any) -> Parcel:
    return Parcel(**{"chat": chat_of(customer), "wa_id": new_id(), "text": text} | more)


def spooled(folder: Path, content: bytes, filename: str, mimetype: str, kind: Kind) -> Media:
    path = folder / "0f1e2d3c"
    path.write_bytes(content)
    return Media(
        path=path, sha256="0f1e2d3c", mimetype=mimetype, filename=filename, size=len(content), kind=kind
    )


@pytest.mark.parametrize("text", ["hello", "שלום לך, דנה", "👋🏽 one\ntwo", "see https://example.com @all"])
async def test_a_text_arrives_as_written_under_our_id(chat: Chat, text: str) -> None:
    sent = parcel(chat.customer, text)
    assert (await chat.session.send(sent)).ack >= 1
    [got] = await chat.customer.received(1)
    assert (got.id, got.text) == (sent.wa_id, text)


async def test_the_ticks_go_to_read(chat: Chat) -> None:
    sent = parcel(chat.customer)
    await chat.customer.offline()
    assert (await chat.session.send(sent)).ack == 1
    await chat.customer.online()
    await chat.customer.received(1)
    await chat.customer.read()
    await chat.until(lambda: 3 in chat.acks(sent.wa_id))
    assert chat.acks(sent.wa_id) == [1, 2, 3]
    assert {ack.chat for ack in chat.world.inlet.acks if ack.wa_id == sent.wa_id} == {sent.chat}


async def test_the_same_id_sent_twice_arrives_once(chat: Chat) -> None:
    sent = parcel(chat.customer)
    await chat.session.send(sent)
    assert (await chat.session.send(sent)).ack >= 1
    await chat.session.send(parcel(chat.customer, "another"))
    assert [message.text for message in await chat.customer.received(2)] == ["hello", "another"]


async def test_a_file_with_the_same_id_sent_twice_arrives_once(chat: Chat, tmp_path: Path) -> None:
    media = spooled(tmp_path, b"%PDF-1.7", "offer.pdf", "application/pdf", Kind.DOCUMENT)
    sent = parcel(chat.customer, "", media=media)
    await chat.session.send(sent)
    assert (await chat.session.send(sent)).ack >= 1
    await chat.session.send(parcel(chat.customer, "another"))
    assert [message.type for message in await chat.customer.received(2)] == ["document", "chat"]


async def test_an_image_arrives_byte_for_byte_with_its_caption(chat: Chat, tmp_path: Path) -> None:
    content = await chat.session.screenshot()
    media = spooled(tmp_path, content, "photo.png", "image/png", Kind.IMAGE)
    await chat.session.send(parcel(chat.customer, "תמונה", media=media))
    [got] = await chat.customer.received(1)
    assert got.content == content
    assert (got.type, got.caption, got.mimetype) == ("image", "תמונה", "image/png")


async def test_a_document_of_20_megabytes_arrives_byte_for_byte(chat: Chat, tmp_path: Path) -> None:
    content = bytes(range(256)) * (20 * 4096)
    media = spooled(tmp_path, content, "רשימה 1.bin", "application/octet-stream", Kind.DOCUMENT)
    await chat.session.send(parcel(chat.customer, "", media=media))
    [got] = await chat.customer.received(1)
    assert got.content == content
    assert (got.type, got.filename, got.mimetype) == ("document", "רשימה 1.bin", "application/octet-stream")
    assert not got.caption


async def test_typing_is_shown_before_the_message_leaves(chat: Chat) -> None:
    began = datetime.now(UTC)
    await chat.session.send(parcel(chat.customer, typing=0.5))
    [got] = await chat.customer.received(1)
    assert got.at - began >= timedelta(seconds=0.5)


async def test_sending_leaves_the_chat_unread_for_the_people_at_the_phone(chat: Chat) -> None:
    await chat.customer.write(chat.world.shop, "help")
    await chat.until(lambda: bool(chat.heard()))
    await chat.session.send(parcel(chat.customer, "automatic answer"))
    [question] = await chat.customer.sent()
    assert question.ack < 3


async def test_a_number_without_an_account_is_refused(chat: Chat) -> None:
    with pytest.raises(SendRefused) as refused:
        await chat.session.send(parcel(chat.customer, chat="14155550123@c.us"))
    assert refused.value.facts["code"] == "no_account"


async def test_a_file_gone_from_the_spool_is_refused_and_not_sent(chat: Chat, tmp_path: Path) -> None:
    media = spooled(tmp_path, b"x", "x.bin", "application/octet-stream", Kind.DOCUMENT)
    media.path.unlink()
    sent = parcel(chat.customer, media=media)
    with pytest.raises(SendRefused, match="spool"):
        await chat.session.send(sent)
    assert await chat.session.find(sent.chat, sent.wa_id) is None


async def test_a_message_is_found_by_its_id_and_only_by_its_own(chat: Chat) -> None:
    sent = parcel(chat.customer)
    assert await chat.session.find(sent.chat, sent.wa_id) is None
    await chat.session.send(sent)
    await chat.customer.received(1)
    await chat.customer.read()
    await chat.until(lambda: 3 in chat.acks(sent.wa_id))
    read = Ack(chat=sent.chat, wa_id=sent.wa_id, ack=3)
    assert await chat.session.find(sent.chat, sent.wa_id) == read
    assert await chat.session.find(linked_id_of(chat.customer), sent.wa_id) == read
    assert await chat.session.find(sent.chat, new_id()) is None
    assert await chat.session.find(chat_of(chat.world.customer()), sent.wa_id) is None


async def test_a_chat_has_one_name_its_phone_number(chat: Chat) -> None:
    assert await chat.session.resolve(chat_of(chat.customer)) == chat_of(chat.customer)
    assert await chat.session.resolve(linked_id_of(chat.customer)) == chat_of(chat.customer)
    assert await chat.session.resolve("14155550123@c.us") is None


async def test_a_message_to_a_linked_id_reaches_the_person(chat: Chat) -> None:
    await chat.session.resolve(chat_of(chat.customer))  # the page has heard of the person
    sent = parcel(chat.customer, chat=linked_id_of(chat.customer))
    await chat.session.send(sent)
    [got] = await chat.customer.received(1)
    assert got.id == sent.wa_id


async def test_what_customers_write_is_handed_in_once_each_in_order(chat: Chat) -> None:
    for number in range(20):
        await chat.customer.write(chat.world.shop, f"number {number}")
    await chat.customer.write(chat.world.shop, "שלום")
    await chat.until(lambda: len(chat.heard()) >= 21)
    assert [arrival.text for arrival in chat.heard()] == [f"number {number}" for number in range(20)] + [
        "שלום"
    ]
    assert len({arrival.wa_id for arrival in chat.heard()}) == 21
    last = chat.heard()[-1]
    assert (last.name, last.kind, last.sent_at.tzinfo) == ("Dana", Kind.TEXT, UTC)


async def test_a_message_typed_on_the_phone_is_from_me(chat: Chat) -> None:
    await chat.world.shop.write(chat.customer, "I take over")
    arrivals = chat.world.inlet.arrivals
    await chat.until(lambda: any(arrival.chat == chat_of(chat.customer) for arrival in arrivals))
    assert (arrivals[-1].from_me, arrivals[-1].text) == (True, "I take over")


async def test_nothing_is_lost_when_the_link_drops_for_a_moment(chat: Chat) -> None:
    await chat.world.shop.hang_up()
    await chat.customer.write(chat.world.shop, "still there?")
    await chat.until(lambda: bool(chat.heard()))
    assert [arrival.text for arrival in chat.heard()] == ["still there?"]
