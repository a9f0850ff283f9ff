"""Makes config/schema.json, by which editors complete and check chatgrow.yaml, and the tables of
config/README.md, out of the models, so that neither can tell anything else than the check does.

python -m chatgrow_bot.config.schema
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from inspect import isclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from ..consent.languages import EVERYWHERE, LANGUAGES
from .connection import Pacing
from .environment import VARIABLES
from .models import Settings
from .plugins import PluginEntry
from .teams import AgentEntry, TeamEntry
from .values import Section

_MAKER = "python -m chatgrow_bot.config.schema"
_BEGIN = "<!-- {name}: made by `{maker}` -->"
_END = "<!-- end of {name} -->"


def schema_of(model: type[BaseModel]) -> str:
    """The JSON schema (2020-12) of a model, as a file for editors."""
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    schema = dialect | _untitled(model.model_json_schema())
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _untitled(schema: Any) -> Any:
    """Without the titles that only say a key's name again, without its capitals."""
    if isinstance(schema, list):
        return [_untitled(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if key != "title" or not isinstance(value, str)}
    return {key: _untitled(value) for key, value in kept.items()}


def generated(folder: Path) -> Mapping[Path, str]:
    """What the made files in the `config` folder should contain. Raises ValueError when README.md lacks a
    marker."""
    manual = (folder / "README.md").read_text(encoding="utf-8")
    made = (("settings", _settings()), ("variables", _variables()), ("words of consent", _words()))
    for name, lines in made:
        manual = between(manual, name, "\n".join(lines))
    return {folder / "schema.json": schema_of(Settings), folder / "README.md": manual}


def between(text: str, name: str, table: str, maker: str = _MAKER) -> str:
    """A manual with a table between its two markers, of which the first tells what made it. Raises ValueError
    when there are none."""
    begin, end = _BEGIN.format(name=name, maker=maker), _END.format(name=name)
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"README.md needs the lines {begin} and {end}")
    return f"{before}{begin}\n\n{table}\n\n{end}{after}"


def _settings() -> Iterator[str]:
    plain = [(key, field) for key, field in _fields(Settings) if not _is_section(field.annotation)]
    yield from _table(row for key, field in plain for row in [_row(key, field.default, field.description)])
    for key, field in _fields(Settings):
        if _is_section(field.annotation):
            yield from ("", f"#### {key}", "", f"{field.description}", "")
            yield from _table(_rows(field.annotation, f"{key}.", to_jsonable_python(field.default)))
    yield from ("", "#### agents, each of them", "")
    yield from _table(_rows(AgentEntry, "agents.NAME.", _defaults(AgentEntry)))
    yield from ("", "#### teams, each of them", "")
    yield from _table(_rows(TeamEntry, "teams.NAME.", _defaults(TeamEntry)))
    yield from ("", "#### plugins, the keys that all share", "")
    yield from _table(_rows(PluginEntry, "plugins.NAME.", to_jsonable_python(PluginEntry())))


def _variables() -> Iterator[str]:
    yield "| variable | sets | written as |"
    yield "|---|---|---|"
    for name, variable in VARIABLES.items():
        yield f"| `{name}` | `{'.'.join(variable.at)}` | {variable.means} |"


def _words() -> Iterator[str]:
    yield "| language | stops | leaves | starts again |"
    yield "|---|---|---|---|"
    for name, words in (("every", EVERYWHERE), *LANGUAGES.items()):
        lists = ((*words.stop, *words.alone), words.leave, words.start)
        cells = (", ".join(f"`{word}`" for word in each) for each in lists)
        yield f"| {name} | {' | '.join(cells)} |"


def _table(rows: Iterable[str]) -> Iterator[str]:
    yield "| key | default | what it is |"
    yield "|---|---|---|"
    yield from rows


def _rows(model: Any, prefix: str, defaults: Mapping[str, Any]) -> Iterator[str]:
    for key, field in _fields(model):
        if _is_section(field.annotation):
            yield from _rows(field.annotation, f"{prefix}{key}.", defaults[key])
            continue
        yield _row(prefix + key, defaults[key], field.description)
        # What may be left out whole has defaults of its own once it is there. `pacing` is told once.
        section = _optional_section(field.annotation)
        if section and section is not Pacing:
            yield from _rows(section, f"{prefix}{key}.", _defaults(section))


def _defaults(model: type[Section]) -> Mapping[str, Any]:
    """What each key is that is left out; None for one that may not be."""
    return {
        key: None if field.is_required() else to_jsonable_python(field.default)
        for key, field in _fields(model)
    }


def _optional_section(kind: Any) -> type[Section] | None:
    """The section that may be there or not."""
    return next((each for each in get_args(kind) if _is_section(each)), None)


def _row(key: str, default: Any, description: str | None) -> str:
    return f"| `{key}` | {'' if default is None else f'`{_written(default)}`'} | {description} |"


def _written(default: Any) -> str:
    """A default as one would write it in the file."""
    match to_jsonable_python(default):
        case str(text):
            return text
        case float(seconds) if seconds and seconds % 86_400 == 0:
            return f"{seconds / 86_400:g}d"
        case float(seconds):
            return f"{seconds:g}"
        case int(size) if size and size % (1 << 20) == 0:
            return f"{size >> 20}MB"
        case other:
            return json.dumps(other).replace('"', "")


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    return ((field.alias or name, field) for name, field in model.model_fields.items())


def _is_section(kind: Any) -> bool:
    return isclass(kind) and issubclass(kind, Section)


def main(folder: Path) -> None:
    """Write the made files of a `config` folder anew."""
    for path, content in generated(folder).items():
        path.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "config"))
