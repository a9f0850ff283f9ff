"""From a folder of rule files to rules. A wrong rule, or a wrong file, leaves the others working and tells
what to mend; when rules are loaded again, a wrong file keeps those it had before."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from chatgrow_bot.config import Position, Problem

from .book import Book
from .reading import NO_SETTING, RuleFile, load_file
from .reading import Setting as Setting
from .together import Clash, together


@dataclass(frozen=True, kw_only=True, eq=False)
class Loaded(Book):
    """A folder's book, and the files it was made of."""

    files: Mapping[Path, RuleFile] = field(default_factory=dict)
    kept: tuple[Path, ...] = ()  #: wrong files whose rules of before are in force


def load_folder(folder: Path, setting: Setting = NO_SETTING, before: Loaded | None = None) -> Loaded:
    """Read all rule files of a folder, by name. Never raises for what is in them. A file with anything wrong
    in it is as it was in `before`, if it was there; so is all of it while the folder is away."""
    try:
        paths = sorted(path for path in folder.iterdir() if _is_meant(path))
    except OSError as error:
        return _away(folder, error, before)
    known = before.files if before else {}
    files = {path: load_file(path, setting) for path in paths}
    problems = [problem for file in files.values() for problem in file.problems]
    kept = [path for path, file in files.items() if file.problems and path in known]
    files |= {path: known[path] for path in kept}
    rules, clashes = together(files)
    problems += [clash.problem for clash in clashes]
    while back := _changed(clashes, files, known) if before else []:
        for path in back:
            if path in known:
                files[path] = known[path]
                kept.append(path)
            else:
                del files[path]
        rules, clashes = together(files)
    return Loaded(
        rules=rules,
        problems=tuple(problems),
        languages=tuple(dict.fromkeys(name for file in files.values() for name in file.languages)),
        files=files,
        kept=tuple(kept),
    )


def check_folder(folder: Path, setting: Setting = NO_SETTING) -> list[Problem]:
    """All that is wrong with the rule files of a folder; what `load_folder` finds, and nothing else."""
    return list(load_folder(folder, setting).problems)


def _is_meant(path: Path) -> bool:
    return not path.name.startswith(".") and path.suffix in (".yaml", ".yml")


def _away(folder: Path, error: OSError, before: Loaded | None) -> Loaded:
    """The folder cannot be looked into."""
    hint = "make the folder, or name another under `rules:` in chatgrow.yaml"
    said = "there is no such folder" if isinstance(error, FileNotFoundError) else f"{error.strerror}"
    problems = (Problem(Position(str(folder)), said, hint),)
    if before and before.files:
        return replace(before, problems=problems, kept=tuple(before.files))
    return Loaded(problems=problems)


def _changed(
    clashes: list[Clash], files: Mapping[Path, RuleFile], known: Mapping[Path, RuleFile]
) -> list[Path]:
    """The files that brought the clashes about: what is as it was before is never to blame."""
    new = [path for path, file in files.items() if path not in known or file.digest != known[path].digest]
    near = [path for clash in clashes for path in clash.between if path in new]
    return list(dict.fromkeys(near)) or (new if clashes else [])
