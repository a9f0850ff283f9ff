"""A file that came in, out of the page: WhatsApp Web fetches and decrypts it, we take it in slices, so that a
large one is never whole in our own memory."""

import base64
import binascii
import contextlib
import secrets
from collections.abc import AsyncIterator
from typing import Annotated

import msgspec

from chatgrow_bot.engine import Reference
from chatgrow_bot.errors import EngineError, MediaGone

from .page import Page, SaidNo, named

SLICE = 768 * 1024  #: bytes; a third more as the text in which they leave the page
_GONE = frozenset({"media_gone", "message_not_contains_media"})


class Opened(msgspec.Struct, frozen=True):
    """What the bridge's `openMedia` answers."""

    size: Annotated[int, msgspec.Meta(ge=0, lt=1 << 40)]


async def download(page: Page, message: Reference, seconds: float) -> AsyncIterator[bytes]:
    """The file's bytes, in slices. Fetching it may take so many seconds. Raises MediaGone or EngineError."""
    handle = secrets.token_hex(8)  # ours, so that even a file that comes too late can be let go
    try:
        size = await _open(page, handle, message, seconds)
        for start in range(0, size, SLICE):
            end = min(start + SLICE, size)
            yield _bytes(await page.call("readMedia", handle, start, end), end - start)
    finally:
        # Also when the reader stops early or is cancelled: the page would keep the whole file.
        with contextlib.suppress(EngineError):
            await page.call("closeMedia", handle)


async def _open(page: Page, handle: str, message: Reference, seconds: float) -> int:
    try:
        raw = await page.call("openMedia", handle, named(message), seconds=seconds)
        return msgspec.convert(raw, Opened).size
    except SaidNo as error:
        if error.code in _GONE:
            raise MediaGone(error.detail) from error
        raise
    except msgspec.ValidationError as error:
        raise EngineError(f"the page answered in an unknown shape: {error}") from error


def _bytes(raw: object, size: int) -> bytes:
    try:
        data = base64.b64decode(raw if isinstance(raw, str) else "", validate=True)
    except binascii.Error as error:
        raise EngineError("the page gave a slice that is none") from error
    if len(data) != size:
        raise EngineError(f"the page gave {len(data)} bytes of {size}")
    return data
