"""Requests from outside: rightly signed by the standard's own library, and forged in every way we know."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from standardwebhooks import Webhook

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
#: The vector that the standard's libraries are tested with.
VECTOR_KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
VECTOR_AT = 1614265330
VECTOR_BODY = b'{"test": 2432232314}'
VECTOR = {
    ID: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    TIMESTAMP: str(VECTOR_AT),
    SIGNATURE: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=,. -_\"'é"


@dataclass(frozen=True, slots=True)
class Sent:
    """A request."""

    to: str  #: a connection
    headers: Mapping[str, str]
    body: bytes

    def but(self, **headers: str | None) -> "Sent":
        """With other headers; None leaves one out."""
        named = {f"webhook-{name}": value for name, value in headers.items()}
        merged = {**self.headers, **named}
        return replace(self, headers={name: value for name, value in merged.items() if value is not None})


def words(at: datetime, message: str, *, compact: bool = False) -> bytes:
    """A body, as some write it and as others do."""
    body = {"message": message, "sender": "+15551230042", "timestamp": int(at.timestamp())}
    separators = (",", ":") if compact else (", ", ": ")
    return json.dumps(body, ensure_ascii=compact, separators=separators).encode()


def signed(key: str, at: datetime, id_: str, body: bytes, to: str = "shop", ahead: float = 0) -> Sent:
    """As its sender sends it, whose clock is so many seconds ahead."""
    moment = at + timedelta(seconds=ahead)
    signature = Webhook(key).sign(id_, moment, body.decode())
    headers = {ID: id_, TIMESTAMP: str(int(moment.timestamp())), SIGNATURE: signature}
    return Sent(to, headers, body)


def forgeries(keys: Mapping[str, str], at: datetime) -> Iterator[tuple[str, Sent]]:
    """What must not come in, by what is wrong with it."""
    for compact in (False, True):
        body = words(at, "pay 100 to Dana 👍🏽", compact=compact)
        good = signed(keys["shop"], at, f"msg_forged_{compact}", body)
        signature, stamp = good.headers[SIGNATURE], good.headers[TIMESTAMP]
        for name in ("id", "timestamp", "signature"):
            yield f"no {name}", good.but(**{name: None})
            yield f"an empty {name}", good.but(**{name: ""})
        for length in (1, 3, 4, 10, 20, 40, len(signature) - 1):
            yield f"a signature cut to {length}", good.but(signature=signature[:length])
        for other in (signature[3:], "v1a," + signature[3:], signature.lower(), signature + "=", "v1,"):
            yield f"the signature {other[:6]}", good.but(signature=other)
        yield "a wrong key", signed("whsec_" + "A" * 44, at, "msg_w", body)
        yield "the key of another connection", signed(keys["other"], at, "msg_o", body)
        yield "sent to another connection", replace(good, to="other")
        yield "sent to one that is not there", replace(good, to="nowhere")
        yield "sent to one without keys", replace(good, to="keyless")
        for ahead in (-301, 301, -86_400, 86_400):
            yield f"{ahead} s ahead", signed(keys["shop"], at, f"msg_{ahead}", body, ahead=ahead)
        for value in ("now", "1e9", stamp + ".0", "+" + stamp, "-" + stamp, "0x1", "NaN", "9" * 30, "é"):
            yield f"the time {value[:8]}", good.but(timestamp=value)
        loaded = json.loads(body)
        for how, again in {
            "read and written again": json.dumps(loaded).encode(),
            "read and written shorter": json.dumps(loaded, separators=(",", ":")).encode(),
            "read and written indented": json.dumps(loaded, indent=1).encode(),
            "read and written in another order": json.dumps(loaded, sort_keys=True, indent=2).encode(),
            "another word": body.replace(b"Dana", b"Noam"),
            "a space more": body + b" ",
            "nothing": b"",
        }.items():
            if again != body:
                yield how, replace(good, body=again)


def mutated(random: Random, good: Sent) -> Sent:
    """A good request, changed somewhere at random."""
    while True:
        sent = random.choice(_CHANGES)(random, good)
        is_signed = good.headers[SIGNATURE] in sent.headers.get(SIGNATURE, "").split(" ")
        # A header's outer spaces are not part of it.
        others = [sent.headers.get(name, "").strip() == good.headers[name] for name in (ID, TIMESTAMP)]
        if not (is_signed and all(others) and sent.body == good.body and sent.to == good.to):
            if sent.headers.get(SIGNATURE, "").strip() != good.headers[SIGNATURE] or not all(others):
                return sent
            if sent.body != good.body or sent.to != good.to:
                return sent


def _body(random: Random, good: Sent) -> Sent:
    return replace(good, body=bytes(_changed(random, list(good.body), range(256))))


def _header(random: Random, good: Sent) -> Sent:
    name = random.choice((ID, TIMESTAMP, SIGNATURE))
    letters = "0123456789" if name == TIMESTAMP and random.random() < 0.7 else _LETTERS
    value = "".join(_changed(random, list(good.headers[name]), letters))
    return replace(good, headers={**good.headers, name: value.strip()})


def _swapped(random: Random, good: Sent) -> Sent:
    name = random.choice((ID, TIMESTAMP))
    return replace(good, headers={**good.headers, name: good.headers[name][::-1] + str(random.randrange(10))})


def _changed(random: Random, letters: list, alphabet: Sequence) -> list:  # type: ignore[type-arg]
    """A few letters put in, taken out or changed."""
    for _ in range(random.choice((1, 1, 1, 2, 5))):
        at = random.randrange(len(letters) + 1)
        match random.randrange(4):
            case 0:
                letters.insert(at, random.choice(alphabet))
            case 1:
                del letters[at : at + random.choice((1, 1, 3))]
            case 2:
                letters[at : at + 1] = [random.choice(alphabet)]
            case _:
                other = random.randrange(len(letters) + 1)
                letters[at : at + 1], letters[other : other + 1] = (
                    letters[other : other + 1],
                    letters[at : at + 1],
                )
    return letters


_CHANGES: Sequence[Callable[[Random, Sent], Sent]] = (_body, _body, _header, _header, _header, _swapped)
