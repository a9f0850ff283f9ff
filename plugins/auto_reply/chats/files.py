"""The text of an export, out of its file: a .txt, or a zip with one. What others packed is believed in
nothing: sizes are counted while reading, and names in the zip are never paths."""

import lzma
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from chatgrow_bot.errors import BadInput

#: A chat of ten years has a tenth of it.
MAX_TEXT = 64 << 20
#: The list of what is in a zip: about 50,000 files.
MAX_LIST = 4 << 20
_BLOCK = 1 << 20
_CHAT = "_chat.txt"
#: How zips begin; the second is empty.
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What was in the file."""

    text: str
    media: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


class _Listed:
    """A file whose list is of a bounded size; a zip asks for the whole of it at once."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell, self.close = file.seek, file.tell, file.close

    def read(self, size: int = -1) -> bytes:
        """As any file, but never without bounds."""
        data = self._file.read(min(size, MAX_LIST) if size >= 0 else MAX_LIST)
        if len(data) == MAX_LIST:
            raise BadInput("The zip lists too many files. Export the chat without media")
        return data

    def seekable(self) -> bool:
        """A zip is read from its end."""
        return True


def read_export(path: Path) -> Export:
    """Read the chat's text from a file. Raises BadInput."""
    if not path.is_file():  # a pipe would wait for its writer
        advice = "give the .txt in it" if path.is_dir() else "give the .txt or .zip that WhatsApp exported"
        raise BadInput(f"{path} is not a file: {advice}")
    try:
        with path.open("rb") as file:
            start = file.read(4)
            file.seek(0)
            if start in _ZIP:
                return _unpacked(file, path)
            return _decoded(_bounded(file, str(path)))
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}") from error


def _unpacked(file: BinaryIO, path: Path) -> Export:
    try:
        with zipfile.ZipFile(_Listed(file)) as archive:
            chosen, doubts = _chosen(archive, path)
            media = {
                PurePosixPath(info.filename).name: info.file_size
                for info in archive.infolist()
                if info is not chosen and not info.is_dir() and _is_shown(info)
            }
            with archive.open(chosen) as packed:
                export = _decoded(_bounded(packed, chosen.filename))
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, ValueError) as error:
        raise BadInput(f"{path} is not a whole zip file: export the chat again") from error
    except (NotImplementedError, RuntimeError) as error:  # packed in a rare way, or with a password
        raise BadInput(f"{path} is packed in a way that is not read: unpack it and give the .txt") from error
    return Export(text=export.text, media=media, problems=(*doubts, *export.problems))


def _chosen(archive: zipfile.ZipFile, path: Path) -> tuple[zipfile.ZipInfo, tuple[str, ...]]:
    """The chat among the texts of a zip; the others are documents that somebody sent."""
    texts = [i for i in archive.infolist() if i.filename.lower().endswith(".txt") and _is_shown(i)]
    if not texts:
        raise BadInput(f"{path} holds no .txt: is it an export of WhatsApp?")
    best = max(texts, key=_likeliness)
    if len(texts) > 1 and _likeliness(best)[:2] == (False, False):
        return best, (f"The zip holds {len(texts)} texts; the chat is read from '{best.filename}'.",)
    return best, ()


def _likeliness(info: zipfile.ZipInfo) -> tuple[bool, bool, int, int]:
    name = PurePosixPath(info.filename)
    return name.name == _CHAT, "whatsapp" in name.name.lower(), -len(name.parts), info.file_size


def _is_shown(info: zipfile.ZipInfo) -> bool:
    """Not what a Mac adds for itself."""
    return not info.filename.startswith("__MACOSX/")


def _bounded(file: IO[bytes], name: str) -> bytes:
    blocks, size = [], 0
    while block := file.read(_BLOCK):
        size += len(block)
        if size > MAX_TEXT:
            raise BadInput(f"'{name}' is larger than {MAX_TEXT >> 20} MiB: cut it into parts")
        blocks.append(block)
    return b"".join(blocks)


def _decoded(data: bytes) -> Export:
    encoding = _encoding(data)
    try:
        return Export(text=data.decode(encoding).removeprefix("\ufeff"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        doubt = (
            f"Some characters are not {encoding.upper()}, the first on line {line}, and show as \ufffd: was "
            "the file opened and saved by another program?"
        )
        text = data.decode(encoding, errors="replace").removeprefix("\ufeff")
        return Export(text=text, problems=(doubt,))


def _encoding(data: bytes) -> str:
    """UTF-8, as phones write; or UTF-16, as it is saved anew on Windows."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    seen = data[:4096]
    for encoding, zeroes in (("utf-16-le", seen[1::2]), ("utf-16-be", seen[::2])):
        if len(seen) >= 8 and zeroes.count(0) > 0.4 * len(zeroes):
            return encoding
    return "utf-8"
