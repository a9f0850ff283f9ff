"""People's cards as vCards (RFC 2426) and back. A name is written by anyone: whatever stands in it stays one
value of one line, and a number is digits."""

import re

from chatgrow_bot.payloads import CARD_NUMBERS, WORDS_LIMIT, Person

_LINE = re.compile(r"^(?:[\w-]+\.)?(?P<key>FN|N|TEL)(?P<more>;[^:]*)?:(?P<value>.*)$", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)")


def write_card(person: Person) -> str:
    """One card. WhatsApp links a number by its `waid`, the number's digits."""
    name = _escaped(person.name)
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"N:;{name};;;", f"FN:{name}"]
    for number in person.numbers:
        digits = _digits(number)
        lines.append(f"TEL;type=CELL;type=VOICE;waid={digits}:+{digits}")
    return "\n".join([*lines, "END:VCARD"])


def read_card(text: str) -> Person:
    """The name and the numbers of a card somebody sent; what is not understood is left out."""
    name, parts, numbers = "", "", []
    for line in text.splitlines():
        match = _LINE.match(line)
        if not match:
            continue
        key, value = match["key"].upper(), match["value"]
        if key == "FN":
            name = name or _unescaped(value)
        elif key == "N":
            family, given, *_ = [*_fields(value), "", ""]
            parts = parts or f"{given} {family}"
        elif number := _number(match["more"] or "", value):
            numbers.append(number)
    known = tuple(dict.fromkeys(numbers))[: CARD_NUMBERS[-1]]
    return Person(name=(name.strip() or parts.strip())[:WORDS_LIMIT], numbers=known)


def _number(parameters: str, value: str) -> str:
    waid = re.search(r";waid=([0-9]{5,20})(?=;|$)", parameters, re.IGNORECASE)
    digits = waid[1] if waid else _digits(value)
    return f"+{digits}" if 5 <= len(digits) <= 20 else ""


def _digits(number: str) -> str:
    return re.sub(r"[^0-9]", "", number)


def _escaped(text: str) -> str:
    """One line, in which nothing separates or ends anything."""
    line = " ".join(re.split(r"[\x00-\x1f\x7f\x85\u2028\u2029]+", text)).strip()
    return re.sub(r"([\\;,])", r"\\\1", line)


def _unescaped(value: str) -> str:
    return _ESCAPED.sub(lambda match: " " if match[1] in "nN" else match[1], value)


def _fields(value: str) -> list[str]:
    return [_unescaped(field) for field in re.split(r"(?<!\\);", value)]
