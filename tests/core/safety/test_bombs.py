"""Files that are small and would be huge if anybody unpacked them, and pictures larger than any memory: they
are looked at from outside only, so they cost what they weigh."""

import asyncio
import functools
import gzip
import io
import struct
import time
import zipfile
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil
import pytest

from chatgrow_bot.clock import SystemClock
from chatgrow_bot.errors import MediaRefused
from chatgrow_bot.safety.http import SafeHttp
from chatgrow_bot.spool import Spool

_MUCH = 64 << 20
_MEMORY, _SECONDS = 32 << 20, 5.0


def _deflated(size: int) -> bytes:
    packed = zlib.compressobj(9)
    return b"".join(packed.compress(bytes(1 << 20)) for _ in range(size >> 20)) + packed.flush()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(width: int, height: int, pixels: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _zip(depth: int = 1) -> bytes:
    data = bytes(_MUCH >> 2)
    for level in range(depth):
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
            for number in range(4):
                file.writestr(f"{level}-{number}.xml", data)
        data = held.getvalue()
    return data


@functools.cache
def bombs() -> dict[str, bytes]:
    return dict(_bombs())


def _bombs() -> Iterator[tuple[str, bytes]]:
    pixels = _deflated(_MUCH)
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    yield "picture.png", _png(60_000, 60_000, pixels)
    yield "widest.png", _png(2**31 - 1, 2**31 - 1, b"")
    yield "noted.png", _png(1, 1, b"")[:33] + _chunk(b"zTXt", b"x\0\0" + pixels)
    yield (
        "picture.gif",
        b"GIF89a\xff\xff\xff\xff\xf7\0\0" + bytes(768) + b",\0\0\0\0\xff\xff\xff\xff\0\x08" * 999,
    )
    yield "picture.webp", b"RIFF\xff\xff\xff\x7fWEBPVP8X\x0a\0\0\0\x10\0\0\0\xff\xff\xff\xff\xff\xff"
    yield "picture.jpg", b"\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff\3\1\x11\0\2\x11\1\3\x11\1" * 500
    yield "archive.zip", _zip()
    yield "nested.docx", _zip(3)
    yield "archive.gz", gzip.compress(gzip.compress(bytes(_MUCH)))
    yield "paper.pdf", b"%PDF-1.7\n1 0 obj<</Filter/FlateDecode/Length 9>>stream\n" + pixels + b"endstream"
    yield "drawing.svg", f'<?xml version="1.0"?><!DOCTYPE svg [{lol}]><svg>&l11;</svg>'.encode()


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def test_a_bomb_costs_what_it_weighs(tmp_path: Path) -> None:
    made = await asyncio.to_thread(bombs)
    assert len(made) > 10
    process, kept = psutil.Process(), 0
    async with SafeHttp() as http:
        spool = Spool(tmp_path, http=http, clock=SystemClock())
        for name, content in made.items():
            before, began = process.memory_info().rss, time.process_time()
            try:
                media = await spool.from_stream("t1", _whole(content), "", name)
            except MediaRefused:
                continue
            assert time.process_time() - began < _SECONDS, name
            assert process.memory_info().rss - before < _MEMORY, name
            assert media.size == len(content), name
            kept += 1
    assert kept > 5


def test_the_bombs_are_bombs() -> None:
    """The control: unpacked, they are more than memory should hold."""
    made = bombs()
    unpacked = len(gzip.decompress(gzip.decompress(made["archive.gz"])))
    assert unpacked == _MUCH
    assert len(made["archive.gz"]) < 2_000
    with zipfile.ZipFile(io.BytesIO(made["archive.zip"])) as file:
        assert sum(each.file_size for each in file.infolist()) >= _MUCH > 100 * len(made["archive.zip"])
    with pytest.raises(zlib.error):
        zlib.decompress(made["picture.gif"])
