"""The gallery: whole rule files for a kind of business in a language, ready and tested, to begin with."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).parent / "gallery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file of the gallery."""

    name: str  #: of the business: `shop`
    language: str  #: ISO 639-1
    title: str  #: what it has, in its language
    path: Path


def entries() -> Sequence[Entry]:
    """All of them, by name; each is called `name.language.yaml`, and its second line is its title."""
    return [_entry(path) for path in sorted(_FOLDER.glob("*.*.yaml"))]


def _entry(path: Path) -> Entry:
    name, language, _ = path.name.split(".")
    title = path.read_text("utf-8").splitlines()[1].lstrip("# ")
    return Entry(name=name, language=language, title=title, path=path)
