"""Signing secrets and tokens: what is too weak, and forty ways to forge."""

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

import jwt
import pytest

from chatgrow_bot.accounts import Accounts, tokens
from chatgrow_bot.errors import ConfigError, NotLoggedIn
from chatgrow_bot.hub import Role
from chatgrow_bot.store.database import Database
from chatgrow_bot.testing import FakeClock

SECRET = "kV7!pQ2zR9wX4mB8nT6yH1cJ5dF3gL0s-uA"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


WEAK = (
    "",
    "secret",
    "password",
    "changeme" * 5,
    "a" * 64,
    "0123456789abcdef" * 2 + "0123456789-secret",
    "please-change-this-secret-in-production!",
    "your-jwt-secret-key-goes-here-0123456789",
    "abababababababababababababababababababab",
    "12345678901234567890123456789012",
    "default-signing-key-of-the-installation-xyz",
)


async def test_a_weak_secret_stops_the_start_and_is_not_shown(db: Database, clock: FakeClock) -> None:
    for secret in WEAK:
        with pytest.raises(ConfigError) as error:
            await Accounts.open(db, clock, secret=secret)
        assert len(secret) < 20 or secret not in str(error.value)


async def test_a_strong_secret_is_used(db: Database, clock: FakeClock) -> None:
    accounts = await Accounts.open(db, clock, secret=SECRET)
    _, password = await accounts.add_user("dana", None, Role.VIEWER, "free")
    token = (await accounts.login("dana", password, "::1")).access_token
    assert jwt.decode(
        token, SECRET, algorithms=["HS256"], audience="chatgrow-bot", options={"verify_exp": False}
    )


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _signed(header: Any, claims: Any, key: bytes = SECRET.encode(), digest: str = "sha256") -> str:
    text = f"{_b64(json.dumps(header).encode())}.{_b64(json.dumps(claims).encode())}"
    return f"{text}.{_b64(hmac.new(key, text.encode(), digest).digest())}"


def forgeries(user_id: str, now: datetime) -> dict[str, str]:
    """Tokens that must not open anything. Most are signed with the true key, to reach the later checks."""
    at = int(now.timestamp())
    header = {"alg": "HS256", "typ": "JWT"}
    good = {
        "iss": "chatgrow-bot",
        "aud": "chatgrow-bot",
        "sub": user_id,
        "jti": "1",
        "iat": at,
        "exp": at + 900,
        "ver": 0,
    }
    token = _signed(header, good)
    head, body, signature = token.split(".")
    corpus = {
        "empty": "",
        "words": "hello there",
        "two dots": "..",
        "no signature": f"{head}.{body}.",
        "two parts": f"{head}.{body}",
        "four parts": f"{token}.{signature}",
        "half a signature": token[:-10],
        "flipped bit": token[:-5] + ("A" if token[-5] != "A" else "B") + token[-4:],
        "other body, old signature": f"{head}.{_b64(json.dumps(good | {'sub': 'x'}).encode())}.{signature}",
        "not base64": f"{head}.!!!.{signature}",
        "not JSON": f"{head}.{_b64(b'{')}.{signature}",
        "NUL": token + "\0",
        "surrogate": token + "\udc80",
        "very long": token + "A" * 100_000,
        "alg none": f"{_b64(json.dumps({'alg': 'none', 'typ': 'JWT'}).encode())}.{body}.",
        "alg None, signed": _signed({"alg": "None", "typ": "JWT"}, good),
        "alg hs256": _signed({"alg": "hs256", "typ": "JWT"}, good),
        "alg HS512": _signed({"alg": "HS512", "typ": "JWT"}, good, digest="sha512"),
        "alg RS256": _signed({"alg": "RS256", "typ": "JWT"}, good),
        "alg missing": _signed({"typ": "JWT"}, good),
        "alg a list": _signed({"alg": ["HS256"], "typ": "JWT"}, good),
        "crit": _signed(header | {"crit": ["exp"]}, good),
        "crit b64": _signed(header | {"crit": ["b64"], "b64": False}, good),
        "kid": _signed(header | {"kid": "../../dev/null"}, good),
        "jku": _signed(header | {"jku": "https://evil.example/keys"}, good),
        "jwk": _signed(header | {"jwk": {"kty": "oct", "k": "AA"}}, good),
        "header a list": _signed([], good),
        "claims a list": _signed(header, []),
        "empty key": _signed(header, good, key=b""),
        "other key": _signed(header, good, key=b"x" * 48),
        "hash of the key": _signed(header, good, key=hashlib.sha256(SECRET.encode()).digest()),
        "expired": _signed(header, good | {"iat": at - 900, "exp": at}),
        "from the future": _signed(header, good | {"iat": at + 60, "exp": at + 960}),
        "good for a year": _signed(header, good | {"exp": at + 31_536_000}),
        "exp infinite": _signed(header, good | {"exp": float("inf")}),
        "exp a text": _signed(header, good | {"exp": str(at + 900)}),
        "exp a fraction": _signed(header, good | {"exp": at + 899.5}),
        "exp null": _signed(header, good | {"exp": None}),
        "exp true": _signed(header, good | {"exp": True}),
        "iss other": _signed(header, good | {"iss": "elsewhere"}),
        "aud other": _signed(header, good | {"aud": "elsewhere"}),
        "aud several": _signed(header, good | {"aud": ["elsewhere", "others"]}),
        "sub unknown": _signed(header, good | {"sub": "0" * 32}),
        "sub a number": _signed(header, good | {"sub": 1}),
        "ver old": _signed(header, good | {"ver": -1}),
        "ver a text": _signed(header, good | {"ver": "0"}),
        "ver false": _signed(header, good | {"ver": False}),
    }
    for claim in good:
        corpus[f"without {claim}"] = _signed(header, {k: v for k, v in good.items() if k != claim})
    return corpus


async def test_no_forged_token_opens_anything(db: Database, clock: FakeClock) -> None:
    accounts = await Accounts.open(db, clock, secret=SECRET)
    user_id = (await accounts.add_user("dana", None, Role.VIEWER, "free"))[0].user_id
    corpus = forgeries(user_id, clock.now())
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
    assert (await accounts.verify(tokens.sign(SECRET, user_id, 0, clock.now()))).username == "dana"
