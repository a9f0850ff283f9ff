"""Conversations, teams and figures by day, by the client."""

import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from chatgrow_bot.accounts import Accounts
from chatgrow_bot.client import Client, Conflict, InvalidRequest, NotFound, SentMessage
from chatgrow_bot.store import tallies
from chatgrow_bot.testing import TalkingBot

from .conftest import ALL, PASSWORD
from .relay import Relay

CUSTOMER = "15551230007@c.us"
TEAMS: dict[str, Any] = {
    "agents": {"dana": {"name": "Dana Levi", "user": "admin"}, "avi": {"name": "Avi"}},
    "teams": {
        "sales": {"title": "Sales", "members": ["dana", "avi"], "give": "byHand"},
        "managers": {"members": ["avi"], "give": "byHand"},
    },
}


@pytest.fixture
async def hub(bot: TalkingBot) -> TalkingBot:
    """A hub with teams, in which its admin is an agent himself."""
    await bot.start("rest_api", settings=TEAMS, rest_api={"admin": True})
    accounts = bot.running.hub.accounts
    assert isinstance(accounts, Accounts)
    await accounts.set_password("admin", PASSWORD)
    return bot


async def test_a_conversation_is_handed_over_taken_and_closed(client: Client, hub: TalkingBot) -> None:
    session = await hub.connect()
    await session.hears("I want a cake", CUSTOMER, name="A customer")
    made = await client.hand_off("shop", CUSTOMER, "sales", note="For Friday")
    assert (made.number, made.state, made.team, made.agent) == (1, "waiting", "sales", None)
    one = made.conversation_id
    assert (await client.take_conversation(one)).agent == "dana", "who the caller is"
    sent = await client.say_in_conversation(one, "Hello, this is Dana", wait=20)
    assert sent.status == "sent"
    assert session.sent[-1].text == "Hello, this is Dana"
    await client.note_in_conversation(one, "Wants it blue")
    with pytest.raises(Conflict, match="dana"):
        await client.take_conversation(one, agent="avi")
    assert (await client.transfer_conversation(one, agent="avi")).agent == "avi"
    assert (await client.release_conversation(one, agent="avi")).state == "waiting"
    assert (await client.transfer_conversation(one, team="managers", by="avi")).team == "managers"
    assert (await client.close_conversation(one)).state == "closed"
    found = await client.conversation(one)
    assert [each.event for each in found.story] == [
        "opened",
        "taken",
        "answered",
        "noted",
        "transferred",
        "released",
        "transferred",
        "closed",
    ]
    assert {each.by for each in found.story} == {"dana", "avi"}
    assert (found.note, found.closed_by) == ("For Friday", "dana")
    assert "I want a cake" in found.summary.text
    said = [each async for each in client.conversation_messages(one, since=found.opened_at)]
    assert any(isinstance(each, SentMessage) and each.message_id == sent.message_id for each in said)
    with pytest.raises(Conflict, match="closed"):
        await client.say_in_conversation(one, "Too late")
    with pytest.raises(NotFound):
        await client.conversation("0" * 32)
    with pytest.raises(InvalidRequest):
        await client.hand_off("shop", CUSTOMER, "nobody")


async def test_conversations_are_listed_page_by_page(client: Client, hub: TalkingBot, road: Relay) -> None:
    await hub.connect()
    for number in range(4):
        await client.hand_off("shop", f"1555123000{number}@c.us", "sales")
    assert [each.number async for each in client.conversations()] == [4, 3, 2, 1]
    assert [each.number async for each in client.conversations(limit=3)] == [4, 3, 2]
    assert [each async for each in client.conversations(limit=0)] == []
    assert [each async for each in client.conversations(state="agent")] == []
    assert len([each async for each in client.conversations(team="sales")]) == 4
    told = await client.teams()
    assert told.me == "dana"
    [sales] = [each for each in told.teams if each.id == "sales"]
    assert (sales.title, sales.is_open, sales.waiting, sales.held) == ("Sales", True, 4, 0)
    assert [each.name for each in sales.agents] == ["Dana Levi", "Avi"]


async def test_a_word_whose_answer_is_lost_is_said_once(client: Client, hub: TalkingBot, road: Relay) -> None:
    session = await hub.connect()
    one = (await client.hand_off("shop", CUSTOMER, "sales")).conversation_id
    road.plan = ["swallow"]
    await client.say_in_conversation(one, "Hello", wait=20)
    assert road.seen.count(f"POST /api/whatsapp/conversations/{one}/messages") == 2
    assert [each.text for each in session.sent].count("Hello") == 1
    road.plan = ["swallow"]
    assert (await client.close_conversation(one)).state == "closed"
    assert [each.event for each in (await client.conversation(one)).story].count("closed") == 1


async def test_a_program_acts_for_an_agent(hub: TalkingBot, road: Relay) -> None:
    await hub.connect()
    accounts = hub.running.hub.accounts
    assert isinstance(accounts, Accounts)
    _, text = await accounts.keys.make(hub.admin, "the CRM", scopes=ALL)
    async with Client(road.url, text) as program:
        one = (await program.hand_off("shop", CUSTOMER, "sales")).conversation_id
        await program.say_in_conversation(one, "Hello", agent="avi")
        found = await program.conversation(one)
        assert (found.agent, [each.by for each in found.story]) == ("avi", ["dana", "avi", "avi"])


@pytest.fixture
async def counted(hub: TalkingBot) -> AsyncIterator[None]:
    """Thirty days on which something happened."""
    today = hub.running.hub.insight.today()
    days = [f"{today - timedelta(days=n)}" for n in range(30)]

    def count(conn: Any) -> None:
        for day in days:
            tallies.add(conn, hub.admin.user_id, day, "answered", "auto_reply", seconds=4)

    await hub.running.ground.db.write(count)
    yield


@pytest.mark.usefixtures("counted")
async def test_figures_by_day_go_on_from_page_to_page(
    client: Client, hub: TalkingBot, road: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["chatgrow_plugins.rest_api.insight"], "_LINES", 3)
    today = hub.running.hub.insight.today()
    week = [each async for each in client.insight()]
    assert [each.day for each in week] == [today - timedelta(days=n) for n in reversed(range(7))]
    assert {(each.what, each.name, each.count, each.mean) for each in week} == {
        ("answered", "auto_reply", 1, 4.0)
    }
    month = [each.day async for each in client.insight(today - timedelta(days=29), what="answered")]
    assert month == [today - timedelta(days=n) for n in reversed(range(30))]
    assert road.seen.count("GET /api/whatsapp/insight") == 6
