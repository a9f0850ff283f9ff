"""Plays the manual's chapter on rules: writes the files that it shows, types its commands and puts behind
each what it prints, so that the manual shows what is so.

python -m tests.plugins.auto_reply.playing     writes config/README.md anew
"""

import contextlib
import shlex
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from click.testing import CliRunner
from tzlocal import get_localzone

from chatgrow_bot.cli.main import main

ROOT = Path(__file__).parents[3]
MANUAL = ROOT / "config" / "README.md"
#: Where whoever reads the manual has his project, and what time it is there.
_HOME, _ZONE = "/home/dana/my-shop", "Asia/Jerusalem"
_BEGIN, _END = "\n# Rules\n", "\n# Settings\n"


@dataclass(frozen=True, slots=True)
class Block:
    """Something between fences."""

    kind: str  #: yaml, console, ...
    lines: list[str]
    marker: str = ""  #: what the invisible line before it says: `file: config/rules/shop.yaml`

    @property
    def text(self) -> str:
        """Its lines, as a file."""
        return "".join(f"{line}\n" for line in self.lines)


@dataclass(slots=True)
class _Stage:
    """A project of its own, in which the chapter is played."""

    folder: Path
    last: Path = field(default_factory=Path)

    def set(self, block: Block) -> None:
        """Do what the line before a block says."""
        what, _, rest = block.marker.partition(": ")
        if what in ("file", "more", "alone"):
            self.last = self.folder / rest
        match what:
            case "file":
                self.last.write_text(block.text, encoding="utf-8")
            case "more":
                self.last.write_text(f"{self.last.read_text('utf-8')}\n{block.text}", encoding="utf-8")
            case "alone":
                for path in self.last.parent.glob("*.yaml"):
                    path.unlink()
                self.last.write_text(block.text, encoding="utf-8")
            case "slip":
                meant, typed = rest.split()
                self.last.write_text(self.last.read_text("utf-8").replace(f"{meant}:", f"{typed}:"), "utf-8")

    def type(self, line: str) -> list[str]:
        """What a command prints."""
        program, *words = shlex.split(line)
        assert program == "chatgrow", line
        with contextlib.chdir(self.folder):
            result = CliRunner().invoke(main, words)
        assert isinstance(result.exception, SystemExit | None), result.output
        shown = result.output.replace(str(self.folder), _HOME).replace(f" {get_localzone()}.", f" {_ZONE}.")
        return shown.rstrip("\n").split("\n")


def chapter(manual: str) -> str:
    """The chapter on rules."""
    return manual[manual.index(_BEGIN) : manual.index(_END)]


def blocks(text: str) -> Sequence[Block]:
    """All that stands between fences."""
    found: list[Block] = []

    def keep(block: Block) -> list[str]:
        found.append(block)
        return block.lines

    _rewritten(text, keep)
    return found


def played(manual: str, folder: Path) -> str:
    """The manual, with what its commands print in an empty folder."""
    CliRunner().invoke(main, ["init", str(folder)])
    (folder / "config" / "rules" / "aside").mkdir()
    for path in (folder / "config" / "rules").glob("*.yaml"):
        path.rename(path.parent / "aside" / path.name)
    stage = _Stage(folder)

    def play(block: Block) -> list[str]:
        stage.set(block)
        if block.kind != "console":
            return block.lines
        typed = [line for line in block.lines if line.startswith("$ ")]
        lines = [shown for line in typed for shown in (line, *stage.type(line[2:]), "")]
        return lines[:-1]

    whole = chapter(manual)
    return manual.replace(whole, _rewritten(whole, play))


def _rewritten(text: str, change: Callable[[Block], list[str]]) -> str:
    """The text, each block with the lines that `change` gives for it."""
    done: list[str] = []
    lines = iter(text.split("\n"))
    marker = ""
    for line in lines:
        done.append(line)
        if line.startswith("<!-- ") and ": " in line:
            marker = line.removeprefix("<!-- ").removesuffix(" -->")
        elif line.startswith("```"):
            inside = list(iter(lambda: next(lines), "```"))
            done += [*change(Block(line[3:], inside, marker)), "```"]
            marker = ""
    return "\n".join(done)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        MANUAL.write_text(played(MANUAL.read_text("utf-8"), Path(place)), encoding="utf-8")
