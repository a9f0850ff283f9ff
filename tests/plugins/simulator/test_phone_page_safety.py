"""Customers' texts, names and files are hostile input, and other web pages are kept out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import expect

if TYPE_CHECKING:
    from plugins.simulator import Simulator
    from tests.plugins.simulator.phone_steps import PhonePage

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOSTILE = "<img src=x onerror='window.hit=1'><script>window.hit=1</script>\"'><svg onload=window.hit=1>"
PATHS = ("/phone/codes", "/phone/news", "/phone/static/app.js", "/media/" + "0" * 64)


async def test_hostile_words_stay_words(phones: tuple[Simulator, PhonePage]) -> None:
    sim, page = phones
    shop = sim.phone("+972501234567", name=f"Shop {HOSTILE}")
    eve = sim.customer("+972549990000", name=HOSTILE)
    first = await eve.write(shop, HOSTILE)
    await eve.write(shop, f"answer {HOSTILE}", quote=first)
    await eve.write(shop, 'javascript:window.hit=1 data:text/html,hit https://ok.example/"onmouseover=hit')
    await eve.send_media(
        shop,
        b"<script>window.hit=1</script>",
        filename=f"{HOSTILE}.html",
        mimetype="text/html",
        caption=HOSTILE,
    )
    await eve.send_media(
        shop, b"<svg onload='window.hit=1'/>", type="image", filename="a.svg", mimetype="image/svg+xml"
    )
    await eve.send_location(shop, 1, 2, HOSTILE, HOSTILE)
    await eve.send_contact(shop, HOSTILE, "+972541112233")
    await eve.send_poll(shop, HOSTILE, [HOSTILE, "other"])
    await eve.react(first, "<b>x</b>")
    sim_group = sim.group(HOSTILE, [eve, shop])
    await eve.write(sim_group, f"@{shop.number}", mentions=[shop])
    for chat in (eve.number, sim_group.id):
        await page.hold(shop, chat)
        await page.page.locator(".message").last.hover()
        await expect(page.page.locator("#chats")).to_contain_text("<script>")
    await page.hold(shop, eve.number)
    await expect(page.page.locator(".message")).to_have_count(8)
    made = await page.page.evaluate(
        "() => [window.hit, document.querySelectorAll('script').length,"
        " document.querySelectorAll('#app [onerror], #app [onload], #app [onmouseover], #app b').length,"
        " [...document.querySelectorAll('#app a')].map((each) => new URL(each.href).protocol)]"
    )
    assert made[:2] == [None, 1]
    assert set(made[3]) <= {"https:", "http:"}


async def test_the_policy_lets_nothing_run_but_the_pages_own_scripts(
    phones: tuple[Simulator, PhonePage],
) -> None:
    sim, page = phones
    await page.hold(sim.customer("+972541112233", name="Dana"))
    await page.page.evaluate(
        "() => { const script = document.createElement('script');"
        " try { script.textContent = 'window.hit = 1'; document.body.append(script); } catch { } }"
    )
    inert = "() => { try { document.body.innerHTML = '<p>'; return false; } catch { return true; } }"
    assert await page.page.evaluate(inert)
    assert await page.page.evaluate("() => window.hit") is None
    blocked = "() => fetch('http://127.0.0.1:9/').then(() => '', (error) => error.name)"
    assert await page.page.evaluate(blocked) == "TypeError"
    page.complaints.clear()  # the browser says what it blocked


async def test_the_page_works_under_its_policy_without_a_complaint(
    phones: tuple[Simulator, PhonePage],
) -> None:
    sim, page = phones
    await page.hold(sim.customer("+972541112233", name="Dana"))
    await page.page.get_by_role("button", name="Link a device").click()
    await expect(page.page.get_by_text("No page shows a code")).to_be_visible()
    assert page.complaints == []


@pytest.mark.parametrize("path", ["/", *PATHS])
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
    ],
)
async def test_other_pages_and_names_are_refused(
    phones: tuple[Simulator, PhonePage], path: str, headers: dict[str, str]
) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.get(phones[0].address + path, headers=headers) as response,
    ):
        assert response.status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_what_other_sites_embed_is_refused(phones: tuple[Simulator, PhonePage], site: str) -> None:
    async with aiohttp.ClientSession() as http:
        for path in PATHS:
            headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}
            async with http.get(phones[0].address + path, headers=headers) as response:
                assert response.status == 403
        followed = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"}
        async with http.get(phones[0].address, headers=followed) as response:
            assert response.status == 200
            assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]


async def test_a_page_of_another_origin_reaches_nothing_in_a_true_browser(
    phones: tuple[Simulator, PhonePage],
) -> None:
    sim, page = phones
    assert page.page.context.browser
    other = await page.page.context.browser.new_page()
    async with TestServer(web.Application()) as server:
        await other.goto(str(server.make_url("/")))
        script = (
            "(address) => fetch(address + '/control/register', {method: 'POST', mode: 'no-cors',"
            " body: JSON.stringify({number: '+972540000666', name: 'Eve'})}).catch(() => 'no answer')"
        )
        await other.evaluate(script, sim.address)
    await other.close()
    await page.hold(sim.customer("+972541112233", name="Dana"))
    people = [person["number"] for person in await page.page.evaluate(_PEOPLE)]
    assert "972540000666" not in people


_PEOPLE = """() => new Promise((resolve) => {
  const source = new EventSource('/phone/news');
  source.onmessage = ({data}) => { source.close(); resolve(JSON.parse(data).people); };
})"""


@pytest.mark.parametrize(
    ("wish", "answered"),
    [
        ("image/png", "image/png"),
        ("audio/ogg; codecs=opus", "audio/ogg"),
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
async def test_a_file_is_answered_as_nothing_that_a_browser_runs(
    phones: tuple[Simulator, PhonePage], wish: str, answered: str
) -> None:
    sim, _ = phones
    filehash = await sim.put_media(b"<script>alert(1)</script>")
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{sim.address}/phone/media/{filehash}", params={"type": wish}) as response,
    ):
        assert response.content_type == answered
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert ("Content-Disposition" in response.headers) == (answered == "application/octet-stream")
