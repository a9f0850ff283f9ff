"""One walk over the events of a YAML parser. Aliases are refused before anything is expanded, so a small file
stays small, and depth and size have their limits here."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

import yaml

from .report import InvalidConfig, Position, Problem
from .scalars import AMBIGUOUS, plain

#: Where something stands in the data: keys and list indexes, from the root.
At = tuple[str | int, ...]

MAX_NODES, MAX_DEPTH = 10_000, 20

_SECRET_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def value_at(data: Any, at: Sequence[str | int]) -> Any:
    """What stands there; None for what does not exist."""
    for step in at:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


class Walk:
    """Builds the data of one document; afterwards the positions and problems are here."""

    def __init__(self, file: str, lines: Sequence[str], secrets: Mapping[str, str] | None) -> None:
        self.key_positions: dict[At, Position] = {}
        self.value_positions: dict[At, Position] = {}
        self.problems: list[tuple[At, Problem]] = []
        self.secret_values: set[At] = set()
        self.secret_names: set[str] = set()
        self._file = file
        self._lines = lines
        self._secrets = secrets
        self._events: Iterator[yaml.Event] = iter(())
        self._nodes = 0

    def document(self, events: Iterator[yaml.Event]) -> Any:
        """The data of the only document. Raises yaml.YAMLError for what is not YAML, InvalidConfig past the
        limits."""
        self._events = events
        data = None
        started = False
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if started:
                    self._stop(
                        event,
                        "a second document begins here",
                        "remove the line `---`: one file, one document",
                    )
                started = True
            elif isinstance(event, yaml.NodeEvent):
                data = self._node(event, ())
        return data

    def _node(self, event: yaml.Event, at: At) -> Any:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._stop(event, f"the file has more than {MAX_NODES:,} values", "split it into several files")
        if len(at) > MAX_DEPTH:
            self._stop(event, f"nested more than {MAX_DEPTH} levels deep", "check the indentation")
        self.value_positions.setdefault(at, self._position(event))
        match event:
            case yaml.ScalarEvent(tag="!secret"):
                self._refuse_extras(event.anchor, None, event, at)
                return self._secret(event, at)
            case yaml.ScalarEvent():
                self._refuse_extras(event.anchor, event.tag, event, at)
                return self._scalar(event, at)
            case yaml.SequenceStartEvent():
                self._refuse_extras(event.anchor, event.tag, event, at)
                items = self._until(yaml.SequenceEndEvent)
                return [self._node(item, (*at, index)) for index, item in enumerate(items)]
            case yaml.MappingStartEvent():
                self._refuse_extras(event.anchor, event.tag, event, at)
                return self._mapping(event, at)
            case _:  # an alias
                hint = "write the value out; text that begins with * stands in quotes"
                return self._refuse(event, at, "references (*name) are not used here", hint)

    def _until(self, end: type[yaml.Event]) -> Iterator[yaml.Event]:
        for event in self._events:
            if isinstance(event, end):
                return
            yield event

    def _mapping(self, start: yaml.Event, at: At) -> Any:
        data: dict[str, Any] = {}
        usable = True
        for event in self._until(yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                usable = False
                self._node(event, (*at, "?"))
                self._node(next(self._events), (*at, "?"))
                continue
            place = (*at, event.value)
            self._refuse_extras(event.anchor, event.tag, event, place)
            if event.value in data:
                line = self.key_positions[place].line
                message = f"'{event.value}' stands twice; first on line {line}"
                self._refuse(event, place, message, "keep one of the two")
            self.key_positions.setdefault(place, self._position(event))
            data.setdefault(event.value, self._node(next(self._events), place))
        if not usable:
            hint = 'a value that begins with { must be in quotes: "{{ name }}"'
            return self._refuse(start, at, "a key must be a word, not a list or a group", hint)
        return data

    def _scalar(self, event: yaml.ScalarEvent, at: At) -> Any:
        word: str = event.value
        if "\0" in word:
            return self._refuse(event, at, "the character NUL cannot stand in a text", "remove the \\0")
        if not event.implicit[0]:  # quoted
            return word
        if word.lower() in AMBIGUOUS:
            meant = str(AMBIGUOUS[word.lower()]).lower()
            return self._refuse(event, at, f"'{word}' is not clear", f'write {meant} or "{word}"')
        return plain(word)

    def _secret(self, event: yaml.ScalarEvent, at: At) -> Any:
        name: str = event.value
        if self._secrets is None:
            return self._refuse(event, at, "secrets cannot be used in this file", "use them in chatgrow.yaml")
        if not _SECRET_NAME.fullmatch(name):
            return self._refuse(event, at, f"'{name}' cannot be the name of a secret", "write `!secret NAME`")
        if name not in self._secrets:
            hint = f'set the environment variable {name}, or write `{name}: "..."` into config/secrets.yaml'
            return self._refuse(event, at, f"the secret '{name}' is not set", hint)
        self.secret_values.add(at)
        self.secret_names.add(name)
        return self._secrets[name]

    def _refuse_extras(self, anchor: str | None, tag: str | None, event: yaml.Event, at: At) -> None:
        if anchor is not None:
            hint = "remove it; text that begins with & stands in quotes"
            self._refuse(event, at, f"names for later reference (&{anchor}) are not used here", hint)
        if tag is not None:
            shown = tag.replace("tag:yaml.org,2002:", "!!")
            hint = "remove it; text that begins with ! stands in quotes; the only tag is `!secret NAME`"
            self._refuse(event, at, f"the tag {shown} is not used here", hint)

    def _refuse(self, event: yaml.Event, at: At, message: str, hint: str) -> Any:
        """Note a problem. Answers None, which stands in the data instead."""
        self.problems.append((at, Problem(self._position(event), message, hint)))

    def _stop(self, event: yaml.Event, message: str, hint: str) -> NoReturn:
        found = [problem for _, problem in self.problems]
        raise InvalidConfig([*found, Problem(self._position(event), message, hint)])

    def _position(self, event: yaml.Event) -> Position:
        line, column = (event.start_mark.line, event.start_mark.column) if event.start_mark else (0, 0)
        source = self._lines[line] if line < len(self._lines) else ""
        return Position(self._file, line + 1, column + 1, source)
