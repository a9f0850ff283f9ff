"""What customers are told, in their language, and how they rate."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from babel import Locale
from babel.dates import format_datetime, format_skeleton

from .languages import TEXTS
from .roster import Crew

_FILLED = re.compile(r"\{\{\s*(agent|team|opens)\s*\}\}")
_STARS = frozenset("⭐★🌟✩☆")
#: What may stand behind a star or a digit: how it is drawn.
_DRAWN = str.maketrans("", "", "\N{VARIATION SELECTOR-16}\N{COMBINING ENCLOSING KEYCAP} ")
_BEST = 5
_WEEK = timedelta(days=6)


@dataclass(frozen=True, slots=True)
class Texts:
    """The words for every event; `language` is the hub's."""

    language: str = "en"

    def say(self, what: str, crew: Crew, language: str, now: datetime, agent: str = "") -> str:
        """What a customer is told by a team; empty for nothing."""
        opens = crew.opens(now)
        if what == "closed" and opens is None:
            what = "waiting"
        language = language or self.language
        text = self._text(what, crew, language)
        shown = {"agent": agent, "team": crew.title, "opens": _moment(opens, now, language) if opens else ""}
        return _FILLED.sub(lambda found: shown[found[1]], text)

    def _text(self, what: str, crew: Crew, language: str) -> str:
        own = crew.texts.get(what, {})
        if own is None:
            return ""
        ours = {each: texts[what] for each, texts in TEXTS.items()}
        places: tuple[tuple[Mapping[str, str], str], ...] = (
            *((own, each) for each in (language, "")),
            *((texts, each) for each in (language, self.language, "en") for texts in (own, ours)),
        )
        return next(texts[each] for texts, each in places if each in texts)


def _moment(at: datetime, now: datetime, language: str) -> str:
    """A time as people of a language say it: the hour of today, the day of this week, else the date."""
    locale = Locale.parse(language if language in TEXTS else "en")
    there = now.astimezone(at.tzinfo)
    clock = format_skeleton("hm" if locale.language == "en" else "Hm", at, at.tzinfo, locale=locale)
    if at.date() == there.date():
        return clock
    if at - there < _WEEK:
        return f"{format_datetime(at, 'EEEE', at.tzinfo, locale=locale)} {clock}"
    return f"{format_skeleton('MMMMd', at, at.tzinfo, locale=locale)}, {clock}"


def stars(text: str) -> int | None:
    """How many of five a customer gives, by a digit of any script or so many stars; None for other words."""
    bare = text.translate(_DRAWN)
    if bare and len(bare) <= _BEST and set(bare) <= _STARS:
        return len(bare)
    if len(bare) == 1 and bare.isdecimal() and 1 <= int(bare) <= _BEST:
        return int(bare)
    return None
