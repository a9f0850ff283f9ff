"""The spool on a real disk: bytes unchanged, tenants apart, nothing left behind."""

import asyncio
import hashlib
import os
import resource
import stat
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer

from chatgrow_bot.errors import BadInput, MediaRefused, StoreUnavailable
from chatgrow_bot.messages import Kind, Media
from chatgrow_bot.safety.http import SafeHttp
from chatgrow_bot.spool import KEPT, Spool
from chatgrow_bot.testing import FakeClock

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime.now(UTC))  # as files carry it


@pytest.fixture
async def http() -> AsyncIterator[SafeHttp]:
    async with SafeHttp(["127.0.0.1"]) as http:
        yield http


@pytest.fixture
def spool(tmp_path: Path, http: SafeHttp, clock: FakeClock) -> Spool:
    (tmp_path / "shared").mkdir()
    return Spool(tmp_path / "media", http=http, clock=clock, roots=[tmp_path / "shared"], max_bytes=1_000_000)


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@asynccontextmanager
async def site(body: bytes, status: int = 200) -> AsyncIterator[BaseTestServer]:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, status=status)

    app = web.Application()
    app.router.add_get("/{name}", answer)
    async with TestServer(app, host="127.0.0.1") as server:
        yield server


async def test_a_file_lies_under_its_hash_private_and_is_described_truly(
    spool: Spool, tmp_path: Path
) -> None:
    media = await spool.from_stream("dana", stream(PNG[:5], PNG[5:]), "image/jpeg", "../holiday\u202e.jpg")
    sha256 = hashlib.sha256(PNG).hexdigest()
    assert media == Media(
        path=tmp_path / "media" / "dana" / sha256[:2] / sha256,
        sha256=sha256,
        mimetype="image/png",
        filename="holiday.jpg",
        size=len(PNG),
        kind=Kind.IMAGE,
    )
    assert media.path.read_bytes() == PNG
    assert stat.S_IMODE(media.path.stat().st_mode) == 0o600
    assert {
        stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "media").rglob("*") if path.is_dir()
    } == {0o700}


async def test_the_same_file_twice_is_one_file_and_two_tenants_have_two(spool: Spool, tmp_path: Path) -> None:
    for tenant in ("dana", "dana", "avi"):
        await spool.from_stream(tenant, stream(PNG))
    assert len(files(tmp_path / "media")) == 2


async def test_twenty_megabytes_arrive_unchanged_by_every_way(
    tmp_path: Path, http: SafeHttp, clock: FakeClock
) -> None:
    content = os.urandom(1 << 20) * 20
    (tmp_path / "document.bin").write_bytes(content)

    spool = Spool(tmp_path / "media", http=http, clock=clock, roots=[tmp_path])
    async with site(content) as server:
        pieces = (content[at : at + 60_001] for at in range(0, len(content), 60_001))
        for arriving in (
            spool.from_path("dana", tmp_path / "document.bin"),
            spool.from_stream("dana", stream(*pieces), filename="document.bin"),
            spool.from_url("dana", str(server.make_url("/document.bin?x=1"))),
        ):
            media = await arriving
            assert (media.size, media.filename) == (len(content), "document.bin")
            assert media.kind is Kind.DOCUMENT
            assert media.path.read_bytes() == content
            media.path.unlink()


async def test_the_kind_may_be_asked(spool: Spool) -> None:
    assert (await spool.from_stream("dana", stream(PNG))).kind is Kind.IMAGE
    assert (await spool.from_stream("dana", stream(PNG), kind=Kind.DOCUMENT)).kind is Kind.DOCUMENT


@pytest.mark.parametrize(
    ("content", "declared", "kind"),
    [
        (SVG, "image/svg+xml", Kind.IMAGE),
        (SVG, "image/png", None),
        (b"<html>", "image/png", None),
        (b"%PDF-1.7", "", Kind.IMAGE),
        (b"MZ\x90", "application/pdf", None),
        (b"", "", None),
        (bytes(1_000_001), "", None),
    ],
    ids=range(7),
)
async def test_what_is_refused_leaves_nothing_behind(
    spool: Spool, tmp_path: Path, content: bytes, declared: str, kind: Kind | None
) -> None:
    with pytest.raises(MediaRefused):
        await spool.from_stream("dana", stream(content), declared, kind=kind)
    assert files(tmp_path / "media") == []


async def test_a_stream_past_the_limit_is_cut_off_closed_and_removed(spool: Spool, tmp_path: Path) -> None:
    given, closed = 0, False

    async def endless() -> AsyncIterator[bytes]:
        nonlocal given, closed
        try:
            while True:
                given += 65536
                yield bytes(65536)
        finally:
            closed = True

    with pytest.raises(MediaRefused, match="larger than 1000000 bytes"):
        await spool.from_stream("dana", endless())
    assert given <= 1_000_000 + (1 << 18)
    assert closed
    assert files(tmp_path / "media") == []


async def test_a_sender_that_breaks_off_leaves_nothing_behind(spool: Spool, tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield bytes(300_000)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await spool.from_stream("dana", broken())
    assert files(tmp_path / "media") == []


async def test_a_cancelled_copy_leaves_nothing_behind(spool: Spool, tmp_path: Path) -> None:
    waiting = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield bytes(300_000)
        waiting.set()
        await asyncio.Event().wait()

    for turns in range(40):  # cancelled at a different step each time
        waiting.clear()
        async with asyncio.TaskGroup() as tasks:
            copy = tasks.create_task(spool.from_stream("dana", slow()))
            for _ in range(turns):
                await asyncio.sleep(0)
            if turns % 10 == 9:
                await waiting.wait()
            copy.cancel()
    assert files(tmp_path / "media") == []


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file can grow past `size` bytes: the kernel itself refuses, as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("size", [100_000, 600_000])
async def test_a_full_disk_is_told_and_leaves_nothing_behind(spool: Spool, tmp_path: Path, size: int) -> None:
    with full_disk(size), pytest.raises(StoreUnavailable):
        await spool.from_stream("dana", stream(*[bytes(300_000)] * 3))
    assert files(tmp_path / "media") == []
    assert (await spool.from_stream("dana", stream(*[bytes(300_000)] * 3))).size == 900_000


async def test_paths_are_read_from_the_roots_and_from_ones_own_folder_only(
    spool: Spool, tmp_path: Path
) -> None:
    (tmp_path / "shared" / "a.png").write_bytes(PNG)
    (tmp_path / "secret.png").write_bytes(PNG)
    (tmp_path / "shared" / "link.png").symlink_to(tmp_path / "secret.png")
    (tmp_path / "shared" / "big").write_bytes(bytes(1_000_001))
    own = await spool.from_path("dana", Path("a.png"))
    assert own.filename == "a.png"
    assert (await spool.from_path("dana", own.path)).sha256 == own.sha256
    for tenant, path in (
        ("avi", own.path),
        ("dana", tmp_path / "secret.png"),
        ("dana", Path("link.png")),
        ("dana", Path("../secret.png")),
        ("dana", Path("big")),
        ("dana", Path("/proc/self/environ")),
        ("dana", Path("missing")),
    ):
        with pytest.raises(MediaRefused):
            await spool.from_path(tenant, path)


async def test_a_file_without_a_size_of_its_own_is_empty(
    tmp_path: Path, http: SafeHttp, clock: FakeClock
) -> None:
    spool = Spool(tmp_path / "media", http=http, clock=clock, roots=[Path("/proc/self")])
    with pytest.raises(MediaRefused, match="empty"):
        await spool.from_path("dana", Path("environ"))


@pytest.mark.parametrize("tenant", ["", ".", "..", "a/b", "../x", "a\0", "a b", "ä"])
async def test_a_tenant_is_no_path(spool: Spool, tenant: str) -> None:
    with pytest.raises(BadInput):
        await spool.from_stream(tenant, stream(PNG))


async def test_a_url_is_fetched_and_named_after_its_path(spool: Spool) -> None:
    async with site(PNG) as server:
        media = await spool.from_url("dana", str(server.make_url("/caf%C3%A9%2F..%2Fpic.png?x=1")))
        assert (media.filename, media.kind) == ("pic.png", Kind.IMAGE)
        media = await spool.from_url("dana", str(server.make_url("/x")), filename="other.png")
        assert media.filename == "other.png"


async def test_a_url_that_is_forbidden_missing_or_too_large_is_media_refused(
    spool: Spool, tmp_path: Path
) -> None:
    async with site(bytes(1_000_001)) as large, site(b"gone", status=404) as missing:
        for url, says in (
            (str(large.make_url("/x")), "more than 1000000 bytes"),
            (str(missing.make_url("/x")), "status 404"),
            ("https://[::1]/", "not on the public Internet"),
            ("http://[::1", "cannot be read"),
            ("file:///etc/passwd", "Only https"),
        ):
            with pytest.raises(MediaRefused, match=says):
                await spool.from_url("dana", url)
    assert files(tmp_path / "media") == []


async def test_an_upload_is_found_by_its_owner_only_and_for_a_day(spool: Spool, clock: FakeClock) -> None:
    media = await spool.from_stream("dana", stream(PNG), filename="a.png")
    upload_id = await spool.upload("dana", media)
    assert len(upload_id) >= 32
    assert await spool.upload("dana", media) != upload_id
    assert await spool.from_upload("dana", upload_id) == media
    outside = f"../../dana/uploads/{upload_id}"
    for wrong in (upload_id + "x", "", f"../uploads/{upload_id}", outside, "a\0", "x" * 5000):
        with pytest.raises(MediaRefused, match="no upload of that id"):
            await spool.from_upload("dana", wrong)
    with pytest.raises(MediaRefused, match="no upload of that id"):
        await spool.from_upload("avi", upload_id)
    with pytest.raises(MediaRefused):
        await spool.upload("avi", media)
    clock.advance(KEPT.total_seconds())
    with pytest.raises(MediaRefused, match="24 hours"):
        await spool.from_upload("dana", upload_id)


async def test_the_sweep_spares_media_and_the_young(spool: Spool, clock: FakeClock, tmp_path: Path) -> None:
    media = await spool.from_stream("dana", stream(PNG))
    await spool.upload("dana", media)
    clock.advance(3600)
    young = await spool.upload("dana", media)
    home = tmp_path / "media" / "dana"
    (home / "uploads" / "torn.json").write_bytes(b"{")
    for name in (".new-old", "uploads/.new-old", ".new-young"):
        (home / name).write_bytes(b"half")
        if "old" in name:
            os.utime(home / name, (0, 0))
    assert await spool.expire(clock.now() - timedelta(hours=1) + KEPT) == 2
    assert files(home) == sorted([".new-young", f"uploads/{young}.json", str(media.path.relative_to(home))])
    assert await spool.from_upload("dana", young) == media


async def test_nothing_is_let_go_where_a_user_has_no_folder(spool: Spool) -> None:
    async def named(tenant: str, hashes: Collection[str]) -> Collection[str]:
        return ()

    assert await spool.let_go("t", {"a" * 64}, named) == 0
