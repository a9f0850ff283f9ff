"""Figures by day: of one's own messages, in pages, and with no way to ask for what has no end."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from chatgrow_bot.hub import Scope
from chatgrow_bot.store import tallies

from .conftest import Api, part
from .test_keys import key

PATH = "/api/whatsapp/insight"


async def count(api: Api, day: str, what: str, name: str, seconds: float = 0.0) -> None:
    """As if it had happened to the operator then."""
    tenant = (await api.hub.accounts.verify(await api.token("operator"))).user_id
    await api._db.write(lambda conn: tallies.add(conn, tenant, day, what, name, seconds=seconds))


async def test_what_became_of_messages_is_told_by_day(api: Api) -> None:
    await api.connect("shop")
    await api.hears(text="hi")
    today, shown = api.hub.insight.today(), dict[str, Any]()
    async with asyncio.timeout(20):
        while not shown.get("figures"):  # it counts once the message is done with
            shown = (await api.ask("GET", PATH, "operator")).body
    assert (shown["from"], shown["to"], shown["next"]) == (f"{today - timedelta(days=6)}", f"{today}", None)
    line = {"day": f"{today}", "count": 1, "seconds": 0, "longest": 0, "mean": 0.0}
    assert line | {"what": "received", "name": "shop"} in shown["figures"]
    assert (await api.ask("GET", PATH, "stranger")).body["figures"] == []


async def test_days_and_what_is_asked_for_are_told_and_nothing_else(api: Api) -> None:
    for day, seconds in (("2026-01-30", 10), ("2026-01-31", 20), ("2026-01-31", 40), ("2026-02-01", 99)):
        await count(api, day, "answered", "auto_reply", seconds)
        await count(api, day, "rule", "opening")
    asked = {"from": "2026-01-30", "to": "2026-01-31", "what": "answered"}
    figures = (await api.ask("GET", PATH, params=asked)).body["figures"]
    told = [(each["day"], each["count"], each["mean"], each["longest"]) for each in figures]
    assert told == [("2026-01-30", 1, 10.0, 10), ("2026-01-31", 2, 30.0, 40)]


async def test_where_there_is_much_an_answer_ends_and_the_next_goes_on(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part("insight"), "_LINES", 3)
    for day in range(1, 32):
        await count(api, f"2026-01-{day:02}", "received", "shop")
    asked, seen, pages = {"from": "2026-01-01", "to": "2026-01-31"}, list[str](), 0
    while asked["from"]:
        page = (await api.ask("GET", PATH, params=asked)).body
        seen += [each["day"] for each in page["figures"]]
        asked["from"], pages = page["next"], pages + 1
    assert seen == [f"2026-01-{day:02}" for day in range(1, 32)]
    assert pages == 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"from": "2026-02-01", "to": "2026-01-01"},
        {"from": "2026-01-01", "to": "2026-04-11"},
        {"from": "0001-01-01"},
        {"to": "9999-12-31"},
        {"from": "1767225600"},
        {"from": "2026-02-30"},
        {"to": "tomorrow"},
        {"what": "x" * 33},
        {"user": "admin"},
    ],
)
async def test_days_that_will_not_do_are_refused(api: Api, wrong: dict[str, str]) -> None:
    assert (await api.ask("GET", PATH, params=wrong)).is_problem(422, "Invalid request")


async def test_a_hundred_days_are_told(api: Api) -> None:
    asked = {"from": "2026-01-01", "to": "2026-04-10"}
    assert (await api.ask("GET", PATH, params=asked)).body["to"] == "2026-04-10"


async def test_a_key_of_one_connection_is_not_told_what_all_of_them_do(api: Api) -> None:
    await api.create("shop")
    _, bound = await key(api, "operator", Scope.READ, connections=["shop"])
    refused = await api.ask("GET", PATH, None, headers=bound)
    assert refused.is_problem(403, "Not allowed")
    assert "bound to no connections" in refused.body["detail"]
