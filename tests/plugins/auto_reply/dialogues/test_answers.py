"""What is taken for an answer, and how it is kept."""

# ruff: noqa: RUF001 - digits and letters of other scripts are the point

from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest

from chatgrow_bot.messages import Attachment, Kind
from chatgrow_bot.payloads import Location

from .conftest import Chat

dates: Any = import_module("chatgrow_plugins.auto_reply.dialogues.dates")
folding: Any = import_module("chatgrow_plugins.auto_reply.folding")

Open = Callable[[str], Chat]
#: A Wednesday.
NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)


@pytest.fixture
def answer(chat: Open) -> Callable[..., str | None]:
    """How an answer to one question is kept, or None: `answer("number: true", "3")`."""

    def answer(asked: str, text: str, *, head: str = "", **message: Any) -> str | None:
        asks = f"ask: {{into: x, text: Say it, tries: 1{asked and ', '}{asked}}}"
        talk = chat(
            f"{head}\nrules:\n  - id: one\n    when: {{text: {{exact: go}}}}\n    then:\n      - {asks}\n"
            '      - set: {x: "{{ answer.x }}"}\n'
        )
        talk.say("go")
        talk.say(text, now=NOW, **message)
        done = [deed for deed in talk.does if deed.startswith("set x: ")]
        return done[0].removeprefix("set x: ") if done else None

    return answer


@pytest.mark.parametrize(
    ("kind", "text", "kept"),
    [
        ("number: true", "3", "3"),
        ("number: true", "٣", "3"),
        ("number: true", "३", "3"),
        ("number: true", "3️⃣", "3"),
        ("number: true", " ３ cakes please!", "3"),
        ("number: true", "1,000", "1000"),
        ("number: true", "007", "7"),
        ("number: true", "2-3", None),
        ("number: true", "10:30", None),
        ("number: true", "2.5", None),
        ("number: true", "three", None),
        ("number: true", "1.2.3", None),
        ("number: {whole: false}", "2.5", "2.5"),
        ("number: {whole: false}", "2,5", "2.5"),
        ("number: {from: 1, to: 20}", "20", "20"),
        ("number: {from: 1, to: 20}", "21", None),
        ("number: {from: 1, to: 20}", "0", None),
        ("number: {from: -5}", "-3", "-3"),
        ("number: true", "ב-5", "5"),
        ("email: true", "It is Dana.Levi@Shop.example, thanks", "Dana.Levi@Shop.example"),
        ("email: true", "dana@shop", None),
        ("email: true", "a@b.example or c@d.example", None),
        ("phone: true", "054-111-2233", "+972541112233"),  # as dialled where the customer is
        ("phone: true", "my number is +1 415 555 0123", "+14155550123"),
        ("phone: true", "٠٥٤١١١٢٢٣٣", "+972541112233"),
        ("phone: {country: US}", "(415) 555-0123", "+14155550123"),
        ("phone: true", "no", None),
        ("choice: [Delivery, I pick it up]", "2", "I pick it up"),
        ("choice: [Delivery, I pick it up]", "٢", "I pick it up"),
        ("choice: [Delivery, I pick it up]", "delivery!", "Delivery"),
        ("choice: [Delivery, I pick it up]", "the delivry please", "Delivery"),
        ("choice: [Delivery, I pick it up]", "number 1", "Delivery"),
        ("choice: [Delivery, I pick it up]", "3", None),
        ("choice: [In the morning, In the evening]", "evening", "In the evening"),
        ("choice: [In the morning, In the evening]", "in the", None),
        ("choice: [Delivery, I pick it up]", "delivery or I pick it up", None),
        ("choice: [Cake, Cheese cake]", "a cheese cake", "Cheese cake"),
        (
            "choice: [Cancel my order, Cancel]",
            "cancel",
            "Cancel",
        ),  # an option's own words are no wish to leave
        ("choice: [משלוח, איסוף]", "המשלוח", "משלוח"),
        ("", "  Herzl 1, Haifa \n", "Herzl 1, Haifa"),
        ("", "?!", None),
        ("words: {min: 3}", "ab", None),
        ("words: {max: 3}", "abcd", None),
        ("words: {pattern: '\\d+'}", "Herzl", None),
        ("words: {pattern: '\\d+'}", "Herzl 12", "Herzl 12"),
    ],
)
def test_an_answer_is_known_by_its_kind(
    answer: Callable[..., str | None], kind: str, text: str, kept: str | None
) -> None:
    assert answer(kind, text) == kept


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("en", "today", "2026-03-04"),
        ("en", "Tomorrow please!", "2026-03-05"),
        ("en", "the day after tomorrow", "2026-03-06"),
        ("en", "Sunday", "2026-03-08"),
        ("en", "on wednesday", "2026-03-11"),  # today is one; who means it says today
        ("en", "12.3.", "2026-03-12"),
        ("en", "12/3", "2026-03-12"),
        ("en", "3/25", "2026-03-25"),
        ("en", "1.2.", "2027-02-01"),  # the next that comes
        ("en", "12-03-26", "2026-03-12"),
        ("en", "2026-03-12", "2026-03-12"),
        ("en", "12 March", "2026-03-12"),
        ("en", "March 12th, 2027", "2027-03-12"),
        ("en", "the 12th of march", "2026-03-12"),
        ("en", "Thursday 12.3.", "2026-03-12"),
        ("en", "Friday 12.3.", None),  # which of the two?
        ("en", "next friday", None),
        ("en", "not on sunday", None),
        ("en", "sunday or monday", None),
        ("en", "tomorrow or sunday", None),
        ("en", "31.2.", None),
        ("en", "12", None),
        ("en", "soon", None),
        ("he", "מחר", "2026-03-05"),
        ("he", "מָחָר!", "2026-03-05"),
        ("he", "מחרתיים", "2026-03-06"),
        ("he", "ביום ראשון", "2026-03-08"),
        ("he", "ראשון", "2026-03-08"),
        ("he", "יום א'", "2026-03-08"),
        ("he", "בשבת", "2026-03-07"),
        ("he", "12 במרץ", "2026-03-12"),
        ("he", "tomorrow", "2026-03-05"),
        ("ar", "غدًا", "2026-03-05"),
        ("ar", "يوم الأحد", "2026-03-08"),
        ("ar", "١٢/٣", "2026-03-12"),
        ("es", "mañana", "2026-03-05"),
        ("es", "el domingo", "2026-03-08"),
        ("es", "12 de marzo", "2026-03-12"),
        ("fr", "après-demain", "2026-03-06"),
        ("fr", "aujourd'hui", "2026-03-04"),
        ("fr", "dimanche", "2026-03-08"),
        ("de", "übermorgen", "2026-03-06"),
        ("de", "am 12. März", "2026-03-12"),
        ("de", "Sonntag", "2026-03-08"),
        ("pt", "segunda-feira", "2026-03-09"),
        ("pt", "segunda", "2026-03-09"),
        ("pt", "amanhã", "2026-03-05"),
        ("ru", "в субботу", "2026-03-07"),
        ("ru", "12 марта", "2026-03-12"),
        ("it", "lunedi", "2026-03-09"),
        ("it", "domani", "2026-03-05"),
        ("tr", "yarın", "2026-03-05"),
        ("tr", "pazar günü", "2026-03-08"),
    ],
)
def test_a_day_is_read_as_people_write_it(language: str, text: str, day: str | None) -> None:

    found = dates.day_of(folding.folded(text), folding.plain(text), NOW.date(), language, False)
    assert (found and found.isoformat()) == day


@pytest.mark.parametrize(
    ("kind", "head", "day"),
    [
        ("date: true", "", "2026-12-03"),
        ("date: {monthFirst: true}", "", "2026-03-12"),
        ("date: true", "hours: {open: {mon: 9-17}, country: US}", "2026-03-12"),
        ("date: {monthFirst: false}", "hours: {open: {mon: 9-17}, country: US}", "2026-12-03"),
        ("date: {from: today, to: +30d}", "", None),
        ("date: {from: 2026-12-03, to: 2026-12-31}", "", "2026-12-03"),
        ("date: {from: 2026-12-04}", "", None),
    ],
)
def test_a_day_lies_within_its_bounds_and_3_12_is_read_as_there(
    answer: Callable[..., str | None], kind: str, head: str, day: str | None
) -> None:
    assert answer(kind, "3/12", head=head) == day


def test_places_and_files_are_kept_by_what_names_them(answer: Callable[..., str | None]) -> None:
    place = Location(latitude=32.0853, longitude=34.7818)
    assert answer("location: true", "", kind=Kind.LOCATION, payload=place) == "32.085300,34.781800"
    assert answer("location: true", "Herzl 1") is None
    named = Attachment(filename="cake.jpg")
    assert answer("media: image", "", kind=Kind.IMAGE, attachment=named) == "cake.jpg"
    assert answer("media: any", "", kind=Kind.VOICE, attachment=Attachment()) == "voice"
    assert answer("media: image", "", kind=Kind.VOICE, attachment=Attachment()) is None
    assert answer("media: image", "a picture") is None
