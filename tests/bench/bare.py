"""Browsers on the page and nothing else, for `memory` to compare with. A program of its own that imports
nothing but Playwright: whatever more the hub loads is the hub's.

Takes JSON on its command line (`url`, `profiles`, and `options` as the engine's), prints a line once every
page shows its QR code, and ends when its input does.
"""

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from typing import Any

from playwright.async_api import async_playwright


async def main(url: str, profiles: list[str], options: dict[str, Any]) -> None:
    """Hold them open."""
    async with async_playwright() as playwright, AsyncExitStack() as browsers:
        for profile in profiles:
            context = await playwright.chromium.launch_persistent_context(profile, **options)
            browsers.push_async_callback(context.close)
            await context.pages[0].goto(url, wait_until="commit")
            await context.pages[0].wait_for_selector("canvas")
        print("open", flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(**json.loads(sys.argv[1])))
