"""What the pages say, in which language and which way round; and that what people named stays a name."""

import pytest
from playwright.async_api import Page, expect

from chatgrow_bot.messages import ConnectionState

from .conftest import CODE, LANGUAGES, Console

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: Each would run, if it were more than text.
HOSTILE = (
    "<script>hurt()</script>",
    "<img src=x onerror=hurt()>",
    '" onmouseover="hurt()" autofocus onfocus="hurt()',
    "'><svg onload=hurt()>",
    "</title><script>hurt()</script>",
    "{{ 7 * 7 }}{% raw %}{x.__class__}",
    "<b hx-get='/console/logout' hx-trigger='load'>x</b>",
    "javascript:hurt()",
    "\u202egnp.exe\u2066",
)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("he", "he"),
        ("he-IL,he;q=0.9,en-US;q=0.8", "he"),
        ("iw", "he"),
        ("en-GB,en;q=0.9,he;q=0.2", "en"),
        ("en;q=0.1, HE;q=0.5", "he"),
        ("fr, de;q=0.5", "en"),
        ("he;q=0", "en"),
        ("he;q=high, ;;,", "en"),
        ("", "en"),
    ],
)
async def test_the_browser_chooses_the_language_until_one_chooses_oneself(
    console: Console, header: str, code: str
) -> None:
    _, text, _ = await console.ask("GET", "/console/login", headers={"Accept-Language": header})
    assert f'<html lang="{code}" dir="{LANGUAGES[code].direction}">' in text
    cookie = {"Cookie": "chatgrow_language=he", "Accept-Language": header}
    assert '<html lang="he" dir="rtl">' in (await console.ask("GET", "/console/login", headers=cookie))[1]


async def test_a_language_is_chosen_and_one_stays_on_the_page(console: Console) -> None:
    page = await console.page(await console.user(), "/console/new")
    await page.get_by_role("button", name="עברית").click()
    await expect(page.get_by_role("heading", name="הוספת מספר")).to_be_visible()
    await expect(page).to_have_url(f"{console.url}/console/new")
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_role("heading", name="Add a number")).to_be_visible()
    for back in ("https://evil.example", "//evil.example", "/consolex", "/console/\r\nX: 1", "/other"):
        status, _, headers = await console.ask(
            "POST",
            "/console/language",
            headers={"Sec-Fetch-Site": "same-origin"},
            data={"language": "he", "back": back},
        )
        assert (status, headers["Location"]) == (303, "/console")


async def middle(page: Page, selector: str) -> float:
    """Where something stands, from 0 at the left edge of the page to 1 at the right."""
    place, size = page.locator(selector).first, page.viewport_size
    while not (box := await place.bounding_box()):  # the stream has just put another in its place
        await expect(place).to_be_visible()
    assert size
    return (box["x"] + box["width"] / 2) / size["width"]


@pytest.mark.parametrize("width", [1200, 390])
async def test_the_hebrew_page_is_the_english_one_in_a_mirror(console: Console, width: int) -> None:
    who = await console.user()
    shop = await console.connection(who)
    seen: dict[str, list[float]] = {}
    for locale in ("en-US", "he-IL"):
        page = await console.page(who, locale=locale, viewport={"width": width, "height": 900})
        seen[locale] = [await middle(page, each) for each in (".brand", ".tools", f"#link-{shop}", ".danger")]
        await page.goto(f"{console.url}/console/connections/{shop}/link")
        await expect(page.locator("img.qr")).to_be_visible()
        seen[locale].append(await middle(page, ".code"))
        overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.evaluate(overflow) == 0
    for english, hebrew in zip(seen["en-US"], seen["he-IL"], strict=True):
        assert english == pytest.approx(1 - hebrew, abs=0.08)
    assert seen["en-US"][0] < 0.5 < seen["en-US"][1]
    assert seen["he-IL"][1] < 0.5 < seen["he-IL"][0]


async def test_a_hostile_name_is_only_a_name(console: Console) -> None:
    who = await console.user()
    page = await console.page(who)
    ids = [await console.connection(who, name, ConnectionState.ONLINE) for name in HOSTILE]
    for connection_id in ids:
        session = console.engine.opened[connection_id]
        session.reason = "<script>hurt()</script><img src=x onerror=hurt()>"
        session.becomes(ConnectionState.QR, CODE)
    await expect(page.locator(".card .reason")).to_have_count(len(HOSTILE))  # they came by the stream
    for name, connection_id in zip(HOSTILE, ids, strict=True):
        await expect(page.locator(f"#name-{connection_id} bdi")).to_have_text(name)
        for path in ("link", "delete"):
            _, text, _ = await console.ask(
                "GET", f"/console/connections/{connection_id}/{path}", await console.token(who)
            )
            assert "<script>hurt" not in text
            assert "<img src=x" not in text
            assert "49" not in text.partition("<main")[2]
    await page.locator(f"#delete-{ids[0]}").click()
    await expect(page.get_by_role("dialog")).to_contain_text(HOSTILE[0])
    assert await page.locator(".card script, .card img, .card svg, dialog script").count() == 0
    assert page.url == f"{console.url}/console"
