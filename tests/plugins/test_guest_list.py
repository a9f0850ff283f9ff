"""Guests are talked with, strangers are not, in either direction."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError

from chatgrow_bot.host.loader import load_plugin_module, plugin_class
from chatgrow_bot.messages import Delivery, Drop, Inbound, Kind, Lane, Outbound, Priority, State

GuestList = plugin_class(load_plugin_module(Path(__file__).parents[2] / "plugins" / "guest_list.py"))

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
DANA, AVI, GROUP = "972541112233@c.us", "14155550123@c.us", "120363000000000000@g.us"


def guest_list(**config: Any) -> Any:
    bot = SimpleNamespace(name="guests", config=GuestList.Config.model_validate(config))
    return GuestList(bot)


async def heard(plugin: Any, chat: str, participant: str = "") -> Drop | None:
    message = Inbound(
        id="m1",
        tenant="t",
        connection_id="c",
        chat=chat,
        participant=participant,
        wa_id="w",
        text="hello",
        sent_at=NOW,
        received_at=NOW,
    )
    verdict: Drop | None = await plugin.filter_inbound(message)
    return verdict


async def sent(plugin: Any, chat: str) -> Drop | None:
    delivery = Delivery(
        id="d1",
        tenant="t",
        connection_id="c",
        chat=chat,
        wa_id="w",
        kind=Kind.TEXT,
        lane=Lane.SEND,
        priority=Priority.NORMAL,
        state=State.CLAIMED,
        created_at=NOW,
        due=NOW,
        expires_at=NOW,
        updated_at=NOW,
    )
    verdict: Drop | None = await plugin.filter_outbound(Outbound(to=chat, text="hi"), delivery)
    return verdict


@pytest.mark.parametrize(
    ("config", "guests", "strangers"),
    [
        ({}, [DANA, AVI, GROUP], []),
        ({"allow": ["+972 54-111-2233"]}, [DANA], [AVI, GROUP]),
        ({"allow": [GROUP, AVI]}, [GROUP, AVI], [DANA]),
        ({"block": ["14155550123"]}, [DANA, GROUP], [AVI]),
        ({"allow": [DANA, AVI], "block": [AVI]}, [DANA], [AVI]),
    ],
)
async def test_only_guests_are_heard_and_written_to(
    config: dict[str, Any], guests: list[str], strangers: list[str]
) -> None:
    plugin = guest_list(**config)
    for chat in guests:
        assert await heard(plugin, chat) is None
        assert await sent(plugin, chat) is None
    for chat in strangers:
        assert isinstance(await heard(plugin, chat), Drop)
        assert isinstance(await sent(plugin, chat), Drop)


async def test_in_a_group_the_writer_counts_too() -> None:
    assert await heard(guest_list(allow=[DANA]), GROUP, DANA) is None
    assert isinstance(await heard(guest_list(allow=[DANA]), GROUP, AVI), Drop)
    assert isinstance(await heard(guest_list(allow=[GROUP], block=[AVI]), GROUP, AVI), Drop)


async def test_the_reason_names_the_list_and_hides_the_number() -> None:
    verdict = await sent(guest_list(allow=[DANA]), AVI)
    assert verdict == Drop("…123@c.us is not on the `allow` list of 'guests' in chatgrow.yaml")
    verdict = await heard(guest_list(block=[AVI]), AVI)
    assert verdict == Drop("…123@c.us is on the `block` list of 'guests' in chatgrow.yaml")


@pytest.mark.parametrize("config", [{"allow": ["12"]}, {"block": ["dana"]}, {"allowed": [DANA]}])
def test_a_wrong_setting_is_refused(config: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        GuestList.Config.model_validate(config)
