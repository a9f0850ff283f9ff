"""The pages' languages: one file of words each, in languages/, so that a translator needs no Python."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from aiohttp import web
from markupsafe import Markup, escape

COOKIE = "chatgrow_language"
DEFAULT = "en"

_FOLDER = Path(__file__).parent / "languages"
#: Names that browsers still give a language besides its own.
_OLD_NAMES = {"iw": "he"}
_LONGEST = 1000  # characters read of an Accept-Language header
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


@dataclass(frozen=True, slots=True)
class Language:
    """What the pages say, and which way it runs."""

    code: str
    name: str
    direction: str  #: ltr, rtl
    words: Mapping[str, str]  #: by `section.key`

    def __call__(self, key: str, **values: object) -> str:
        """The words of a key, filled in. Raises KeyError for one that no language has."""
        return self.words[key].format(**values) if values else self.words[key]

    def isolating(self, key: str, **values: object) -> Markup:
        """The same as HTML, each value kept apart: a name may run the other way than the words around it."""
        apart = {name: Markup("<bdi>{}</bdi>").format(value) for name, value in values.items()}
        return escape(self.words[key]).format(**apart)

    def known(self, key: str, otherwise: str) -> str:
        """The words of a key if there are any, else those of another."""
        return self.words.get(key) or self.words[otherwise]

    def ago(self, age: timedelta) -> str:
        """How long ago, roughly."""
        seconds = int(age.total_seconds())
        for unit, size in (("days", _DAY), ("hours", _HOUR), ("minutes", _MINUTE)):
            if count := max(0, seconds) // size:
                form = self.known(f"ago.{unit}_{count}", f"ago.{unit}_n")
                return form.format(n=count)
        return self("ago.now")


def read_languages() -> Mapping[str, Language]:
    """All there are, by code."""
    return {file.stem: _read(file) for file in sorted(_FOLDER.glob("*.toml"))}


def _read(file: Path) -> Language:
    found: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
    words = {
        f"{section}.{key}": str(value)
        for section, entries in found.items()
        if isinstance(entries, dict)
        for key, value in entries.items()
    }
    return Language(code=file.stem, name=found["name"], direction=found["direction"], words=words)


def chosen(request: web.Request, languages: Mapping[str, Language]) -> Language:
    """What the reader chose; else what his browser likes best of ours; else English."""
    cookie = request.cookies.get(COOKIE, "")
    if cookie in languages:
        return languages[cookie]
    header = ",".join(request.headers.getall("Accept-Language", []))[:_LONGEST]
    return languages[_best(header, languages)]


def _best(header: str, languages: Mapping[str, Language]) -> str:
    liked = []
    for part in header.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        code = name.partition("-")[0]
        weight = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        liked.append((_OLD_NAMES.get(code, code), float(weight) if _is_weight(weight) else 0.0))
    offered = [(code, weight) for code, weight in liked if code in languages and weight > 0]
    return max(offered, key=lambda each: each[1])[0] if offered else DEFAULT


def _is_weight(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal() and text.isascii()
