"""What a template may do with a value: `{{ price | money("ILS") }}`. Each filter takes one value and writes
it in the way of a language; none can reach anything else.

Babel and phonenumbers are imported by the first filter that needs them: both take a while.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from .direction import untwisted

if TYPE_CHECKING:
    from babel import Locale

#: Characters of a text that may be a date, a number or a phone number, and of a filter's argument.
_LONGEST = 40
_HIGHEST = 10**15
_FINEST = -30  #: powers of ten

_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z]{2,4}){0,2}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)
_NUMBER = re.compile(r"[-+]?\d{1,15}(\.\d{1,15})?")
_GROUPED = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d{1,15})?")
_ARABIC_POINTS = str.maketrans("\u066b\u066c", ".,")

_STYLES = ("short", "medium", "long", "full")
_QUOTED = re.compile("'[^']*'")
_DATE_LETTERS, _TIME_LETTERS = frozenset("yMLdEc"), frozenset("HhKkmsa")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One filter."""

    apply: Callable[[object, str, str], str]  #: the value, the argument or "", the locale; raises ValueError
    forms: str  #: how it is written
    bare: bool = True  #: it may stand without an argument
    slow: bool = False  #: it takes some 50 microseconds
    check: Callable[[str], None] | None = None  #: raises ValueError for a wrong argument; None: it takes none


def plain(value: object) -> str:
    """A value as text. Only plain values have one: the text of any other object tells of our insides.

    Raises ValueError: how the sentence about the value goes on.
    """
    if isinstance(value, str):
        return untwisted(value)
    if not isinstance(value, int | float | Decimal | date | time):
        raise ValueError("is not a single value that can be written into a text")  # noqa: TRY004  told as input
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    try:
        return value.isoformat("minutes") if isinstance(value, time) else str(value)
    except ValueError as error:  # a number of thousands of digits
        raise ValueError("is too long a number") from error


def _first(value: object, _argument: str, _locale: str) -> str:
    return next(iter(plain(value).split(maxsplit=1)), "")


def _phone(value: object, _argument: str, _locale: str) -> str:
    import phonenumbers

    text = plain(value).strip(" \u200e\u200f")
    text = f"+{text.removeprefix('+').removeprefix('00')}"
    try:
        number = phonenumbers.parse(text) if len(text) <= _LONGEST else None
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise ValueError("is no phone number in international form, such as +14155550123")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _date(value: object, pattern: str, locale: str) -> str:
    from babel.dates import format_date

    day = _moment(value)
    if isinstance(day, time):
        raise ValueError("is a time of day and has no date")  # noqa: TRY004
    return format_date(day, pattern or "medium", locale=language(locale))


def _time(value: object, pattern: str, locale: str) -> str:
    from babel.dates import format_time

    moment = _moment(value)
    if isinstance(moment, datetime):
        moment = moment.time()
    if not isinstance(moment, time):
        raise ValueError("is a date and has no time of day")  # noqa: TRY004
    return format_time(moment, pattern or "short", locale=language(locale))


def _moment(value: object) -> date | time:
    """A date, a moment or a time of day, by the clock it was given in."""
    if isinstance(value, datetime | time):
        return value.replace(tzinfo=None)
    if isinstance(value, date):
        return value
    text = plain(value).strip(" \u200e\u200f")[: _LONGEST + 1]
    try:
        if _DATE.fullmatch(text):
            moment = datetime.fromisoformat(text).replace(tzinfo=None)
            return moment if len(text) > len("2026-03-05") else moment.date()
        if found := _TIME.fullmatch(text):
            return time(int(found[1]), int(found[2]), int(found[3] or 0))
    except ValueError:
        pass  # the 31st of February
    raise ValueError("is no date such as 2026-03-05, and no time such as 14:30 or 2026-03-05 14:30")


def _money(value: object, currency: str, locale: str) -> str:
    from babel.numbers import format_currency

    return _signed(format_currency(_amount(value, locale), currency, locale=language(locale)), locale)


def _number(value: object, _argument: str, locale: str) -> str:
    from babel.numbers import format_decimal

    return _signed(format_decimal(_amount(value, locale), locale=language(locale)), locale)


def _amount(value: object, locale: str) -> Decimal:
    from babel.numbers import get_group_symbol

    text = plain(value).strip(" \u200e\u200f").translate(_ARABIC_POINTS)
    if isinstance(value, str) and not _NUMBER.fullmatch(text):
        grouped = _GROUPED.fullmatch(text) and get_group_symbol(language(locale)) == ","
        text = text.replace(",", "") if grouped and len(text) <= _LONGEST else "nan"
    amount = Decimal("nan" if isinstance(value, bool | date | time) else text)
    if not amount.is_finite() or not abs(amount) < _HIGHEST or amount.as_tuple().exponent < _FINEST:  # type: ignore[operator]  # a number's is an int
        raise ValueError("is no number such as 120 or 120.5")
    return amount


def _signed(text: str, locale: str) -> str:
    """With the minus sign of the language: in Hebrew and Arabic it brings a mark that keeps it in place."""
    from babel.numbers import get_minus_sign_symbol

    return text.replace("-", get_minus_sign_symbol(language(locale))) if "-" in text else text


@lru_cache(maxsize=64)
def language(name: str) -> "Locale":
    """How dates and amounts are written in a language or locale, as `he` or `en-GB`; any other is English."""
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(name.replace("-", "_") if _LOCALE.fullmatch(name) else "en")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def _check_currency(code: str) -> None:
    from babel import Locale

    if code not in Locale("en").currencies:
        raise ValueError('a currency is written by its code of three letters, such as "ILS", "USD" or "EUR"')


def _check_date(pattern: str) -> None:
    _check_pattern(_date, date(2026, 3, 5), pattern, _DATE_LETTERS, '"d MMMM y" or "long"')


def _check_time(pattern: str) -> None:
    _check_pattern(_time, time(14, 30), pattern, _TIME_LETTERS, '"HH:mm" or "short"')


def _check_pattern(
    write: Callable[[object, str, str], str], sample: object, pattern: str, known: frozenset[str], such: str
) -> None:
    letters = {char for char in _QUOTED.sub("", pattern) if char.isalpha() and char.isascii()}
    fits = bool(letters) and letters <= known
    try:
        if len(pattern) <= _LONGEST and (pattern in _STYLES or fits) and write(sample, pattern, "en"):
            return
    except ValueError:
        pass  # letters that exist, too many of them
    raise ValueError(f"'{pattern[:_LONGEST]}' says no way of writing; write one such as {such}")


def _cased(case: Callable[[str], str]) -> Callable[[object, str, str], str]:
    return lambda value, _argument, _locale: case(plain(value))


def _as_it_is(_argument: str) -> None:
    """Any text will do."""


FILTERS: Mapping[str, Filter] = {
    "upper": Filter(apply=_cased(str.upper), forms="upper"),
    "lower": Filter(apply=_cased(str.lower), forms="lower"),
    "title": Filter(apply=_cased(str.title), forms="title"),
    "default": Filter(
        apply=lambda value, _argument, _locale: plain(value),  # the field itself falls back on the argument
        forms='default("text")',
        bare=False,
        check=_as_it_is,
    ),
    "first": Filter(apply=_first, forms="first"),
    "phone": Filter(apply=_phone, forms="phone", slow=True),
    "date": Filter(apply=_date, forms='date, date("long") or date("d MMMM")', check=_check_date, slow=True),
    "time": Filter(apply=_time, forms='time or time("HH:mm")', check=_check_time, slow=True),
    "money": Filter(apply=_money, forms='money("ILS")', bare=False, check=_check_currency, slow=True),
    "number": Filter(apply=_number, forms="number", slow=True),
}
