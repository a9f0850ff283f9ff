"""Ready rules of the gallery, as a person tries them in `make demo`: on the phone page, in both languages."""

import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import async_playwright

from ..plugins.simulator.phone_steps import PhonePage

BROWSERS = (Path("/usr/lib/chromium/chromium-headless-shell"), Path("/usr/lib/chromium/chromium"))
NUMBER = "+972501234568"


@pytest.mark.slow
async def test_a_guest_asks_on_the_phone_page_and_sees_the_answers_of_the_gallery(
    stage: Any, phones: Any
) -> None:
    until = sys.modules["chatgrow_plugins.simulator.demo.processes"].until
    cafe, dana = await phones.phone(NUMBER, name="Café"), await phones.customer("+972541112233", name="Dana")
    async with stage.hub(), stage.api() as api, async_playwright() as driver:
        await api.create("cafe", "The café", NUMBER)
        await until(lambda: api.connection("cafe"), lambda found: found["state"] == "qr")
        await cafe.scan((await api.call("GET", "/api/whatsapp/connections/cafe/qr"))["code"])
        await until(lambda: api.connection("cafe"), lambda found: found["state"] == "online")
        binary = next((path for path in BROWSERS if path.exists()), None)
        browser = await driver.chromium.launch(executable_path=binary, chromium_sandbox=False)
        page = PhonePage(await browser.new_page(), stage.places.simulator)
        await page.hold(dana, cafe.number)
        await page.write("Hi, a table for 4 on Friday at 20:00, please")
        await page.sees("A table for 4, on Friday at 20:00.")
        await page.write("היי, אפשר לראות את התפריט?")
        await page.sees("תבשיל עדשים 58 ₪")
        assert page.complaints == []
        await browser.close()
