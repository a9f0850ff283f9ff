"""Takes out of a line what no log may hold: what stands under the name of a secret, what looks like one, the
words of the message that is just handled, numbers, and characters by which a line could pretend to be two."""

import re
from collections.abc import Mapping, Sequence, Set
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import structlog

from .context import withheld
from .tracebacks import said_of

GONE = "[redacted]"

#: Characters of a value; a traceback of the whole world must not fill the disk. What is cut off last, so that
#: no half of a secret stays, of which the patterns would have known the whole.
_LONGEST, _RAGGED = 8000, 400
_DEEPEST = 6

#: Parts of names, without `_` and `-`, whose values are secrets.
_SECRET_PARTS = re.compile(
    "password|passwd|passphrase|secret|token|authorization|cookie|apikey|credential|privatekey|pairing|whsec"
)
#: Whole names of secrets, and of what people wrote.
_SECRET_NAMES = frozenset(
    [
        "qr",
        "code",
        "otp",
        "pin",
        "pw",
        "text",
        "texts",
        "body",
        "caption",
        "content",
        "words",
        "filename",
        "jwt",
        "key",
    ]
)
#: An error's own word for what it is, which is all that `code` may be.
_CODE_WORD = re.compile("[a-z][a-z_]{0,40}")
#: Our own names of things: ids that may look like numbers.
_IDS = frozenset({"message", "connection", "request_id", "tenant", "user"})
_ID = re.compile("[!-~]{0,64}")
#: What is written before this, or is yet to be written.
_OURS = frozenset({"timestamp", "level", "logger", "exc_info", "exception", "file"})

#: Without any of this in it a text is none of the following: most are not, and it is asked of each.
_SUSPECT = re.compile(
    r"[:=@]|eyJ|[gcGC][a-zA-Z]{0,4}_|Error\(|Exception\(|[Bb]earer|BEARER|Basic|\d{3}|[A-Za-z0-9+/_=-]{24}"
)
_TOKEN = re.compile(
    r"(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)*"  # JWT
    r"|(?<![A-Za-z0-9])(?:cg[a-z]{1,3}|whsec)_[A-Za-z0-9_+/=-]{6,}"  # ours
    r"|(?<![\w.])[12]@[A-Za-z0-9+/=_-]{16,}(?:,[A-Za-z0-9+/=_-]*)*"  # WhatsApp's QR codes
    r"|(?<![A-Za-z0-9])[0-9a-fA-F]{40,}(?![A-Za-z0-9])"
)
_SCHEME = re.compile(r"\b(Bearer|Basic|bearer|BEARER) +[A-Za-z0-9._~+/=-]{6,}")
_USERINFO = re.compile(r"(?<=://)[^\s/@:]*:[^\s@]*@")
_NAMED = re.compile(
    r"(?i)((?:password|passwd|passphrase|secret|token|authorization|cookie|api[_ -]?key|credential|"
    r"private[_ -]?key|pairing[_ -]?code)[a-z0-9_-]{0,20}[\"']?\s{0,3}[:=]\s{0,3})"
    r"(?!\[redacted\])(\"(?:[^\"\\]|\\.)*\"?|'(?:[^'\\]|\\.)*'?|[^\s,;&)}\]]+)"
)
_QUOTED = re.compile(
    r"(?i)((?<![a-z0-9])(?:text|body|caption|content|code|qr|pin|filename|words)[\"']?\s{0,3}[:=]\s{0,3})"
    r"(\"(?:[^\"\\]|\\.)*\"?|'(?:[^'\\]|\\.)*'?)"
)
#: An exception as Python writes it within a sentence; what it says may quote anything.
_EXCEPTION = re.compile(r"\b([A-Z]\w*(?:Error|Exception))\((?=[\"']).*\)", re.DOTALL)
_RUN = re.compile(r"[A-Za-z0-9+/_=-]{24,}")
_PHONE = re.compile(r"\+\d[\d ().-]{5,}(\d{3})(?!\d)|(?<![\d-])0\d{1,2}[ -]\d{3}[ -]?\d(\d{3})(?!\d)")
#: Digits that may be a phone number; beside capitals as in hexadecimal they are part of a message's id.
_NUMBER = re.compile(r"(?<![0-9A-F])\d{3,}(\d{3})(?![0-9A-F])")
#: What moves a cursor, ends a line, turns the direction of writing, or cannot be written at all.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\ufff9-\ufffb]"
)


class Redaction:
    """A step of a logger: the line without what may not be in it."""

    def __init__(self, secrets: Set[str] = frozenset()) -> None:
        """`secrets`: values known by heart, such as those that the configuration names."""
        self._secrets = tuple(sorted((each for each in secrets if len(each) >= 4), key=len, reverse=True))

    def __call__(
        self, _logger: object, _method: str, line: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        """The line, cleaned."""
        return {name: self._kept(name, value) for name, value in line.items()}

    def words(self, text: str) -> str:
        """The same for words that are in no line yet."""
        return clean(text, self._secrets)

    def _kept(self, name: str, value: Any) -> Any:
        if name in _OURS:
            return self._spoken(value) if name == "exception" else value
        if name in _IDS and isinstance(value, str):
            return clean(value, self._secrets, numbers=False) if _ID.fullmatch(value) else GONE
        if is_secret(name, value):
            return GONE
        return self._cleaned(value)

    def _spoken(self, stacks: Any) -> Any:
        """A traceback without the secrets known by heart; what foreign errors say is not in it any more."""
        return self._cleaned(stacks, names=False) if isinstance(stacks, Sequence) else stacks

    def _cleaned(self, value: Any, depth: int = 0, *, names: bool = True) -> Any:
        match value:
            case None | bool() | int() | float():
                return value
            case str():
                return self.words(value)
            case _ if depth >= _DEEPEST:
                return "…"
            case Mapping():
                return {
                    self.words(str(key)): GONE
                    if names and is_secret(str(key), each)
                    else self._cleaned(each, depth + 1, names=names)
                    for key, each in value.items()
                }
            case bytes() | bytearray() | memoryview():
                return f"[{len(value)} bytes]"
            case list() | tuple() | set() | frozenset():
                return [self._cleaned(each, depth + 1, names=names) for each in value]
            case BaseException():
                return self.words(said_of(value))
            case date() | Path():
                return str(value)
        return self.words(_repr(value))


def is_secret(name: str, value: object) -> bool:
    """Whether what stands under this name is one, whatever it is."""
    if value is None or isinstance(value, bool):
        return False
    plain = name.lower().replace("_", "").replace("-", "")
    if plain == "code":
        is_word = isinstance(value, str) and _CODE_WORD.fullmatch(value)
        return not (is_word or (isinstance(value, int) and abs(value) < 1000))
    return plain in _SECRET_NAMES or bool(_SECRET_PARTS.search(plain) and not _counts(plain, value))


def _counts(plain: str, value: object) -> bool:
    """`tokens=3` says how many there are."""
    return plain.endswith("s") and isinstance(value, int)


def clean(text: str, secrets: Sequence[str] = (), *, numbers: bool = True) -> str:
    """Words without what looks like a secret, what is withheld just now, and numbers but for their last
    three digits; in one line."""
    whole = len(text)
    text = text[:_LONGEST]
    for secret in (*secrets, *withheld()):
        if secret in text:
            text = text.replace(secret, GONE)
    suspect = _SUSPECT.search(text)
    if suspect and len(text) >= 8:  # nothing shorter is one
        text = _EXCEPTION.sub(r"\1(…)", text)
        text = _USERINFO.sub(f"{GONE}@", text)
        text = _SCHEME.sub(rf"\1 {GONE}", text)
        text = _TOKEN.sub(GONE, text)
        text = _NAMED.sub(rf"\1{GONE}", text)
        text = _QUOTED.sub(rf"\1{GONE}", text)
        text = _RUN.sub(_unless_random, text)
    if suspect and numbers:
        text = _NUMBER.sub(r"…\1", _PHONE.sub(_last_digits, text))
    if whole > _LONGEST:
        text = f"{text[:-_RAGGED]}… ({whole} characters)"
    return visible(text)


def visible(text: str) -> str:
    """Words in one line, that show what they are: control characters as Python writes them."""
    return _INVISIBLE.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def _last_digits(found: re.Match[str]) -> str:
    return f"…{found[1] or found[2]}"


def _unless_random(found: re.Match[str]) -> str:
    """Letters and digits as chance mixes them: a key, a token, a file in base64. Paths and names of things
    change from small letters to capitals and digits much less often."""
    kinds = ["d" if each.isdigit() else "u" if each.isupper() else "l" for each in found[0] if each.isalnum()]
    changes = sum(one != next_ for one, next_ in pairwise(kinds))
    is_mixed = len({*kinds}) == 3 or (len({*kinds}) == 2 and len(kinds) >= 40)
    return GONE if is_mixed and changes > 0.4 * len(kinds) else found[0]


def _repr(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # a foreign object's own fault
        return f"<{type(value).__name__}>"
