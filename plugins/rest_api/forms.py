"""Forms with files in them, read part by part."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import BodyPartReader, MultipartReader, http_exceptions, web

from chatgrow_bot.errors import BadInput
from chatgrow_bot.server.problems import MalformedRequest, TooLarge, TooSlow

MULTIPART = "multipart/form-data"

_STALL_SECONDS, _SECONDS = 30.0, 600.0
_CHUNK = 64 * 1024
_MOST_PARTS = 16
# all that aiohttp's form reader is known to raise
_BROKEN = (
    ValueError,
    AssertionError,
    RuntimeError,
    http_exceptions.HttpProcessingError,
    web.RequestPayloadError,
)


async def form_of(request: web.Request) -> MultipartReader:
    """The form that a request brings. Raises MalformedRequest."""
    try:
        return await request.multipart()
    except _BROKEN as error:
        raise MalformedRequest("The form is not well-formed") from error


async def fields_of(request: web.Request) -> dict[str, bytes]:
    """The parts of a form that is small enough to be held, by their names. Raises TooLarge past the route's
    `max_body`, TooSlow, MalformedRequest, BadInput."""
    try:
        async with asyncio.timeout(_SECONDS):
            return await _fields_of(request)
    except TimeoutError as error:
        raise TooSlow("The form did not arrive in time") from error


async def _fields_of(request: web.Request) -> dict[str, bytes]:
    form, found, size = await form_of(request), dict[str, bytes](), 0
    while part := await next_part(form):
        name, blocks = part.name or "", []
        if name in found:
            raise BadInput(f"The form has two parts named '{name[:64]}'")
        async for chunk in part_chunks(part):
            size += len(chunk)
            if size > request.client_max_size:
                raise TooLarge("The body is larger than this route takes")
            blocks.append(chunk)
        found[name] = b"".join(blocks)
        if len(found) > _MOST_PARTS:
            raise BadInput(f"The form has more than {_MOST_PARTS} parts")
    return found


async def next_part(form: MultipartReader) -> BodyPartReader | None:
    """Its next part; None at its end. Raises TooSlow, MalformedRequest, BadInput."""
    try:
        async with asyncio.timeout(_STALL_SECONDS):
            part = await form.next()
    except TimeoutError as error:
        raise TooSlow("The form did not arrive in time") from error
    except _BROKEN as error:
        raise MalformedRequest("The form is not well-formed") from error
    if isinstance(part, MultipartReader):
        raise BadInput("The form has a form inside")
    return part


async def part_chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    """The bytes of a part as they come. Raises TooSlow, MalformedRequest."""
    while True:
        try:
            async with asyncio.timeout(_STALL_SECONDS):
                chunk = await part.read_chunk(_CHUNK)
        except TimeoutError as error:
            raise TooSlow("The form did not arrive in time") from error
        except _BROKEN as error:
            raise MalformedRequest("The form is not well-formed") from error
        if not chunk:
            return
        yield chunk
