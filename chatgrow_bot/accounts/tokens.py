"""Access tokens: signed and read in one form only, so that nothing about the form can be argued with."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
import uuid_utils

from ..errors import NotLoggedIn

LIFETIME = timedelta(minutes=15)

_HEADER = {"alg": "HS256", "typ": "JWT"}
_NAME = "chatgrow-bot"  # issuer and audience: we talk to ourselves
_REQUIRED = ["exp", "iat", "jti", "sub", "aud", "iss"]
_LONGEST = 2048  # characters; ours have about 400
_LEEWAY = timedelta(seconds=30)  # for a clock that was set back


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a token says, once its signature and its times are known to be right."""

    user_id: str
    login_id: str
    version: int
    expires_at: datetime


def sign(
    secret: bytes, user_id: str, login_id: str, version: int, now: datetime, *, until: datetime
) -> tuple[str, timedelta]:
    """A fresh access token, and how long it is good for: `LIFETIME`, but not past the end of its login."""
    expires = min(now + LIFETIME, until)
    claims = {
        "iss": _NAME,
        "aud": _NAME,
        "sub": user_id,
        "jti": uuid_utils.uuid7().hex,
        "iat": int(now.timestamp()),
        "exp": int(expires.timestamp()),
        "sid": login_id,
        "ver": version,
    }
    return jwt.encode(claims, secret, algorithm="HS256", headers=_HEADER), expires - now


def read(secret: bytes, token: str, now: datetime) -> Claims:
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
    login_id = claims.get("sid")
    is_ours = type(expires) is type(issued) is type(version) is int and type(login_id) is str
    if header != _HEADER or not is_ours:
        raise NotLoggedIn("The token is not valid")
    if expires <= now.timestamp():
        raise NotLoggedIn("The token has expired")
    if issued > (now + _LEEWAY).timestamp() or expires - issued > LIFETIME.total_seconds():
        raise NotLoggedIn("The token is not valid")
    return Claims(
        user_id=claims["sub"],
        login_id=str(login_id),
        version=int(str(version)),
        expires_at=datetime.fromtimestamp(expires, tz=now.tzinfo),
    )
