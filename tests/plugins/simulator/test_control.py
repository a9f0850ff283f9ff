"""Ordering faults without a browser: what is refused, what stands for whom, and what a restart keeps."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import ModuleType

    from plugins.simulator import Customer, Phone, Simulator, SimulatorClient

    Driver = Simulator | SimulatorClient


@pytest.fixture(params=["in process", "over HTTP"])
async def driver(sim: Simulator, plugin: ModuleType, request: pytest.FixtureRequest) -> AsyncIterator[Driver]:
    if request.param == "in process":
        yield sim
        return
    async with plugin.SimulatorClient(sim.address) as client:
        yield client


@pytest.mark.parametrize(
    ("fault", "details", "said"),
    [
        ("refuse_send", {}, "no fault 'refuse_send'; did you mean 'refuse_sends'?"),
        ("weather", {}, "no fault 'weather'; there are away, block, deaf, delay_acks"),
        ("refuse_sends", {"cod": 463}, "refuse_sends: Object contains unknown field `cod`"),
        ("refuse_sends", {"code": "463"}, "refuse_sends: Expected `int | null`, got `str` - at `$.code`"),
        ("refuse_sends", {"times": 0}, "refuse_sends: Expected `int` >= 1"),
        ("block", {"mode": "TOS"}, "block: Invalid enum value 'TOS'"),
        ("block", {}, "block: Object missing required field `mode`"),
        ("dialog", {"times": 2}, "dialog: Object contains unknown field `times`"),
        ("dialog", {"of": "+972500000000"}, r"\+972500000000 is not on WhatsApp"),
        ("dialog", {"of": "972501234567:9"}, r"\+972501234567 has no device '972501234567:9'"),
    ],
)
async def test_what_cannot_be_ordered_is_refused_with_a_reason(
    driver: Driver, shop: Phone, plugin: ModuleType, fault: str, details: dict[str, Any], said: str
) -> None:
    with pytest.raises(plugin.SimulatorError, match=said):
        await driver.order(fault, **details)
    assert await driver.orders() == []


def test_every_fault_stands_in_the_readme(plugin: ModuleType) -> None:
    folder = Path(str(plugin.__file__)).parent
    faults = sys.modules[f"{plugin.__name__}.faults"]
    rows = (folder / "README.md").read_text().splitlines()
    assert [name for name in faults.NAMES if not any(row.startswith(f"| `{name}` |") for row in rows)] == []


async def test_orders_are_listed_and_taken_back_by_name_and_number(
    driver: Driver, shop: Phone, dana: Customer
) -> None:
    await driver.order("refuse_sends", shop, code=463, times=3)
    await driver.order("dialog", "+972 541112233".replace(" ", ""), text="Hello")
    await driver.order("dialog", text="For all")
    assert await driver.orders() == [
        {
            "fault": "refuse_sends",
            "of": shop.number,
            "times": 3,
            "code": 463,
            "result": "ERROR_UNKNOWN",
            "left": 3,
        },
        {"fault": "dialog", "of": dana.number, "text": "Hello", "left": None},
        {"fault": "dialog", "of": None, "text": "For all", "left": None},
    ]
    assert await driver.heal("dialog", dana) == 1
    assert await driver.heal("dialog", shop) == 0
    assert [each["fault"] for each in await driver.orders()] == ["refuse_sends", "dialog"]
    assert await driver.heal() == 2
    assert await driver.orders() == []


async def test_a_switch_is_set_by_its_name_and_kind_or_not_at_all(driver: Driver, plugin: ModuleType) -> None:
    with pytest.raises(plugin.SimulatorError, match="did you mean 'deduplicate'"):
        await driver.switch(dedupilcate=False)
    with pytest.raises(plugin.SimulatorError, match="switch qr_codes: Expected `int`, got `str`"):
        await driver.switch(qr_seconds=1, qr_codes="3")


async def test_half_a_switch_is_none(dana: Customer, shop: Phone, sim: Simulator, plugin: ModuleType) -> None:
    with pytest.raises(plugin.SimulatorError):
        await sim.switch(deduplicate=False, qr_codes="3")
    for _ in range(2):
        await dana.write(shop, "once", message_id="3EB0AA")
    assert len(await shop.received()) == 1


async def test_a_fault_to_heal_must_exist(driver: Driver, plugin: ModuleType) -> None:
    with pytest.raises(plugin.SimulatorError, match="did you mean 'silence'"):
        await driver.heal("silense")


async def test_a_logout_has_a_reason_whatsapp_knows(driver: Driver, shop: Phone, plugin: ModuleType) -> None:
    with pytest.raises(plugin.SimulatorError, match="no reason 'bored'; there are account_locked"):
        await driver.log_out(shop, "bored")


async def test_a_wrong_call_is_answered_400_and_never_500(sim: Simulator) -> None:
    bodies: list[Any] = [
        {},
        [],
        {"fault": 5},
        {"fault": "dialog", "of": 5},
        {"fault": "dialog", "text": None},
    ]
    async with aiohttp.ClientSession() as http:
        for body in bodies:
            async with http.post(f"{sim.address}/control/order", json=body) as response:
                assert response.status == 400, await response.text()


async def test_a_ban_outlives_a_restart_and_orders_do_not(tmp_path: Path, plugin: ModuleType) -> None:
    async with plugin.Simulator(tmp_path) as before:
        shop = before.phone("+972501234567", name="Shop")
        await before.ban(shop)
        await before.order("silence")
        await before.switch(deduplicate=False)
    async with plugin.Simulator(tmp_path) as after:
        shop = after.phone("+972501234567", name="Shop")
        dana = after.customer("+972541112233", name="Dana")
        assert await after.orders() == []
        for _ in range(2):
            await dana.write(shop, "once", message_id="3EB0AA")
        assert len(await dana.sent()) == 1
        with pytest.raises(plugin.SimulatorError, match="banned"):
            await shop.write(dana, "we are back")
        await after.pardon(shop)
        await shop.write(dana, "we are back")
