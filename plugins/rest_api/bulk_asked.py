"""A bulk send as it is asked for, in JSON or as a form with a file: as the noun that the core takes.
Thousands of rows are read in a thread; what is wrong with one of them is told of that row alone."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import time
from typing import Any

import msgspec
from pydantic import ValidationError

from chatgrow_bot.errors import BadInput
from chatgrow_bot.hub import BulkOrder, BulkRow, FileNamed, SendingHours
from chatgrow_bot.hub import Content as Said
from chatgrow_bot.messages import Kind
from chatgrow_bot.server.bodies import decode, fit
from chatgrow_bot.server.problems import MalformedRequest

from .bulk_csv import people
from .content import payload_of
from .models.bulk import BulkMessage, BulkOptions, BulkSend, CsvAsked, WindowAsked
from .models.content import Content, MediaSource

_FORM = ("connectionId", "name", "content", "options", "file")
#: How an object in JSON begins, and no text with a field: `{{ name }}`, `{{ "{{" }}`.
_OBJECT = re.compile(r'\s*\{\s*"')
#: Rows by what they say, for one that does not fit.
_SHOWN = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, read."""

    order: BulkOrder
    media: MediaSource | None  #: of all rows, to be fetched
    digest: str
    pointer: str  #: where a row stands in the request, with the row's number in it


def from_json(raw: bytes) -> Asked:
    """A JSON body. Raises MalformedRequest, BadInput."""
    value = decode(raw)
    body = fit(value, BulkSend)
    rows = [_row(number, each) for number, each in enumerate(body.messages, start=1)]
    order = BulkOrder(connection_id=body.connection_id, name=body.name, rows=rows)
    return _asked(order, body.content, body.options, _digest(value), "/messages/{}")


def from_form(parts: Mapping[str, bytes]) -> Asked:
    """The parts of a form. Raises MalformedRequest, BadInput."""
    if unknown := sorted(parts.keys() - {*_FORM}):
        raise BadInput(f"The form has no part '{unknown[0][:_SHOWN]}'; it has {', '.join(_FORM)}")
    if "file" not in parts:
        raise BadInput("The form has no part named 'file', the people as CSV")
    value: dict[str, Any] = {}
    for name in ("connectionId", "name", "content", "options"):
        if name in parts:
            value[name] = _value(name, parts[name])
    body = fit(value, CsvAsked)
    order = BulkOrder(connection_id=body.connection_id, name=body.name, rows=people(parts["file"]))
    file = hashlib.sha256(parts["file"]).hexdigest()
    return _asked(order, body.content, body.options, _digest([value, file]), "/file")


def _value(name: str, raw: bytes) -> Any:
    """A content is a text, unless it is an object."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise MalformedRequest(f"The part '{name}' is not in UTF-8") from error
    is_json = name == "options" or (name == "content" and _OBJECT.match(text) is not None)
    if "\0" in text:
        raise MalformedRequest("There is a NUL character in a text")
    return decode(raw) if is_json else text


def _asked(
    order: BulkOrder, content: str | Content | None, options: BulkOptions, digest: str, pointer: str
) -> Asked:
    window = options.window
    whole = replace(
        order,
        template=None if content is None else _said(content),
        send_at=options.send_at,
        ttl=options.ttl,
        hours=_hours(window) if window else None,
        duplicates=options.duplicates == "send",
    )
    media = content.media if isinstance(content, Content) else None
    return Asked(order=whole, media=media, digest=digest, pointer=pointer)


def _hours(window: WindowAsked) -> SendingHours:
    return SendingHours(
        start=time.fromisoformat(window.start),
        end=time.fromisoformat(window.end),
        days=window.weekdays,
        zone=window.zone,
    )


def _row(number: int, value: Any) -> BulkRow:
    to = value.get("to")
    shown = to[:_SHOWN] if isinstance(to, str) else ""
    try:
        row = BulkMessage.model_validate(value)
        own = None if row.content is None else _own(row.content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"] if not str(part).startswith("<"))
        said = f"{place}: {first['msg'].removeprefix('Value error, ')}"
        return BulkRow(number=number, to=shown, fault=said)
    except BadInput as error:
        return BulkRow(number=number, to=shown, fault=error.detail)
    return BulkRow(number=number, to=row.to, content=own, fields=row.fields)


def _own(content: str | Content) -> Said:
    said = _said(content)
    source = content.media if isinstance(content, Content) else None
    if source is None:
        return said
    if source.data is not None:
        raise BadInput("A row names its file by path, url or uploadId; base64 is for the content of all")
    file = FileNamed(
        path=source.path or "",
        url=source.url or "",
        upload_id=source.upload_id or "",
        kind=Kind(source.type) if source.type else None,
        filename=source.filename,
        mimetype=source.mimetype,
    )
    return replace(said, file=file)


def _said(content: str | Content) -> Said:
    if isinstance(content, str):
        return Said(text=content)
    return Said(text=content.caption or "", payload=payload_of(content))


def _digest(value: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()
