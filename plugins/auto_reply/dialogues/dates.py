"""Days as people write them: 12.3., 12/3/26, 12 March, tomorrow, Sunday. What may mean two days is none, so
that the customer is asked again instead of served on the wrong day."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from ..folding import folded
from .figures import runs
from .texts import babel_of
from .words import DAYS, Days

#: Words of a message in which a day is looked for.
_MOST = 12
_WEEK = 7
#: Of the year 2026 as 26.
_CENTURY = 2000
_DAY = f"{folded('יום').strip()} "
#: What may stand behind the number of a day: 12th, 12er, 12º.
_BEHIND = frozenset(("", "st", "nd", "rd", "th", "er", "º", "ª", "o", "a"))


@dataclass(frozen=True, slots=True)
class Names:
    """What a language calls days and months, folded."""

    relative: Mapping[str, int]  #: days from today, the longest words first
    weekdays: Mapping[str, int]
    months: Mapping[str, int]
    unsure: frozenset[str]


def day_of(text: str, plain: str, today: date, locale: str, month_first: bool) -> date | None:
    """The one day that a text speaks of, from now on if it tells no year. `text` folded."""
    if len(text.split()) > _MOST:
        return None
    names = names_of(locale)
    written = list(_written(plain, today, month_first))
    named, rest = _named(text, names, today)
    told = {*written, *named, *_with_months(rest, names, today)}
    weekdays = {number for word, number in names.weekdays.items() if word in rest}
    if None in told or len(told) > 1 or len(weekdays) > 1:
        return None
    if told:
        day = told.pop()
        return day if day is None or not weekdays or day.weekday() in weekdays else None
    if not weekdays or any(word in text for word in names.unsure):
        return None
    ahead = (weekdays.pop() - today.weekday()) % _WEEK
    return today + timedelta(days=ahead or _WEEK)


def _written(plain: str, today: date, month_first: bool) -> Iterator[date | None]:
    """Days in figures; None for what is none."""
    for run in runs(plain):
        if not run.signs or ":" in run.signs:  # a number, a time
            continue
        parts = run.parts()
        if len(run.signs) > 1 or len(parts) > 3 or any(len(each) > 4 for each in parts):
            yield None
            continue
        first, second = int(parts[0]), int(parts[1])
        third = parts[2] if len(parts) > 2 else ""
        if len(parts[0]) == 4:
            yield _date(first, second, int(third)) if third else None
            continue
        day, month = (second, first) if month_first and "/" in run.signs else (first, second)
        if month > 12:
            day, month = month, day
        yield _in_year(day, month, third, today)


def _in_year(day: int, month: int, year: str, today: date) -> date | None:
    """That day of a year, or the next that comes."""
    if year:
        return _date(int(year) + (_CENTURY if len(year) < 3 else 0), month, day)
    coming = (_date(each, month, day) for each in (today.year, today.year + 1))
    return next((each for each in coming if each and each >= today), None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _named(text: str, names: Names, today: date) -> tuple[set[date | None], str]:
    """Days named by today, and the text without them."""
    found: set[date | None] = set()
    for words, ahead in names.relative.items():
        if words in text:
            found.add(today + timedelta(days=ahead))
            text = text.replace(words, " ")
    if found and any(word in text for word in names.unsure):
        found.add(None)
    return found, text


def _with_months(text: str, names: Names, today: date) -> Iterator[date | None]:
    """Days with the names of months: a day stands right beside its month, perhaps with a word between."""
    words = text.split()
    for place, word in enumerate(words):
        month = names.months.get(f" {word} ")
        if month is None:
            continue
        after = words[place + 1 : place + 2]
        before = [each for each in words[max(0, place - 2) : place] if _day(each)][-1:]
        day = _day(before[0]) if before else _day(after[0]) if after else None
        if day is None:
            if word not in {each.strip() for each in names.weekdays}:
                yield None
            continue
        behind = words[place + (1 if before else 2) :][:2]
        years = [each for each in behind if len(each) == 4 and each.isdecimal()]
        yield _in_year(day, month, years[0] if years else "", today)


def _day(word: str) -> int | None:
    digits = word[: 2 if word[1:2].isdecimal() else 1]
    is_one = digits.isdecimal() and word[len(digits) :] in _BEHIND
    return int(digits) if is_one and 1 <= int(digits) <= 31 else None


@lru_cache(64)
def names_of(locale: str) -> Names:
    """Those of a language and of English, which is understood everywhere; its own go first."""
    code = locale.replace("_", "-").partition("-")[0].lower()
    relative: dict[str, int] = {}
    weekdays: dict[str, int] = {}
    months: dict[str, int] = {}
    unsure: set[str] = set()
    for each in dict.fromkeys((code, "en")):
        own = DAYS.get(each)
        for word, number in _calendar(each, "days"):
            weekdays.setdefault(word, number)
        for word, number in _calendar(each, "months"):
            months.setdefault(word, number)
        if own:
            weekdays |= {folded(word): number for word, number in own.weekdays.items()}
            unsure.update(map(folded, own.unsure))
            _learn(relative, own)
    longest = sorted(relative, key=len, reverse=True)
    return Names({word: relative[word] for word in longest}, weekdays, months, frozenset(unsure))


def _learn(relative: dict[str, int], own: Days) -> None:
    for ahead, words in enumerate((own.today, own.tomorrow, own.after)):
        for word in words:
            relative.setdefault(folded(word), ahead)


def _calendar(code: str, which: str) -> Iterator[tuple[str, int]]:
    """The names of days or months in all their forms."""
    locale = babel_of(code)
    names = locale.days if which == "days" else locale.months
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for number, name in names[context][width].items():
                for form in _forms(folded(name).strip(), code):
                    yield f" {form} ", number


def _forms(name: str, code: str) -> Iterator[str]:
    """A name, and how else it is written."""
    if not name or name.isdecimal():
        return
    yield name
    if code == "he":  # on, to and of are written together with it
        short = name.removeprefix(_DAY)
        yield from (f"{prefix}{each}" for each in (name, short) for prefix in ("ב", "ל", "ה"))
        if len(short) > 1:
            yield short
