"""Access tokens: signed and read in one form only, so that nothing about the form can be argued with."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
import uuid_utils

from ..errors import ConfigError, NotLoggedIn

LIFETIME = timedelta(minutes=15)

_HEADER = {"alg": "HS256", "typ": "JWT"}
_NAME = "chatgrow-bot"  # issuer and audience: we talk to ourselves
_REQUIRED = ["exp", "iat", "jti", "sub", "aud", "iss"]
_LONGEST = 2048  # characters; ours have about 350
_LEEWAY = timedelta(seconds=30)  # for a clock that was set back
_MIN_BYTES, _MIN_DIFFERENT = 32, 12
_GIVEAWAYS = ("secret", "change", "password", "example", "default", "jwt", "chatgrow", "12345678")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a token says, once its signature and its times are known to be right."""

    user_id: str
    version: int
    expires_at: datetime
    login_id: str  #: the same in every token that was renewed from one login
    renewable_until: datetime | None  #: None for a token that is not renewed at all


def check_secret(secret: str) -> None:
    """Raise ConfigError unless a configured signing secret is fit for use."""
    if len(secret.encode()) < _MIN_BYTES:
        fault = f"is shorter than {_MIN_BYTES} bytes"
    elif len(set(secret)) < _MIN_DIFFERENT:
        fault = f"has fewer than {_MIN_DIFFERENT} different characters"
    elif any(word in secret.lower() for word in _GIVEAWAYS):
        fault = "looks like an example"
    else:
        return
    raise ConfigError(
        f"The token secret {fault}. Leave it out, and one is made; or make one with `openssl rand -base64 48`"
    )


def sign(
    secret: str,
    user_id: str,
    version: int,
    now: datetime,
    *,
    login_id: str | None = None,
    renewable_until: datetime | None = None,
) -> str:
    """A fresh access token, good for `LIFETIME`; one that may be renewed for no longer than that may be."""
    expires = min(now + LIFETIME, renewable_until or now + LIFETIME)
    claims = {
        "iss": _NAME,
        "aud": _NAME,
        "sub": user_id,
        "jti": uuid_utils.uuid7().hex,
        "iat": int(now.timestamp()),
        "exp": int(expires.timestamp()),
        "ver": version,
    }
    if login_id:
        claims["sid"] = login_id
    if renewable_until:
        claims["renewable_until"] = int(renewable_until.timestamp())
    return jwt.encode(claims, secret, algorithm="HS256", headers=_HEADER)


def read(secret: str, token: str, now: datetime) -> Claims:
    """What a token of ours says. Raises NotLoggedIn for any other, and for one that is over."""
    if len(token) > _LONGEST:
        raise NotLoggedIn("The token is not one of ours")
    try:
        # The times are checked below, against the clock that was handed in.
        read = jwt.decode_complete(
            token,
            secret,
            algorithms=["HS256"],
            audience=_NAME,
            issuer=_NAME,
            options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
    except (jwt.PyJWTError, ValueError) as error:
        raise NotLoggedIn("The token is not valid") from error
    return _checked(read["header"], read["payload"], now)


def _checked(header: dict[str, Any], claims: dict[str, Any], now: datetime) -> Claims:
    expires, issued, version = claims["exp"], claims["iat"], claims.get("ver")
    until = claims.get("renewable_until", expires)
    if header != _HEADER or not (type(expires) is type(issued) is type(version) is type(until) is int):
        raise NotLoggedIn("The token is not valid")
    if expires <= now.timestamp():
        raise NotLoggedIn("The token has expired")
    if issued > (now + _LEEWAY).timestamp() or expires - issued > LIFETIME.total_seconds():
        raise NotLoggedIn("The token is not valid")
    return Claims(
        user_id=claims["sub"],
        version=version,
        expires_at=datetime.fromtimestamp(expires, tz=now.tzinfo),
        login_id=str(claims.get("sid", claims["jti"])),
        renewable_until=(
            datetime.fromtimestamp(until, tz=now.tzinfo) if "renewable_until" in claims else None
        ),
    )
