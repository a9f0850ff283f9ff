"""Staying logged in by refresh tokens: each is good once, and a copy of one ends the login. On a real
database, with the clock turned by hand."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from chatgrow_bot.accounts import Accounts
from chatgrow_bot.accounts.passwords import Passwords
from chatgrow_bot.errors import NotLoggedIn, RateLimitExceeded
from chatgrow_bot.hub import Role, Tokens
from chatgrow_bot.messages import Fact, Fault
from chatgrow_bot.store.account_tables import logins
from chatgrow_bot.store.database import Database
from chatgrow_bot.testing import FakeClock

from .dana import PASSWORD, SECRET
from .dana import clock as clock


@pytest.fixture
def faults() -> list[Fact]:
    return []


@pytest.fixture
async def accounts(db: Database, clock: FakeClock, faults: list[Fact]) -> Accounts:
    made = Accounts(db, clock, SECRET, Passwords(), lasts=timedelta(days=30), report=faults.append)
    await made.add_user("dana", PASSWORD, Role.OPERATOR, "free")
    return made


async def enter(accounts: Accounts) -> Tokens:
    return await accounts.login("dana", PASSWORD, "1.1.1.1")


async def is_good(accounts: Accounts, token: str) -> bool:
    try:
        await accounts.verify(token)
    except NotLoggedIn:
        return False
    return True


async def test_each_refresh_gives_tokens_that_are_good_and_the_next_refresh_token(
    accounts: Accounts, clock: FakeClock
) -> None:
    tokens = await enter(accounts)
    assert tokens.refresh_expires_in == timedelta(days=7)
    seen = {tokens.refresh_token}
    for _ in range(5):
        clock.advance(14 * 60)
        tokens = await accounts.refresh(tokens.refresh_token, "1.1.1.1")
        assert (await accounts.verify(tokens.access_token)).username == "dana"
        assert tokens.expires_in == timedelta(minutes=15)
        seen.add(tokens.refresh_token)
    assert len(seen) == 6


async def test_no_secret_of_a_refresh_token_is_stored(accounts: Accounts, db: Database) -> None:
    tokens = await enter(accounts)
    [row] = await db.read(lambda conn: conn.execute(select(logins)).all())
    secret = tokens.refresh_token.rpartition(f"cgr_{row.id}_")[2]
    assert len(secret) > 60
    assert secret not in str(row)
    assert len(row.secret_hash) == 64


async def test_one_that_was_used_before_ends_the_login_for_both_and_is_told(
    accounts: Accounts, faults: list[Fact], clock: FakeClock
) -> None:
    first = await enter(accounts)
    other = await enter(accounts)
    second = await accounts.refresh(first.refresh_token, "1.1.1.1")
    third = await accounts.refresh(second.refresh_token, "1.1.1.1")
    assert await is_good(accounts, third.access_token)  # known, as while in use
    revoked = accounts.revoked
    with pytest.raises(NotLoggedIn):
        await accounts.refresh(first.refresh_token, "6.6.6.6")
    assert revoked.is_set()
    for tokens in (first, second, third):
        assert not await is_good(accounts, tokens.access_token)
        with pytest.raises(NotLoggedIn):
            await accounts.refresh(tokens.refresh_token, "1.1.1.1")
    [fault] = faults  # told once, however often it is tried
    assert isinstance(fault, Fault)
    assert "'dana' was used twice" in fault.reason
    assert fault.tenant == (await accounts.find("dana")).user_id
    assert await is_good(accounts, other.access_token)
    await accounts.refresh(other.refresh_token, "1.1.1.1")


async def test_of_many_who_show_the_same_at_once_one_is_served_and_the_login_ends(
    accounts: Accounts, faults: list[Fact]
) -> None:
    tokens = await enter(accounts)
    tries = [accounts.refresh(tokens.refresh_token, f"1.1.1.{n}") for n in range(8)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    served = [each for each in outcomes if isinstance(each, Tokens)]
    assert len(served) <= 1
    assert all(isinstance(each, (Tokens, NotLoggedIn)) for each in outcomes)
    for each in (tokens, *served):
        assert not await is_good(accounts, each.access_token)
    assert len(faults) == 1


async def test_a_guess_ends_nobodys_login(accounts: Accounts, faults: list[Fact]) -> None:
    tokens = await enter(accounts)
    login_id = (await accounts.verify(tokens.access_token)).login_id
    prefix, _, secret = tokens.refresh_token.rpartition("_" + login_id + "_")
    assert prefix == "cgr"
    for guess in (
        "",
        "cgr_",
        tokens.access_token,
        tokens.refresh_token + "A",
        tokens.refresh_token[:-1],
        f"cgr_{login_id}_{'A' * len(secret)}",
        f"cgr_{login_id}_{secret[::-1]}",
        f"cgk_{login_id}_{secret}",
        f"cgr_{'0' * 32}_{secret}",
        "cgr_" + "\udc80" * 90,
    ):
        with pytest.raises(NotLoggedIn):
            await accounts.refresh(guess, "6.6.6.6")
    assert faults == []
    await accounts.refresh(tokens.refresh_token, "1.1.1.1")


async def test_a_login_is_over_after_its_time_and_when_nobody_used_it_for_a_week(
    accounts: Accounts, db: Database, clock: FakeClock, faults: list[Fact]
) -> None:
    unused, used = await enter(accounts), await enter(accounts)
    for day in range(1, 30):
        clock.advance(86_400)
        used = await accounts.refresh(used.refresh_token, "1.1.1.1")
        if day == 7:
            with pytest.raises(NotLoggedIn):
                await accounts.refresh(unused.refresh_token, "1.1.1.1")
    assert used.refresh_expires_in == timedelta(days=1)
    clock.advance(86_400)
    with pytest.raises(NotLoggedIn):
        await accounts.refresh(used.refresh_token, "1.1.1.1")
    assert faults == []


async def test_what_is_over_is_let_go_of(accounts: Accounts, db: Database, clock: FakeClock) -> None:
    await enter(accounts)
    await accounts.login("dana", PASSWORD, "1.1.1.1", renewable=timedelta(hours=12))
    kept = await accounts.login("dana", PASSWORD, "1.1.1.1", renewable=timedelta(days=30))
    kept_id = (await accounts.verify(kept.access_token)).login_id
    async with accounts.keeping(), asyncio.timeout(20):
        clock.advance(8 * 86_400)
        while True:
            left = await db.read(lambda conn: conn.execute(select(logins.c.id)).scalars().all())
            if len(left) == 1:
                break
            clock.advance(60)
    assert left == [kept_id]


async def test_whoever_tries_refresh_tokens_again_and_again_is_slowed_down(
    accounts: Accounts, clock: FakeClock
) -> None:
    tokens = await enter(accounts)
    for _ in range(20):
        with pytest.raises(NotLoggedIn):
            await accounts.refresh("cgr_guess", "6.6.6.6")
    with pytest.raises(RateLimitExceeded):
        await accounts.refresh("cgr_guess", "6.6.6.6")
    with pytest.raises(RateLimitExceeded):  # and one login that cannot have enough
        for _ in range(50):
            tokens = await accounts.refresh(tokens.refresh_token, "1.1.1.1")
    clock.advance(60)
    await accounts.refresh(tokens.refresh_token, "1.1.1.1")


async def test_who_shares_his_address_with_a_guesser_stays_logged_in(accounts: Accounts) -> None:
    tokens = await enter(accounts)
    for _ in range(20):
        with pytest.raises(NotLoggedIn):
            await accounts.refresh("cgr_guess", "1.1.1.1")
    with pytest.raises(RateLimitExceeded):
        await accounts.refresh("cgr_guess", "1.1.1.1")
    assert await accounts.refresh(tokens.refresh_token, "1.1.1.1")


async def test_an_ended_login_stays_ended_after_a_restart(
    accounts: Accounts, db: Database, clock: FakeClock
) -> None:
    ended, kept = await enter(accounts), await enter(accounts)
    await accounts.end_login(await accounts.verify(ended.access_token))
    again = await Accounts.open(db, clock, secret=SECRET)
    assert not await is_good(again, ended.access_token)
    with pytest.raises(NotLoggedIn):
        await again.refresh(ended.refresh_token, "1.1.1.1")
    assert await is_good(again, kept.access_token)


async def test_a_login_for_a_page_has_no_refresh_token(accounts: Accounts) -> None:
    tokens = await accounts.login("dana", PASSWORD, "1.1.1.1", renewable=timedelta(hours=12))
    assert tokens.refresh_token == ""


async def test_a_login_under_way_while_its_user_is_shut_out_comes_to_nothing(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked, go_on = asyncio.Event(), asyncio.Event()
    check = accounts._passwords.check

    async def slow(kept: str | None, password: str) -> bool:
        fits = await check(kept, password)
        checked.set()
        await go_on.wait()
        return fits

    monkeypatch.setattr(accounts._passwords, "check", slow)
    under_way = asyncio.ensure_future(enter(accounts))
    await checked.wait()
    await accounts.revoke((await accounts.find("dana")).user_id)
    go_on.set()
    with pytest.raises(NotLoggedIn):
        await under_way
