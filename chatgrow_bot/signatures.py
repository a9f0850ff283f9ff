"""Signatures on requests from outside, as standardwebhooks.com has them: over the id, the time and the very
bytes of the body, each sent beside it. A body that was read and written again is another body."""

import base64
import binascii
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta

#: How far the time of a request may be from ours.
TOLERANCE = timedelta(seconds=300)

_PREFIX = "whsec_"
_VERSION = "v1,"
_ID_LENGTH = 255
_DIGITS = 12  # of a time: more is none


def to_text(key: bytes) -> str:
    """A key as people hand it on."""
    return _PREFIX + base64.b64encode(key).decode()


def to_key(text: str) -> bytes:
    """The bytes of a key. Raises ValueError."""
    try:
        return base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("a key is whsec_ and base64") from error


def is_id(text: str) -> bool:
    """Whether this can name a request: 1 to 255 printable characters of ASCII."""
    return text.isascii() and text.isprintable() and 0 < len(text) <= _ID_LENGTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a request says of itself. Nothing of it is true before a key has shown it."""

    id: str  #: of the request; a repeat has the same
    timestamp: str  #: when it was sent, in seconds since 1970
    signatures: str = field(repr=False)  #: separated by spaces, each with its version before a comma

    def is_timely(self, now: datetime) -> bool:
        """Whether the id and the time have their form, and the time is near enough to ours."""
        if not (is_id(self.id) and self.timestamp.isascii() and self.timestamp.isdecimal()):
            return False
        if len(self.timestamp) > _DIGITS:
            return False
        return abs(now.timestamp() - int(self.timestamp)) <= TOLERANCE.total_seconds()

    def is_of(self, key: bytes, body: bytes) -> bool:
        """Whether one of the signatures was made with this key, over this body. Every one is compared, each
        to its end, so that the time it takes says nothing."""
        expected = sign(key, self.id, self.timestamp, body).encode()
        given = [each.encode(errors="replace") for each in self.signatures.split(" ")]
        return sum(hmac.compare_digest(expected, each) for each in given) > 0


def sign(key: bytes, id_: str, timestamp: str, body: bytes) -> str:
    """The signature of a request, with its version."""
    content = f"{id_}.{timestamp}.".encode(errors="replace") + body
    return _VERSION + base64.b64encode(hmac.digest(key, content, "sha256")).decode()
