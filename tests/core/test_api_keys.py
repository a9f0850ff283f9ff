"""Keys for programs: what they are good for, how they end, and what is kept of them. On a real database."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from chatgrow_bot.accounts import Accounts
from chatgrow_bot.accounts.keys import MOST
from chatgrow_bot.errors import BadInput, Conflict, ConnectionNotFound, NotAllowed, NotFound, NotLoggedIn
from chatgrow_bot.hub import Identity, Role, Scope
from chatgrow_bot.messages import ConnectionState
from chatgrow_bot.store.account_tables import api_keys
from chatgrow_bot.store.database import Database
from chatgrow_bot.store.tables import connections
from chatgrow_bot.testing import FakeClock

from .dana import PASSWORD
from .dana import accounts as accounts
from .dana import clock as clock


@pytest.fixture
async def dana(accounts: Accounts) -> Identity:
    return await accounts.find("dana")


async def own(db: Database, clock: FakeClock, who: Identity, connection_id: str) -> None:
    row = {
        "id": connection_id,
        "tenant": who.user_id,
        "name": "",
        "phone_number": "",
        "settings": {},
        "state": ConnectionState.CREATED,
        "state_since": clock.now(),
        "created_at": clock.now(),
    }
    await db.write(lambda conn: conn.execute(insert(connections).values(row)))


async def test_a_key_is_its_user_within_its_scopes(accounts: Accounts, dana: Identity) -> None:
    made, text = await accounts.keys.make(dana, "crm")
    assert text.startswith(f"cgk_{made.key_id}_")
    who = await accounts.verify(text)
    assert (who.user_id, who.username, who.role, who.plan) == (dana.user_id, "dana", Role.OPERATOR, "free")
    assert (who.key_id, who.scopes, who.connections) == (
        made.key_id,
        frozenset({Scope.READ, Scope.SEND}),
        None,
    )
    assert who.login_id == ""


async def test_nothing_that_is_stored_opens_the_door(
    accounts: Accounts, dana: Identity, db: Database
) -> None:
    made, text = await accounts.keys.make(dana, "crm")
    [row] = await db.read(lambda conn: conn.execute(select(api_keys)).all())
    assert text.rpartition("_")[2] not in str(row)
    for wrong in (
        f"cgk_{made.key_id}_{row.secret_hash}",
        f"cgk_{'0' * 32}_{text.split('_', 2)[2]}",
        text[:-1],
        text + "A",
        text.upper(),
        text.replace("cgk", "cgr"),
        f" {text}",
    ):
        with pytest.raises(NotLoggedIn):
            await accounts.verify(wrong)
    with pytest.raises(NotLoggedIn):
        await accounts.refresh(text, "1.1.1.1")


async def test_a_revoked_key_is_dead_at_once_and_only_its_owner_revokes_it(
    accounts: Accounts, dana: Identity
) -> None:
    eve, _ = await accounts.add_user("eve", PASSWORD, Role.ADMIN, "free")
    made, text = await accounts.keys.make(dana, "crm")
    _, other = await accounts.keys.make(dana, "shop")
    for each in (text, other):
        await accounts.verify(each)
    with pytest.raises(NotFound):
        await accounts.keys.revoke(eve.user_id, made.key_id)
    await accounts.verify(text)
    revoked = accounts.revoked
    await accounts.keys.revoke(dana.user_id, made.key_id)
    assert revoked.is_set()
    with pytest.raises(NotLoggedIn):
        await accounts.verify(text)
    await accounts.verify(other)
    with pytest.raises(NotFound):
        await accounts.keys.revoke(dana.user_id, made.key_id)


async def test_a_key_expires_known_or_not(accounts: Accounts, dana: Identity, clock: FakeClock) -> None:
    until = clock.now() + timedelta(minutes=5)
    _, seen = await accounts.keys.make(dana, "one", expires_at=until)
    _, unseen = await accounts.keys.make(dana, "two", expires_at=until)
    await accounts.verify(seen)
    clock.advance(299)
    await accounts.verify(seen)
    clock.advance(1)
    for each in (seen, unseen):
        with pytest.raises(NotLoggedIn, match="expired"):
            await accounts.verify(each)


async def test_a_key_is_bound_to_connections_of_its_owner(
    accounts: Accounts, dana: Identity, db: Database, clock: FakeClock
) -> None:
    admin = await accounts.find("admin")
    await own(db, clock, dana, "shop")
    await own(db, clock, admin, "theirs")
    _, text = await accounts.keys.make(dana, "crm", connections=["shop"])
    who = await accounts.verify(text)
    assert who.may_use("shop")
    assert not who.may_use("other")
    for missing in ("theirs", "none"):
        with pytest.raises(ConnectionNotFound, match=f"'{missing}'"):
            await accounts.keys.make(dana, "crm", connections=["shop", missing])


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 101},
        {"name": "a\nb"},
        {"scopes": []},
        {"connections": []},
        {"expires_at": timedelta()},
    ],
)
async def test_keys_that_will_not_do(
    accounts: Accounts, dana: Identity, clock: FakeClock, wrong: dict[str, Any]
) -> None:
    if "expires_at" in wrong:
        wrong = {"expires_at": clock.now() + wrong["expires_at"]}
    with pytest.raises(BadInput):
        await accounts.keys.make(dana, **{"name": "crm", **wrong})


async def test_what_is_everybodys_takes_an_admin_and_no_single_connection(
    accounts: Accounts, dana: Identity, db: Database, clock: FakeClock
) -> None:
    admin = await accounts.find("admin")
    await own(db, clock, admin, "shop")
    for scope in (Scope.ADMIN, Scope.METRICS):
        with pytest.raises(NotAllowed, match=scope):
            await accounts.keys.make(dana, "crm", scopes={Scope.READ, scope})
        with pytest.raises(BadInput, match="single connections"):
            await accounts.keys.make(admin, "crm", scopes={scope}, connections=["shop"])
    await accounts.add_user("eve", PASSWORD, Role.ADMIN, "free")
    _, text = await accounts.keys.make(admin, "crm", scopes={Scope.READ, Scope.ADMIN})
    assert (await accounts.verify(text)).scopes == frozenset({Scope.READ, Scope.ADMIN})
    await accounts.change_user(admin.user_id, role=Role.OPERATOR)
    assert (await accounts.verify(text)).scopes == frozenset({Scope.READ})


async def test_there_is_a_most(accounts: Accounts, dana: Identity) -> None:
    for number in range(MOST):
        await accounts.keys.make(dana, f"key {number}")
    with pytest.raises(Conflict):
        await accounts.keys.make(dana, "one more")


async def test_the_last_use_is_shown_at_once_and_written_down_once_a_minute(
    accounts: Accounts, dana: Identity, db: Database, clock: FakeClock
) -> None:
    _, text = await accounts.keys.make(dana, "crm")
    [unused] = await accounts.keys.list(dana.user_id)
    assert unused.used_at is None

    async def written() -> Any:
        return await db.read(lambda conn: conn.execute(select(api_keys.c.used_at)).scalar())

    commits, committed = list[None](), asyncio.Event()
    db.on_commit(lambda: commits.append(None))
    db.on_commit(committed.set)
    async with accounts.keeping():
        for _ in range(100):
            await accounts.verify(text)
        used = clock.now()
        assert [key.used_at for key in await accounts.keys.list(dana.user_id)] == [used]
        assert (commits, await written()) == ([], None)
        clock.advance(60)
        await asyncio.wait_for(committed.wait(), 20)
        assert await written() == used
        assert len(commits) == 1
        clock.advance(5)
        await accounts.verify(text)
    assert await written() == clock.now()  # a stop forgets none
