"""The phone page in a true Chromium, beside a page with the genuine wa-js, linked by its button."""

from __future__ import annotations

import io
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import async_playwright, expect

from .conftest import WebPage, how_to_launch, page_script, simulator
from .phone_steps import PhonePage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plugins.simulator import Customer, Phone, Simulator

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Shop:
    """A shop whose WhatsApp Web was linked on the phone page."""

    sim: Simulator
    phone: Phone
    web: WebPage
    page: PhonePage
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def customer(self, name: str) -> Customer:
        """Somebody nobody has written with yet."""
        return self.sim.customer(f"+97254222{next(self.numbers):04d}", name=name)

    async def answer(self, customer: Customer, text: str) -> str:
        """What the bot on the linked page would send."""
        script = "async ([chat, text]) => String((await WPP.chat.sendTextMessage(chat, text)).id)"
        return str(await self.web.ask(script, [f"{customer.number}@c.us", text]))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    folder = tmp_path_factory.mktemp("phones")
    async with simulator.Simulator(folder) as sim, async_playwright() as driver:
        launch = how_to_launch(sim.port)
        launch["args"] += ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
        browser = await driver.chromium.launch(**launch)
        context = await browser.new_context(ignore_https_errors=True)
        await context.add_init_script(page_script())
        web = WebPage(await context.new_page())
        await web.page.goto("https://web.whatsapp.com/")
        await web.ready()
        page = PhonePage(await browser.new_page(viewport={"width": 1280, "height": 800}), sim.address)
        phone = sim.phone("+972501234567", name="Shop")
        await _link(page, phone, web)
        yield Shop(sim, phone, web, page)
        assert page.complaints == []
        await browser.close()


async def _link(page: PhonePage, phone: Phone, web: WebPage) -> None:
    await web.qr()
    await page.hold(phone)
    await page.page.get_by_role("button", name="Link a device").click()
    await page.page.get_by_role("button", name="Scan").first.click()
    await web.online()


async def test_the_button_links_the_page_that_shows_a_code(shop: Shop) -> None:
    await shop.page.hold(shop.phone)
    await expect(shop.page.page.get_by_text("1 linked")).to_be_visible()
    assert await shop.phone.linked() == 1


async def test_two_customers_write_and_each_reads_the_own_answer_with_ticks(shop: Shop) -> None:
    page, dana, noam = shop.page, shop.customer("Dana"), shop.customer("Noam")
    for each, text in ((dana, "a loaf for Dana"), (noam, "a loaf for Noam")):
        await page.hold(each, shop.phone.number)
        await page.write(text)
        await shop.web.until_told(event="message", body=text)
        await expect((await page.sees(text, mine=True)).get_by_label("delivered")).to_be_visible()
        await shop.answer(each, f"yes, {each.name}")
        await page.sees(f"yes, {each.name}")
    await expect(page.bubble("Dana")).to_have_count(0)
    await shop.web.ask("(chat) => WPP.chat.markIsRead(chat)", f"{noam.number}@c.us")
    await expect(page.bubble("a loaf for Noam").get_by_label("read", exact=True)).to_be_visible()


async def test_who_looks_at_a_chat_gives_blue_ticks_and_who_does_not_sees_a_count(shop: Shop) -> None:
    page, dana = shop.page, shop.customer("Dana")
    await page.hold(dana)
    sent = await shop.phone.write(dana, "your order is ready")
    await expect(page.page.locator(".chat .badge")).to_have_text("1")
    await page.page.locator(".chat").click()
    await page.sees("your order is ready")
    assert (await shop.phone.acked(sent)).ack == 3
    await expect(page.page.locator(".chat .badge")).to_have_count(0)


async def test_a_picture_is_seen_on_both_sides(shop: Shop, tmp_path: Path) -> None:
    page, dana, picture = shop.page, shop.customer("Dana"), tmp_path / "cake.png"
    file = io.BytesIO()
    Image.new("RGB", (300, 200), (200, 120, 60)).save(file, "PNG")
    picture.write_bytes(file.getvalue())
    await page.hold(dana, shop.phone.number)
    async with page.page.expect_file_chooser() as choosing:
        await page.page.get_by_role("button", name="Attach").click()
        await page.page.get_by_role("menuitem", name="Photo or video").click()
    await (await choosing.value).set_files(picture)
    await page.page.get_by_label("Add a caption").fill("this one")
    await page.page.get_by_role("button", name="Send", exact=True).click()
    await page.sees("this one", mine=True)
    await page.page.wait_for_function("() => document.querySelector('.mine img')?.naturalWidth === 300")
    (got,) = await shop.phone.received(1, after=(await dana.sent())[-1].seq - 1)
    assert (got.type, got.content, got.mimetype) == ("image", file.getvalue(), "image/png")
    await shop.web.until_told(event="message", type="image")


async def test_what_is_no_picture_goes_as_a_document(shop: Shop, tmp_path: Path) -> None:
    page, dana = shop.page, shop.customer("Dana")
    (tmp_path / "notes.txt").write_text("flour, eggs")
    await page.hold(dana, shop.phone.number)
    await page.page.get_by_role("button", name="Attach").click()
    async with page.page.expect_file_chooser() as choosing:
        await page.page.get_by_role("menuitem", name="Photo or video").click()
    await (await choosing.value).set_files(tmp_path / "notes.txt")
    await page.page.get_by_role("dialog").get_by_role("button", name="Send").click()
    await expect(page.page.locator(".mine .paper")).to_contain_text("notes.txt")
    assert [message.type for message in await dana.sent()] == ["document"]


async def test_a_voice_note_is_recorded_sent_and_heard(shop: Shop) -> None:
    page, dana = shop.page, shop.customer("Dana")
    await page.hold(dana, shop.phone.number)
    await page.page.get_by_role("button", name="Record a voice note").click()
    await expect(page.page.locator(".recording .time")).to_have_text("0:01", timeout=10_000)
    await page.page.get_by_role("button", name="Send the voice note").click()
    await expect(page.page.locator(".mine .voice")).to_be_visible()
    (note,) = await dana.sent()
    assert note.type == "ptt"
    assert note.size is not None
    assert note.size > 1000
    await page.hold(shop.phone, dana.number)
    await page.page.wait_for_function(  # the bars are its sound: some are louder
        "() => new Set([...document.querySelectorAll('.wave i')].map((bar) => bar.style.cssText)).size > 3"
    )
    await page.page.get_by_role("button", name="Play").click()
    assert (await dana.acked(note, sys.modules["chatgrow_plugins.simulator.nouns"].Ack.PLAYED)).ack == 4


async def test_a_vote_in_a_poll_is_counted(shop: Shop) -> None:
    page, dana = shop.page, shop.customer("Dana")
    poll = await shop.phone.send_poll(dana, "Which cake?", ["Apple", "Cheese"])
    await page.hold(dana, shop.phone.number)
    await page.page.get_by_label("Apple").check()
    await expect(page.page.get_by_text("Votes: 1")).to_be_visible()
    await page.page.get_by_label("Cheese").check()  # one choice: the other goes
    await expect(page.page.get_by_label("Apple")).not_to_be_checked()
    (now,) = await dana.received(1, after=poll.seq - 1)
    assert now.votes == {"Apple": [], "Cheese": [dana.number]}


async def test_answers_reactions_changes_and_deletions_show_on_the_message(shop: Shop) -> None:
    page, dana = shop.page, shop.customer("Dana")
    asked = await shop.phone.write(dana, "apple or cheese?")
    await page.hold(dana, shop.phone.number)
    await page.choose("apple or cheese?", "Reply")
    await page.write("apple, pleese")
    quoting = await page.sees("apple, pleese", mine=True)
    await expect(quoting.locator(".quote")).to_contain_text("apple or cheese?")
    assert (await dana.sent())[-1].quoted == asked.id
    await page.choose("pleese", "Edit")
    await page.write("apple, please")
    await expect(page.page.locator(".mine")).to_contain_text("edited")
    await shop.phone.react((await dana.sent())[-1], "👍")
    await expect(page.page.locator(".mine .reactions")).to_contain_text("👍")
    await page.choose("apple, please", "Delete for everyone")
    await expect(page.bubble("This message was deleted")).to_have_count(1)
    assert (await dana.sent())[-1].revoked


async def test_typing_shows_on_both_sides(shop: Shop) -> None:
    page, dana = shop.page, shop.customer("Dana")
    await shop.phone.write(dana, "one moment")
    await page.hold(dana, shop.phone.number)
    await shop.web.ask("(chat) => WPP.chat.markIsComposing(chat)", f"{dana.number}@c.us")
    await expect(page.page.locator(".partner").get_by_text("typing…")).to_be_visible()
    await page.page.get_by_label("Write a message").press_sequentially("ok")
    await expect(page.page.get_by_label("Write a message")).to_have_value("ok")
    await page.page.keyboard.press("Enter")
    await page.sees("ok", mine=True)
    assert await shop.phone.chat_states(dana) == ["composing", "paused"]


async def test_a_place_a_person_and_a_document_are_drawn(shop: Shop) -> None:
    page, dana, noam = shop.page, shop.customer("Dana"), shop.customer("Noam")
    await shop.phone.send_location(dana, 32.0662, 34.7778, "The bakery", "1 Baker Street")
    await shop.phone.send_contact(dana, "Noam", noam.number)
    await shop.phone.send_media(dana, b"%PDF-1.7", filename="prices.pdf")
    await page.hold(dana, shop.phone.number)
    await expect(page.page.get_by_label("Show on a map")).to_have_attribute(
        "href", "https://www.openstreetmap.org/?mlat=32.0662&mlon=34.7778"
    )
    await expect(page.page.get_by_text("The bakery")).to_be_visible()
    async with page.page.expect_download() as saving:
        await page.page.get_by_label("Download prices.pdf").click()
    assert (await saving.value).suggested_filename == "prices.pdf"
    await page.page.get_by_role("button", name="Message", exact=True).click()
    await expect(page.page.locator(".partner h2")).to_have_text("Noam")


async def test_a_group_shows_who_said_what(shop: Shop) -> None:
    page, dana, noam = shop.page, shop.customer("Dana"), shop.customer("Noam")
    group = shop.sim.group("Friday orders", [dana, noam, shop.phone])
    await noam.write(group, f"two loaves, @{dana.number}?", mentions=[dana])
    await page.hold(dana)
    await page.page.get_by_role("button", name="Friday orders").click()
    await expect(page.page.locator(".theirs .author")).to_have_text("Noam")
    await expect(page.page.locator(".mention")).to_have_text("@Dana")
    await page.write("three!")
    await shop.web.until_told(event="message", body="three!")


async def test_the_shop_answers_by_hand_on_its_own_phone(shop: Shop) -> None:
    page, dana = shop.page, shop.customer("Dana")
    await dana.write(shop.phone, "is anybody there?")
    await page.hold(shop.phone, dana.number)
    await page.sees("is anybody there?")
    await page.write("it is me, the baker")
    await shop.web.until_told(event="message", body="it is me, the baker", fromMe=True)
    assert [message.text for message in await dana.received()] == ["it is me, the baker"]


async def test_a_person_is_added_and_writes_to_a_number(shop: Shop) -> None:
    page = shop.page.page
    await shop.page.hold(shop.phone)
    await page.get_by_role("button", name="Add a person").click()
    await page.get_by_label("Name").fill("Avi")
    await page.get_by_label("Phone number").fill("+972 54-999 0001")
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.locator(".owner h1")).to_have_text("Avi")
    await page.get_by_role("button", name="New chat").click()
    await page.get_by_label("Phone number").fill("972509999999")
    await page.get_by_role("button", name="Write", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("not on WhatsApp")
    await page.get_by_label("Phone number").fill("972501234567")
    await page.get_by_role("button", name="Write", exact=True).click()
    await shop.page.write("first words")
    await shop.web.until_told(event="message", body="first words")
