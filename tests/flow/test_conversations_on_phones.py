"""A shop's menu, its order form and the hand-off to a person, as somebody tries them in `make demo`: in both
languages, and with the hub started again in the middle of the form."""

import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.async_api import async_playwright, expect

from chatgrow_bot.engine import Parcel
from chatgrow_bot.testing import TalkingBot

from ..plugins.simulator.phone_steps import PhonePage

BROWSERS = (Path("/usr/lib/chromium/chromium-headless-shell"), Path("/usr/lib/chromium/chromium"))
ROOT = Path(__file__).parents[2]
MAYA = "972541112235"
SHOTS = os.environ.get("SHOTS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a customer of one language says, and what he is told: pairs, before the restart and after it."""

    number: str
    name: str
    begins: Sequence[tuple[str, str]]
    goes_on: Sequence[tuple[str, str]]
    taken: str  #: who talks with him now
    note: str  #: what the agent is told of the order
    question: str  #: what he asks the agent
    answer: str
    rates: str
    asks_again: tuple[str, str]
    stop: str
    opted_out: str


ENGLISH = Scene(
    number="972541112236",
    name="Lior",
    begins=(
        ("menu", "What can we do for you?"),
        ("7", "Please write a number from 1 to 4."),
        ("2", "How many cakes would you like?"),
        ("3", "For which day?"),
    ),
    goes_on=(
        ("tomorrow", "How would you like to get it?"),
        ("1", "Street, house number and city, please?"),
        ("12 Main Street, Springfield", "Thank you! 3 x cake for"),
    ),
    taken="You are now talking with Maya",
    note="Order: 3 x cake",
    question="Is it without nuts?",
    answer="Yes, without nuts. See you tomorrow!",
    rates="How was it?",
    asks_again=("order form", "How many cakes would you like?"),
    stop="STOP",
    opted_out="You will get no more messages",
)
HEBREW = Scene(
    number="972541112237",
    name="נועה",
    begins=(
        ("תפריט", "במה נוכל לעזור?"),
        ("7", "נא לכתוב מספר מ-1 עד 4."),
        ("הזמנת עוגה", "כמה עוגות תרצו?"),
        ("2", "לאיזה יום?"),
    ),
    goes_on=(("מחר", "איך תרצו לקבל?"), ("איסוף עצמי", "תודה! רשמנו 2 עוגות")),
    taken="כאן Maya",
    note="הזמנה: 2 עוגות",
    question="יש בלי גלוטן?",
    answer="בטח, נשמח לראותך מחר",
    rates="איך היה?",
    asks_again=("טופס הזמנה", "כמה עוגות תרצו?"),
    stop="הסר",
    opted_out="לא תקבלו מאיתנו הודעות נוספות",
)
SCENES = (ENGLISH, HEBREW)


class Screen:
    """What one person has on a phone, over a hub whose engine is a fake one."""

    def __init__(self, bot: TalkingBot, number: str, name: str) -> None:
        self._bot = bot
        self._chat, self._name = f"{number}@c.us", name
        self._seen: Parcel | None = None  #: the last message that was looked for

    async def write(self, text: str) -> None:
        await self._bot.engine.opened["boutique"].hears(text, self._chat, name=self._name)

    async def sees(self, text: str) -> None:
        """Behind the last message that was looked for, one that says this."""
        found = await self._bot.until(
            lambda _: [each for each in self._new() if text in each.text], seconds=20
        )
        self._seen = found[0]

    def _new(self) -> list[Parcel]:
        sent = [each for each in self._bot.engine.opened["boutique"].sent if each.chat == self._chat]
        seen = next((at for at, each in enumerate(sent, 1) if each is self._seen), 0)
        return sent[seen:]


async def order(customer: Any, steps: Sequence[tuple[str, str]]) -> None:
    """A part of the form, question by question."""
    for said, told in steps:
        await customer.write(said)
        await customer.sees(told)


async def talk(customer: Any, agent: Any, scene: Scene) -> None:
    """What comes behind the form: a person has the customer, and gives him back."""
    await customer.sees(scene.taken)
    await agent.sees(scene.note)
    await customer.write(scene.question)
    await agent.sees(scene.question)
    await agent.write(scene.answer)
    await customer.sees(scene.answer)
    await agent.write("/close")
    await customer.sees(scene.rates)
    await customer.write("5")
    await order(customer, [scene.asks_again])
    await customer.write(scene.stop)
    await customer.sees(scene.opted_out)


async def test_a_form_is_filled_in_and_a_person_answers_though_the_hub_was_restarted(
    bot: TalkingBot, demo: Any, tmp_path: Path
) -> None:
    stage, processes = (
        sys.modules[f"chatgrow_plugins.simulator.demo.{name}"] for name in ("stage", "processes")
    )
    places = processes.Places(folder=tmp_path / "demo", hub_port=0, page_port=0, control_port=0)
    stage.lay_out(places, ROOT / "config" / "rules")
    told = yaml.safe_load(places.config.read_text("utf-8"))
    settings = {name: told[name] for name in ("agents", "teams", "inbound")}
    own = {**told["plugins"]["auto_reply"], "rules": str(places.config.parent / "rules"), "watch": False}

    async def start() -> None:
        await bot.start(
            "auto_reply",
            "whatsapp_agents",
            settings=settings,
            auto_reply=own,
            whatsapp_agents={"admin": True},
        )

    await start()
    await bot.connect("boutique")
    agent = Screen(bot, MAYA, "Maya")
    customers = [Screen(bot, scene.number, scene.name) for scene in SCENES]
    for customer, scene in zip(customers, SCENES, strict=True):
        await order(customer, scene.begins)
    await bot.stop()
    await start()
    await bot.online("boutique")
    for customer, scene in zip(customers, SCENES, strict=True):
        await order(customer, scene.goes_on)
        await talk(customer, agent, scene)


class Held:
    """A person's phone in the browser."""

    def __init__(self, page: PhonePage) -> None:
        self.page = page
        self._seen = Counter[str]()  #: how often something was told

    async def write(self, text: str) -> None:
        await self.page.write(text)

    async def sees(self, text: str) -> None:
        """One message more that says this."""
        self._seen[text] += 1
        found = self.page.page.locator(".message.theirs", has_text=text)
        await expect(found).to_have_count(self._seen[text], timeout=30_000)


@pytest.mark.slow
async def test_two_customers_and_an_agent_play_it_on_the_phone_page(stage: Any, phones: Any) -> None:
    boutique = sys.modules["chatgrow_plugins.simulator.demo.boutique"]
    people = [await phones.customer(f"+{scene.number}", name=scene.name) for scene in SCENES]
    maya = await phones.customer(f"+{MAYA}", name="Maya")
    async with async_playwright() as driver:
        binary = next((path for path in BROWSERS if path.exists()), None)
        browser = await driver.chromium.launch(executable_path=binary, chromium_sandbox=False)
        held = [Held(PhonePage(await browser.new_page(), stage.places.simulator)) for _ in range(3)]
        *customers, agent = held
        async with stage.hub(), stage.api() as api:
            shop = await boutique.linked(api, phones)
            for screen, person in zip(held, [*people, maya], strict=True):
                await screen.page.hold(person, shop.number)
            await agent.write("/list")
            await agent.sees("Nothing is open.")
            for customer, scene in zip(customers, SCENES, strict=True):
                await order(customer, scene.begins)
        async with stage.hub():
            for customer, scene in zip(customers, SCENES, strict=True):
                await order(customer, scene.goes_on)
                await talk(customer, agent, scene)
        assert [screen.page.complaints for screen in held] == [[], [], []]
        if SHOTS:
            for number, screen in enumerate(held):
                await screen.page.page.screenshot(path=f"{SHOTS}/{number}.png")
        await browser.close()
