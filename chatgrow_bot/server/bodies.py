"""Request bodies: JSON and forms read strictly, checked against a model, every fault named by its place."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ..config.names import known_keys, nearest
from ..errors import BadInput
from .problems import MalformedRequest, TooLarge, TooSlow

M = TypeVar("M", bound=BaseModel)

_DEEPEST = 32
_LARGEST = 2**63
_JSON_SECONDS, _STALL_SECONDS, _STREAM_SECONDS = 30.0, 30.0, 600.0
_SHOWN = 20  # faults listed in one answer
_CHUNK = 64 * 1024
_FIELDS = 64  # of a form


async def read_body(request: web.Request, model: type[M]) -> M:
    """The JSON body as an object of the model.

    Raises MalformedRequest (not JSON), BadInput (JSON that does not fit, with `errors`: a list of
    `{"pointer", "detail"}`), TooSlow, and TooLarge past the route's `max_body`.
    """
    return fit(decode(await _read(request)), model)


def read_query(request: web.Request, model: type[M]) -> M:
    """The query of the address as an object of the model, every value read from text. Raises BadInput, also
    for a key that is there twice or unknown."""
    if not request.query_string:
        return fit({}, model)
    found = dict(request.query)
    if len(found) < len(request.query):
        raise BadInput("A key of the query is there twice")
    _inspect(found)
    return fit(found, model)


async def read_raw(request: web.Request) -> bytes:
    """The body as it came, for whoever verifies a signature over it before anything reads what it says.

    Raises MalformedRequest, TooSlow, and TooLarge past the route's `max_body`.
    """
    return await _read(request)


async def read_form(request: web.Request, model: type[M]) -> M:
    """The body of a form that a browser sends (application/x-www-form-urlencoded) as an object of the model.

    Every value is a text, and a field that is there twice is a fault. Raises what `read_body` raises.
    """
    raw = await _read(request)
    try:
        fields = parse_qsl(
            raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=_FIELDS, separator="&"
        )
    except (UnicodeDecodeError, ValueError) as error:
        raise MalformedRequest("The form is not well-formed") from error
    form = dict(fields)
    if len(form) < len(fields):
        raise MalformedRequest("A field of the form is there twice")
    _inspect(form)
    return fit(form, model)


async def _read(request: web.Request) -> bytes:
    try:
        if request.content.is_eof():  # all of it is there
            return await request.read()
        async with asyncio.timeout(_JSON_SECONDS):
            return await request.read()
    except TimeoutError as error:
        raise TooSlow("The body did not arrive in time") from error
    except web.RequestPayloadError as error:
        raise MalformedRequest("The body broke off or is not framed rightly") from error


async def read_chunks(request: web.Request) -> AsyncIterator[bytes]:
    """The raw body as it comes. Raises TooLarge, TooSlow, MalformedRequest."""
    size, end = 0, asyncio.get_running_loop().time() + _STREAM_SECONDS
    while chunk := await _next(request, end):
        size += len(chunk)
        if size > request.client_max_size:
            raise TooLarge("The body is larger than this route takes")
        yield chunk


async def _next(request: web.Request, end: float) -> bytes:
    stalled = asyncio.get_running_loop().time() + _STALL_SECONDS
    try:
        async with asyncio.timeout_at(min(stalled, end)):
            return await request.content.read(_CHUNK)
    except TimeoutError as error:
        raise TooSlow("The body did not arrive in time") from error
    except web.RequestPayloadError as error:
        raise MalformedRequest("The body broke off or is not framed rightly") from error


def decode(raw: bytes) -> Any:
    """Strict JSON: no NaN, no half surrogates, no NUL, no integer past 64 bits, at most 32 levels deep.

    Raises MalformedRequest.
    """
    if not raw:
        raise MalformedRequest("The body is empty; this route takes a JSON object")
    try:
        value = msgspec.json.decode(raw)
    except RecursionError as error:
        raise MalformedRequest("The JSON is nested too deeply") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedRequest(f"The body is not JSON: {error}") from error
    _inspect(value)
    return value


def _inspect(value: Any) -> None:
    """Refuse what JSON may carry and our tables may not."""
    level = [value]
    for _ in range(_DEEPEST):
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below += item.keys()
                below += item.values()
            elif isinstance(item, list):
                below += item
            elif isinstance(item, str) and "\0" in item:
                raise MalformedRequest("There is a NUL character in a text")
            elif isinstance(item, int) and not -_LARGEST <= item < _LARGEST:
                raise MalformedRequest("The body has an integer that does not fit into 64 bits")
        if not below:
            return
        level = below
    raise MalformedRequest(f"The JSON is nested more than {_DEEPEST} levels deep")


def fit(value: Any, model: type[M]) -> M:
    """Plain data as an object of the model. Raises BadInput with every fault by its JSON pointer."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        all_faults = error.errors(include_url=False, include_input=False, include_context=False)
        faults = [_fault(fault, model, value) for fault in all_faults[:_SHOWN]]
        summary = "; ".join(f"{fault['pointer'] or 'the body'}: {fault['detail']}" for fault in faults)
        raise BadInput(summary, errors=faults) from error


def _fault(fault: ErrorDetails, model: type[BaseModel], value: Any) -> dict[str, str]:
    # Models tag the branches of a union `<so>`: that names no place in the body. An unknown key, last, may.
    *above, last = fault["loc"] or ("",)
    unknown = fault["type"] == "extra_forbidden"
    place = [part for part in above if not str(part).startswith("<")]
    place += [last] if fault["loc"] and (unknown or not str(last).startswith("<")) else []
    # RFC 6901
    pointer = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in place)
    said = fault["msg"].removeprefix("Value error, ")
    if unknown:
        near = nearest(str(place[-1]), known_keys(model, tuple(place[:-1]), value))
        said = f"Unknown key, did you mean '{near}'?" if near else "Unknown key"
    elif fault["type"] in ("model_type", "dict_type"):
        said = "Input should be an object"
    return {"pointer": pointer, "detail": said}
