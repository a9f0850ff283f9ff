"""What the page says of itself, and the state that makes of it."""

from typing import Any

import msgspec
import pytest

from chatgrow_bot.messages import ConnectionState as State

from .conftest import part

snapshot = part("snapshot")

FRESH = {
    "auth": False, "ready": True, "mode": "QR", "info": "OPENING", "socket": "UNPAIRED", "needsUpdate": False,
    "idle": False, "passkey": False, "pairingSeconds": 0, "me": None, "qr": None, "dialog": None,
    "logout": None, "missing": [], "pairingCode": None, "undecrypted": [], "bannedForATime": False,
    "ear": {"name": "a1b2.1", "waiting": 0, "deaf": False, "silent": False},
}  # fmt: skip
ONLINE = FRESH | {"auth": True, "mode": "MAIN", "info": "NORMAL", "socket": "CONNECTED", "me": "97250@c.us"}


def read(raw: dict[str, Any] | None, *, linked: bool = False, **more: Any) -> Any:
    return snapshot.read(snapshot.page_state(raw), linked=linked, **more)


@pytest.mark.parametrize(
    ("said", "state"),
    [
        (None, State.STARTING),
        (FRESH, State.STARTING),
        (FRESH | {"qr": "2@abc"}, State.QR),
        (FRESH | {"idle": True, "qr": "2@abc"}, State.QR),
        (FRESH | {"pairingCode": "ABCD1234", "qr": "2@abc"}, State.PAIRING_CODE),
        (FRESH | {"pairingCode": "ABCD1234", "idle": True}, State.PAIRING_CODE),
        (FRESH | {"info": "PAIRING", "pairingSeconds": 1}, State.AUTHENTICATING),
        (FRESH | {"info": "PAIRING", "pairingSeconds": 61}, State.PASSKEY_REQUIRED),
        (FRESH | {"passkey": True, "qr": "2@abc"}, State.PASSKEY_REQUIRED),
        (ONLINE | {"mode": "SYNCING", "info": "SYNCING"}, State.SYNCING),
        (ONLINE | {"info": "RESUMING"}, State.SYNCING),
        (ONLINE | {"ready": False}, State.SYNCING),
        (ONLINE, State.ONLINE),
        (ONLINE | {"missing": ["sending files (x is missing)"]}, State.ONLINE),
        (ONLINE | {"info": "OFFLINE"}, State.RECONNECTING),
        (ONLINE | {"info": "OPENING"}, State.RECONNECTING),
        (ONLINE | {"mode": "OFFLINE"}, State.RECONNECTING),
        (ONLINE | {"dialog": "What's new"}, State.ACTION_REQUIRED),
        (ONLINE | {"needsUpdate": True}, State.ACTION_REQUIRED),
        (ONLINE | {"mode": "CONFLICT"}, State.ACTION_REQUIRED),
        (ONLINE | {"mode": "TOS_BLOCK"}, State.ACTION_REQUIRED),
        (FRESH | {"mode": "DEPRECATED_VERSION"}, State.ACTION_REQUIRED),
        (FRESH | {"logout": "client_version_outdated"}, State.ACTION_REQUIRED),
        (FRESH | {"logout": "account_locked"}, State.BANNED),
        (ONLINE | {"bannedForATime": True}, State.BANNED),
        (FRESH | {"logout": "user_initiated"}, State.LOGGED_OUT),
    ],
)
def test_each_page_has_its_state(said: dict[str, Any] | None, state: State) -> None:
    assert read(said).state is state


def test_a_full_ready_page_with_a_qr_code_is_not_online() -> None:
    seen = read(FRESH | {"qr": "2@abc", "info": "NORMAL", "mode": "MAIN"})
    assert (seen.state, seen.qr) == (State.QR, "2@abc")


@pytest.mark.parametrize("asked", [{"passkey": True}, {"info": "PAIRING", "pairingSeconds": 61}])
def test_a_passkey_asked_in_a_window_can_be_given_there(asked: dict[str, Any]) -> None:
    seen = read(FRESH | asked, headless=False)
    assert seen.state is State.AUTHENTICATING
    assert "window" in seen.reason


def test_a_pairing_code_is_shown_instead_of_the_qr_code() -> None:
    seen = read(FRESH | {"pairingCode": "ABCD1234", "qr": "2@abc"})
    assert (seen.pairing_code, seen.qr) == ("ABCD1234", None)


def test_an_expired_qr_code_is_not_shown() -> None:
    assert read(FRESH | {"idle": True, "qr": "2@abc"}).qr is None


def test_a_qr_code_where_an_account_was_linked_is_a_logout() -> None:
    assert read(FRESH | {"qr": "2@abc"}, linked=True).state is State.LOGGED_OUT
    assert read(FRESH, linked=True).state is State.STARTING


def test_a_logout_seen_before_the_page_reloaded_is_remembered() -> None:
    seen = read(FRESH | {"qr": "2@abc"}, logout="user_initiated")
    assert (seen.state, seen.qr) == (State.LOGGED_OUT, None)
    assert "user_initiated" in seen.reason


def test_what_is_lost_is_named_while_the_rest_works() -> None:
    assert "sending files" in read(ONLINE | {"missing": ["sending files (WPP.x is missing)"]}).reason


@pytest.mark.parametrize(
    "raw",
    [
        {},
        [],
        "x",
        ONLINE | {"auth": "yes"},
        ONLINE | {"me": 5},
        FRESH | {"pairingCode": "<b>x</b>"},
        ONLINE | {"undecrypted": [1]},
        ONLINE | {"missing": [1]},
    ],
)
def test_a_page_that_answers_in_another_shape_is_not_believed(raw: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        snapshot.page_state(raw)
