"""The phone page with a bakery's conversations: one in English, one in Hebrew."""

from collections.abc import Sequence
from typing import Any

from playwright.async_api import Page, expect

from .murmur import murmur
from .scene import BAKERY, Scene

DANA, NOAM, MAYA = "+972541112233", "+972547654321", "+972523334455"


async def in_english(scene: Scene) -> bytes:
    """Dana asks, the hub answers, the baker takes her order by hand."""
    sim = scene.sim
    bakery = await sim.phone(BAKERY, name="Sprout Bakery")
    dana = await sim.customer(DANA, name="Dana Levi")
    noam, maya = await sim.customer(NOAM, name="Noam"), await sim.customer(MAYA, name="Maya Stern")
    await maya.write(dana, "See you at the market on Friday 🌿")
    dinner = await _dinner(
        scene, "Friday dinner", (dana, noam, maya), ("I bring the salad", "And who brings the bread?")
    )
    page = await _open(scene, dana.number, bakery.number, "en")
    await page.get_by_label("Write a message").fill("Good morning! Is there sourdough today?")
    await page.keyboard.press("Enter")
    await _says(page, "comes out of the oven")
    note = await dana.send_media(bakery, murmur(7), type="ptt", mimetype="audio/wav", duration=7)
    taken = await bakery.write(
        dana, "One sourdough and two challahs, with pleasure. They wait for you from 10:30.", quote=note
    )
    await dana.react(taken, "❤️")
    poll = await bakery.send_poll(
        dana, "Which cake shall we bake for Friday?", ["Apple and cinnamon", "Cheese", "Poppy seed"]
    )
    await page.get_by_label("Apple and cinnamon").check()
    await dana.until(poll, lambda message: message.votes["Apple and cinnamon"])
    await bakery.read(dana)
    await dana.write(bakery, "Apple, of course 🍎")
    await noam.write(dinner, f"@{dana.number} you live next to a bakery 😉", mentions=[dana])
    await bakery.show(dana, "composing")
    await expect(page.locator(".partner").get_by_text("typing…")).to_be_visible()
    return await _shot(page)


async def in_hebrew(scene: Scene) -> bytes:
    """Noam asks, the hub answers and sends a picture over REST, he orders."""
    sim = scene.sim
    bakery = await sim.phone(BAKERY, name="מאפיית נבט")
    noam = await sim.customer(NOAM, name="נועם כהן")
    dana, maya = await sim.customer(DANA, name="דנה לוי"), await sim.customer(MAYA, name="מאיה שטרן")
    await maya.write(noam, "נתראה בשוק ביום שישי 🌿")
    await _dinner(scene, "ארוחת שישי", (noam, dana, maya), ("אני מביאה סלט", "ומי מביא לחם?"))
    page = await _open(scene, noam.number, bakery.number, "he")
    await page.get_by_label("כתיבת הודעה").fill("בוקר טוב! עד מתי אתם פתוחים היום?")
    await page.keyboard.press("Enter")
    await _says(page, "אנחנו פתוחים")
    answer = (await noam.received(0))[-1]
    await scene.api.send_picture("bakery", NOAM, await scene.drawn("loaf.svg"), "יצא עכשיו מהתנור 🥖")
    picture = (await noam.received(1, after=answer.seq, timeout=60))[-1]
    await noam.react(picture, "😍")
    await _says(page, "יצא עכשיו מהתנור")
    await noam.write(bakery, "נראה נהדר! שתי כיכרות בבקשה, אגיע בעשר.", quote=picture)
    await bakery.read(noam)
    await noam.send_media(bakery, murmur(4), type="ptt", mimetype="audio/wav", duration=4)
    await dana.write(noam, "תודה רבה!")
    return await _shot(page)


async def _dinner(scene: Scene, name: str, people: Sequence[Any], said: Sequence[str]) -> Any:
    """A group in which two others talked, for the list of chats."""
    group = await scene.sim.group(name, people)
    for person, text in zip(people[1:], said, strict=True):
        await person.write(group, text)
    return group


async def _open(scene: Scene, number: str, chat: str, language: str) -> Page:
    page = await scene.open(f"{scene.stage.places.simulator}/?lang={language}#{number}/{chat}")
    await expect(page.locator("#text")).to_be_visible()
    return page


async def _says(page: Page, text: str) -> None:
    await expect(page.locator(".message .text", has_text=text).first).to_be_visible(timeout=30_000)


async def _shot(page: Page) -> bytes:
    """Once all sounds are measured and nothing moves."""
    await page.wait_for_function(
        "() => [...document.querySelectorAll('.wave')].every((each) => each.firstChild.style.length)"
    )
    await page.locator("#text").blur()
    await page.mouse.move(0, 0)
    shot = await page.screenshot(animations="disabled")
    await page.context.close()
    return shot
