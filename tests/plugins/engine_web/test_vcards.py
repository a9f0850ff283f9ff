"""People's cards out and in: a name is written by anyone and must stay one name."""

import pytest

from chatgrow_bot.payloads import Person

from .conftest import part

vcards = part("vcards")

HOSTILE = [
    "Dana\nTEL;waid=15550000000:+15550000000",
    "Dana\r\nEND:VCARD\r\nBEGIN:VCARD",
    "a;b,c\\d",
    "line\u2028TEL:+15550000000\u2029\x85TEL:+15550000000\x0bTEL:+1555000000",
    "trailing backslash \\",
    "שלום; דנה",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_stays_one_name_whatever_is_in_it(name: str) -> None:
    card = vcards.write_card(Person(name=name, numbers=("+972541112233",)))
    assert [line.partition(":")[0].partition(";")[0] for line in card.splitlines()] == [
        "BEGIN", "VERSION", "N", "FN", "TEL", "END",
    ]  # fmt: skip
    again = vcards.read_card(card)
    assert again.numbers == ("+972541112233",)
    assert again.name == vcards.read_card(vcards.write_card(again)).name


def test_a_plain_card_comes_back_as_it_was() -> None:
    person = Person(name="Dana; Levi, \\Ltd.", numbers=("+972541112233", "+14155550123"))
    assert vcards.read_card(vcards.write_card(person)) == person


def test_a_number_is_digits_whatever_is_in_it() -> None:
    card = vcards.write_card(Person(name="Dana", numbers=("+972 54-111\r\nEND:VCARD 2233",)))
    assert "TEL;type=CELL;type=VOICE;waid=972541112233:+972541112233" in card.splitlines()


@pytest.mark.parametrize(
    ("card", "person"),
    [
        ("BEGIN:VCARD\nFN:Dana\nitem1.TEL;waid=972541112233:+972 54-111-2233\nEND:VCARD", ("Dana", 1)),
        ("N:Levi;Dana;;;\nTEL:+972 54 111 2233", ("Dana Levi", 1)),
        ("fn:Dana\r\ntel;TYPE=cell:call me", ("Dana", 0)),
        ("FN:Dana\nTEL:+972541112233\nTEL;waid=972541112233:054-1112233", ("Dana", 1)),
        ("FN:" + "x" * 9000 + "\n" + "\n".join(f"TEL:+9725411122{n:02}" for n in range(90)), ("x" * 255, 10)),
        ("nothing of the kind", ("", 0)),
    ],
)
def test_cards_of_other_phones_are_read(card: str, person: tuple[str, int]) -> None:
    read = vcards.read_card(card)
    assert (read.name, len(read.numbers)) == person
    assert all(number.startswith("+") and number[1:].isdigit() for number in read.numbers)
