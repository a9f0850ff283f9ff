"""What lies around a template and must not be reached from it: an object with a secret, the environment, a
file; and how it is seen that something was."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from chatgrow_bot.errors import BadInput
from chatgrow_bot.safety.templates import Template

from .corpus import GIVEAWAYS

SECRET = "canary-that-nobody-knows"  #: it is for being found
#: Milliseconds that one may take, and bytes it may come to.
MOST_MS, MOST_BYTES = 50.0, 64 * 1024
#: Characters of a refusal.
_MOST_SAID = 1_000


class Inside:
    """An object of the house."""

    secret = SECRET

    def __str__(self) -> str:
        return self.secret

    __repr__ = __str__


def around() -> dict[str, object]:
    """The values that a template has: a customer's, and by mistake some of ours."""
    return {
        "name": "Dana",
        "text": "hello",
        "day": "2026-03-05",
        "price": "120.5",
        "field": {"city": "Haifa"},
        "request": Inside(),
        "self": Inside(),
        "config": {"item": Inside()},
    }


@dataclass(slots=True)
class Seen:
    """What came of the attacks."""

    made: Path
    tried: int = 0
    written: int = 0  #: the others were refused
    reading: float = (
        0.0  #: milliseconds of processor that the slowest took to be read as a template, which is done once
    )
    slowest: float = 0.0  #: milliseconds that the slowest took to be filled in
    longest: int = 0  #: bytes
    escaped: list[str] = field(default_factory=list)

    def attempt(self, attack: str, what: str, template: Template, values: Mapping[str, object]) -> str | None:
        """Fill one in, and look for what may have got out. What it came to; None when it was refused."""
        began = time.thread_time()
        try:
            said = template.render(values, "he")
        except BadInput as error:
            self.refused(attack, what, error.detail)
            return None
        finally:
            self.slowest = max(self.slowest, (time.thread_time() - began) * 1_000)
        self.came_to(attack, what, said)
        return said

    def read(self, attack: str, what: str) -> Template | None:
        """Read one as a template; None when it is refused."""
        began = time.thread_time()
        try:
            return Template(attack)
        except BadInput as error:
            self.refused(attack, what, error.detail)
            return None
        finally:
            self.reading = max(self.reading, (time.thread_time() - began) * 1_000)

    def came_to(self, attack: str, what: str, *said: str) -> None:
        """One was taken, and these texts were made."""
        self.tried += 1
        self.written += 1
        for text in said:
            self.look(attack, what, text)
            self.longest = max(self.longest, len(text.encode(errors="replace")))

    def refused(self, attack: str, what: str, *said: str) -> None:
        """One was not, for these reasons."""
        self.tried += 1
        for text in said:
            self.look(attack, f"{what}, refused", text)
            if len(text) > _MOST_SAID:
                self.escaped.append(f"{what}: {attack[:80]!r} is refused with {len(text):,} characters")

    def look(self, attack: str, what: str, said: str) -> None:
        """Whether something got out."""
        shown = (each for each in (SECRET, *GIVEAWAYS) if each not in attack)
        if any(each in said for each in shown) or self.made.exists():
            self.escaped.append(f"{what}: {attack[:80]!r} came to {said[:80]!r}")
            self.made.unlink(missing_ok=True)

    def late(self) -> Iterator[str]:
        """What took too long."""
        if self.slowest > MOST_MS:
            yield f"one took {self.slowest:.0f} ms, not {MOST_MS:g}"

    def broken(self) -> Iterator[str]:
        """What got out, or is too long."""
        yield from self.escaped
        if self.longest > MOST_BYTES:
            yield f"one came to {self.longest:,} bytes, not {MOST_BYTES:,}"


@contextmanager
def laid(folder: Path) -> Iterator[tuple[Path, Path]]:
    """A file with the secret, and where one may be made; the environment has the secret too."""
    canary = folder / "canary.txt"
    canary.write_text(SECRET)
    environment: Mapping[str, str] = {"CHATGROW_CANARY": SECRET}
    with mock.patch.dict(os.environ, environment):
        yield canary, folder / "made"
