"""The files that chats come in, and those that only look so."""

# ruff: noqa: RUF001 - Hebrew

import io
import struct
import zipfile
from pathlib import Path

import pytest

from chatgrow_bot.errors import BadInput

from .making import FILES, LRM, PHONES, conversation, written
from .telling import chats, compare, heads, nothing_lost, read

CHAT = "13/03/2026, 14:05 - Dana: שלום\nשורה\n13/03/2026, 14:06 - Dana: hi\n"


def _zip(folder: Path, files: dict[str, bytes], *, packing: int = zipfile.ZIP_DEFLATED) -> Path:
    path = folder / "export.zip"
    with zipfile.ZipFile(path, "w", packing) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_an_iphones_zip_with_its_media(tmp_path: Path) -> None:
    text, expected = written(PHONES[0], conversation(5, 200), with_files=True)
    media = {name: b"x" * n for n, (_, name) in enumerate(FILES.values(), start=1)}
    chat = chats.read_chat(_zip(tmp_path, {**media, "_chat.txt": text.encode(), "notes.txt": b"x" * 99_999}))
    compare(chat, expected)
    assert dict(chat.media) == {name: len(data) for name, data in media.items()} | {"notes.txt": 99_999}
    assert {entry.filename for entry in chat.entries if entry.filename} <= set(chat.media)


def test_an_androids_zip(tmp_path: Path) -> None:
    files = {"terms.txt": b"13/03/2026", "WhatsApp Chat with Dana.txt": CHAT.encode(), "a/IMG-1.jpg": b"xx"}
    chat = chats.read_chat(_zip(tmp_path, files))
    assert [text for _, _, text in heads(chat)] == ["שלום\nשורה", "hi"]
    assert dict(chat.media) == {"terms.txt": 10, "IMG-1.jpg": 2}
    assert not any("texts" in problem for problem in chat.problems)


def test_a_zip_of_texts_says_which_was_read(tmp_path: Path) -> None:
    chat = chats.read_chat(_zip(tmp_path, {"b.txt": b"x", "a.txt": CHAT.encode()}))
    assert chat.problems[0] == "The zip holds 2 texts; the chat is read from 'a.txt'."


def test_names_in_a_zip_are_no_paths(tmp_path: Path) -> None:
    files = {"../../../_chat.txt": CHAT.encode(), "../../evil.jpg": b"xx", "/etc/x.jpg": b"x"}
    chat = chats.read_chat(_zip(tmp_path, files))
    assert len(chat.entries) == 2
    assert dict(chat.media) == {"evil.jpg": 2, "x.jpg": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["export.zip"]


def test_a_bomb_is_left_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("_chat.txt", "w") as file:
        for _ in range(80):
            file.write(b"\0" * (1 << 20))
    with pytest.raises(BadInput, match="larger than 64 MiB"):
        chats.read_chat(path)


def test_a_zip_that_lies_about_sizes_is_counted(tmp_path: Path) -> None:
    path = _zip(tmp_path, {"_chat.txt": CHAT.encode(), "a.jpg": b"x"})
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 1)  # unpacked size, as the list tells it
    path.write_bytes(bytes(data))
    with pytest.raises(BadInput, match="not a whole zip"):
        chats.read_chat(path)


def test_a_list_without_end_is_left(tmp_path: Path) -> None:
    path = _zip(tmp_path, {f"{n:0>200}.jpg": b"" for n in range(17_000)}, packing=zipfile.ZIP_STORED)
    with pytest.raises(BadInput, match="lists too many files"):
        chats.read_chat(path)


@pytest.mark.parametrize("cut", [10, 60, -30, -1])
def test_half_a_zip_is_an_error_that_says_what_to_do(cut: int, tmp_path: Path) -> None:
    path = _zip(tmp_path, {"_chat.txt": CHAT.encode()})
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(BadInput, match="export the chat again"):
        chats.read_chat(path)


def test_a_zip_with_a_password_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    path = _zip(tmp_path, {"_chat.txt": CHAT.encode()})
    data = bytearray(path.read_bytes())
    for sign, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(sign) + flags] |= 1
    path.write_bytes(bytes(data))
    with pytest.raises(BadInput, match="unpack it"):
        chats.read_chat(path)


@pytest.mark.parametrize("files", [{}, {"a.jpg": b"x"}])
def test_a_zip_without_a_chat_is_an_error_that_says_so(files: dict[str, bytes], tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"holds no \.txt"):
        chats.read_chat(_zip(tmp_path, files))


def test_a_text_without_end_is_left(tmp_path: Path) -> None:
    path = tmp_path / "chat.txt"
    with path.open("wb") as file:
        file.truncate((64 << 20) + 1)
    with pytest.raises(BadInput, match="larger than 64 MiB: cut it into parts"):
        chats.read_chat(path)


def test_what_is_no_file_is_an_error_that_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"is not a file: give the \.txt in it"):
        chats.read_chat(tmp_path)
    with pytest.raises(BadInput, match=r"is not a file: give the \.txt or \.zip"):
        chats.read_chat(tmp_path / "none.txt")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(encoding: str, newline: str, tmp_path: Path) -> None:
    chat = read(tmp_path, CHAT.replace("\n", newline), encoding=encoding)
    assert [text for _, _, text in heads(chat)] == ["שלום\nשורה", "hi"]
    assert (chat.lines, chat.problems) == (3, ())


def test_bytes_that_are_not_text_are_told_and_no_line_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "chat.txt"
    path.write_bytes(CHAT.encode("cp1255"))
    chat = chats.read_chat(path)
    assert len(chat.entries) == 2
    assert chat.problems[0].startswith("Some characters are not UTF-8, the first on line 1,")


def test_words_before_the_first_message_are_nobodys(tmp_path: Path) -> None:
    chat = read(tmp_path, f"My chat\n\n{CHAT}")
    nothing_lost(chat)
    assert (chat.entries[0].author, chat.entries[0].text) == ("", "My chat\n")
    assert chat.problems == ("Lines 1 to 2 stand before the first message and belong to nobody.",)


def test_a_file_that_is_no_chat_says_so(tmp_path: Path) -> None:
    chat = read(tmp_path, "Dear diary,\nno.\n")
    nothing_lost(chat)
    assert "is this the .txt that it made?" in chat.problems[0]
    assert read(tmp_path, "").problems == ("The file is empty.",)


def test_other_signs_for_a_new_line_are_part_of_words(tmp_path: Path) -> None:
    words = "a\u2028b\x0bc\x0cd\x85e\x1cf"
    chat = read(tmp_path, f"13/03/2026, 14:05 - Dana: {words}\n13/03/2026, 14:05 - Dana:\n")
    assert [text for _, _, text in heads(chat)] == [words, ""]


def test_a_zip_is_told_by_what_it_is(tmp_path: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("_chat.txt", f"{LRM}[13/03/2026, 14:05:12] Dana: hi\r\n")
    (tmp_path / "chat.txt").write_bytes(data.getvalue())
    assert heads(chats.read_chat(tmp_path / "chat.txt")) == [("2026-03-13 14:05:12", "Dana", "hi")]
