"""One conversation as many phones export it, read back message by message."""

# ruff: noqa: RUF001 - signs of other scripts

from pathlib import Path

import pytest

from chatgrow_bot.messages import Kind

from .making import LRM, PEOPLE, PHONES, Phone, conversation, written
from .telling import compare, heads, read


@pytest.mark.parametrize("with_files", [True, False], ids=["files", "no files"])
@pytest.mark.parametrize("phone", PHONES, ids=lambda phone: phone.name)
def test_every_message_of_a_long_group_is_read_as_it_was_written(
    phone: Phone, with_files: bool, tmp_path: Path
) -> None:
    text, expected = written(phone, conversation(7, 1_500), with_files=with_files)
    chat = read(tmp_path, text)
    compare(chat, expected)
    assert {entry.author for entry in chat.entries} == {"", *PEOPLE}
    assert [each for each in chat.problems if "part of the name" not in each] == []


def test_how_a_chat_is_written_is_told_in_words(tmp_path: Path) -> None:
    told = {
        phone.name: read(tmp_path, phone.head(each.at) + "Dana: hi").format
        for phone in PHONES[:1]
        for each in conversation(1, 1)
    }
    assert told == {"iPhone, Britain": "iPhone, day/month/year, 24 hours"}


@pytest.mark.parametrize(
    "typed", ["image omitted", "This message was deleted", "Media omitted", "video omitted, sorry"]
)
def test_words_that_an_iphone_did_not_mark_were_typed(typed: str, tmp_path: Path) -> None:
    marked = f"[12/03/2026, 14:05:12] Dana: {LRM}image omitted\n"
    chat = read(tmp_path, f"{marked}[12/03/2026, 14:05:13] Dana: {typed}\n")
    assert [entry.kind for entry in chat.entries] == [Kind.IMAGE, Kind.TEXT]
    assert chat.entries[1].text == typed


@pytest.mark.parametrize(
    ("body", "kind", "filename", "text"),
    [
        ("<attached: 0001-PHOTO.jpg>", Kind.IMAGE, "0001-PHOTO.jpg", ""),
        (
            f"Menu.pdf • 2 pages {LRM}<attached: 00000042-Menu.pdf>",
            Kind.DOCUMENT,
            "00000042-Menu.pdf",
            "Menu.pdf • 2 pages",
        ),
        ("2017-07-25-PHOTO-00000043.jpg <attached>", Kind.IMAGE, "2017-07-25-PHOTO-00000043.jpg", ""),
        ("IMG-20260312-WA0001.jpg (soubor byl přiložen)", Kind.IMAGE, "IMG-20260312-WA0001.jpg", ""),
        ("<添付ファイル：00000012-PHOTO-2026-03-12.jpg>", Kind.IMAGE, "00000012-PHOTO-2026-03-12.jpg", ""),
        ("AUD-20260312-WA0001.opus (file attached)", Kind.AUDIO, "AUD-20260312-WA0001.opus", ""),
        (f"Menu.pdf • {LRM}document omitted", Kind.DOCUMENT, "", "Menu.pdf •"),
        ("../../etc/passwd.txt (file attached)", Kind.DOCUMENT, "../../etc/passwd.txt", ""),
        (
            "Location: https://maps.google.com/?q=32.1,34.8",
            Kind.LOCATION,
            "",
            "Location: https://maps.google.com/?q=32.1,34.8",
        ),
        ("live location shared", Kind.LOCATION, "", "live location shared"),
        (
            f"{LRM}POLL:\nWhich?\n{LRM}OPTION: A (1 vote)",
            Kind.POLL,
            "",
            f"{LRM}POLL:\nWhich?\n{LRM}OPTION: A (1 vote)",
        ),
        ("<View once message omitted>", Kind.OTHER, "", ""),
        ("<attached: 0001-menu.pdf>", Kind.DOCUMENT, "0001-menu.pdf", ""),
        ("I said <attached: nothing>", Kind.TEXT, "", "I said <attached: nothing>"),
        ("see notes (old)", Kind.TEXT, "", "see notes (old)"),
        ("we omitted an image: image omitted", Kind.TEXT, "", "we omitted an image: image omitted"),
        ("POLL: who comes?", Kind.TEXT, "", "POLL: who comes?"),
    ],
)
def test_what_stands_for_media(body: str, kind: Kind, filename: str, text: str, tmp_path: Path) -> None:
    first = f"[12/03/2026, 14:05:11] Dana: {LRM}image omitted\n"
    chat = read(tmp_path, f"{first}[12/03/2026, 14:05:12] Dana: {body}\n")
    entry = chat.entries[1]
    assert (entry.kind, entry.filename, entry.text, entry.author) == (kind, filename, text, "Dana")


def test_what_whatsapp_says_is_nobodys(tmp_path: Path) -> None:
    text = (
        f"[12/03/2026, 14:05:12] Bakers: {LRM}Dana created this group\n"
        f"[12/03/2026, 14:05:13] Bakers: {LRM}A thing that no list knows yet\n"
        f"[12/03/2026, 14:05:14] Dana: {LRM}Missed voice call\n"
        "[12/03/2026, 14:05:15] Dana: you added me and left\n"
    )
    assert [entry.author for entry in read(tmp_path, text).entries] == ["", "", "", "Dana"]


def test_a_system_line_with_a_colon_has_no_author(tmp_path: Path) -> None:
    text = (
        '12/03/2026, 14:05 - Dana changed the group name from "Cakes: old" to "Cakes: new"\n'
        "12/03/2026, 14:06 - Dana: hi\n"
    )
    assert heads(read(tmp_path, text))[0][1:] == (
        "",
        'Dana changed the group name from "Cakes: old" to "Cakes: new"',
    )


def test_a_name_with_a_colon_is_told_from_words_with_one(tmp_path: Path) -> None:
    text = (
        "12/03/2026, 14:05 - Shop: Sales: <Media omitted>\n"
        "12/03/2026, 14:06 - Dana: Note: bring cake\n"
        "12/03/2026, 14:07 - Dana: Note: and milk\n"
        "12/03/2026, 14:08 - Shop: Sales: fine: yes\n"
    )
    chat = read(tmp_path, text)
    assert [entry.author for entry in chat.entries] == ["Shop: Sales", "Dana", "Dana", "Shop: Sales"]
    assert [entry.text for entry in chat.entries] == ["", "Note: bring cake", "Note: and milk", "fine: yes"]
    assert any("part of the name" in problem for problem in chat.problems)
