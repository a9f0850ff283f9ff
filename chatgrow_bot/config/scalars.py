"""What an unquoted word means. Narrower than YAML 1.1, which makes 750 of `12:30`, a number of `+14155550123`
and a date of `2026-01-31`: here all three stay the text that they look like."""

import re

#: YAML 1.1 takes these for true and false, YAML 1.2 for text, people for either: nobody may write them bare.
AMBIGUOUS = {"yes": True, "on": True, "y": True, "no": False, "off": False, "n": False}

_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,17})", re.ASCII)
_FRACTION = re.compile(r"-?(0|[1-9]\d{0,17})\.\d{1,17}", re.ASCII)


def plain(word: str) -> bool | int | float | str | None:
    """The value of an unquoted word: nothing, true or false, a number, else the text itself.

    A number is written as people write it: no leading zero or plus, no exponent, at most 18 digits.
    """
    if word.lower() in _WORDS:
        return _WORDS[word.lower()]
    if _WHOLE.fullmatch(word):
        return int(word)
    return float(word) if _FRACTION.fullmatch(word) else word
