"""The command: sets the scene anew for each picture that is asked for, or for all, and takes it."""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from . import link, phone
from .scene import Scene, pressed

DOCS = Path(__file__).parents[2] / "docs"
#: Name of the file in docs/ and who takes the picture.
PICTURES: Mapping[str, Callable[[Scene], Awaitable[bytes]]] = {
    "phone-en": phone.in_english,
    "phone-he": phone.in_hebrew,
    "link-en": link.in_english,
    "link-he": link.in_hebrew,
}


async def main(names: list[str]) -> None:
    """Takes the pictures of these names."""
    for name in names:
        file = DOCS / f"{name}.png"
        with tempfile.TemporaryDirectory() as folder:
            async with Scene.set(Path(folder)) as scene:
                file.write_bytes(pressed(await PICTURES[name](scene)))
        print(f"{file.relative_to(DOCS.parent)}  {file.stat().st_size // 1024} KB")


if __name__ == "__main__":
    wanted = sys.argv[1:] or list(PICTURES)
    if unknown := set(wanted) - set(PICTURES):
        sys.exit(f"no picture {', '.join(unknown)}; there are {', '.join(PICTURES)}")
    asyncio.run(main(wanted))
