"""What no line holds, however it got there."""

import json
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chatgrow_bot.errors import EngineError
from chatgrow_bot.logs.context import concerning
from chatgrow_bot.logs.redaction import GONE, Redaction, clean, visible
from chatgrow_bot.logs.tracebacks import as_text, stacks_of

JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV"
SECRETS = {
    "jwt": JWT,
    "api key": "cgk_01a2055e703a77db82d215f3e6280656_Zk3vQm0XbW8pL2sYt6RjHn4Dc9",
    "webhook key": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "qr": "2@bG9uZ3JlZmVyZW5jZQ==,c2Vjb25kcGFydA==,dGhpcmRwYXJ0,1",
    "hex key": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "random": "dGhpcyBpcyBhIHJhbmRvbSBieXRlIHN0cmluZyB3aXRoIGVudHJvcHkh9Zq3",
}
#: Letters of any kind, of which sentences are.
WORDS = st.text(st.characters(codec="utf-8"), max_size=60)
NAMES = st.sampled_from(
    [
        "password",
        "newPassword",
        "access_token",
        "refreshToken",
        "authorization",
        "Cookie",
        "set-cookie",
        "apiKey",
        "api_key",
        "secret",
        "clientSecret",
        "qr",
        "pairingCode",
        "text",
        "body",
        "caption",
        "private_key",
        "PASSWD",
        "passphrase",
    ]
)
VALUES = st.text(min_size=1, max_size=40).filter(lambda value: value not in GONE)


def line(**facts: Any) -> str:
    """How a line is written."""
    return json.dumps(Redaction()(None, "info", {"event": "it happened", **facts}), ensure_ascii=False)


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
@given(before=WORDS, after=WORDS)
@example(before="", after="")
@example(before="token=", after="&x=1")
@example(before='{"a": "', after='"}')
def test_a_secret_is_taken_out_of_any_sentence(secret: str, before: str, after: str) -> None:
    if before[-1:].isalnum() or before[-1:] in "_+/=-." or after[:1].isalnum():
        before, after = f"{before} ", f" {after}"
    written = clean(f"{before}{secret}{after}")
    assert not any(piece in written for piece in pieces(secret)), written


def pieces(secret: str) -> list[str]:
    return [secret[at : at + 12] for at in range(len(secret) - 11)]


@given(name=NAMES, value=VALUES)
def test_nothing_stands_under_the_name_of_a_secret(name: str, value: str) -> None:
    written = json.loads(line(**{name: value, "inside": [{name: value}]}))
    assert written[name] == GONE
    assert written["inside"] == [{visible(name): GONE}]


@given(name=st.sampled_from(["password", "apiKey", "access_token", "secret", "cookie"]), value=VALUES)
def test_nor_in_what_somebody_printed(name: str, value: str) -> None:
    secret = f"zq{value.encode().hex()}qz"[:38]
    for said in (
        f"{name}={secret}",
        f"{{'{name}': '{secret}'}}",
        f'"{name}": "{secret}"',
        f"{name}: {secret}",
    ):
        assert secret not in clean(f"cannot do it ({said}) now"), said


@given(text=st.text(min_size=4, max_size=200), around=st.tuples(WORDS, WORDS))
def test_the_words_of_the_message_that_is_handled_are_in_no_line(text: str, around: tuple[str, str]) -> None:
    said = f"{around[0]}{text}{around[1]}"
    with concerning(withhold=(text,)):
        written = Redaction()(None, "info", {"event": said, "reason": said, "more": {"x": [said]}})
    for each in (written["event"], written["reason"], written["more"]["x"][0]):
        assert text not in each.replace(GONE, "\0")
    assert clean("afterwards it may") == "afterwards it may"


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=20,
    )
)
def test_whatever_is_logged_is_one_line_that_can_be_read_again(value: Any) -> None:
    written = line(value=value)
    assert json.loads(written)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", written)
    written.encode()


@given(text=st.text())
@example(text="all well\n2026-01-01 [error] you were robbed")
@example(text="\x1b[2J\x1b]0;title\x07\x9b31m")
@example(text="\ud800")
def test_no_words_begin_a_line_or_move_a_cursor(text: str) -> None:
    shown = visible(text)
    assert len(shown.splitlines()) <= 1
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028-\u202e\ud800-\udfff]", shown)


def test_what_is_no_secret_stays() -> None:
    kept = (
        "chatgrow_bot/store/migrations/versions/0001_first_tables.py:14 in upgrade",
        "message 01a2055e703a77db82d215f3e6280656 is left unanswered: TimeoutError",
        "true_…233@c.us_3EB00123456789ABCDEF01 not found",
        "/srv/chatgrow/sessions/profiles/Shop-2/Default/IndexedDB/https_web_0.indexeddb.leveldb",
        "test_the_promise_holds_and_the_check_would_notice_if_it_did_not",
        "the code ran into an error at 2026-03-05 12:00:00 UTC",
    )
    for each in kept:
        assert clean(each, numbers=False) == each


def test_numbers_are_cut_however_they_are_written() -> None:
    for number in ("972541112233", "+972 54-111-2233", "+972541112233", "(+972)541112233", "054-111-2233"):
        written = clean(f"nobody answers at {number} just now")
        assert "111" not in written, written
        assert "233 just now" in written


def test_a_long_value_is_cut_and_no_half_of_a_secret_stays_at_its_end() -> None:
    for length in range(7700, 8100, 7):
        written = clean("a " * (length // 2) + JWT + " b" * 5000)
        assert len(written) < 8100
        assert not any(piece in written for piece in pieces(JWT))


def raised(error: Exception) -> Any:
    try:
        try:
            raise KeyError("what dana wrote")
        except KeyError as cause:
            raise error from cause
    except Exception as caught:
        return type(caught), caught, caught.__traceback__


def test_a_strangers_error_keeps_its_words_and_tells_its_place() -> None:
    error = ValueError("what dana wrote")
    error.add_note("dana wrote it")
    for info in (raised(error), raised(ExceptionGroup("what dana wrote", [error]))):
        stacks = stacks_of(info)
        told = json.dumps(stacks) + "\n".join(as_text(stacks))
        assert "dana" not in told.replace('KeyError("what dana wrote")', "")  # the line of the code itself
        assert {"ValueError", "KeyError", "test_redaction.py"} <= set(
            re.findall(r"[\w.]+", told.replace("/", " "))
        )


def test_an_error_of_ours_and_of_the_system_says_what_it_is() -> None:
    for error in (EngineError("the page is gone"), OSError(28, "No space left on device")):
        stacks = stacks_of(raised(error))
        assert stacks[0]["exc_value"] == str(error)
    written = Redaction()(None, "info", {"event": "x", "error": ValueError("hello there")})
    assert written["error"] == "ValueError"
    assert (
        clean("future: <Task exception=ValueError('hello there')>")
        == "future: <Task exception=ValueError(…)>"
    )
