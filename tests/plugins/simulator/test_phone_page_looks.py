"""How the phone page looks: mirrored in Hebrew, texts in their own direction, narrow screens, keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import expect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from plugins.simulator import Simulator
    from tests.plugins.simulator.phone_steps import PhonePage

pytestmark = pytest.mark.asyncio(loop_scope="module")

ENGLISH = "Good morning, what can we do for you?\nDana"
HEBREW = "בוקר טוב, אפשר להזמין חלה ליום שישי?\nמחר בבוקר"
#: the place of the first letter of the short second line: how far from its bubble's left and right edge
LETTER = """(bubble) => {
  const text = bubble.querySelector('.text').firstChild;
  const range = document.createRange();
  const at = text.data.indexOf('\\n') + 1;
  range.setStart(text, at); range.setEnd(text, at + 1);
  const [letter, box] = [range.getBoundingClientRect(), bubble.getBoundingClientRect()];
  return {left: letter.left - box.left, right: box.right - letter.right};
}"""
#: the parts of messages that stand out of their bubbles
BEYOND = """() => [...document.querySelectorAll('.bubble *')].filter((part) => {
  const [inner, outer] = [part, part.closest('.bubble')].map((each) => each.getBoundingClientRect());
  return inner.left < outer.left - 1 || inner.right > outer.right + 1;
}).map((part) => part.outerHTML.slice(0, 60))"""
CONTRAST = """() => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((each) => each / 255)
      .map((each) => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!/, 0\\)$|transparent/.test(colour)) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const texts = document.querySelectorAll(
    '.text, .foot time, .name, .dial, .under, .last, .day span, .tongue, .pill');
  return [...texts].map((each) => {
    const [a, b] = [light(getComputedStyle(each).color), light(ground(each))].sort((x, y) => y - x);
    return [each.className + ' ' + each.textContent.slice(0, 20), (a + 0.05) / (b + 0.05)];
  });
}"""


@pytest_asyncio.fixture(loop_scope="module")
async def page(phones: tuple[Simulator, PhonePage]) -> AsyncIterator[PhonePage]:
    """Dana's phone, with a chat in both languages."""
    sim, page = phones
    shop = sim.phone("+972501234567", name="Shop")
    dana = sim.customer("+972541112233", name="Dana")
    if not await dana.received(0):
        await shop.write(dana, ENGLISH)
        await dana.write(shop, HEBREW)
        await shop.write(dana, "כן, בשמחה")
    await page.page.set_viewport_size({"width": 1280, "height": 800})
    await page.hold(dana, shop.number)
    if await page.page.get_attribute("html", "lang") == "he":
        await page.page.locator("#language").click()
    yield page
    assert page.complaints == []


async def test_english_runs_from_left_to_right(page: PhonePage) -> None:
    people, chats, thread = [await page.box(each) for each in ("#people", "#chats", "#thread")]
    assert people["x"] < chats["x"] < thread["x"]
    theirs, mine = await page.box(".theirs .bubble"), await page.box(".mine .bubble")
    assert theirs["x"] < thread["x"] + thread["width"] / 3
    assert mine["x"] + mine["width"] > thread["x"] + thread["width"] * 2 / 3


async def test_hebrew_mirrors_the_whole_page(page: PhonePage) -> None:
    await page.page.get_by_role("button", name="Show the page in Hebrew").click()
    await expect(page.page.locator("html")).to_have_attribute("dir", "rtl")
    people, chats, thread = [await page.box(each) for each in ("#people", "#chats", "#thread")]
    assert people["x"] > chats["x"] > thread["x"]
    theirs, mine = await page.box(".theirs .bubble"), await page.box(".mine .bubble")
    assert theirs["x"] + theirs["width"] > thread["x"] + thread["width"] * 2 / 3
    assert mine["x"] < thread["x"] + thread["width"] / 3
    text, send = await page.box("#text"), await page.box("#mic")
    assert send["x"] < text["x"]
    await page.page.reload()  # and it stays Hebrew
    await expect(page.page.get_by_label("כתיבת הודעה")).to_be_visible()


@pytest.mark.parametrize("hebrew_page", [False, True])
async def test_each_text_runs_in_its_own_direction_in_either_page(page: PhonePage, hebrew_page: bool) -> None:
    if hebrew_page:
        await page.page.locator("#language").click()
    english = await page.bubble(ENGLISH).locator(".bubble").evaluate(LETTER)
    hebrew = await page.bubble(HEBREW).locator(".bubble").evaluate(LETTER)
    assert english["left"] < 20
    assert hebrew["right"] < 20


async def test_on_a_narrow_screen_there_is_one_column_at_a_time(page: PhonePage) -> None:
    await page.page.set_viewport_size({"width": 390, "height": 780})
    await expect(page.page.locator("#chats")).to_be_hidden()
    await expect(page.page.get_by_label("Write a message")).to_be_in_viewport()
    await page.page.get_by_role("button", name="Back to the chats").click()
    await expect(page.page.locator("#thread")).to_be_hidden()
    await page.page.get_by_role("button", name="Shop").last.click()
    await page.sees(ENGLISH)
    width = await page.page.evaluate("() => document.documentElement.scrollWidth")
    assert width <= 390


async def test_on_a_narrow_screen_every_kind_stays_within_its_bubble(
    phones: tuple[Simulator, PhonePage], page: PhonePage
) -> None:
    sim, _ = phones
    shop = sim.phone("+972501234567", name="Shop")
    noam = sim.customer("+972547654321", name="Noam")
    await shop.send_poll(noam, "Which cake?", ["Apple", "Cheese with " + "very" * 20])
    await shop.send_media(noam, b"OggS", type="ptt", mimetype="audio/ogg")
    await shop.send_media(noam, b"%PDF", type="document", filename="all of our prices " * 4 + ".pdf")
    await shop.send_contact(noam, "Dana", "+972541112233")
    await shop.send_location(noam, 32.0, 34.8, name="The shop", address="A long street without an end 1")
    await page.page.set_viewport_size({"width": 360, "height": 780})
    await page.hold(noam, shop.number)
    await expect(page.page.locator(".bubble")).to_have_count(5)
    beyond = await page.page.evaluate(BEYOND)
    assert beyond == []


async def test_it_opens_in_the_language_of_the_browser(page: PhonePage) -> None:
    browser = page.page.context.browser
    assert browser
    hebrew = await browser.new_page(locale="he-IL")
    await hebrew.goto(page.address)
    await expect(hebrew.locator("html")).to_have_attribute("dir", "rtl")
    await hebrew.locator("#language").click()
    await hebrew.reload()
    await expect(hebrew.locator("html")).to_have_attribute("dir", "ltr")  # what was chosen comes first
    await hebrew.close()


async def test_all_of_it_can_be_reached_by_keyboard_and_has_a_name(page: PhonePage) -> None:
    nameless = await page.page.evaluate(
        "() => [...document.querySelectorAll('button, input, textarea, a')].filter((each) =>"
        " !(each.ariaLabel || each.textContent.trim() || each.closest('label')))"
        ".map((each) => each.outerHTML)"
    )
    assert nameless == []
    more = page.bubble(ENGLISH).get_by_label("What to do with this message")
    await more.focus()
    await page.page.keyboard.press("Enter")
    await expect(page.page.get_by_role("menuitem", name="React with 👍")).to_be_focused()
    await page.page.keyboard.press("ArrowUp")
    await expect(page.page.get_by_role("menuitem").last).to_be_focused()
    await page.page.keyboard.press("Escape")
    await expect(page.page.get_by_role("menu")).to_have_count(0)
    await expect(more).to_be_focused()


@pytest.mark.parametrize("colours", ["light", "dark"])
async def test_what_is_written_stands_out_from_its_ground(page: PhonePage, colours: str) -> None:
    await page.page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
    faint = [each for each in await page.page.evaluate(CONTRAST) if each[1] < 4.5]
    assert faint == []
    assert len(await page.page.evaluate(CONTRAST)) > 10


async def test_news_leave_what_one_writes_and_where_one_is_alone(page: PhonePage) -> None:
    text = page.page.get_by_label("Write a message")
    await text.fill("half a sen")
    first = await page.page.locator(".message").first.element_handle()
    await page.page.evaluate(
        "() => fetch('/control/write', {method: 'POST', body: JSON.stringify("
        "{number: '972501234567', to: '972541112233', text: 'news'})})"
    )
    await page.sees("news")
    await expect(text).to_have_value("half a sen")
    await expect(text).to_be_focused()
    assert first is not None
    assert await first.evaluate("(element) => element.isConnected")
