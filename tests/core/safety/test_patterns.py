"""Patterns: RE2's words made plain, and no pattern that hangs."""

import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatgrow_bot.errors import BadInput
from chatgrow_bot.safety.patterns import MAX_TEXT, PatternSet, compile_pattern

#: Each of these hangs, or nearly, an engine that goes back and tries again.
BACKTRACKERS = [
    r"(a+)+$",
    r"(a|aa)+$",
    r"(a|a?)+$",
    r"(.*a){12}$",
    r"([a-zA-Z]+)*$",
    r"(a*)*b",
    r"(a*)*$b",
    r"(((a+)+)+)+$",
    r"^(a+)+b$",
    r"(x+x+)+y",
    r"(.*)*z",
    r"(.+)+z",
    r"(\w+\s?)*$z",
    r"^(\d+)*$",
    r"(\s*\w*\s*)*!",
    r"(a+){20}b",
    r"a*a*a*a*a*a*a*a*a*a*b",
    r"a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?aaaaaaaaaaaaaaaab",
    r"(?:a?){30}a{30}",
    r"(ab|a|b)*c",
    r"(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)x",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
    r"^([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}",
    r"(https?://)?([\w-]+\.)+[\w-]+(/[\w-./?%&=]*)?$z",
    r"<(\w+)[^>]*>.*</\w+>",
    r"(a|b|ab)*bc",
    r"([^\"']*[\"'][^\"']*)*z",
    r"(?i)(A+)+$z",
    r"(?s).*\n.*\n.*\n.*z",
    r"\b(\w+)\b.*\b(\w+)\b.*z",
]
#: These fill RE2's automaton with states; it falls back to its slow way, which is linear still.
STATE_MAKERS = [r"[ab]*a[ab]{100}c", r"a[ab]{200}c", r"(a[ab]{50}c|b[ab]{70}d|a[ab]{90}e)", r".*.{90}z"]


@pytest.mark.parametrize("pattern", BACKTRACKERS + STATE_MAKERS)
def test_an_evil_pattern_on_the_longest_text_is_done_at_once(pattern: str) -> None:
    compiled = compile_pattern(pattern)
    started = time.monotonic()
    for text in (
        "a" * MAX_TEXT,
        "ab" * (MAX_TEXT // 2),
        "a " * 20_000 + "!",
        "aab" * 40_000 + "\n" + "x" * 9,
    ):
        compiled.search(text)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        (r"(?=a)", "look-ahead"),
        (r"(?!a)", "look-ahead"),
        (r"(?<=a)b", "look-ahead"),
        (r"(?<!a)b", "look-ahead"),
        (r"(?>a)", "atomic"),
        (r"(a)\1", "back-references"),
        (r"(?P<x>a)(?P=x)", "RE2|cannot be used"),
        (r"a{1001}", "1000 at most"),
        (r"(a{1000}){1000}", "1000 at most"),
        (r"((a{100}){100}){100}", "1000 at most"),
        (r"a++", "possessive"),
        (r"*a", "something before"),
        (r"(a", "not closed"),
        (r"a)", "not opened"),
        (r"[a", "not closed"),
        (r"a\Z", "backslash"),
        ("a\\", r"trailing \\"),
        (r"(\pL\PN){100}", "smaller repeats"),
        (r"[\pL\pN]{1,400}", "smaller repeats"),
        (r"(.|\n){900}", "too large"),
        ("a\udc80", "not text"),
    ],
)
def test_what_re2_cannot_do_is_refused_in_plain_words(pattern: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        compile_pattern(pattern)


def test_a_match_gives_its_text_and_its_groups() -> None:
    match = compile_pattern(r"order\s+(?P<number>\d+)(-x)?").search("my order 4711, please")
    assert match is not None
    assert match.text == "order 4711"
    assert match.groups == ("4711", None)
    assert match.named == {"number": "4711"}


def test_no_match_is_none_and_names_are_told() -> None:
    pattern = compile_pattern(r"(?P<day>mon|tue)(?P<part>am|pm)")
    assert pattern.search("wednesday") is None
    assert pattern.names == ("day", "part")
    assert pattern.text == r"(?P<day>mon|tue)(?P<part>am|pm)"


@pytest.mark.parametrize(
    ("pattern", "text"), [("שלום", "אז שלום לך"), (r"\p{Hebrew}+", "hi שלום"), ("ПРИВЕТ", "привет")]
)
def test_other_scripts_match_and_case_is_ignored_when_asked(pattern: str, text: str) -> None:
    assert compile_pattern(pattern, ignore_case=True).search(text)


def test_case_counts_unless_asked() -> None:
    assert compile_pattern("Price").search("price") is None


def test_only_the_beginning_of_a_huge_text_is_read() -> None:
    pattern = compile_pattern("needle")
    assert pattern.search("x" * (MAX_TEXT - 6) + "needle")
    assert pattern.search("x" * (MAX_TEXT - 5) + "needle") is None
    assert pattern.search("א" * (MAX_TEXT - 6) + "needle")


def test_half_a_character_in_a_message_does_no_harm() -> None:
    assert compile_pattern("b.c").search("a\udc80b\ud800c")


#: Letters with more than one other case, and scripts with none.
LETTERS = (*"aBkKsſßıİΣςµé7 ", "ПР", "пр", "שלום", "عربي")  # noqa: RUF001 - they look alike
OPERATORS = (".", ".*", r"\d", r"\w+", r"\b", r"\s", "[a-c]", "[א-ת]", r"\pL", "(x|yz)", "(?:ab)?", "b{2,3}")
patterns = st.lists(
    st.lists(
        st.sampled_from([*LETTERS, *OPERATORS, "|", "^", "$", "(?P<n>a+)", "(?-i:A)"]), min_size=1, max_size=5
    ),
    max_size=5,
).map(lambda each: [pattern for pattern in map("".join, each) if _is_valid(pattern)])
texts = st.lists(st.sampled_from([*LETTERS, "bb", "x", "\n", "\ud800"]), max_size=10).map("".join)


def _is_valid(pattern: str) -> bool:
    try:
        compile_pattern(pattern)
    except BadInput:
        return False
    return True


@given(patterns, texts, st.booleans())
def test_many_patterns_find_together_what_each_finds(
    patterns: Sequence[str], text: str, ignore_case: bool
) -> None:
    each = [compile_pattern(pattern, ignore_case=ignore_case).search(text) for pattern in patterns]
    found = [number for number, match in enumerate(each) if match]
    assert PatternSet(patterns, ignore_case=ignore_case).found(text) == found


def test_evil_patterns_together_on_the_longest_text_are_done_at_once() -> None:
    together = PatternSet([*BACKTRACKERS, *STATE_MAKERS], ignore_case=True)
    started = time.monotonic()
    for text in ("a" * MAX_TEXT, "ab" * (MAX_TEXT // 2), "a " * 20_000 + "!"):
        together.found(text)
    assert time.monotonic() - started < 5


def test_so_many_letters_that_they_cannot_be_found_together_are_found_all_the_same() -> None:
    patterns = [f"{number:03}" + "abcdefgh" * 100 for number in range(300)]
    assert PatternSet(patterns, ignore_case=True).found(f"x {patterns[7]} {patterns[203]}".upper()) == [
        7,
        203,
    ]


def test_of_many_patterns_a_wrong_one_is_named() -> None:
    with pytest.raises(BadInput, match=r"\(b.*not closed"):
        PatternSet(["a", "(b"])


def test_together_too_only_the_beginning_of_a_huge_text_is_read() -> None:
    together = PatternSet(["needle", "x"])
    assert together.found("x" * (MAX_TEXT - 6) + "needle") == [0, 1]
    assert together.found("x" * (MAX_TEXT - 5) + "needle") == [1]
