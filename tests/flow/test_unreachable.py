"""A machine from which WhatsApp cannot be reached: the connection says so and tries again; the rest works."""

import sys
from typing import Any


async def test_the_connection_says_so_and_the_rest_works(stage: Any) -> None:
    config = stage.places.config
    config.write_text(
        config.read_text().replace(f'simulator: "127.0.0.1:{stage.places.page_port}"', "headless: true")
    )
    processes = sys.modules["chatgrow_plugins.simulator.demo.processes"]
    async with stage.hub(), stage.api() as api:
        await api.create("shop", "Shop", "")
        found = await processes.until(
            lambda: api.connection("shop"), lambda found: found["state"] == "reconnecting"
        )
        assert "web.whatsapp.com cannot be reached" in found["reason"]
        assert "Next try in" in found["reason"]
        health = await api.call("GET", "/health")
        assert health["checks"]["database"] is True
