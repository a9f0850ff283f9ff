"""What a file really is, and the name it may be shown under: judged by its bytes, because labels are chosen
by whoever sends it and are believed by whoever opens it."""

import mimetypes
import unicodedata
from collections.abc import Mapping

import filetype  # type: ignore[import-untyped]

from ..errors import MediaRefused
from ..messages import FILES, Kind

#: Bytes of a file's beginning that are looked at.
HEAD = 8192

OCTETS = "application/octet-stream"
#: The only sound that WhatsApp shows as spoken; the codec is part of the type, for Ogg may hold others.
OPUS = "audio/ogg; codecs=opus"
#: What WhatsApp shows or plays as each kind, and how people call that. All else can only be a document.
_SHOWN: Mapping[Kind, tuple[frozenset[str], str]] = {
    Kind.IMAGE: (frozenset({"image/jpeg", "image/png", "image/webp"}), "JPEG, PNG and WebP"),
    Kind.VIDEO: (frozenset({"video/mp4", "video/3gpp"}), "MP4 and 3GPP"),
    Kind.AUDIO: (
        frozenset({"audio/mpeg", "audio/mp4", "audio/aac", "audio/amr", OPUS}),
        "MP3, M4A, AAC, AMR and Ogg with Opus",
    ),
    Kind.VOICE: (frozenset({OPUS}), "Ogg with Opus"),
    Kind.STICKER: (frozenset({"image/webp"}), "WebP"),
}
_PLAYED = _SHOWN[Kind.VIDEO][0] | _SHOWN[Kind.AUDIO][0]
#: By the first letters of the brand that files of the MP4 family name themselves.
_BRANDS = {
    b"3gp": "video/3gpp",
    b"iso": "video/mp4",
    b"mp4": "video/mp4",
    b"avc": "video/mp4",
    b"M4V": "video/mp4",
    b"M4A": "audio/mp4",
}
_SOUNDS_IN_MP4 = frozenset({"audio/mp4", "audio/m4a", "audio/x-m4a", "audio/mp4a-latm"})
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

    A picture, a film and a sound are what their bytes are. Raises MediaRefused when something else is called
    a picture, or when a program or a web page is called anything but what it is.
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
    if truth.startswith(("audio/", "video/")):
        sound = (declared or named) in _SOUNDS_IN_MP4  # such a file does not say at its beginning
        return "audio/mp4" if sound and truth == "video/mp4" else truth
    if named.startswith("image/") or named in _PROGRAMS:
        named = ""
    believed = (each for each in (declared, named) if each not in _PLAYED)
    return next(kind for kind in (*believed, truth, OCTETS) if kind)


def kind_of(mimetype: str, asked: Kind | None) -> Kind:
    """What a file is to WhatsApp: as asked, else a picture, a film or a sound as what it is, and the rest a
    document. Raises MediaRefused when it cannot be what was asked."""
    if asked is None:
        plain = (Kind.IMAGE, Kind.VIDEO, Kind.AUDIO)
        return next((kind for kind in plain if mimetype in _SHOWN[kind][0]), Kind.DOCUMENT)
    if asked is Kind.DOCUMENT:
        return asked
    if asked not in _SHOWN:
        *most, last = (kind.value for kind in Kind if kind in FILES)
        raise MediaRefused(f"A file is no '{asked}'; it can be {', '.join(most)} or {last}")
    types, names = _SHOWN[asked]
    if mimetype not in types:
        raise MediaRefused(f"WhatsApp does not take {mimetype} as '{asked}', only {names}")
    return asked


def display_name(name: str, mimetype: str) -> str:
    """A name fit to be shown and to be saved under: no folders, nothing invisible, 255 bytes at most."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    text = unicodedata.normalize("NFC", "".join(filter(_visible, last)))
    text = "".join("_" if character in _UNUSUAL else character for character in text).strip(" .")
    if not text:
        return f"file{mimetypes.guess_extension(mimetype.partition(';')[0]) or ''}"
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
    if head[4:8] == b"ftyp" and (family := _BRANDS.get(head[8:11])):
        return family
    if found := filetype.guess(head[:HEAD]):
        mimetype = str(found.mime)
        return OPUS if mimetype == "audio/ogg" and b"OpusHead" in head[:64] else mimetype
    start = head[:HEAD].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\f").lower()
    for mark, mimetype in _MARKUP.items():
        if start.startswith(mark) or (start.startswith((b"<?xml", b"<!--")) and mark in start):
            return mimetype
    return ""
