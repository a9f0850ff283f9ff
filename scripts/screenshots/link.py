"""The hub's own page that links a number, in English and in Hebrew: a second shop of the bakery's joins."""

from playwright.async_api import expect

from .scene import Scene


async def in_english(scene: Scene) -> bytes:
    """The page as an English browser meets it."""
    return await _shot(scene, "market", "The market stall", "Log in", language="")


async def in_hebrew(scene: Scene) -> bytes:
    """The same page in a mirror."""
    return await _shot(scene, "shuk", "הדוכן בשוק", "כניסה", language="עברית")


async def _shot(scene: Scene, connection_id: str, name: str, log_in: str, language: str) -> bytes:
    await scene.api.create(connection_id, name, "")
    page = await scene.open(f"{scene.stage.places.hub}/console/login")
    if language:
        await page.get_by_role("button", name=language).click()
    await page.locator("input[name=username]").fill("demo")
    await page.locator("input[name=password]").fill(scene.stage.password)
    await page.get_by_role("button", name=log_in).click()
    await page.locator(f"#link-{connection_id}").click()
    await expect(page.locator("img.qr")).to_be_visible(timeout=60_000)
    shot = await page.screenshot(animations="disabled")
    await page.context.close()
    return shot
