"""Users and tokens, on a real database and with the real argon2; only the clock is turned by hand."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import extract_parameters
from sqlalchemy import update
from structlog.testing import capture_logs

from chatgrow_bot.accounts import Accounts
from chatgrow_bot.accounts.brake import Brake
from chatgrow_bot.accounts.passwords import Passwords
from chatgrow_bot.errors import BadInput, Conflict, NotFound, NotLoggedIn, RateLimitExceeded
from chatgrow_bot.hub import Role
from chatgrow_bot.store import accounts as store
from chatgrow_bot.store.account_tables import users
from chatgrow_bot.store.database import Database, open_database
from chatgrow_bot.testing import FakeClock

SECRET = b"kV7!pQ2zR9wX4mB8nT6yH1cJ5dF3gL0s-uA"
PASSWORD = "correct horse battery"
strong_passwords = True


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


class CountingPasswords(Passwords):
    """The real ones; counts what is checked."""

    checks = 0
    running = 0
    most = 0

    def _fits(self, kept: str, password: str) -> bool:
        self.checks += 1
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            return super()._fits(kept, password)
        finally:
            self.running -= 1


@pytest.fixture
def passwords() -> CountingPasswords:
    return CountingPasswords()


@pytest.fixture
async def accounts(db: Database, clock: FakeClock, passwords: CountingPasswords) -> Accounts:
    made = Accounts(db, clock, SECRET, passwords)
    await made.add_user("Dana", PASSWORD, Role.OPERATOR, "free")
    return made


async def test_the_first_start_makes_an_admin_and_tells_his_password_once(
    db: Database, clock: FakeClock
) -> None:
    accounts = await Accounts.open(db, clock, secret=SECRET)
    password = await accounts.ensure_admin()
    assert password
    assert len(password) >= 16
    assert await accounts.ensure_admin() is None
    who = await accounts.verify((await accounts.login("admin", password, "127.0.0.1")).access_token)
    assert (who.username, who.role) == ("admin", Role.ADMIN)


async def test_an_admin_is_made_also_where_there_are_only_others(accounts: Accounts) -> None:
    password = await accounts.ensure_admin()
    assert password
    assert (await accounts.verify((await accounts.login("admin", password, "1.1.1.1")).access_token)).role
    assert await accounts.ensure_admin() is None


async def test_where_somebody_else_is_called_admin_the_start_goes_on_and_says_what_to_do(
    accounts: Accounts,
) -> None:
    await accounts.add_user("admin", PASSWORD, Role.VIEWER, "free")
    with capture_logs() as logs:
        assert await accounts.ensure_admin() is None
    assert "chatgrow user add" in logs[0]["event"]


async def test_a_token_survives_a_restart_but_not_another_installation_even_with_the_same_secret(
    db: Database, clock: FakeClock, tmp_path: Path
) -> None:
    first = await Accounts.open(db, clock, secret=SECRET)
    _, password = await first.add_user("dana", None, Role.VIEWER, "free")
    token = (await first.login("dana", password, "::1")).access_token
    again = await Accounts.open(db, clock, secret=SECRET)
    assert (await again.verify(token)).username == "dana"
    async with open_database(f"sqlite:///{tmp_path}/other.db") as elsewhere:
        other = await Accounts.open(elsewhere, clock, secret=SECRET)
        with pytest.raises(NotLoggedIn):
            await other.verify(token)


async def test_a_login_is_case_blind_for_the_name_and_strict_for_the_password(accounts: Accounts) -> None:
    await accounts.login("dana", PASSWORD, "1.1.1.1")
    await accounts.login("DANA", PASSWORD, "1.1.1.1")
    with pytest.raises(NotLoggedIn):
        await accounts.login("dana", PASSWORD.upper(), "1.1.1.1")


async def test_wrong_unknown_and_disabled_cannot_be_told_apart(accounts: Accounts, db: Database) -> None:
    await accounts.add_user("off", PASSWORD, Role.OPERATOR, "free")
    await db.write(
        lambda conn: conn.execute(update(users).values(disabled=True).where(users.c.username == "off"))
    )
    said = set()
    for name, password in (("dana", "wrong password"), ("nobody", PASSWORD), ("off", PASSWORD)):
        with pytest.raises(NotLoggedIn) as error:
            await accounts.login(name, password, "1.1.1.1")
        said.add(str(error.value))
    assert len(said) == 1


async def test_an_unknown_user_costs_the_same_hash_as_a_known_one(
    accounts: Accounts, db: Database, passwords: CountingPasswords
) -> None:
    for name in ("dana", "nobody"):
        before = passwords.checks
        with pytest.raises(NotLoggedIn):
            await accounts.login(name, "wrong password", "1.1.1.1")
        assert passwords.checks == before + 1
    dana = await db.read(lambda conn: store.by_name(conn, "dana"))
    assert dana
    assert extract_parameters(dana.password_hash) == extract_parameters(passwords._nobody)


async def test_a_thousand_guesses_from_fifty_addresses_come_to_ten_checks_a_minute(
    accounts: Accounts, clock: FakeClock, passwords: CountingPasswords
) -> None:
    await accounts.add_user("good", PASSWORD, Role.OPERATOR, "free")
    checked: list[datetime] = []
    for attempt in range(1000):
        before = passwords.checks
        with pytest.raises((NotLoggedIn, RateLimitExceeded)):
            await accounts.login("dana", f"guess {attempt}", f"10.0.0.{attempt % 50}")
        checked += [clock.now()] * (passwords.checks - before)
        clock.advance(0.18)  # 180 s in all
        if attempt % 250 == 249:  # somebody behind one of the attacker's addresses
            await accounts.login("good", PASSWORD, f"10.0.0.{attempt % 50}")
    assert len(checked) > 10
    for start in checked:
        assert sum(start <= at < start + timedelta(minutes=1) for at in checked) <= 10


async def test_an_address_cannot_try_one_password_on_everybody(
    accounts: Accounts, passwords: CountingPasswords
) -> None:
    for number in range(100):
        with pytest.raises((NotLoggedIn, RateLimitExceeded)):
            await accounts.login(f"user{number}", "spring2026!", f"2001:db8::{number:x}")
    assert passwords.checks == 20  # one /64 of IPv6 is one party


async def test_a_refusal_says_when_to_try_again(accounts: Accounts, clock: FakeClock) -> None:
    for _ in range(5):
        with pytest.raises(NotLoggedIn):
            await accounts.login("dana", "wrong password", "1.1.1.1")
    with pytest.raises(RateLimitExceeded) as error:
        await accounts.login("dana", PASSWORD, "2.2.2.2")
    assert error.value.facts == {"retry_after": 12}
    clock.advance(12)
    await accounts.login("dana", PASSWORD, "2.2.2.2")


async def test_two_hashes_run_at_once_and_a_long_line_is_turned_away(
    accounts: Accounts, passwords: CountingPasswords
) -> None:
    tries = [accounts.login(f"user{n}", "wrong password", f"10.0.{n}.1") for n in range(40)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert passwords.most <= 2
    refused = sum(isinstance(outcome, RateLimitExceeded) for outcome in outcomes)
    assert 10 <= refused <= 20  # a few of the line are through before the last ones come
    assert refused + passwords.checks == len(outcomes)


async def test_a_token_ends_after_fifteen_minutes_cached_or_not(accounts: Accounts, clock: FakeClock) -> None:
    seen = (await accounts.login("dana", PASSWORD, "1.1.1.1")).access_token
    unseen = (await accounts.login("dana", PASSWORD, "1.1.1.1")).access_token
    clock.advance(14 * 60 + 59)
    await accounts.verify(seen)
    clock.advance(1)
    for token in (seen, unseen):
        with pytest.raises(NotLoggedIn):
            await accounts.verify(token)


async def test_revoking_ends_cached_tokens_at_once_and_only_that_users(accounts: Accounts) -> None:
    await accounts.add_user("other", PASSWORD, Role.OPERATOR, "free")
    token = (await accounts.login("dana", PASSWORD, "1.1.1.1")).access_token
    others = (await accounts.login("other", PASSWORD, "1.1.1.1")).access_token
    who = await accounts.verify(token)
    await accounts.verify(others)
    await accounts.revoke(who.user_id)
    with pytest.raises(NotLoggedIn):
        await accounts.verify(token)
    await accounts.verify(others)
    await accounts.verify((await accounts.login("dana", PASSWORD, "1.1.1.1")).access_token)


async def test_a_check_under_way_while_a_token_is_revoked_is_not_remembered(
    accounts: Accounts, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = (await accounts.login("dana", PASSWORD, "1.1.1.1")).access_token
    who = await accounts.find("dana")
    read, has_read, go_on = db.read, asyncio.Event(), asyncio.Event()

    async def slow_read(work: Any) -> Any:
        row = await read(work)
        has_read.set()
        await go_on.wait()
        return row

    monkeypatch.setattr(db, "read", slow_read)
    under_way = asyncio.ensure_future(accounts.verify(token))
    await has_read.wait()
    await accounts.revoke(who.user_id)
    go_on.set()
    await under_way  # began before the revocation
    with pytest.raises(NotLoggedIn):
        await accounts.verify(token)


async def test_a_verified_token_is_not_looked_up_again(
    accounts: Accounts, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = (await accounts.login("dana", PASSWORD, "1.1.1.1")).access_token
    who = await accounts.verify(token)
    monkeypatch.delattr(db, "_readers")
    assert await accounts.verify(token) == who


async def test_a_new_password_ends_the_old_one_and_its_tokens(accounts: Accounts) -> None:
    token = (await accounts.login("dana", PASSWORD, "1.1.1.1")).access_token
    made = await accounts.set_password("dana", None)
    with pytest.raises(NotLoggedIn):
        await accounts.verify(token)
    with pytest.raises(NotLoggedIn):
        await accounts.login("dana", PASSWORD, "1.1.1.1")
    await accounts.login("dana", made, "1.1.1.1")
    with pytest.raises(NotFound):
        await accounts.set_password("nobody", None)


async def test_names_and_passwords_that_will_not_do(accounts: Accounts) -> None:
    with pytest.raises(Conflict):
        await accounts.add_user("DANA", PASSWORD, Role.VIEWER, "free")
    for name in ("", "a b", "-x", "x" * 65, "דנה", "a\n", "a\0"):
        with pytest.raises(BadInput):
            await accounts.add_user(name, PASSWORD, Role.VIEWER, "free")
    for password in ("short", "aaaaaaaaaaaaaaaa", "1212121212", "x" * 1025, "somebody-long"):
        with pytest.raises(BadInput):
            await accounts.add_user("somebody-long", password, Role.VIEWER, "free")


def test_the_brake_forgets_keys_that_are_full_again() -> None:
    clock = FakeClock(datetime(2026, 1, 1, tzinfo=UTC))
    brake = Brake(clock, burst=5, per_minute=5)
    for second in range(600):
        for number in range(10):
            brake.take(f"{second}.{number}")
        clock.advance(1)
    assert len(brake._young) + len(brake._old) <= 1300  # of 6000
    brake.take("late")
    clock.advance(59)
    for _ in range(4):
        brake.take("late")
    assert brake.wait("late") == 0.0
    brake.take("late")
    assert brake.wait("late") > 0.0
