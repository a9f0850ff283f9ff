"""Signatures as the standard has them: its published vector, its own library as the signer, and what is
none."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from chatgrow_bot.signatures import TOLERANCE, Signature, is_id, sign, to_key, to_text

#: The vector that the standard's libraries are tested with.
KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, AT, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
SIGNED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
NOW = datetime.fromtimestamp(AT, UTC)


def signature(signatures: str = SIGNED, id_: str = ID, timestamp: str = str(AT)) -> Signature:
    return Signature(id=id_, timestamp=timestamp, signatures=signatures)


def test_the_published_vector_is_made_and_verified() -> None:
    assert sign(to_key(KEY), ID, str(AT), BODY) == SIGNED
    assert signature().is_of(to_key(KEY), BODY)
    assert signature().is_timely(NOW)


@given(st.binary(min_size=24, max_size=64), st.text(st.characters(codec="utf-8")))
def test_what_the_standards_library_signs_is_good(key: bytes, text: str) -> None:
    body = json.dumps({"message": text}, ensure_ascii=False)
    signed = Webhook(to_text(key)).sign(ID, NOW, body)
    assert signature(signed).is_of(key, body.encode())
    assert not signature(signed).is_of(key, body.encode() + b" ")


def test_one_good_signature_among_others_is_enough() -> None:
    other = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="
    for given_ in (f"{other} {SIGNED}", f"{SIGNED} {other}", f"v1a,{other[3:]} {SIGNED} x v2,y"):
        assert signature(given_).is_of(to_key(KEY), BODY)


@pytest.mark.parametrize(
    "given_",
    [
        "",
        " ",
        "v1,",
        "v1",
        SIGNED[:-1],
        SIGNED[:20],
        SIGNED.removeprefix("v1,"),
        SIGNED.replace("v1,", "v2,"),
        SIGNED.replace("v1,", "v1a,"),
        SIGNED.lower(),
        SIGNED.replace("E=", "F="),  # the same bytes, when what is left over of base64 is let go
        SIGNED + "=",
        SIGNED + "!",
        SIGNED.replace(",", ", "),
        f"{SIGNED},{SIGNED}",
        "v1,\udcff",
        "v1,é",
    ],
)
def test_what_is_not_the_signature_to_the_letter_is_none(given_: str) -> None:
    assert not signature(given_).is_of(to_key(KEY), BODY)


def test_another_body_id_time_or_key_is_refused() -> None:
    key = to_key(KEY)
    again = json.dumps(json.loads(BODY), separators=(",", ":")).encode()
    for body in (again, BODY + b"\n", b"", BODY[:-1]):
        assert not signature().is_of(key, body)
    assert not signature(id_=ID + "x").is_of(key, BODY)
    assert not signature(timestamp=str(AT + 1)).is_of(key, BODY)
    assert not signature(timestamp=f"0{AT}").is_of(key, BODY)
    assert not signature().is_of(key[:-1] + b"x", BODY)
    assert not signature().is_of(b"", BODY)


def test_a_request_is_timely_for_300_seconds_either_way() -> None:
    assert timedelta(seconds=300) == TOLERANCE
    for seconds, timely in ((-301, False), (-300, True), (0, True), (300, True), (301, False)):
        assert signature(timestamp=str(AT + seconds)).is_timely(NOW) is timely


@pytest.mark.parametrize(
    "timestamp",
    [
        *("", "now", "-1", "1e9", "1.6e9", f"{AT}.0", f" {AT}", f"{AT} ", f"+{AT}", "1_614_265_330", "0x60"),
        *("NaN", "inf", "\u0663", "\u00b2", "\uff11\uff16", "9" * 13, "9" * 5000, "\udcff"),
        "2021-02-25T15:02:10Z",
    ],
)
def test_what_is_no_time_is_never_timely(timestamp: str) -> None:
    assert not signature(timestamp=timestamp).is_timely(NOW)


def test_an_id_is_printable_and_not_too_long() -> None:
    for good in ("a", "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", "a b.c", "x" * 255):
        assert is_id(good)
        assert signature(id_=good).is_timely(NOW)
    for bad in ("", "x" * 256, "a\nb", "é", "\udcff", "a\x7f"):
        assert not is_id(bad)
        assert not signature(id_=bad).is_timely(NOW)


def test_a_key_is_read_as_it_is_written() -> None:
    assert to_key(to_text(b"k" * 32)) == b"k" * 32
    assert to_text(b"k" * 32).startswith("whsec_")
    with pytest.raises(ValueError, match="whsec_"):
        to_key("whsec_not base64!")
