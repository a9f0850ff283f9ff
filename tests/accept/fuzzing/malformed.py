"""What no client of good will sends, on every route that takes a body: JSON that is none, keys that are not
the sender's to set, one content type where another is wanted. Every answer is held against the document."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

from tests.plugins.rest_api.conforming import Document

from .watching import INSIDE
from .world import Tenant, World

Json = dict[str, Any]

_JSON, _FORM = "application/json", "multipart/form-data"
_DEEP = 5_000
#: Bodies that are not JSON as we take it, by what is wrong with them.
MALFORMED: dict[str, bytes] = {
    "empty": b"",
    "NaN": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "half a surrogate": b'{"a": "\\ud83d"}',
    "half a surrogate in a key": b'{"\\udc00": 1}',
    "NUL": b'{"a": "\\u0000"}',
    "NUL in a key": b'{"a\\u0000b": 1}',
    "an integer past 64 bits": b'{"a": 9223372036854775808}',
    "an integer far below": b'{"a": -99999999999999999999999999999999}',
    "deep objects": b'{"a":' * _DEEP + b"1" + b"}" * _DEEP,
    "deep lists": b"[" * _DEEP + b"]" * _DEEP,
    "deep and without an end": b"[" * 20_000,
    "a byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "no UTF-8": b'{"a": "\xff\xfe"}',
    "overlong UTF-8": b'{"a": "\xc0\xaf"}',
    "cut off": b'{"a": "b',
    "two values": b'{"a": 1}{"b": 2}',
    "a comma too many": b'{"a": 1,}',
    "single quotes": b"{'a': 1}",
    "a comment": b'{"a": 1} // b',
    "octal": b'{"a": 010}',
    "a bare word": b"undefined",
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "white space": b" \n\t ",
}
#: JSON, and not what a route takes.
WRONG: tuple[Any, ...] = (None, True, 0, -1, 1.5e308, "", "a", [], [{}], {"": None}, {"__proto__": {"a": 1}})
#: Keys that are nobody's to set from outside (T8).
INJECTED = ("tenant_id", "tenantId", "role", "state", "files", "path", "userId", "id", "__class__", "scopes")
_TWICE = b'{"a": 1, "a": 2}'


class Route:
    """One operation of the document that takes a body, at an address of the tenant's own."""

    def __init__(self, method: str, path: str, operation: Json, tenant: Tenant, schemas: Json) -> None:
        self.method, self.operation_id = method, operation["operationId"]
        own = {"connectionId": tenant.connections[0], "messageId": tenant.messages[0]}
        examples = {each["name"]: each.get("example") for each in operation.get("parameters", ())}
        self.path = re.sub(r"\{(\w+)\}", lambda found: str(own.get(found[1]) or examples[found[1]]), path)
        self.kinds: Json = operation["requestBody"]["content"]
        self.optional = not operation["requestBody"]["required"]
        told = self.kinds.get(_JSON, {})
        self.example: Any = next((each["value"] for each in told.get("examples", {}).values()), {})
        model = schemas.get(told.get("schema", {}).get("$ref", "").rpartition("/")[2], {})
        self.keys = frozenset(model.get("properties", ()))


def routes(told: Json, tenant: Tenant) -> Iterator[Route]:
    """Those that take a body."""
    for path, operations in told["paths"].items():
        for method, operation in operations.items():
            if "requestBody" in operation:
                yield Route(method.upper(), path, operation, tenant, told["components"]["schemas"])


async def thrown(world: World, tenant: Tenant) -> tuple[int, list[str]]:
    """Throw all of it as a tenant; how many requests that were, and what was not answered as promised."""
    _, told = await world.ask("GET", "/api/openapi.json", {})
    document, count = Document(told), 0
    broken: list[str] = []
    others = [other.mark.encode() for other in world.tenants if other.name != tenant.name]
    for route in routes(told, tenant):
        async for what, wanted, answer in _thrown_at(world, tenant, route):
            status, headers, body, raw = answer
            count += 1
            where = f"{route.method} {route.path}: {what}"
            if status >= 500 or (wanted and status not in wanted):
                broken.append(
                    f"{where}: answered {status}, not {sorted(wanted) or 'below 500'}: {raw[:200]!r}"
                )
            faults = document.faults(route.method, route.path, status, headers, body)
            broken += [f"{where}: {fault}" for fault in faults]
            if status >= 400 and INSIDE.search(raw):
                broken.append(f"{where}: tells of the inside: {raw[:300]!r}")
            broken += [f"{where}: tells what is another's" for mark in others if mark in raw]
    return count, broken


_Answer = tuple[int, Any, Any, bytes]


async def _thrown_at(
    world: World, tenant: Tenant, route: Route
) -> AsyncIterator[tuple[str, frozenset[int], _Answer]]:
    """What is thrown, which statuses are right (empty: any below 500), and the answer."""
    refused = frozenset({400, 401, 403, 413, 429})

    async def send(raw: bytes, kind: str) -> _Answer:
        headers = {**tenant.headers, "Content-Type": kind}
        return await world.answer(route.method, route.path, headers, raw)

    if _JSON in route.kinds:
        for what, raw in MALFORMED.items():
            wanted = frozenset[int]() if route.optional and not raw else refused
            yield what, wanted, await send(raw, _JSON)
        yield "a key that is there twice", refused | {422}, await send(_TWICE, _JSON)
        for wrong in WRONG:
            yield f"{wrong!r}", frozenset(), await send(json.dumps(wrong).encode(), _JSON)
        for key in INJECTED:
            if key not in route.keys:
                raw = json.dumps({**route.example, key: "admin"}).encode()
                yield f"the key {key}", frozenset({401, 403, 422}), await send(raw, _JSON)
        form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\na\r\n--x--\r\n'
        for kind in (f"{_FORM}; boundary=x", "text/plain", "application/x-www-form-urlencoded", "a/b"):
            yield kind, frozenset({401, 403, 415}), await send(form, kind)
    else:
        yield "JSON for a file", frozenset({401, 403, 415}), await send(b'{"file": "a"}', _JSON)
        for what, raw in _forms():
            yield what, frozenset({400, 401, 403, 422}), await send(raw, f"{_FORM}; boundary=x")
        yield "no boundary", frozenset({400, 401, 403, 422}), await send(b"--x--", _FORM)


def _forms() -> Iterator[tuple[str, bytes]]:
    """Forms that are not one file (T8)."""
    file = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\na\r\n'
    for key in INJECTED:
        part = b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n../../etc/passwd\r\n' % key.encode()
        yield f"a form with {key}", part + file + b"--x--\r\n"
        yield f"a form with {key} behind", file + part + b"--x--\r\n"
    yield "a form that is cut off", file
    yield "an empty form", b"--x--\r\n"
    yield "a form without a form", b"a"
