"""Tokens: forty ways to forge, and what a secret that signs them has to be."""

from datetime import timedelta
from typing import Any

import jwt
import pytest
from jwt.types import Options

from chatgrow_bot.accounts import Accounts, tokens
from chatgrow_bot.errors import NotLoggedIn
from chatgrow_bot.hub import Role
from chatgrow_bot.store.database import Database
from chatgrow_bot.testing import FakeClock
from tests.accept.entry.forging import forgeries

SECRET = b"kV7!pQ2zR9wX4mB8nT6yH1cJ5dF3gL0s-uA"
PASSWORD = "correct horse battery"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def accounts(db: Database, clock: FakeClock) -> Accounts:
    made = await Accounts.open(db, clock, secret=SECRET)
    await made.add_user("dana", PASSWORD, Role.VIEWER, "free")
    return made


def read(token: str, secret: bytes) -> dict[str, Any]:
    """As anybody reads it who has the secret."""
    options: Options = {"verify_exp": False}
    return jwt.decode(token, secret, algorithms=["HS256"], audience="chatgrow-bot", options=options)


async def test_a_token_is_signed_with_the_secret_and_with_no_other(
    accounts: Accounts, db: Database, clock: FakeClock
) -> None:
    token = (await accounts.login("dana", PASSWORD, "::1")).access_token
    assert read(token, SECRET)["sid"]
    with pytest.raises(jwt.InvalidSignatureError):
        read(token, b"x" * 40)
    elsewhere = await Accounts.open(db, clock, secret=b"y" * 40)
    with pytest.raises(NotLoggedIn):
        await elsewhere.verify(token)


async def test_no_forged_token_opens_anything(accounts: Accounts, clock: FakeClock) -> None:
    who = await accounts.verify((await accounts.login("dana", PASSWORD, "::1")).access_token)
    corpus = forgeries(SECRET, who.user_id, who.login_id, clock.now())
    assert len(corpus) >= 40
    opened = []
    for name, token in corpus.items():
        try:
            await accounts.verify(token)
            opened.append(name)
        except NotLoggedIn:
            pass
    assert not opened
    # the control: the same maker, the right parts
    until = clock.now() + timedelta(hours=1)
    good, _ = tokens.sign(SECRET, who.user_id, who.login_id, 0, clock.now(), until=until)
    assert await accounts.verify(good) == who


async def test_a_token_of_one_login_does_not_pass_for_another_users(
    accounts: Accounts, clock: FakeClock
) -> None:
    await accounts.add_user("eve", PASSWORD, Role.VIEWER, "free")
    dana = await accounts.find("dana")
    eve = await accounts.verify((await accounts.login("eve", PASSWORD, "::1")).access_token)
    until = clock.now() + timedelta(hours=1)
    mixed, _ = tokens.sign(SECRET, dana.user_id, eve.login_id, 0, clock.now(), until=until)
    with pytest.raises(NotLoggedIn):
        await accounts.verify(mixed)
