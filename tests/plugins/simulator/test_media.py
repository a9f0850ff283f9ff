"""Files, both ways: not a byte is changed."""

from __future__ import annotations

import hashlib
import io
import random
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

    from plugins.simulator import Customer, Phone
    from tests.plugins.simulator.conftest import OpenPage, WebPage

DANA = "972541112233@c.us"
DIGEST = """async (id) => {
  const blob = await WPP.chat.downloadMedia(id);
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
  return {type: blob.type, hash: [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('')};
}"""
NEWEST = """async (chat) => { const [msg] = (await WPP.chat.getMessages(chat, {count: 1})).slice(-1);
  const {type, caption, filename, mimetype, size} = msg;
  return {id: String(msg.id), type, caption, filename, mimetype, size}; }"""


def png() -> bytes:
    noise = random.Random(7).randbytes(120 * 80 * 3)
    file = io.BytesIO()
    Image.frombytes("RGB", (120, 80), noise).save(file, "PNG")
    return file.getvalue()


async def test_an_image_with_a_caption_arrives_as_it_was(
    linked: WebPage, dana: Customer, tmp_path: Path
) -> None:
    picture = tmp_path / "menu.png"
    picture.write_bytes(png())
    key = f"true_{DANA}_3EB0AABBCCDDEEFF001122"
    result = await linked.send_file(DANA, picture, type="image", caption="התפריט", messageId=key)
    assert result["id"] == key
    (message,) = await dana.received()
    assert message.content == png()
    assert (message.type, message.caption, message.mimetype) == ("image", "התפריט", "image/png")
    await linked.until_told(event="ack", ack=2, id=key)


async def test_a_document_of_20_mb_arrives_as_it_was(linked: WebPage, dana: Customer, tmp_path: Path) -> None:
    data = random.Random(20).randbytes(20 * 1024 * 1024)
    report = tmp_path / "דוח 2026.pdf"
    report.write_bytes(data)
    await linked.send_file(DANA, report, type="document")
    (message,) = await dana.received(timeout=30)
    assert message.content == data
    assert (message.type, message.filename, message.caption) == ("document", "דוח 2026.pdf", None)
    assert message.mimetype == "application/pdf"
    assert message.size == len(data)


async def test_an_image_from_a_customer_downloads_as_it_was(
    linked: WebPage, dana: Customer, shop: Phone
) -> None:
    await dana.send_media(shop, png(), type="image", filename="photo.png", caption="זה המוצר")
    await linked.until_told(event="message", type="image")
    image = await linked.ask(NEWEST, DANA)
    assert (image["type"], image["caption"], image["mimetype"]) == ("image", "זה המוצר", "image/png")
    assert await linked.ask(DIGEST, image["id"]) == {
        "type": "image/png",
        "hash": hashlib.sha256(png()).hexdigest(),
    }


async def test_a_document_sent_while_the_page_was_down_downloads_as_it_was(
    open_page: OpenPage, dana: Customer, shop: Phone, tmp_path: Path
) -> None:
    order = tmp_path / "order.pdf"
    order.write_bytes(random.Random(1).randbytes(300_000))
    async with open_page("profile") as page:
        await page.link(shop)
    await dana.send_media(shop, order)
    async with open_page("profile") as page:
        await page.online()
        document = await page.ask(NEWEST, DANA)
        assert (document["type"], document["filename"], document["size"]) == (
            "document",
            "order.pdf",
            300_000,
        )
        downloaded = await page.ask(DIGEST, document["id"])
        assert downloaded["hash"] == hashlib.sha256(order.read_bytes()).hexdigest()
