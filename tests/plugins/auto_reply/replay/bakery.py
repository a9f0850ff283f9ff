"""A bakery's chats, of nobody: made by chance, always the same. For tests, and for the manual's pictures.

python -m tests.plugins.auto_reply.replay.bakery     makes docs/replay-*.png anew
"""

import asyncio
import random
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from click.testing import CliRunner
from playwright.async_api import async_playwright

from chatgrow_bot.cli.main import main
from scripts.screenshots.scene import pressed

ROOT = Path(__file__).parents[4]
BAKERY = "Sprout Bakery"
_ZONE = ZoneInfo("Asia/Jerusalem")
#: How often, what is asked, and what the bakery says to that.
_TOPICS: Sequence[tuple[int, Sequence[str], Sequence[str]]] = (
    (
        16,
        ("Are you open today?", "What are your opening hours?", "When do you open on Friday?"),
        ("Sunday to Thursday from 9 to 18", "Yes, until six"),
    ),
    (
        12,
        ("How much is the sourdough?", "price of a cheese cake please", "prices?"),
        ("The sourdough is 28",),
    ),
    (
        11,
        ("Do you deliver to Haifa?", "do you also deliver", "can you deliver", "do you delivr"),
        ("Only within the city, 20 for delivery", "Yes, from 150 up"),
    ),
    (
        9,
        ("Do you have something gluten free?", "gluten free bread?", "is there gluten-free cake"),
        ("On Wednesdays we bake gluten free",),
    ),
    (
        7,
        ("I would like to order a birthday cake", "can I order a birthday cake?", "birthday cake"),
        ("Gladly, what shall stand on it?", "For how many people?"),
    ),
    (6, ("Is there parking near you?", "parking?"), ("Behind the house, for free",)),
    (6, ("איפה אתם נמצאים?", "איפה אתם?"), ("רחוב הזית 12, ליד הדואר",)),
    (4, ("אפשר לשלם באשראי?", "אפשר באשראי?"), ("כן, בשמחה",)),
    (4, ("I want to talk to a person", "may I speak to a person?"), ("Speaking, how can I help?",)),
    (6, ("thanks!", "Thank you 🙏", "great, thanks"), ("👍", "With pleasure")),
    (2, ("My bread was burnt last time, that was not nice",), ("I am so sorry! Come by, we make it good",)),
)
_NAMES = (
    "Noam L",
    "Maya S",
    "Dana A",
    "Yossi B",
    "Tamar",
    "Ruth C",
    "Avi",
    "Lena K",
    "נועה",
    "Omer P",
    "Gil",
    "Sara",
)
_BEFORE = ("Hi, ", "hello ", "Hey, ")
_BEHIND = (
    "for Saturday",
    "for my mother",
    "for the kids",
    "for Purim",
    "for six people",
    "for tomorrow morning",
)
_DELAYS = (0.6, 2, 4, 9, 14, 35, 50, 120, 200, 600, 1500)


def export(name: str, messages: int, chance: random.Random) -> str:
    """A chat with one customer, as an iPhone exports it."""
    return "".join(f"{line}\n" for line, _ in zip(_lines(name, chance), range(messages), strict=False))


def _lines(name: str, chance: random.Random) -> Iterator[str]:
    at = datetime(2026, 1, 4, 9, tzinfo=_ZONE) + timedelta(hours=chance.random() * 300)
    while True:
        at += timedelta(hours=chance.expovariate(1 / 30))
        hour = min(22, max(7, round(chance.gauss(chance.choice((10, 17)), 2.2))))
        at = at.replace(hour=hour, minute=chance.randrange(60), second=chance.randrange(60))
        _, asked, said = chance.choices(_TOPICS, [topic[0] for topic in _TOPICS])[0]
        yield f"[{at:%d/%m/%Y, %H:%M:%S}] {name}: {_worded(chance.choice(asked), chance)}"
        if chance.random() < 0.05:
            yield f"[{at + timedelta(seconds=20):%d/%m/%Y, %H:%M:%S}] {name}: \u200eimage omitted"
        if chance.random() < 0.9:
            at += timedelta(minutes=chance.choice(_DELAYS) * chance.uniform(0.6, 1.3))
            yield f"[{at:%d/%m/%Y, %H:%M:%S}] {BAKERY}: {chance.choice(said)}"


def _worded(text: str, chance: random.Random) -> str:
    """As one or another would say it."""
    if not text.isascii() or len(text) < 12:
        return text
    before = chance.choice(_BEFORE) if chance.random() < 0.15 else ""
    return f"{before}{text} {chance.choice(_BEHIND)}" if chance.random() < 0.3 else f"{before}{text}"


async def pictures() -> None:
    """The report on all of these chats with the rules of a new project, by day and by night."""
    with tempfile.TemporaryDirectory() as place:
        folder, chance = Path(place), random.Random(7)
        paths = [folder / f"{name}.txt" for name in _NAMES]
        for path in paths:
            path.write_text(export(path.stem, 90, chance), encoding="utf-8")
        page = folder / "replay.html"
        result = CliRunner().invoke(main, ["replay", *map(str, paths), "--html", str(page)])
        assert page.exists(), result.output
        print(result.output)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path="/usr/bin/chromium-headless-shell", args=["--no-sandbox"]
            )
            for is_dark, top, name in ((False, 0, "light"), (True, 955, "dark")):
                sheet = await browser.new_page(
                    viewport={"width": 1080, "height": 800}, color_scheme="dark" if is_dark else "light"
                )
                await sheet.goto(page.as_uri())
                shot = await sheet.screenshot(
                    animations="disabled",
                    full_page=True,
                    clip={"x": 0, "y": top, "width": 1080, "height": 960},
                )
                (ROOT / "docs" / f"replay-{name}.png").write_bytes(pressed(shot))
            await browser.close()


if __name__ == "__main__":
    asyncio.run(pictures())
