"""Everything once, in one program of your own: a hub inside it, a connection linked by QR code, messages both
ways, an automatic answer, figures, pause and resume.

    python examples/complete.py                        a virtual phone plays WhatsApp; takes seconds
    python examples/complete.py --live +14155550123    the same with your account, writing to that number
"""

import argparse
import asyncio
import contextlib
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from virtual_phone import VirtualPhone

from chatgrow_bot.embedded import EmbeddedHub, open_hub
from chatgrow_bot.hub import Counted, EventType
from chatgrow_bot.payloads import Poll
from chatgrow_bot.qr import draw_text

HERE = Path(__file__).parent
#: A picture of one point; yours comes from a file: (HERE / "menu.png").read_bytes()
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360f8cf500f0003840180e7d1d1c20000000049454e44ae426082"
)


def config(folder: str, live: bool) -> dict[str, Any]:
    """What chatgrow.yaml would say. `open_hub` takes such a file's path as well."""
    said: dict[str, Any] = {
        "sessionDir": f"{folder}/sessions",
        "logsDir": f"{folder}/logs",
        "plugins": {"auto_reply": {"rules": str(HERE / "rules")}},
    }
    if live:
        said["plugins"]["engine_web"] = {}
    else:  # nobody real is written to, so there is no need for a human pace
        said["connectionDefaults"] = {"engine": "virtual"}
        said["pacing"] = {
            "send": {"min": 0, "max": 0, "jitter": 0},
            "reply": {"min": 0, "max": 0, "typing": False},
        }
    return said


async def listen(hub: EmbeddedHub, begin: int, answered: asyncio.Event) -> None:
    """Tell what happens, as it happens."""
    async for event in hub.events([EventType.RECEIVED, EventType.STATUS], after=begin):
        if event.type is EventType.RECEIVED:
            print(f"   <- {event.data['name']}: {event.data['text']}")
        elif event.data["status"] == "sent":
            print(f"   -> a message of '{event.data['source']}' has left")
            if event.data["source"] == "auto_reply":
                answered.set()


@contextlib.asynccontextmanager
async def listening(hub: EmbeddedHub) -> AsyncIterator[asyncio.Event]:
    """Listen meanwhile; the event is set once the rule has answered."""
    answered = asyncio.Event()
    listener = asyncio.create_task(listen(hub, await hub.parts.events.head(), answered))
    try:
        yield answered
    finally:
        listener.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listener


async def show(hub: EmbeddedHub, phone: VirtualPhone | None, to: str, answered: asyncio.Event) -> None:
    """The whole story."""
    print("1. A connection is made; scan its code with the phone:")
    if "shop" not in [each.connection_id for each in await hub.connections()]:
        await hub.create_connection("shop", name="The shop")
    if (await hub.connection("shop")).state != "online":  # with --live it may be linked from the last time
        qr = await hub.get_qr_code("shop")
        print(draw_text(qr.code).decode())
    if phone:
        phone.scan("shop")
    linked = await hub.wait_until_online("shop", wait=600)
    print(f"   linked as {linked.me}")

    print("2. A customer asks, and a rule answers. " + ("" if phone else "Write to it: When are you open?"))
    if phone:
        await phone.write("shop", "When are you open?")
    await asyncio.wait_for(answered.wait(), 600)

    print("3. The program sends a text, a picture and a poll:")
    sent = await hub.send_message("shop", to, "Your order is ready", wait=120)
    await hub.send_message("shop", to, "Fresh today", file=PICTURE, filename="cake.png", wait=120)
    await hub.send_message("shop", to, payload=Poll(question="Cake?", options=("Yes", "Of course")), wait=120)
    if phone:
        await phone.read("shop")
    print(f"   the text is {(await hub.message(sent.id)).state}")

    print("4. Everything is paused: what is sent now waits, and leaves when it is resumed:")
    await hub.pause("an example")
    held = await hub.send_message("shop", to, "Thank you!", wait=1)
    print(f"   {held.state}: {await hub.parts.outbox.waits_for(hub.user.user_id, held.id)}")
    await hub.resume()
    await hub.parts.outbox.wait(hub.user.user_id, held.id, 120)

    print("5. Figures:")
    figures = await hub.parts.stats.figures(hub.user.user_id)
    counts = {each.value: figures.total.done.get(each, 0) for each in (Counted.SENT, Counted.RECEIVED)}
    workers, health = await hub.get_worker_stats(), hub.get_health_status()
    print(f"   {counts}; {workers.alive} workers; healthy: {health.is_ok}")


async def main(live: str | None) -> None:
    """Open the hub, with WhatsApp or with the virtual phone."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = str(HERE / ".live") if live else scratch  # a linked account is worth keeping
        phone = None if live else VirtualPhone()
        engines = {"virtual": phone.engine} if phone else None
        async with (
            open_hub(config(folder, bool(live)), engines=engines) as hub,
            listening(hub) as answered,
        ):
            await show(hub, phone, live or "+14155550123", answered)
    print("The hub is closed; nothing that waited would have been lost.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Everything once, in one program.")
    parser.add_argument("--live", metavar="NUMBER", help="with your own account; messages go to this number")
    try:
        asyncio.run(main(parser.parse_args().live))
    except KeyboardInterrupt:
        sys.exit(130)  # the hub was closed on the way here
