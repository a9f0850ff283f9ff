"""A client that looks after its login by itself."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from chatgrow_bot.client import ApiError, Client, NotLoggedIn, UnexpectedAnswer
from chatgrow_bot.testing import FakeClock, TalkingBot

from .relay import Relay

LOGIN, REFRESH, LOGOUT = (f"POST /api/auth/{word}" for word in ("login", "refresh", "logout"))
PASSWORD = "correct horse battery"


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[TalkingBot]:
    """A hub whose clock is turned by hand."""
    talking = TalkingBot(tmp_path, FakeClock())
    yield talking
    await talking.stop()


@pytest.fixture
def clock(bot: TalkingBot) -> FakeClock:
    assert isinstance(bot.clock, FakeClock)
    return bot.clock


async def test_it_logs_in_when_first_asked_and_out_at_the_end(road: Relay, clock: FakeClock) -> None:
    async with Client.login(road.url, "admin", PASSWORD, clock=clock) as client:
        assert road.seen == []
        await client.connections()
        await client.connections()
        assert road.seen.count(LOGIN) == 1
    assert road.seen[-1] == LOGOUT
    assert PASSWORD not in repr(vars(client._wire))


async def test_a_login_is_renewed_before_it_ends_once_for_all(road: Relay, clock: FakeClock) -> None:
    async with Client.login(road.url, "admin", PASSWORD, clock=clock) as client:
        await client.connections()
        for _ in range(3):
            clock.advance(15 * 60 - 10)
            async with asyncio.timeout(20), asyncio.TaskGroup() as group:
                for _ in range(10):
                    group.create_task(client.connections())
    assert road.seen.count(LOGIN) == 1
    assert road.seen.count(REFRESH) == 3


async def test_a_login_that_ends_on_the_way_is_renewed_and_the_call_made_again(
    road: Relay, clock: FakeClock, hub: TalkingBot
) -> None:
    async with Client.login(road.url, "admin", PASSWORD, clock=FakeClock()) as client:  # its clock stands
        await client.connections()
        clock.advance(16 * 60)
        assert list(await client.connections()) == []
        assert road.seen.count(REFRESH) == 1
        await hub.running.hub.accounts.revoke(hub.admin.user_id)
        assert list(await client.connections()) == [], "what cannot be renewed is begun anew"
        assert road.seen.count(LOGIN) == 2


async def test_a_refresh_token_is_never_shown_twice(road: Relay, clock: FakeClock) -> None:
    """When the answer to it is lost it may be used up: the hub would take a second use for a theft."""
    async with Client.login(road.url, "admin", PASSWORD, clock=clock) as client:
        await client.connections()
        clock.advance(15 * 60 - 10)
        road.meant, road.plan = lambda what: what == REFRESH, ["swallow"]
        assert list(await client.connections()) == []
    assert (road.seen.count(REFRESH), road.seen.count(LOGIN)) == (1, 2)


async def test_nor_is_it_shown_again_later_when_the_next_login_fails_as_well(
    road: Relay, clock: FakeClock
) -> None:
    async with Client.login(road.url, "admin", PASSWORD, patience=0, clock=clock) as client:
        await client.connections()
        clock.advance(15 * 60 - 10)
        road.meant, road.plan = lambda what: what in (REFRESH, LOGIN), ["swallow", web.Response(status=500)]
        with pytest.raises(ApiError):
            await client.connections()
        assert list(await client.connections()) == []
    assert (road.seen.count(REFRESH), road.seen.count(LOGIN)) == (1, 3)


async def test_a_wrong_password_is_told_once(road: Relay, clock: FakeClock) -> None:
    async with Client.login(road.url, "admin", "wrong", clock=clock) as client:
        with pytest.raises(NotLoggedIn, match="Wrong user name or password"):
            await client.connections()
    assert road.seen == [LOGIN]


async def test_who_answers_a_login_with_something_else_is_no_hub(road: Relay, clock: FakeClock) -> None:
    road.plan = [web.Response(text="<h1>It works!</h1>")]
    async with Client.login(road.url, "admin", PASSWORD, clock=clock) as client:
        with pytest.raises(UnexpectedAnswer, match="Check that the address"):
            await client.connections()
