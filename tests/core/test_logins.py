"""How long one stays logged in, and how a login ends: on a real database, with the clock turned by hand."""

from datetime import timedelta

import pytest

from chatgrow_bot.accounts import Accounts
from chatgrow_bot.errors import NotLoggedIn
from chatgrow_bot.hub import Role
from chatgrow_bot.store.database import Database
from chatgrow_bot.testing import FakeClock

SECRET = b"kV7!pQ2zR9wX4mB8nT6yH1cJ5dF3gL0s-uA"
PASSWORD = "correct horse battery"
HOURS = timedelta(hours=12)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def accounts(db: Database, clock: FakeClock) -> Accounts:
    made = await Accounts.open(db, clock, secret=SECRET)
    await made.add_user("Dana", PASSWORD, Role.OPERATOR, "free")
    return made


async def test_a_login_for_a_page_is_prolonged_until_it_is_too_old(
    accounts: Accounts, clock: FakeClock
) -> None:
    token = (await accounts.login("dana", PASSWORD, "::1", renewable=HOURS)).access_token
    for _ in range(71):  # ten minutes each
        clock.advance(600)
        token = (await accounts.renew(token)).access_token
    clock.advance(300)
    last = await accounts.renew(token)
    assert last.expires_in == timedelta(minutes=5)
    clock.advance(301)
    for each in (token, last.access_token):
        with pytest.raises(NotLoggedIn):
            await accounts.renew(each)
        with pytest.raises(NotLoggedIn):
            await accounts.verify(each)


async def test_a_login_that_was_not_made_for_a_page_is_not_prolonged(accounts: Accounts) -> None:
    token = (await accounts.login("dana", PASSWORD, "::1")).access_token
    with pytest.raises(NotLoggedIn, match="cannot be prolonged"):
        await accounts.renew(token)


async def test_a_login_is_ended_with_all_its_tokens_and_no_other(
    accounts: Accounts, clock: FakeClock
) -> None:
    first = (await accounts.login("dana", PASSWORD, "::1", renewable=HOURS)).access_token
    second = (await accounts.renew(first)).access_token
    other = (await accounts.login("dana", PASSWORD, "::1", renewable=HOURS)).access_token
    plain = (await accounts.login("dana", PASSWORD, "::1")).access_token
    for each in (first, second, other, plain):  # known, as while in use
        await accounts.verify(each)
    await accounts.end(first)
    await accounts.end("garbage")
    for each in (first, second):
        with pytest.raises(NotLoggedIn):
            await accounts.verify(each)
        with pytest.raises(NotLoggedIn):
            await accounts.renew(each)
    for each in (other, plain):
        await accounts.verify(each)
    await accounts.end(plain)
    with pytest.raises(NotLoggedIn):
        await accounts.verify(plain)


async def test_a_revoked_login_is_not_prolonged(accounts: Accounts) -> None:
    token = (await accounts.login("dana", PASSWORD, "::1", renewable=HOURS)).access_token
    await accounts.revoke((await accounts.verify(token)).user_id)
    with pytest.raises(NotLoggedIn):
        await accounts.renew(token)
