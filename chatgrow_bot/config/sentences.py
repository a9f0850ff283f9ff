"""What a validation error means, in the words of whoever writes the file: a message, and what to do if the
message does not say so."""

import re
from collections.abc import Sequence
from typing import Any

from .faults import MISSING, UNKNOWN, Fault
from .names import nearest
from .scalars import AMBIGUOUS, plain

#: "must be ...", by pydantic's name for the error; in braces, facts it gives.
_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "dict_type": "a group of `key: value` lines",
    "model_type": "a group of `key: value` lines",
    "model_attributes_type": "a group of `key: value` lines",
    "path_type": "a folder or file name",
    "ip_any_network": "an IP address, or a network such as 10.0.0.0/8",
    "url_parsing": "a web address",
    "url_scheme": "a web address",
    "union_tag_not_found": "one of the forms that may stand here",
    "greater_than": "more than {gt:,.10g}",
    "greater_than_equal": "at least {ge:,.10g}",
    "less_than": "less than {lt:,.10g}",
    "less_than_equal": "at most {le:,.10g}",
    "string_too_short": "text of at least {min_length} characters",
    "string_too_long": "text of at most {max_length} characters",
    "too_short": "a list of at least {min_length}",
    "too_long": "a list of at most {max_length}",
}
_CHOICES = {"literal_error": "expected", "enum": "expected", "union_tag_invalid": "expected_tags"}
_LISTS = {"list_type", "tuple_type", "set_type"}
_NUMBERS = {"int_type", "float_type"}
_TRUTHS = {"bool_type"}
_LONGEST = 40  #: characters of a wrong value that are repeated


def say(fault: Fault, known: Sequence[str], home: str | None, *, secret: bool = False) -> tuple[str, str]:
    """The message and the hint. `known` are the keys of the group the fault is in, `home` the section an
    unknown key would belong to; `secret` hides the value."""
    if fault.kind == UNKNOWN:
        return _unknown(str(fault.at[-1]), known, home)
    if fault.kind == MISSING:
        return f"'{fault.at[-1]}' is missing", f"add `{fault.at[-1]}: ...`"
    refusals = (fault, *fault.also)
    wants = [want for want in map(_wanted, refusals) if want]
    if not wants:
        said = str(fault.context.get("error", fault.message))
        return said if fault.of_key else f"{_name(fault)}: {said}", ""
    wanted = " or ".join(dict.fromkeys(wants))
    if fault.given is None:
        return f"{_name(fault)} has no value; it must be {wanted}", ""
    given = "the secret's value" if secret else _shown(fault.given)
    message = f"{_name(fault)} must be {wanted}, not {given}"
    if secret:
        return message, "put it in quotes" if fault.kind == "string_type" else ""
    meant = nearest(str(fault.given), [choice for each in refusals for choice in _choices(each)])
    return (
        (f"{message}, did you mean '{meant}'?", "")
        if meant
        else (message, _remedy(fault.given, {each.kind for each in refusals}))
    )


def _unknown(key: str, known: Sequence[str], home: str | None) -> tuple[str, str]:
    if meant := nearest(key, known):
        return f"unknown key '{key}', did you mean '{meant}'?", ""
    if home:
        return f"unknown key '{key}'", f"it belongs under `{home}:`; check the indentation"
    return f"unknown key '{key}'", f"known here: {', '.join(known)}" if known else "no keys are known here"


def _wanted(fault: Fault) -> str | None:
    """What must stand there, to follow the words "must be"."""
    if choices := _choices(fault):
        return f"one of {', '.join(choices)}" if len(choices) > 1 else f"'{choices[0]}'"
    if fault.kind in _WANTED:
        return _WANTED[fault.kind].format_map(fault.context)
    said = fault.message.removeprefix("Input should be ")
    return said if said != fault.message else None


def _choices(fault: Fault) -> list[str]:
    if fault.kind not in _CHOICES:
        return []
    expected = str(fault.context[_CHOICES[fault.kind]])
    return re.findall(r"'([^']*)'", expected) or [expected]


def _name(fault: Fault) -> str:
    match fault.at:
        case (*_, str(key), int(index)):
            return f"item {index + 1} of '{key}'"
        case (*_, key):
            return f"'{key}'" if isinstance(key, str) else f"item {key + 1}"
        case _:
            return "the file"


def _shown(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return f"{value:,.10g}"
        case str():
            return f"'{value}'" if len(value) <= _LONGEST else f"'{value[:_LONGEST]}…'"
        case list():
            return f"a list of {len(value)}"
        case _:
            return "a group of `key: value` lines"


def _remedy(given: Any, kinds: set[str]) -> str:
    """What to type, where the value is right and only its writing is not."""
    if not isinstance(given, (str, int, float)):
        return ""
    if kinds == {"string_type"}:
        return f'write "{_shown(given)}" in quotes'
    if kinds & _LISTS:
        return f"write [{given}], with the brackets, or each item on a line of its own after `- `"
    if not isinstance(given, str):
        return ""
    bare = AMBIGUOUS.get(given.lower(), plain(given))
    fits = kinds & (_TRUTHS if isinstance(bare, bool) else _NUMBERS)
    return f"write {_shown(bare)}, without quotes" if fits and isinstance(bare, (int, float)) else ""
