"""Teams that change, nights, and what is kept."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from chatgrow_bot.config.load import load
from chatgrow_bot.config.report import InvalidConfig
from chatgrow_bot.messages import ConversationState
from chatgrow_bot.store import conversations as store
from chatgrow_bot.store.people import Person
from chatgrow_bot.store.personal_talks import CONVERSATIONS
from chatgrow_bot.testing import FakeClock, TalkingBot

from ..answering import faults
from .talking import AGENTS, CUSTOMER, only, started, teams


def rewrite(bot: TalkingBot, **changes: Any) -> None:
    file = bot.folder / "config" / "chatgrow.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), **changes}, sort_keys=False))


async def test_teams_are_read_anew_and_a_wrong_file_keeps_the_old(bot: TalkingBot) -> None:
    hub = await started(bot)
    rewrite(bot, teams={"sales": {"members": ["danna"]}})
    answer = await bot.running.reload("a test")
    assert not answer.ok
    assert "did you mean 'dana'" in answer.text
    assert list(hub.teams()) == ["sales"]
    rewrite(bot, teams={"support": {"members": ["avi"]}})
    answer = await bot.running.reload("a test")
    assert (answer.ok, list(hub.teams())) == (True, ["support"])


async def test_conversations_of_a_team_that_is_gone_can_be_transferred(bot: TalkingBot) -> None:
    hub = await started(bot)
    await bot.say("person")
    rewrite(bot, teams={"support": {"members": ["avi"]}})
    await bot.running.reload("a test")
    assert "there is no team 'sales'" in (await bot.until(faults))[0]
    talk, tenant = await only(bot), bot.admin.user_id
    assert talk.team == "sales"
    moved = await hub.transfer(tenant, talk.id, by="admin", team="support")
    assert (moved.team, moved.agent) == ("support", "avi")


async def test_the_running_hub_gives_out_what_waited_for_the_morning(
    bot: TalkingBot, clock: FakeClock
) -> None:
    night = {"zone": "UTC", "open": {"mon-sun": "13:00-20:00"}}
    hub = await started(bot, teams(sales={"members": ["dana"], "hours": night}))
    [closed] = await bot.say("person")
    assert "1:00 PM" in closed
    [team] = await hub.standing(bot.admin.user_id)
    assert (team.is_open, team.waiting) == (False, 1)
    assert team.opens_at == datetime(2026, 1, 1, 13, tzinfo=UTC)
    await bot.stop()
    clock.advance(3600)
    hub = await started(bot, teams(sales={"members": ["dana"], "hours": night}))
    given = await bot.until(lambda conn: store.page(conn, bot.admin.user_id, ["agent"], "", "", None, 9))  # type: ignore[list-item]
    assert given[0].agent == "dana"
    await bot.rest()
    assert (await bot.online()).sent[-1].text == "You are now talking with Dana Levi."


async def test_a_person_is_shown_his_conversations_and_they_go_with_him(bot: TalkingBot) -> None:
    await started(bot)
    await bot.say("person")
    person = Person(tenant=bot.admin.user_id, names=frozenset({CUSTOMER}))
    looked = await bot.read(lambda conn: CONVERSATIONS.look(conn, person, None))
    assert looked.found[0].shown
    assert [each["event"] for each in looked.found[0].shown["happenings"]] == ["opened", "given"]
    now = datetime.now(UTC)
    keys = [each.key for each in looked.found]
    assert await bot.running.ground.db.write(lambda conn: CONVERSATIONS.remove(conn, person, keys, now)) == 1
    assert await bot.running.hub.conversations.list(bot.admin.user_id) == []


async def test_only_closed_conversations_grow_old(bot: TalkingBot) -> None:
    hub = await started(bot)
    await bot.say("person")
    later = datetime.now(UTC) + timedelta(days=400)
    assert await bot.read(lambda conn: store.ended(conn, later, 9)) == []
    talk = await only(bot)
    await hub.close(bot.admin.user_id, talk.id, by="dana")
    ids = await bot.read(lambda conn: store.ended(conn, later, 9))
    assert ids == [talk.id]
    assert await bot.running.ground.db.write(lambda conn: store.remove(conn, ids, later)) == 1


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"teams": {"sales": {"members": ["danna"]}}}, "there is no agent 'danna', did you mean 'dana'"),
        (
            {"teams": {"sales": {"escalateTo": "bos"}, "boss": {}}},
            "there is no team 'bos', did you mean 'boss'",
        ),
        ({"teams": {"sales": {"texts": {"taken": "{{ agnet }}"}}}}, "did you mean 'agent'"),
        ({"agents": {"phone": {"name": "x"}}}, "linked phone"),
        ({"agents": {"avi": {"name": "x", "whatsapp": "12"}}}, "number"),
        ({"teams": {"sales": {"members": ["avi", "avi"]}}}, "stands in it twice"),
        ({"teams": {"Sales": {}}}, "small letters"),
    ],
)
def test_a_mistake_is_told_where_it_stands(tmp_path: Path, written: dict[str, Any], told: str) -> None:
    file = tmp_path / "chatgrow.yaml"
    file.write_text(yaml.safe_dump({"agents": AGENTS, **written}))
    with pytest.raises(InvalidConfig) as caught:
        load(file, {})
    assert told in str(caught.value)


def test_states_are_those_that_people_ask_for() -> None:
    assert [*map(str, ConversationState)] == ["waiting", "agent", "closed"]
