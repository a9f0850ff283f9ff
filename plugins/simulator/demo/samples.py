"""Files to send, made here: a picture and a spoken second of silence. Small, and true to their formats."""

import struct
import zlib
from collections.abc import Iterator, Sequence


def picture(width: int = 320, height: int = 200) -> bytes:
    """A PNG: a sunset."""

    def row(y: int) -> bytes:
        return b"".join(
            bytes((255 - y * 120 // height, 120 + (x * y) % 60, 80 + y // 2)) for x in range(width)
        )

    rows = b"".join(b"\0" + row(y) for y in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes((8, 2, 0, 0, 0))
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def voice(seconds: int = 1) -> bytes:
    """Ogg with Opus, as phones record it: one channel, 50 packets of silence a second (RFC 7845)."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, 48_000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 4) + b"demo" + struct.pack("<I", 0)
    silence = [b"\xf8\xff\xfe"] * (50 * seconds)
    return b"".join(_pages([(head,), (tags,), silence], samples=48_000 * seconds))


def _pages(pages: Sequence[Sequence[bytes]], samples: int) -> Iterator[bytes]:
    for number, packets in enumerate(pages):
        is_last = number == len(pages) - 1
        flags = 2 if number == 0 else 4 if is_last else 0
        lengths = bytes(len(packet) for packet in packets)
        position = samples if is_last else 0
        head = struct.pack("<4sBBqIII", b"OggS", 0, flags, position, 1, number, 0)
        page = head + bytes((len(lengths),)) + lengths + b"".join(packets)
        yield page[:22] + struct.pack("<I", _checksum(page)) + page[26:]


def _checksum(page: bytes) -> int:
    """Ogg's own CRC-32: the usual polynomial, bits not reversed, no complement."""
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
    return value
