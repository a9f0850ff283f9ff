"""A value that runs the other way than the text around it is set apart; all others stay as they are."""

# ruff: noqa: RUF001 - letters of other scripts are the test

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatgrow_bot.safety.templates import Template, as_typed

#: `[` and `]` stand for U+2068 and U+2069 below, so that a person can read it.
BRACKETS = str.maketrans("\u2068\u2069", "[]")


def filled(text: str, locale: str = "en", **values: object) -> str:
    return Template(text).render(values, locale).translate(BRACKETS)


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("Of course, {{ x }}. Bye", "Dana", "Of course, Dana. Bye"),
        ("Of course, {{ x }}. Bye", "דנה", "Of course, [דנה]. Bye"),
        ("Of course, {{ x }}. Bye", "Dana דנה", "Of course, [Dana דנה]. Bye"),
        ("Of course, {{ x }}. Bye", "عمر", "Of course, [عمر]. Bye"),
        ("Call {{ x }} now", "+972 54-111-2233", "Call +972 54-111-2233 now"),
        ("You owe {{ x }} now", -5, "You owe -5 now"),
        ("שלום {{ x }}!", "דנה", "שלום דנה!"),
        ("שלום {{ x }}!", "Dana", "שלום [Dana]!"),
        ("שלום {{ x }}!", "דנה (Dana)", "שלום [דנה (Dana)]!"),
        ("טלפון {{ x }}.", "+972 54-111-2233", "טלפון [+972 54-111-2233]."),
        ("היתרה {{ x }}.", "-5", "היתרה [-5]."),
        ("יש {{ x }} הזמנות", 3, "יש 3 הזמנות"),
        ("בשעה {{ x }} בערב", "18:30", "בשעה 18:30 בערב"),
        ("סתם {{ x }} ככה", "🌿!", "סתם 🌿! ככה"),
        ("يوم {{ x }} صباحا", "2026-03-05", "يوم [2026-03-05] صباحا"),
        ("{{ x }}, שלום", "Dana", "[Dana], שלום"),
        ("{{ x }}, hello", "דנה", "[דנה], hello"),
        # a line of its own, without letters: as the rest of the text
        ("שלום!\n{{ x }}", "Hello!", "שלום!\n[Hello!]"),
        ("Hello!\n{{ x }}", "Hello!", "Hello!\nHello!"),
        # each line of a text in two languages
        ("Hi {{ x }}\nשלום {{ x }}", "Dana", "Hi Dana\nשלום [Dana]"),
        ("Hi {{ x }}\nשלום {{ x }}", "דנה", "Hi [דנה]\nשלום דנה"),
        # where letters of both ways are near, signs go astray
        ("The word שלום {{ x }} is ours", "5 $", "The word שלום [5 $] is ours"),
        ("The word שלום {{ x }} is ours", "Dana", "The word שלום Dana is ours"),
        # a text without letters runs as the value does
        ("{{ x }}", "שלום Dana!", "שלום Dana!"),
        ("<{{ x }}> 📞", "שלום", "<שלום> 📞"),
        # a new line would end what the line before began
        ("Hi {{ x }}.", "א\nב\n\nג", "Hi [א]\n[ב]\n\n[ג]."),
        ('שלום {{ y | default("friend") }}', "", "שלום [friend]"),
    ],
)
def test_only_what_runs_the_other_way_is_set_apart(text: str, value: object, expected: str) -> None:
    assert filled(text, x=value, y=None) == expected


def test_the_first_value_leads_where_the_text_has_no_letters() -> None:
    assert filled("{{ x }} - {{ y }}", x="דנה", y="Dana") == "דנה - [Dana]"
    assert filled("{{ n }} {{ x }} - {{ y }}", n=5, x="Dana", y="דנה") == "5 Dana - [דנה]"
    assert filled("{{ x }} {{ n }} {{ y }}", n="🌿", x="דנה", y="Dana") == "דנה 🌿 [Dana]"


def test_amounts_and_phones_of_a_hebrew_text_are_set_apart_when_signs_are_in_them() -> None:
    text = 'זיכוי {{ x | money("ILS") }} טלפון {{ y | phone }}'
    assert filled(text, "he", x="-5", y="+14155550123") == (
        "זיכוי [\u200f\u200e-5.00\u00a0\u200f₪] טלפון [+1 415-555-0123]"
    )


@pytest.mark.parametrize("mark", "\u202a\u202b\u202d\u202e\u202c\u2066\u2067\u2068\u2069")
def test_a_value_cannot_turn_what_comes_after_it(mark: str) -> None:
    assert filled("Thanks, {{ x }}. Order 12345", x=f"Da{mark}na{mark}") == "Thanks, Dana. Order 12345"
    assert filled("תודה {{ x }}. הזמנה 12345", x=f"Dana{mark}") == "תודה [Dana]. הזמנה 12345"


def test_marks_that_act_as_letters_are_shut_in_where_they_turn_something() -> None:
    assert filled("Thanks, {{ x }}. Bye", x="Dana\u200f") == "Thanks, [Dana\u200f]. Bye"
    assert filled("תודה {{ x }}. ביי", x="דנה\u200e") == "תודה [דנה\u200e]. ביי"
    assert filled("Thanks, {{ x }}. Bye", x="Dana\u200e") == "Thanks, Dana\u200e. Bye"


@given(
    st.lists(st.text(max_size=20), min_size=3, max_size=3),
    st.sampled_from(["Hi {}, {} ({}).", "שלום {}, {} ({})."]),
)
def test_whatever_is_filled_in_every_line_closes_what_it_opens(values: list[str], text: str) -> None:
    template = Template(text.format("{{ a }}", "{{ b }}", "{{ c }}"))
    for line in _lines(template.render(dict(zip("abc", values, strict=True)))):
        depth = 0
        for char in line:
            depth += {"\u2068": 1, "\u2069": -1}.get(char, 0)
            assert depth in (0, 1)
            assert unicodedata.bidirectional(char) not in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI"}
        assert depth == 0


@given(st.text(max_size=60))
def test_nothing_else_of_a_value_is_lost(value: str) -> None:
    assert as_typed(Template("Hi {{ x }}.").render({"x": value})) == as_typed(f"Hi {value}.")


def _lines(text: str) -> list[str]:
    """As bidirectional text has them."""
    for char in set(text):
        if unicodedata.bidirectional(char) == "B":
            text = text.replace(char, "\n")
    return text.split("\n")
