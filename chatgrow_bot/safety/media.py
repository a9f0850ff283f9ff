"""What a file really is, and the name it may be shown under: judged by its bytes, because labels are chosen
by whoever sends it and are believed by whoever opens it."""

import mimetypes
import unicodedata

import filetype  # type: ignore[import-untyped]

from ..errors import MediaRefused
from ..messages import Kind

#: Bytes of a file's beginning that are looked at.
HEAD = 8192

OCTETS = "application/octet-stream"
#: What WhatsApp shows as a picture.
PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})
#: Labels that claim nothing, so that nothing contradicts them.
_VAGUE = frozenset({"", OCTETS, "text/plain", "text/xml", "application/xml"})
_PROGRAMS = frozenset(
    {
        "application/x-msdownload",
        "application/x-msdos-program",
        "application/vnd.microsoft.portable-executable",
        "application/x-executable",
        "application/wasm",
        "application/x-shockwave-flash",
    }
)
_MARKUP = {b"<svg": "image/svg+xml", b"<!doctype svg": "image/svg+xml"}
_MARKUP |= dict.fromkeys(
    (b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<iframe"), "text/html"
)

_MAX_NAME = 255  # bytes, as file systems have it
_JOINERS = "\u200c\u200d"  # invisible, but Persian words and emoji need them
_UNUSUAL = frozenset('<>:"|?*')
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
)


def mimetype_of(head: bytes, declared: str, filename: str) -> str:
    """The type of a file, from its first `HEAD` bytes, what the sender calls it, and its name.

    A picture is what its bytes are. Raises MediaRefused when something else is called a picture, or when a
    program or a web page is called anything but what it is.
    """
    declared = _tidy(declared)
    truth = _sniffed(head)
    if truth in _PROGRAMS or truth in _MARKUP.values():
        if declared in _VAGUE or declared == truth or {declared, truth} <= _PROGRAMS:
            return truth
        raise MediaRefused(f"The file is called {declared}, but it is {truth}")
    if truth.startswith("image/"):
        return truth
    if declared.startswith("image/"):
        raise MediaRefused(f"The file is called {declared}, but its bytes are not a picture")
    named = mimetypes.guess_type(filename, strict=False)[0] or ""
    if named.startswith("image/") or named in _PROGRAMS:
        named = ""
    return next(kind for kind in (declared, named, truth, OCTETS) if kind)


def kind_of(mimetype: str, asked: Kind | None) -> Kind:
    """How to send a file: as asked, else a picture as a picture and the rest as files. Raises
    MediaRefused."""
    if asked is None:
        return Kind.IMAGE if mimetype in PICTURES else Kind.DOCUMENT
    if asked not in (Kind.IMAGE, Kind.DOCUMENT):
        raise MediaRefused(f"A file cannot be sent as '{asked}', only as an image or a document")
    if asked is Kind.IMAGE and mimetype not in PICTURES:
        raise MediaRefused(f"A file of type {mimetype} cannot be sent as an image; JPEG, PNG and WebP can")
    return asked


def display_name(name: str, mimetype: str) -> str:
    """A name fit to be shown and to be saved under: no folders, nothing invisible, 255 bytes at most."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    text = unicodedata.normalize("NFC", "".join(filter(_visible, last)))
    text = "".join("_" if character in _UNUSUAL else character for character in text).strip(" .")
    if not text:
        return f"file{mimetypes.guess_extension(mimetype) or ''}"
    stem, dot, ending = text.rpartition(".")
    if not stem or len(ending.encode()) > 16:
        stem, dot, ending = text, "", ""
    if text.partition(".")[0].rstrip().lower() in _DEVICES:
        stem = f"_{stem}"
    room = _MAX_NAME - len((dot + ending).encode())
    return stem.encode()[:room].decode(errors="ignore") + dot + ending


def _visible(character: str) -> bool:
    return unicodedata.category(character)[0] not in "CZ" or character == " " or character in _JOINERS


def _tidy(declared: str) -> str:
    text = declared.partition(";")[0].strip().lower()
    known = (
        text.isascii()
        and len(text) <= 100
        and text.count("/") == 1
        and text.isprintable()
        and " " not in text
    )
    return text if known else ""


def _sniffed(head: bytes) -> str:
    """What the bytes say; empty when they say nothing."""
    if found := filetype.guess(head[:HEAD]):
        return str(found.mime)
    start = head[:HEAD].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\f").lower()
    for mark, mimetype in _MARKUP.items():
        if start.startswith(mark) or (start.startswith((b"<?xml", b"<!--")) and mark in start):
            return mimetype
    return ""
