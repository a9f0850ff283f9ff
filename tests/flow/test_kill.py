"""kill -9 at the worst moment: what was accepted is sent once, by whoever starts next."""

import os
import signal
import sys
from typing import Any

import pytest


@pytest.fixture
def slow(stage: Any) -> Any:
    """A stage whose hub waits between messages, so that some are still queued when it dies; what is unclear
    after it is looked up sooner than in life."""
    config = stage.places.config
    text = config.read_text().replace(
        "send: { min: 0, max: 0, jitter: 0 }", "send: { min: 1, max: 1, jitter: 0 }"
    )
    config.write_text(f"{text}queue:\n  reconcileAfter: 3\n")
    return stage


async def test_what_was_accepted_before_a_kill_is_sent_once_after_it(slow: Any, phones: Any) -> None:
    processes = sys.modules["chatgrow_plugins.simulator.demo.processes"]
    phone = await phones.phone("+972501234567", name="Shop")
    dana = await phones.customer("+972541112233", name="Dana")
    words = processes.chatgrow("run", "--config", str(slow.places.config))
    log = slow.places.folder / "hub.log"
    said = [f"message {number}" for number in range(6)]
    async with processes.running("hub", words, log, slow.places.hub_port) as hub, slow.api() as api:
        await api.create("shop", "Shop", "+972501234567")
        code = await api.call("GET", "/api/whatsapp/connections/shop/qr")
        await phone.scan(code["code"])
        await processes.until(lambda: api.connection("shop"), lambda found: found["state"] == "online")
        ids = [await api.send("shop", "+972541112233", text) for text in said]
        await dana.received(2)
        os.killpg(hub.pid, signal.SIGKILL)
        await hub.wait()
    before = len(await dana.received(0))
    assert before < len(said), "all had left before the kill: the test proves nothing"
    async with slow.hub(), slow.api() as api:
        await dana.received(len(said), timeout=90)
        for message_id in ids:
            await processes.until(
                lambda each=message_id: api.status(each),
                lambda found: found["status"] in ("sent", "delivered", "read"),
            )
    assert [message.text for message in await dana.received(0)] == said
