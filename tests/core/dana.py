"""Users on a real database: an admin, and Dana, whom tests log in, shut out and give keys."""

import pytest

from chatgrow_bot.accounts import Accounts
from chatgrow_bot.hub import Role
from chatgrow_bot.store.database import Database
from chatgrow_bot.testing import FakeClock

SECRET = b"kV7!pQ2zR9wX4mB8nT6yH1cJ5dF3gL0s-uA"
PASSWORD = "correct horse battery"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def accounts(db: Database, clock: FakeClock) -> Accounts:
    made = await Accounts.open(db, clock, secret=SECRET)
    await made.ensure_admin()
    await made.add_user("dana", PASSWORD, Role.OPERATOR, "free")
    return made
