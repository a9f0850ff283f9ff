"""Users: changed and shut out at once, and never without an admin; on a real database."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from sqlalchemy import Connection

from chatgrow_bot.accounts import Accounts
from chatgrow_bot.errors import (
    BadInput,
    Conflict,
    NotFound,
    NotLoggedIn,
    RateLimitExceeded,
    StoreUnavailable,
)
from chatgrow_bot.hub import Identity, Role, Scope, UserView
from chatgrow_bot.store.database import Database
from chatgrow_bot.tenants import Directory
from chatgrow_bot.testing import FakeClock

from .dana import PASSWORD
from .dana import accounts as accounts
from .dana import clock as clock

T = TypeVar("T")


async def test_who_is_disabled_is_out_at_once_by_every_road_and_back_when_enabled(accounts: Accounts) -> None:
    tokens = await accounts.login("dana", PASSWORD, "1.1.1.1")
    who = await accounts.verify(tokens.access_token)
    _, key = await accounts.keys.make(who, "crm", scopes={Scope.READ})
    await accounts.verify(key)
    revoked = accounts.revoked
    assert (await accounts.change_user(who.user_id, disabled=True)).disabled
    assert revoked.is_set()
    assert accounts.revoked is not revoked
    for token in (tokens.access_token, key):
        with pytest.raises(NotLoggedIn):
            await accounts.verify(token)
    with pytest.raises(NotLoggedIn):
        await accounts.refresh(tokens.refresh_token, "1.1.1.1")
    with pytest.raises(NotLoggedIn):
        await accounts.login("dana", PASSWORD, "1.1.1.1")
    await accounts.change_user(who.user_id, disabled=False)
    with pytest.raises(NotLoggedIn):  # what has ended does not come back
        await accounts.verify(tokens.access_token)
    assert (await accounts.verify(key)).user_id == who.user_id
    await accounts.login("dana", PASSWORD, "1.1.1.1")


async def test_another_role_or_plan_holds_for_logins_there_are(accounts: Accounts) -> None:
    token = (await accounts.login("dana", PASSWORD, "1.1.1.1")).access_token
    who = await accounts.verify(token)
    changed = await accounts.change_user(who.user_id, role=Role.VIEWER, plan="premium")
    assert (changed.role, changed.plan, changed.disabled) == (Role.VIEWER, "premium", False)
    now = await accounts.verify(token)
    assert (now.role, now.plan) == (Role.VIEWER, "premium")


async def test_there_is_always_an_admin_who_may_log_in(accounts: Accounts) -> None:
    admin = await accounts.find("admin")
    for change in ({"disabled": True}, {"role": Role.OPERATOR}):
        with pytest.raises(Conflict, match="no admin left"):
            await accounts.change_user(admin.user_id, **change)
    assert (await accounts.user(admin.user_id)).role is Role.ADMIN
    dana = await accounts.find("dana")
    await accounts.change_user(dana.user_id, role=Role.ADMIN)
    outcomes = await asyncio.gather(
        accounts.change_user(admin.user_id, disabled=True),
        accounts.change_user(dana.user_id, role=Role.VIEWER),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in outcomes) == ["LastAdmin", "UserView"]


async def test_whom_there_is_not_cannot_be_changed(accounts: Accounts) -> None:
    with pytest.raises(NotFound):
        await accounts.change_user("0" * 32, disabled=True)
    with pytest.raises(NotFound):
        await accounts.user("0" * 32)


async def test_one_changes_his_own_password_by_the_old_one_and_logs_in_anew(
    accounts: Accounts, clock: FakeClock
) -> None:
    token = (await accounts.login("dana", PASSWORD, "1.1.1.1")).access_token
    who = await accounts.verify(token)
    with pytest.raises(BadInput, match="old password is wrong"):
        await accounts.change_password(who, "wrong password", "another horse battery", "1.1.1.1")
    with pytest.raises(BadInput):
        await accounts.change_password(who, PASSWORD, "short", "1.1.1.1")
    assert await accounts.verify(token)
    await accounts.change_password(who, PASSWORD, "another horse battery", "1.1.1.1")
    with pytest.raises(NotLoggedIn):
        await accounts.verify(token)
    await accounts.login("dana", "another horse battery", "1.1.1.1")


async def test_who_is_given_another_password_meanwhile_keeps_that_one(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = await accounts.verify((await accounts.login("dana", PASSWORD, "1.1.1.1")).access_token)
    checked, go_on = asyncio.Event(), asyncio.Event()
    check = accounts._passwords.check

    async def slow(kept: str | None, password: str) -> bool:
        fits = await check(kept, password)
        checked.set()
        await go_on.wait()
        return fits

    monkeypatch.setattr(accounts._passwords, "check", slow)
    under_way = asyncio.ensure_future(
        accounts.change_password(who, PASSWORD, "another horse battery", "1.1.1.1")
    )
    await checked.wait()
    await accounts.set_password("dana", "an admin's horse battery")
    go_on.set()
    with pytest.raises(NotLoggedIn):
        await under_way
    await accounts.login("dana", "an admin's horse battery", "1.1.1.1")


async def test_after_an_error_of_which_nobody_knows_what_was_stored_all_is_asked_anew(
    accounts: Accounts, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = await accounts.find("dana")
    key, text = await accounts.keys.make(who, "a program")
    write = db.write

    async def unclear(work: Callable[[Connection], T]) -> T:
        await write(work)
        raise StoreUnavailable("the database was gone when it should have answered")

    ends: list[Callable[[Identity], Awaitable[object]]] = [
        lambda who: accounts.end_login(who),
        lambda who: accounts.revoke(who.user_id),
        lambda who: accounts.set_password("dana", PASSWORD),
        lambda who: accounts.keys.revoke(who.user_id, key.key_id),
        lambda who: accounts.change_user(who.user_id, disabled=True),
    ]
    for end in ends:
        login = (await accounts.login("dana", PASSWORD, "1.1.1.1")).access_token
        token = text if end is ends[3] else login
        who = await accounts.verify(token)
        with monkeypatch.context() as patch:
            patch.setattr(db, "write", unclear)
            with pytest.raises(StoreUnavailable):
                await end(who)
        with pytest.raises(NotLoggedIn):
            await accounts.verify(token)


async def test_whoever_holds_a_token_cannot_guess_the_password_faster(accounts: Accounts) -> None:
    who = await accounts.verify((await accounts.login("dana", PASSWORD, "1.1.1.1")).access_token)
    with pytest.raises(RateLimitExceeded):
        for number in range(6):
            with pytest.raises(BadInput):
                await accounts.change_password(
                    who, f"guess {number}", "another horse battery", f"2.2.2.{number}"
                )


async def test_everybody_is_listed_by_name(accounts: Accounts) -> None:
    users = await accounts.users()
    assert [(each.username, each.role) for each in users] == [
        ("admin", Role.ADMIN),
        ("dana", Role.OPERATOR),
    ]
    assert "argon2" not in repr(users)


async def test_who_is_made_or_promoted_later_is_known_to_tenants_filters(
    accounts: Accounts, db: Database
) -> None:
    directory = await Directory.read(db, ["boss"])
    accounts.on_change(directory.learn)
    admins, named = directory.serves("default"), directory.serves(("eve",))
    eve, _ = await accounts.add_user("eve", PASSWORD, Role.OPERATOR, "free")
    boss, _ = await accounts.add_user("boss", PASSWORD, Role.VIEWER, "free")
    assert (named(eve.user_id), admins(eve.user_id), admins(boss.user_id)) == (True, False, True)
    await accounts.change_user(eve.user_id, role=Role.ADMIN)
    assert admins(eve.user_id)
    await accounts.change_user(eve.user_id, role=Role.VIEWER)
    assert not admins(eve.user_id)


async def test_whoever_listens_hears_of_every_change(accounts: Accounts) -> None:
    heard: list[UserView] = []
    accounts.on_change(heard.append)
    who, _ = await accounts.add_user("eve", PASSWORD, Role.VIEWER, "free")
    await accounts.change_user(who.user_id, disabled=True)
    assert [(each.username, each.disabled) for each in heard] == [("eve", False), ("eve", True)]
