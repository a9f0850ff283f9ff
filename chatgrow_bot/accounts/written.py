"""What people and programs are handed to keep, as text: `cgk_<id>_<secret>`. The prefix says what it is, to
whoever finds one where it should not lie; the id names its row, in which only a hash of the secret stands."""

import base64
import hashlib
import hmac
import re
import secrets

KEY = "cgk"  #: an API key
REFRESH = "cgr"  #: a refresh token

_NONCE = 22  # characters: 128 bits
_FORM = re.compile(r"(cg[kr])_([0-9a-f]{32})_([A-Za-z0-9_-]{40,80})")


def write(kind: str, row: str, secret: str) -> str:
    """As text."""
    return f"{kind}_{row}_{secret}"


def read(kind: str, text: str) -> tuple[str, str] | None:
    """The id and the secret of such a text; None for any other."""
    match = _FORM.fullmatch(text)
    return (match[2], match[3]) if match and match[1] == kind else None


def hashed(secret: str) -> str:
    """What is stored of a secret. It is long and random: one round of SHA-256 keeps it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_secret() -> str:
    """For an API key."""
    return secrets.token_urlsafe(32)


def signed_secret(signing: bytes, login_id: str) -> str:
    """For a refresh token. It bears a signature, so that one that was ours once can be told from a guess:
    only the first is a reason to end somebody's login."""
    nonce = secrets.token_urlsafe(16)
    return nonce + _signature(signing, login_id, nonce)


def is_signed(signing: bytes, login_id: str, secret: str) -> bool:
    """Whether we have made this secret for this login, lately or long ago."""
    nonce, signature = secret[:_NONCE], secret[_NONCE:]
    return hmac.compare_digest(signature, _signature(signing, login_id, nonce))


def _signature(signing: bytes, login_id: str, nonce: str) -> str:
    digest = hmac.digest(signing, f"refresh {login_id} {nonce}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
