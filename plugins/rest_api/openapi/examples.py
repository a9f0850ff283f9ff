"""An example of what a schema takes: made of the examples of its fields, or of what their types allow."""

from collections.abc import Callable, Mapping
from typing import Any

Json = dict[str, Any]
Resolve = Callable[[Mapping[str, Any]], Mapping[str, Any]]

#: By `format`, else by `type`.
_PLAIN: Mapping[str, Any] = {
    "date-time": "2026-01-31T09:00:00Z",
    "date": "2026-01-31",
    "uri": "https://example.com/",
    "string": "",
    "integer": 1,
    "number": 1.0,
    "boolean": True,
    "null": None,
}


def example(schema: Mapping[str, Any], resolve: Resolve, *, whole: bool) -> Any:
    """A value that the schema takes; `whole` is with everything that may be left out."""
    schema = resolve(schema)
    if examples := schema.get("examples"):
        return examples[0]
    for word in ("const", "default"):
        if schema.get(word) is not None:
            return schema[word]
    if "enum" in schema:
        return schema["enum"][0]
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema and "properties" not in schema:
            return example(schema[word][0], resolve, whole=whole)
    match schema.get("type"):
        case "object":
            return _object(schema, resolve, whole)
        case "array":
            count = max(schema.get("minItems", 0), 1 if whole else 0)
            return [example(schema.get("items", {}), resolve, whole=whole)] * count
        case kind:
            plain = _PLAIN.get(schema.get("format", ""), _PLAIN.get(str(kind)))
            return _long_enough(plain, schema)


def _object(schema: Mapping[str, Any], resolve: Resolve, whole: bool) -> Json:
    required = schema.get("required", ())
    return {
        name: example(field, resolve, whole=whole)
        for name, field in schema.get("properties", {}).items()
        if whole or name in required or "examples" in resolve(field)
    }


def _long_enough(plain: Any, schema: Mapping[str, Any]) -> Any:
    if isinstance(plain, str) and not plain and schema.get("minLength"):
        return "text"
    if isinstance(plain, int | float) and not isinstance(plain, bool):
        return max(plain, schema.get("minimum", plain))
    return plain
