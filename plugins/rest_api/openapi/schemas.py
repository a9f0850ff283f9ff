"""The models of all routes as JSON Schema, each once under its name."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema
from pydantic_core import CoreSchema

from chatgrow_bot.plugin import Doc

from . import problems

Json = dict[str, Any]
Mode = Literal["validation", "serialization"]

REF = "#/components/schemas/"


class _Untitled(GenerateJsonSchema):
    """Without a title for each field: it would repeat the name."""

    def field_title_should_be_set(self, schema: CoreSchema | Any) -> bool:
        """Never."""
        return False


class Schemas:
    """What models are in the document: a reference to give, and the definitions that it leads to."""

    def __init__(self, docs: Iterable[Doc]) -> None:
        wanted: dict[tuple[type[BaseModel], Mode], None] = {}
        for doc in docs:
            wanted |= dict.fromkeys((model, "validation") for model in (doc.body, doc.query) if model)
            wanted |= dict.fromkeys(
                (model, "serialization") for model in (doc.answer, *doc.answers.values()) if model
            )
        found, whole = models_json_schema(
            list(wanted), ref_template=f"{REF}{{model}}", schema_generator=_Untitled
        )
        self._found: Mapping[Any, Json] = found
        self.definitions: dict[str, Json] = {**whole.get("$defs", {}), **problems.schemas()}

    def body(self, model: type[BaseModel]) -> Json:
        """Of what is read."""
        return self._found[model, "validation"]

    def answer(self, model: type[BaseModel]) -> Json:
        """Of what is answered."""
        return self._found[model, "serialization"]

    def resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """A schema itself, where it only refers to one."""
        while "$ref" in schema:
            schema = self.definitions[schema["$ref"].removeprefix(REF)] | {
                key: value for key, value in schema.items() if key != "$ref"
            }
        return schema
