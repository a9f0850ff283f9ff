"""One route as an operation of the document."""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.alias_generators import to_camel, to_pascal

from chatgrow_bot.plugin import Access, Doc, Route

from .examples import example
from .parameters import header_parameters, path_parameters, sent
from .problems import reference
from .schemas import Schemas
from .statuses import BARE, LATER, meaning, statuses, takes_body

Json = dict[str, Any]

JSON, FORM = "application/json", "multipart/form-data"
#: The names of the ways to say who asks.
TOKEN, KEY, SIGNATURE = "token", "apiKey", "webhookSignature"


class Operations:
    """Routes, told one by one."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas

    def told(self, route: Route, doc: Doc) -> Json:
        """What the document says of a route."""
        summary, description = _words(route)
        told: Json = {
            "operationId": operation_id(route),
            "tags": [doc.tag],
            "summary": summary,
            "description": description,
            "security": security(route),
        }
        if parameters := [
            *path_parameters(route.path), *self._query(doc), *header_parameters(doc.headers)
        ]:  # fmt: skip
            told["parameters"] = parameters
        if takes_body(route):
            told["requestBody"] = self._body(route, doc)
        told["responses"] = {str(status): answer for status, answer in sorted(self._answers(route, doc))}
        return told

    def _query(self, doc: Doc) -> Iterator[Json]:
        if doc.query:
            model = self._schemas.resolved(self._schemas.body(doc.query))
            required = model.get("required", ())
            for name, field in model.get("properties", {}).items():
                schema = dict(self._schemas.resolved(field))
                said = schema.pop("description", "")
                named = {"name": name, "in": "query", "required": name in required}
                yield {**named, "description": said, "schema": schema}

    def _body(self, route: Route, doc: Doc) -> Json:
        if doc.body:
            schema = self._schemas.body(doc.body)
            content = {JSON: {"schema": schema, "examples": self._examples(schema, whole=False)}}
            return {"required": not doc.optional, "content": content}
        file = {"type": "string", "contentMediaType": "application/octet-stream"}
        form = {
            "type": "object",
            "required": ["file"],
            "properties": {"file": file},
            "additionalProperties": False,
        }
        kinds: Json = {kind: {"schema": form} if kind == FORM else {} for kind in route.content_types}
        return {"required": True, "content": kinds}

    def _answers(self, route: Route, doc: Doc) -> Iterator[tuple[int, Json]]:
        yield doc.status, self._success(doc.status, doc, doc.answer)
        for status, model in doc.answers.items():
            yield status, self._success(status, doc, model)
        for status in statuses(route):
            yield status, self._success(status, doc, doc.answer) if status < 400 else reference(status)

    def _success(self, status: int, doc: Doc, model: type[BaseModel] | None) -> Json:
        content: Json = {}
        if model:
            schema = self._schemas.answer(model)
            content[JSON] = {"schema": schema, "examples": self._examples(schema, whole=True)}
        for kind in doc.types:
            content.setdefault(kind, {"schema": {"type": "string"}} if kind.startswith("text/") else {})
        headers = ("X-Request-Id", *doc.sends, *(("Retry-After",) if status in LATER else ()))
        bare = status in BARE or not content
        return {"description": meaning(status), "headers": sent(headers)} | (
            {} if bare else {"content": content}
        )

    def _examples(self, schema: Mapping[str, Any], *, whole: bool) -> Json:
        """Those of the model itself, or one that is made of its fields."""
        given = self._schemas.resolved(schema).get("examples")
        made = given or [example(schema, self._schemas.resolved, whole=whole)]
        return {f"example{number}": {"value": value} for number, value in enumerate(made, 1)}


def operation_id(route: Route) -> str:
    """By the handler: ConnectionRoutes.pause is connectionPause."""
    known = getattr(route.handler, "__qualname__", type(route.handler).__name__)
    *above, name = known.replace("<locals>.", "").split(".")
    topic = above[-1].removesuffix("Routes") if above else ""
    return f"{topic[:1].lower()}{topic[1:]}{to_pascal(name)}" if topic else to_camel(name)


def security(route: Route) -> list[Json]:
    """The ways in; any one of them is enough. An empty one: as somebody who is not known."""
    key: list[Json] = [{KEY: [route.scope.value]}] if route.scope else []
    match route.access:
        case Access.PUBLIC:  # with a scope, it tells more to whoever is known
            return [{}, {TOKEN: [Access.VIEWER.value]}, *key] if key else []
        case Access.SIGNED:
            return [{SIGNATURE: []}, {TOKEN: [Access.OPERATOR.value]}, *key]
        case role:
            return [{TOKEN: [role.value]}, *key]


def _words(route: Route) -> tuple[str, str]:
    """A summary of one line, and what else is to be said."""
    first, *rest = inspect.cleandoc(route.handler.__doc__ or "").split("\n\n")
    paragraphs = [" ".join(each.split()) for each in rest]
    return " ".join(first.split()).rstrip("."), "\n\n".join([*paragraphs, _for_whom(route)])


def _for_whom(route: Route) -> str:
    if route.access is Access.PUBLIC:
        more = f"; with a token, or an API key of the scope `{route.scope}`, it tells more."
        return f"For anyone{more if route.scope else ': it takes no token.'}"
    by_key = f"an API key needs the scope `{route.scope}`" if route.scope else "no API key may call it"
    if route.access is Access.SIGNED:
        return f"Signed, or with a token of the role `operator`; {by_key}."
    above = "" if route.access is Access.ADMIN else " or above"
    return f"For the role `{route.access}`{above}; {by_key}."
