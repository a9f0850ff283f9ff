"""How an export is handed over: one JSON document, or a zip file of it and of the files that messages carry.
Written as it is read, so that neither is ever whole in memory."""

import zipfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from ..errors import MediaRefused
from .exporting import Piece

#: What the document calls itself: a reader knows by it what to expect.
FORMAT = "chatgrow-person/1"


async def as_json(
    asked: str, users: Sequence[tuple[Mapping[str, Any], AsyncIterator[Piece]]], at: datetime
) -> AsyncIterator[bytes]:
    """The document: for each user what he keeps, his sections by name, each a list of rows."""
    head = {"format": FORMAT, "exportedAt": at, "person": asked}
    yield msgspec.json.encode(head)[:-1] + b',"users":['
    is_first = True
    for user, pieces in users:
        yield (b"" if is_first else b",") + msgspec.json.encode(user)[:-1] + b',"kept":{'
        is_first, section = False, None
        async for piece in pieces:
            if piece.section != section:
                opening = b"" if section is None else b"],"
                yield opening + msgspec.json.encode(piece.section) + b":["
            else:
                yield b","
            yield _encoded(piece.row)
            section = piece.section
        yield b"}}" if section is None else b"]}}"
    yield b"]}"


def _encoded(row: Any) -> bytes:
    try:
        return msgspec.json.encode(row)
    except UnicodeEncodeError:  # half an emoji, which only some can write down
        return msgspec.json.encode(_mended(msgspec.to_builtins(row)))


def _mended(value: Any) -> Any:
    match value:
        case str():
            return value.encode(errors="replace").decode()
        case dict():
            return {_mended(key): _mended(each) for key, each in value.items()}
        case list():
            return [_mended(each) for each in value]
        case _:
            return value


class _Sink:
    """Where the zip file is written to: a pipe, which nobody can go back in."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


async def as_zip(
    document: AsyncIterator[bytes], files: Mapping[str, Callable[[], AsyncIterator[bytes]]]
) -> AsyncIterator[bytes]:
    """`person.json`, and the files under `files/`, each by its SHA-256. `files` is filled while the document
    is read; one that is no longer there is left out."""
    sink = _Sink()
    target: Any = sink
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        with packed.open("person.json", "w", force_zip64=True) as entry:
            async for part in document:
                entry.write(part)
                if ready := sink.taken():
                    yield ready
        for name, read in files.items():
            async for ready in _packed(packed, sink, f"files/{name}", read()):
                yield ready
    yield sink.taken()


async def _packed(
    packed: zipfile.ZipFile, sink: _Sink, name: str, blocks: AsyncIterator[bytes]
) -> AsyncIterator[bytes]:
    """One file, as it is: most are packed already."""
    try:
        first = await anext(blocks, b"")
    except MediaRefused:
        return
    about = zipfile.ZipInfo(name)
    about.compress_type = zipfile.ZIP_STORED
    with packed.open(about, "w", force_zip64=True) as entry:
        entry.write(first)
        async for block in blocks:
            entry.write(block)
            yield sink.taken()
    yield sink.taken()
