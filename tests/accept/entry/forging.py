"""Forged tokens: forty ways and more."""

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _signed(header: Any, claims: Any, key: bytes, digest: str = "sha256") -> str:
    text = f"{_b64(json.dumps(header).encode())}.{_b64(json.dumps(claims).encode())}"
    return f"{text}.{_b64(hmac.new(key, text.encode(), digest).digest())}"


def forgeries(secret: bytes, user_id: str, login_id: str, now: datetime) -> dict[str, str]:
    """Tokens that must not open anything, for a user and a login that there are. Most are signed with the
    true key, to reach the later checks."""

    def signed(header: Any, claims: Any, **other: Any) -> str:
        return _signed(header, claims, **{"key": secret, **other})

    at = int(now.timestamp())
    header = {"alg": "HS256", "typ": "JWT"}
    good = {
        "iss": "chatgrow-bot",
        "aud": "chatgrow-bot",
        "sub": user_id,
        "jti": "1",
        "iat": at,
        "exp": at + 900,
        "sid": login_id,
        "ver": 0,
    }
    token = signed(header, good)
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
        "alg None, signed": signed({"alg": "None", "typ": "JWT"}, good),
        "alg hs256": signed({"alg": "hs256", "typ": "JWT"}, good),
        "alg HS512": signed({"alg": "HS512", "typ": "JWT"}, good, digest="sha512"),
        "alg RS256": signed({"alg": "RS256", "typ": "JWT"}, good),
        "alg missing": signed({"typ": "JWT"}, good),
        "alg a list": signed({"alg": ["HS256"], "typ": "JWT"}, good),
        "crit": signed(header | {"crit": ["exp"]}, good),
        "crit b64": signed(header | {"crit": ["b64"], "b64": False}, good),
        "kid": signed(header | {"kid": "../../dev/null"}, good),
        "jku": signed(header | {"jku": "https://evil.example/keys"}, good),
        "jwk": signed(header | {"jwk": {"kty": "oct", "k": "AA"}}, good),
        "header a list": signed([], good),
        "claims a list": signed(header, []),
        "empty key": signed(header, good, key=b""),
        "other key": signed(header, good, key=b"x" * 48),
        "hash of the key": signed(header, good, key=hashlib.sha256(secret).digest()),
        "expired": signed(header, good | {"iat": at - 900, "exp": at}),
        # a day: a check may let minutes pass
        "from the future": signed(header, good | {"iat": at + 86_400, "exp": at + 87_300}),
        "good for a year": signed(header, good | {"exp": at + 31_536_000}),
        "exp infinite": signed(header, good | {"exp": float("inf")}),
        "exp a text": signed(header, good | {"exp": str(at + 900)}),
        "exp a fraction": signed(header, good | {"exp": at + 899.5}),
        "exp null": signed(header, good | {"exp": None}),
        "exp true": signed(header, good | {"exp": True}),
        "iss other": signed(header, good | {"iss": "elsewhere"}),
        "aud other": signed(header, good | {"aud": "elsewhere"}),
        "aud several": signed(header, good | {"aud": ["elsewhere", "others"]}),
        "sub unknown": signed(header, good | {"sub": "0" * 32}),
        "sub a number": signed(header, good | {"sub": 1}),
        "ver old": signed(header, good | {"ver": -1}),
        "ver a text": signed(header, good | {"ver": "0"}),
        "sid unknown": signed(header, good | {"sid": "0" * 32}),
        "sid a list": signed(header, good | {"sid": [login_id]}),
        "sid with a wildcard": signed(header, good | {"sid": "%"}),
        "ver false": signed(header, good | {"ver": False}),
    }
    for claim in good:
        corpus[f"without {claim}"] = signed(header, {k: v for k, v in good.items() if k != claim})
    keys = (f"cgk_{login_id}_{'A' * 43}", f"cgr_{login_id}_{'A' * 65}", "cgk_", "cgk__", "cgk_" + "a" * 5000)
    return corpus | {f"key {number}": key for number, key in enumerate(keys)}
