"""Whether an answer is what the API's document says: its status, its headers, its content type, its body."""

import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any

import jsonschema_rs

from chatgrow_bot.cli.cold import Absent
from chatgrow_bot.host.loader import built_in_folder, load_plugin_module

Json = Mapping[str, Any]

_PLUGIN = load_plugin_module(built_in_folder() / "rest_api")
#: What the server says to requests that the document has no words for: another method, a body that is too
#: large, compressed or of a wrong type where none is taken, no HTTP at all.
_ODD = frozenset({400, 405, 413, 415})


class Document:
    """An OpenAPI document that answers are held against."""

    def __init__(self, told: Json) -> None:
        self._components = told["components"]
        self._operations = [
            (method.upper(), _pattern(path), operation)
            for path, operations in told["paths"].items()
            for method, operation in operations.items()
        ]
        self._validators: dict[str, jsonschema_rs.Draft202012Validator] = {}

    def operation(self, method: str, path: str) -> Json | None:
        """What is said of a request; of two paths that fit, the one with fewer variables."""
        found = [
            (pattern.groups, number)
            for number, (its, pattern, _) in enumerate(self._operations)
            if its == ("GET" if method == "HEAD" else method) and pattern.fullmatch(path)
        ]
        return self._operations[min(found)[1]][2] if found else None

    def faults(
        self, method: str, path: str, status: int, headers: Mapping[str, str], body: Any
    ) -> Iterator[str]:
        """What of an answer is not as the document says. `body` is parsed if it is JSON."""
        operation = self.operation(method, path.partition("?")[0])
        if operation is None:
            return
        told = operation["responses"].get(str(status))
        if told is None:
            if status not in _ODD:
                yield f"{status} is not documented"
            return
        told = self._resolved(told)
        missing = [name for name, header in told["headers"].items() if header.get("required")]
        yield from (f"{status} without {name}" for name in missing if name not in headers)
        if method != "HEAD":
            yield from self._body_faults(told.get("content", {}), headers, body)

    def _body_faults(self, content: Json, headers: Mapping[str, str], body: Any) -> Iterator[str]:
        kind = headers.get("Content-Type", "").partition(";")[0]
        if not content:
            if body:
                yield f"a body where none is documented: {body!r}"
            return
        if kind not in content and f"{kind.partition('/')[0]}/*" not in content and "*/*" not in content:
            yield f"{kind} is not documented, but {', '.join(content)}"
        elif "json" in kind and (schema := content.get(kind, {}).get("schema")):
            yield from (str(fault) for fault in self._validator(schema).iter_errors(body))

    def _validator(self, schema: Json) -> jsonschema_rs.Draft202012Validator:
        if (key := str(schema)) not in self._validators:
            whole = {**schema, "components": self._components}
            self._validators[key] = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        return self._validators[key]

    def _resolved(self, told: Json) -> Json:
        if ref := told.get("$ref"):
            found: Json = self._components["responses"][ref.rpartition("/")[2]]
            return found
        return told


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("([^/]+)".join(map(re.escape, re.split(r"\{\w+\}", path))))


@cache
def built_in() -> Document:
    """Of the plugin as it stands."""
    plugin = _PLUGIN.RestApi(SimpleNamespace(hub=Absent()))
    told = sys.modules[f"{_PLUGIN.__name__}.openapi.document"].document(plugin.register_routes())
    return Document(told)
