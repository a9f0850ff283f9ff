"""Steps of a person at the phone page: what is pressed, and what is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playwright.async_api import ConsoleMessage, Locator, Page, expect

if TYPE_CHECKING:
    from plugins.simulator import Customer


class PhonePage:
    """The phone page in a browser. `complaints`: what its console said and should not have."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, line: ConsoleMessage) -> None:
        if line.type in ("error", "warning"):
            self.complaints.append(line.text)

    async def hold(self, person: Customer, partner: str | None = None) -> None:
        """Takes a person's phone, and opens a chat there."""
        await self.page.goto("about:blank")
        chat = f"/{partner}" if partner else ""
        await self.page.goto(f"{self.address}/#{person.number}{chat}")
        await expect(self.page.locator(f'.held[data-number="{person.number}"]')).to_be_visible()

    async def write(self, text: str) -> None:
        """Types and presses Enter."""
        await self.page.get_by_label("Write a message").fill(text)
        await self.page.keyboard.press("Enter")

    def bubble(self, text: str) -> Locator:
        """The message that says this."""
        return self.page.locator(".message", has_text=text)

    async def sees(self, text: str, *, mine: bool = False) -> Locator:
        """The message that says this, once it is there, on the right side."""
        side = ".mine" if mine else ".theirs"
        found = self.page.locator(f".message{side}", has_text=text)
        await expect(found).to_have_count(1, timeout=15_000)
        return found

    async def choose(self, text: str, action: str) -> None:
        """Opens the menu of a message by keyboard and takes an entry."""
        await self.bubble(text).get_by_label("What to do with this message").focus()
        await self.page.keyboard.press("Enter")
        await self.page.get_by_role("menuitem", name=action).click()

    async def box(self, selector: str) -> Any:
        """Where something is on the screen: x, y, width, height."""
        return await self.page.locator(selector).first.bounding_box()
