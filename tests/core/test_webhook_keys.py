"""The keys that sign messages from outside: whose they are, how they lie in the database, and that guessing
teaches nothing."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update
from structlog.testing import capture_logs

from chatgrow_bot import signatures
from chatgrow_bot.errors import ConnectionNotFound, NotLoggedIn
from chatgrow_bot.hub import Signer
from chatgrow_bot.signatures import Signature, sign, to_key
from chatgrow_bot.store.account_tables import users, webhook_keys
from chatgrow_bot.store.database import Database
from chatgrow_bot.store.tables import connections
from chatgrow_bot.testing import FakeClock
from chatgrow_bot.vault import Vault
from chatgrow_bot.webhook_keys import MOST, WebhookKeyNotFound, WebhookKeys
from tests.core.store.test_outbox import ground

BODY = b'{"message": "hello"}'


class CountingVault(Vault):
    """Notes how often it is asked to open something."""

    opened = 0

    def unseal(self, sealed: str) -> str | None:
        self.opened += 1
        return super().unseal(sealed)


@pytest.fixture
def vault(tmp_path: Path) -> CountingVault:
    return CountingVault.open(tmp_path / "sessions")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def keys(db: Database, vault: CountingVault, clock: FakeClock) -> WebhookKeys:
    """Of a hub with two connections of `u`; only the first has keys later on."""
    await db.write(ground)
    bare = {"id": "bare", "tenant": "u", "name": "", "phone_number": "", "settings": {}, "state": "online"}
    times = {"state_since": clock.now(), "created_at": clock.now()}
    await db.write(lambda conn: conn.execute(insert(connections), bare | times))
    return WebhookKeys(db, clock, vault)


def made(secret: str, at: datetime) -> Signature:
    stamp = str(int(at.timestamp()))
    return Signature(id="msg_1", timestamp=stamp, signatures=sign(to_key(secret), "msg_1", stamp, BODY))


async def test_whoever_has_a_good_key_signs_for_its_owner(keys: WebhookKeys, clock: FakeClock) -> None:
    fresh = [await keys.make("u", "shop") for _ in range(MOST)]
    assert len({each.secret for each in fresh}) == MOST
    for each in fresh:
        assert len(to_key(each.secret)) == 32
        signer = await keys.verify("shop", made(each.secret, clock.now()), BODY)
        assert signer == Signer(tenant="u", key_id=each.key.id)
        assert each.secret not in repr(each)


async def test_a_key_is_sealed_and_good_for_one_installation_only(
    keys: WebhookKeys, db: Database, clock: FakeClock, tmp_path: Path
) -> None:
    secret = (await keys.make("u", "shop")).secret
    sealed = await db.read(lambda conn: conn.execute(select(webhook_keys.c.sealed)).scalar_one())
    assert secret.removeprefix("whsec_") not in sealed
    elsewhere = WebhookKeys(db, clock, Vault.open(tmp_path / "elsewhere"))
    with pytest.raises(NotLoggedIn):
        await elsewhere.verify("shop", made(secret, clock.now()), BODY)
    empty = made("whsec_", clock.now())
    with capture_logs() as logs, pytest.raises(NotLoggedIn):
        await elsewhere.verify("shop", empty, BODY)
    assert logs == []  # told at the first time


async def test_the_keys_of_somebody_who_is_disabled_are_good_for_nothing_meanwhile(
    keys: WebhookKeys, db: Database, clock: FakeClock
) -> None:
    secret = (await keys.make("u", "shop")).secret

    async def disable(is_so: bool) -> None:
        await db.write(lambda conn: conn.execute(update(users).values(disabled=is_so)))

    await disable(True)
    with pytest.raises(NotLoggedIn):
        await keys.verify("shop", made(secret, clock.now()), BODY)
    await disable(False)
    assert (await keys.verify("shop", made(secret, clock.now()), BODY)).tenant == "u"


async def test_a_strangers_guess_costs_the_same_work_whatever_there_is(
    keys: WebhookKeys, vault: CountingVault, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed: list[bytes] = []

    def counting(key: bytes, id_: str, timestamp: str, body: bytes) -> str:
        signed.append(body)
        return sign(key, id_, timestamp, body)

    wrong = made("whsec_" + "A" * 44, clock.now())
    monkeypatch.setattr(signatures, "sign", counting)
    said = set()
    for name, count in (("none", 0), ("bare", 0), ("shop", 1), ("shop", MOST)):
        while len(await keys.list("u", "shop")) < count:
            await keys.make("u", "shop")
        before, signed[:] = vault.opened, []
        with pytest.raises(NotLoggedIn) as caught:
            await keys.verify(name, wrong, BODY)
        assert (vault.opened - before, signed) == (MOST, [BODY] * MOST), name
        said.add(str(caught.value))
    assert len(said) == 1


async def test_the_keys_of_others_are_not_there(keys: WebhookKeys) -> None:
    fresh = await keys.make("u", "shop")
    for tenant, name in (("other", "shop"), ("u", "none")):
        for doing in (
            keys.list(tenant, name),
            keys.make(tenant, name),
            keys.rotate(tenant, name, timedelta(0)),
            keys.remove(tenant, name, fresh.key.id),
        ):
            with pytest.raises(ConnectionNotFound):
                await doing
    with pytest.raises(WebhookKeyNotFound):
        await keys.remove("u", "bare", fresh.key.id)
    assert [each.id for each in await keys.list("u", "shop")] == [fresh.key.id]
