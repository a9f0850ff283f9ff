"""Files on their way, as others see them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

from ..messages import Kind, Media


class Spool(Protocol):
    """Files on their way: copied and hashed before anything is promised."""

    async def from_path(
        self,
        tenant: str,
        path: Path,
        mimetype: str = "",
        filename: str = "",
        kind: Kind | None = None,
        max_bytes: int | None = None,
    ) -> Media:
        """A file inside the allowed folders. Without `kind`, what WhatsApp shows or plays is image, video or
        audio, and the rest a document.
        Raises MediaRefused, also for a `kind` that the bytes are not, and FileTooLarge, one of those, past
        `max_bytes` or the spool's smaller limit."""
        ...

    async def from_stream(
        self,
        tenant: str,
        chunks: AsyncIterator[bytes],
        mimetype: str = "",
        filename: str = "",
        kind: Kind | None = None,
        max_bytes: int | None = None,
    ) -> Media:
        """Bytes as they come. Raises as `from_path`."""
        ...

    async def from_url(
        self,
        tenant: str,
        url: str,
        mimetype: str = "",
        filename: str = "",
        kind: Kind | None = None,
        max_bytes: int | None = None,
    ) -> Media:
        """A file fetched through the safe door. Raises as `from_path`."""
        ...

    async def upload(self, tenant: str, media: Media) -> str:
        """Keep a file under an id that `from_upload` knows, for its owner only."""
        ...

    async def from_upload(self, tenant: str, upload_id: str) -> Media:
        """A file uploaded before. Raises MediaRefused."""
        ...
