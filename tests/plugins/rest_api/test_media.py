"""Files: by path, by upload, as base64, by URL; and what is refused."""

import base64
import hashlib
import io
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from chatgrow_bot.messages import Media

from .conftest import CONNECTIONS, Api, Reply

SEND = f"{CONNECTIONS}/shop/send"
MEDIA = "/api/whatsapp/media"
TO = "+14155550123"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PDF = b"%PDF-1.4\n" + b"x" * 3000


async def send(api: Api, media: dict[str, Any], key: str = "", **more: Any) -> Reply:
    body, headers = {"to": TO, "message": {"media": media} | more}, {"Idempotency-Key": key}
    return await api.ask("POST", SEND, json=body, headers=headers if key else {})


async def leaves(api: Api, reply: Reply) -> Media:
    """The file that the engine is handed."""
    media = (await api.leaves(reply)).media
    assert media is not None
    return media


async def test_a_file_inside_the_allowed_folders_is_sent_under_its_name(api: Api) -> None:
    await api.connect("shop")
    (api.home / "media" / "menu.pdf").write_bytes(PDF)
    reply = await send(api, {"path": str(api.home / "media" / "menu.pdf")}, caption="Our menu")
    media = await leaves(api, reply)
    assert (media.filename, media.kind) == ("menu.pdf", "document")
    assert media.path.read_bytes() == PDF
    assert api.engine.opened["shop"].sent[-1].text == "Our menu"


async def test_a_path_outside_the_folders_is_refused(api: Api) -> None:
    await api.connect("shop")
    canary = api.home / "canary.txt"
    canary.write_text("canary")
    (api.home / "media" / "link.txt").symlink_to(canary)
    for path in (
        str(canary),
        "/etc/passwd",
        "../canary.txt",
        str(api.home / "media" / ".." / "canary.txt"),
        str(api.home / "media" / "link.txt"),
        str(api.home / "media"),
        str(api.home / "sessions" / "chatgrow.db"),
        "/proc/self/environ",
        "/dev/zero",
        "~/.ssh/id_rsa",
        "file:///etc/passwd",
        "x" * 4096,
        "\udcff".encode(errors="replace").decode(),
    ):
        assert (await send(api, {"path": path})).is_problem(422, "Media refused"), path


async def test_a_url_that_may_not_or_cannot_be_fetched_is_refused(api: Api) -> None:
    await api.connect("shop")
    for url in (
        "http://127.0.0.1:1/x.png",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/x",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "ftp://example.com/x",
        "https://no-such-host.invalid/x.png",
        "nonsense",
        "https://",
    ):
        assert (await send(api, {"url": url})).is_problem(422, "Media refused"), url


async def test_base64_is_sent_as_what_it_is_or_as_asked(api: Api) -> None:
    await api.connect("shop")
    data = base64.b64encode(PNG).decode()
    picture = await leaves(api, await send(api, {"data": data}))
    assert (picture.kind, picture.mimetype) == ("image", "image/png")
    document = await leaves(api, await send(api, {"data": data, "type": "document", "filename": "a.png"}))
    assert (document.kind, document.filename) == ("document", "a.png")
    assert document.path.read_bytes() == PNG
    text = base64.b64encode(b"plain words").decode()
    for media in (
        {"data": text, "type": "image"},
        {"data": "no base64!"},
        {"data": "שלום"},
        {"data": data[:-3]},
        {"data": text, "mimetype": "image/png"},
    ):
        assert (await send(api, media)).is_problem(422, "Media refused"), media


async def test_who_asks_again_is_answered_whatever_has_become_of_the_file(api: Api) -> None:
    await api.connect("shop")
    menu = api.home / "media" / "menu.pdf"
    menu.write_bytes(PDF)
    first = await send(api, {"path": str(menu)}, key="menu-17")
    menu.write_bytes(b"%PDF-1.4 another")
    changed = await send(api, {"path": str(menu)}, key="menu-17")
    menu.unlink()
    gone = await send(api, {"path": str(menu)}, key="menu-17")
    assert [reply.status for reply in (first, changed, gone)] == [202, 202, 202]
    assert first.body["messageId"] == changed.body["messageId"] == gone.body["messageId"]
    assert (await send(api, {"path": str(menu)}, key="menu-18")).is_problem(422, "Media refused")

    # The same file under another name is the same message, and another file is not.
    copy, other = api.home / "media" / "copy.pdf", api.home / "media" / "other.pdf"
    copy.write_bytes(PDF)
    other.write_bytes(PDF + b"!")
    named = await send(api, {"path": str(copy), "filename": "menu.pdf"}, key="menu-17")
    assert named.body["messageId"] == first.body["messageId"]
    refused = await send(api, {"path": str(other), "filename": "menu.pdf"}, key="menu-17")
    assert refused.is_problem(422, "Idempotency key reused")


async def test_an_upload_is_kept_for_its_owner_and_sent_unchanged(api: Api) -> None:
    await api.connect("shop")
    uploaded = await api.ask(
        "POST",
        f"{MEDIA}?filename=%D7%AA%D7%A4%D7%A8%D7%99%D7%98.pdf",
        data=PDF,
        headers={"Content-Type": "application/pdf"},
    )
    assert uploaded.status == 201
    assert uploaded.body | {"uploadId": ""} == {
        "uploadId": "",
        "type": "document",
        "mimetype": "application/pdf",
        "filename": "תפריט.pdf",
        "size": len(PDF),
        "sha256": hashlib.sha256(PDF).hexdigest(),
    }
    upload_id = uploaded.body["uploadId"]
    for _ in range(2):  # as often as one likes
        media = await leaves(api, await send(api, {"uploadId": upload_id}))
        assert media.path.read_bytes() == PDF
    assert (await send(api, {"uploadId": upload_id, "type": "image"})).is_problem(422, "Media refused")
    for other in ("none", "_" * 64):
        assert (await send(api, {"uploadId": other})).is_problem(422, "Media refused")
    await api.ask("POST", CONNECTIONS, "stranger", json={"connectionId": "theirs"})
    body = {"to": TO, "message": {"media": {"uploadId": upload_id}}}
    stolen = await api.ask("POST", f"{CONNECTIONS}/theirs/send", "stranger", json=body)
    assert stolen.is_problem(422, "Media refused")


async def test_twenty_megabytes_stream_through_a_form(api: Api) -> None:
    block = hashlib.sha256(b"seed").digest() * 32768
    form = aiohttp.FormData()
    form.add_field(
        "file", io.BytesIO(b"%PDF-1.4\n" + block * 20), filename="big.pdf", content_type="application/pdf"
    )
    uploaded = await api.ask("POST", MEDIA, data=form)
    assert uploaded.status == 201
    assert uploaded.body["size"] == 9 + 20 * len(block)
    assert uploaded.body["sha256"] == hashlib.sha256(b"%PDF-1.4\n" + block * 20).hexdigest()
    assert uploaded.body["filename"] == "big.pdf"


async def test_more_than_a_file_may_have_is_refused_announced_or_not(api: Api) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(70):
            yield b"\1" * (1 << 20)

    headers = {"Content-Type": "application/octet-stream"}
    announced = await api.ask("POST", MEDIA, data=b"x" * ((64 << 20) + (64 << 10) + 1), headers=headers)
    assert announced.is_problem(413, "Too large")
    streamed = await api.ask("POST", MEDIA, data=endless(), headers=headers)
    assert streamed.status in (413, 422)
    assert streamed.body["title"] in ("Too large", "Media refused")
    left = [path for path in (api.home / "sessions" / "media").rglob("*") if path.is_file()]
    assert not left


BOUNDARY = "multipart/form-data; boundary=b"


def part(name: str, body: str = "hello", more: str = "") -> str:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="a.txt"{more}\r\n\r\n{body}\r\n'


@pytest.mark.filterwarnings("ignore::aiohttp.multipart.BadContentDispositionHeader")
@pytest.mark.filterwarnings("ignore::aiohttp.multipart.BadContentDispositionParam")
async def test_a_form_that_is_not_one_file_is_refused(api: Api) -> None:
    for kind, body, status in (
        ("application/json", "{}", 415),
        ("application/x-www-form-urlencoded", "file=x", 415),
        ("multipart/mixed; boundary=b", part("file") + "--b--\r\n", 415),
        ("multipart/form-data", part("file") + "--b--\r\n", 400),
        (BOUNDARY, "", 422),
        (BOUNDARY, "nonsense", 400),
        (BOUNDARY, "--b--\r\n", 422),
        (BOUNDARY, part("path") + "--b--\r\n", 422),
        (BOUNDARY, part("file") + part("tenant_id") + "--b--\r\n", 422),
        (BOUNDARY, part("file") + part("file") + "--b--\r\n", 422),
        (BOUNDARY, part("file", "") + "--b--\r\n", 422),
        (BOUNDARY, part("file")[:-12], 422),  # cut off in its headers: no name
        (BOUNDARY, part("file"), 400),
        (BOUNDARY, part("file")[:-4], 400),
        (BOUNDARY, part("file", "x" * 300_000), 400),
        (BOUNDARY, part("file") + "--b", 422),
        (BOUNDARY, part("_charset_", "x" * 100) + part("file") + "--b--\r\n", 400),
        (BOUNDARY, part("_charset_", "\x80") + part("file") + "--b--\r\n", 400),
        (BOUNDARY, part("file", more="\r\nContent-Encoding: gzip") + "--b--\r\n", 415),
        (BOUNDARY, part("file", more="\r\nContent-Transfer-Encoding: base64") + "--b--\r\n", 415),
        (BOUNDARY, "--b\r\nContent-Disposition: \0\r\n\r\nx\r\n--b--\r\n", 400),
        (BOUNDARY, "--b\r\nContent-Disposition: form-data; name\r\n\r\nx\r\n--b--\r\n", 422),
        (BOUNDARY, "--b\r\n" + "X: " + "y" * 20_000 + "\r\n\r\nx\r\n--b--\r\n", 400),
        (
            BOUNDARY,
            "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n--b--\r\n",
            422,
        ),
        ("multipart/form-data; boundary=" + "b" * 100, part("file"), 400),
    ):
        answer = await api.ask("POST", MEDIA, data=body.encode(), headers={"Content-Type": kind})
        assert answer.status == status, (kind, body[:20], body[-90:], answer.status, answer.body)
        assert answer.headers["Content-Type"].startswith("application/problem+json")
