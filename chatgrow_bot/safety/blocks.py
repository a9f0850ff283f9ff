"""Bytes on their way to the disk, in blocks: a thread for each chunk of a slow network would cost more than
the disk."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import BinaryIO

#: Bytes of a block.
BLOCK = 256 * 1024


async def in_blocks(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    """The same bytes in blocks of at least 256 KiB, save the last. Closes where they come from."""
    waiting = bytearray()
    try:
        async for chunk in chunks:
            waiting += chunk
            if len(waiting) >= BLOCK:
                yield bytes(waiting)
                waiting.clear()
        if waiting:
            yield bytes(waiting)
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()


async def read_blocks(file: BinaryIO, size: int) -> AsyncIterator[bytes]:
    """So many bytes of a file."""
    left = size
    while left > 0 and (block := await asyncio.to_thread(file.read, min(BLOCK, left))):
        left -= len(block)
        yield block
