"""What a file is by its bytes, and the name it is shown under."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatgrow_bot.errors import MediaRefused
from chatgrow_bot.messages import FILES, Kind
from chatgrow_bot.safety.media import display_name, kind_of, mimetype_of

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0"
WEBP = b"RIFF\x24\0\0\0WEBPVP8 "
GIF = b"GIF89a\1\0\1\0"
PDF = b"%PDF-1.7\n"
EXE = b"MZ\x90\0\3\0\0\0"
ELF = b"\x7fELF\2\1\1" + bytes(60)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!DOCTYPE html><script>alert(1)</script>"
MP4 = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2avc1mp41"
DASH = b"\0\0\0\x18ftypiso5\0\0\2\0iso5dash"
M4A = b"\0\0\0\x18ftypM4A \0\0\2\0M4A mp42isom"
THREE_GP = b"\0\0\0\x18ftyp3gp4\0\0\2\0isom3gp4"
MOV = b"\0\0\0\x14ftypqt  \0\0\2\0qt  "
MP3 = b"ID3\4\0\0\0\0\0\0"
AAC = b"\xff\xf1\x50\x80"
AMR = b"#!AMR\n" + bytes(20)
WAV = b"RIFF\x24\0\0\0WAVEfmt "
OPUS_FILE = b"OggS\0\2" + bytes(21) + b"\x13OpusHead\1\1"
VORBIS = b"OggS\0\2" + bytes(21) + b"\x1e\1vorbis"
OPUS = "audio/ogg; codecs=opus"


@pytest.mark.parametrize(
    ("head", "declared", "name", "expected"),
    [
        (PNG, "", "", "image/png"),
        (PNG, "image/jpeg", "x.jpg", "image/png"),
        (PNG, "application/pdf", "x.pdf", "image/png"),
        (JPEG, "IMAGE/JPEG; q=1", "", "image/jpeg"),
        (WEBP, "", "", "image/webp"),
        (GIF, "image/png", "", "image/gif"),
        (PDF, "application/pdf", "a.pdf", "application/pdf"),
        (PDF, "", "", "application/pdf"),
        (PDF, "nonsense", "", "application/pdf"),
        (PDF, "text/html\r\nX: y", "", "application/pdf"),
        (b"a,b\n1,2\n", "", "table.csv", "text/csv"),
        (b"a,b\n1,2\n", "text/csv", "", "text/csv"),
        (b"\0\1\2", "", "", "application/octet-stream"),
        (b"\0\1\2", "", "photo.png", "application/octet-stream"),
        (b"\0\1\2", "", "setup.exe", "application/octet-stream"),
        (EXE, "", "invoice.pdf", "application/x-msdownload"),
        (EXE, "application/vnd.microsoft.portable-executable", "", "application/x-msdownload"),
        (HTML, "text/html; charset=utf-8", "", "text/html"),
        (HTML, "", "page.txt", "text/html"),
        (b"\xef\xbb\xbf \n" + HTML, "text/plain", "", "text/html"),
        (SVG, "image/svg+xml", "logo.svg", "image/svg+xml"),
        (b"<?xml version='1.0'?>\n" + SVG, "", "", "image/svg+xml"),
        ("<html>".encode("utf-16"), "", "", "text/html"),
        (MP4, "", "", "video/mp4"),
        (MP4, "video/quicktime", "x.mov", "video/mp4"),
        (DASH, "", "", "video/mp4"),
        (THREE_GP, "video/mp4", "", "video/3gpp"),
        (MOV, "video/mp4", "x.mp4", "video/quicktime"),
        (M4A, "video/mp4", "", "audio/mp4"),
        (MP4, "audio/mp4", "", "audio/mp4"),
        (MP4, "", "song.m4a", "audio/mp4"),
        (MP4, "audio/mpeg", "", "video/mp4"),
        (MP3, "audio/ogg", "", "audio/mpeg"),
        (OPUS_FILE, "audio/ogg", "", OPUS),
        (OPUS_FILE, OPUS, "", OPUS),
        (VORBIS, OPUS, "", "audio/ogg"),
        (PDF, "video/mp4", "x.mp4", "application/pdf"),
        (b"\0\1\2", "audio/mpeg", "x.mp3", "application/octet-stream"),
        (b"\0\1\2", "video/x-rare", "", "video/x-rare"),
    ],
)
def test_the_bytes_decide_then_the_label_then_the_name(
    head: bytes, declared: str, name: str, expected: str
) -> None:
    assert mimetype_of(head, declared, name) == expected


@pytest.mark.parametrize(
    ("head", "declared"),
    [
        (EXE, "application/pdf"),
        (EXE, "image/png"),
        (ELF, "text/csv"),
        (HTML, "application/pdf"),
        (HTML, "image/png"),
        (HTML, "text/csv"),
        (SVG, "image/png"),
        (SVG, "application/pdf"),
        (b"<!-- x --><svg onload=alert(1)>", "image/jpeg"),
        (PDF, "image/png"),
        (b"\0\1\2", "image/webp"),
        (b"GOF89a", "image/gif"),
    ],
)
def test_a_label_that_lies_about_something_dangerous_or_a_picture_is_refused(
    head: bytes, declared: str
) -> None:
    with pytest.raises(MediaRefused, match="is called"):
        mimetype_of(head, declared, "")


@pytest.mark.parametrize(
    ("head", "as_it_is", "can_be"),
    [
        (PNG, Kind.IMAGE, set()),
        (JPEG, Kind.IMAGE, set()),
        (WEBP, Kind.IMAGE, {Kind.STICKER}),
        (GIF, Kind.DOCUMENT, set()),
        (SVG, Kind.DOCUMENT, set()),
        (PDF, Kind.DOCUMENT, set()),
        (MP4, Kind.VIDEO, set()),
        (THREE_GP, Kind.VIDEO, set()),
        (MOV, Kind.DOCUMENT, set()),
        (MP3, Kind.AUDIO, set()),
        (M4A, Kind.AUDIO, set()),
        (AAC, Kind.AUDIO, set()),
        (AMR, Kind.AUDIO, set()),
        (OPUS_FILE, Kind.AUDIO, {Kind.VOICE}),
        (VORBIS, Kind.DOCUMENT, set()),
        (WAV, Kind.DOCUMENT, set()),
    ],
    ids=range(16),
)
def test_a_file_is_what_whatsapp_shows_it_as_and_can_always_be_a_document(
    head: bytes, as_it_is: Kind, can_be: set[Kind]
) -> None:
    mimetype = mimetype_of(head, "", "")
    assert kind_of(mimetype, None) is as_it_is
    for kind in FILES:
        if kind in {as_it_is, Kind.DOCUMENT} | can_be:
            assert kind_of(mimetype, kind) is kind
        else:
            with pytest.raises(MediaRefused, match="WhatsApp does not take"):
                kind_of(mimetype, kind)


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (Kind.IMAGE, "application/pdf as 'image', only JPEG, PNG and WebP"),
        (Kind.VIDEO, "application/pdf as 'video', only MP4 and 3GPP"),
        (Kind.AUDIO, "application/pdf as 'audio', only MP3, M4A, AAC, AMR and Ogg with Opus"),
        (Kind.VOICE, "application/pdf as 'voice', only Ogg with Opus"),
        (Kind.STICKER, "application/pdf as 'sticker', only WebP"),
    ],
)
def test_a_refusal_says_what_is_taken(kind: Kind, says: str) -> None:
    with pytest.raises(MediaRefused, match=says):
        kind_of("application/pdf", kind)


@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.POLL, Kind.OTHER])
def test_a_file_is_no_text(kind: Kind) -> None:
    with pytest.raises(MediaRefused, match=r"it can be image, video, audio, voice, sticker or document"):
        kind_of("image/png", kind)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\win.ini", "win.ini"),
        ("C:\\temp\\a.pdf", "a.pdf"),
        ("/etc/", "etc"),
        ("..", "file.pdf"),
        ("", "file.pdf"),
        ("...", "file.pdf"),
        ("a\0b.pdf", "ab.pdf"),
        ("a\r\nb\t.pdf", "ab.pdf"),
        ("fdp\u202egnp.exe", "fdpgnp.exe"),
        ("\u2066a\u2069\ufeff.pdf", "a.pdf"),
        ("\ud800a.pdf", "a.pdf"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ('a<b>"c|d?.pdf', "a_b__c_d_.pdf"),
        (".htaccess", "htaccess"),
        ("a.pdf. ", "a.pdf"),
        ("חשבונית 7.pdf", "חשבונית 7.pdf"),
        ("👨\u200d👩.png", "👨\u200d👩.png"),
        ("e\u0301.txt", "é.txt"),
        ("x" * 4096 + ".pdf", "x" * 251 + ".pdf"),
        ("x" * 4096, "x" * 255),
        ("א" * 300 + ".pdf", "א" * 125 + ".pdf"),
        ("a." + "y" * 300, "a." + "y" * 253),
    ],
)
def test_a_name_is_made_fit_to_be_shown(name: str, shown: str) -> None:
    assert display_name(name, "application/pdf") == shown


@given(st.text(max_size=400), st.sampled_from(["application/pdf", "x/unknown"]))
def test_no_name_is_left_dangerous(name: str, mimetype: str) -> None:
    shown = display_name(name, mimetype)
    assert shown
    assert len(shown.encode()) <= 255
    assert not set("/\\\0\r\n\u202e\u2066") & set(shown)
    assert shown not in (".", "..")
    assert display_name(shown, mimetype) == shown
