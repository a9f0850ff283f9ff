"""Files that are two things at once, handed back to a real browser: whatever a page does with them, none is
more than a file."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, BrowserContext, Error, async_playwright

from .conftest import Api

BROWSERS = (Path("/usr/lib/chromium/chromium-headless-shell"), Path("/usr/lib/chromium/chromium"))
SCRIPT = "alert('ran')"
HTML = f"<html><body><script>{SCRIPT}</script><img src=x onerror={SCRIPT}></body></html>"
SVG = f'<svg xmlns="http://www.w3.org/2000/svg" onload="{SCRIPT}"><script>{SCRIPT}</script></svg>'
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0\x1f\x15\xc4\x89"
#: What a file begins with, by what it then seems to be.
BEGINNINGS = {
    "nothing": b"", "bom": b"\xef\xbb\xbf", "space": b" \n\t\x0c", "gif": b"GIF89a/*", "png": PNG,
    "jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF\0", "webp": b"RIFF\x24\0\0\0WEBPVP8 ", "pdf": b"%PDF-1.4\n",
    "zip": b"PK\3\4" + bytes(26), "mp3": b"ID3\4\0\0\0\0\0\0", "mp4": b"\0\0\0\x18ftypisom\0\0\2\0isomiso2",
    "ogg": b"OggS\0\2" + bytes(22), "xml": b"<?xml version='1.0'?>", "comment": b"<!-- x -->",
    "rtf": b"{\\rtf1 ",
}  # fmt: skip
ENDINGS = {
    "html": HTML.encode(),
    "svg": SVG.encode(),
    "js": f"=1;*/=1;\n{SCRIPT};".encode(),
    "utf-16": b"\xff\xfe" + HTML.encode("utf-16-le"),
}
#: 60 of them, by name.
FILES = {f"{a} {b}": start + end for a, start in BEGINNINGS.items() for b, end in ENDINGS.items()}
LABELS = {"html": "text/plain", "svg": "", "js": "application/javascript", "utf-16": "text/html"}
#: All that a page can do with a file but go there.
USES = "".join(
    f"<{each}>"
    for each in (
        'iframe src="{url}"></iframe', 'object data="{url}"></object', 'embed src="{url}"', 'img src="{url}"',
        'script src="{url}"></script', 'link rel="stylesheet" href="{url}"', 'video src="{url}"></video',
    )
)  # fmt: skip


#: Of so many files, the browser is shown one: of each beginning and each ending some.
_SHOWN = 3


class Seen:
    """A browser's context that notes each script that ran."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.ran: list[str] = []
        self.downloads = 0

    async def visits(self, urls: dict[str, str], home: str) -> None:
        """Go to each, and use each in a page of the same origin."""
        page, at = await self.context.new_page(), [""]
        page.on("dialog", lambda dialog: self._noted(at[0], dialog.dismiss()))
        page.on("download", lambda _: self._counted())
        for at[0], url in urls.items():
            with suppress(Error):  # what is saved is no page
                await page.goto(url)
        await page.close()
        page = await self.context.new_page()
        page.on("dialog", lambda dialog: self._noted("used", dialog.dismiss()))
        await page.route(home, lambda route: route.fulfill(content_type="text/html", body=_using(urls)))
        await page.goto(home, wait_until="load", timeout=120_000)
        await page.close()

    def _counted(self) -> None:
        self.downloads += 1

    async def _noted(self, name: str, dismissed: Awaitable[None]) -> None:
        self.ran.append(name)
        await dismissed


def _using(urls: dict[str, str]) -> str:
    return "<!doctype html>" + "".join(USES.format(url=url) for url in urls.values())


async def _browsing(play: Callable[[Browser], Awaitable[None]]) -> None:
    async with async_playwright() as driver:
        program = next((path for path in BROWSERS if path.exists()), None)
        browser = await driver.chromium.launch(executable_path=program, chromium_sandbox=False)
        try:
            await play(browser)
        finally:
            await browser.close()


@pytest.mark.slow
async def test_no_file_that_comes_back_runs_a_script_in_a_browser(api: Api) -> None:
    session = await api.connect("shop")
    urls: dict[str, str] = {}
    for name, content in FILES.items():
        start, end = name.split()
        ids = await api.hears(file=content, mimetype=LABELS[end], filename=f"{start}.{end}")
        urls[name] = f"{api.url}/api/whatsapp/media/{ids}"
    assert session.downloaded
    served: list[str] = []
    async with aiohttp.ClientSession(headers=await _token(api)) as http:
        for name, url in urls.items():
            async with http.get(url) as answer:
                if answer.status != 200:  # a lie about its kind, and so not kept
                    continue
                served.append(name)
                assert await answer.read() == FILES[name]
                assert answer.headers["Content-Disposition"].startswith("attachment;")
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
                assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert len(served) > len(FILES) // 2

    shown = served[::_SHOWN]

    async def play(browser: Browser) -> None:
        headers = await _token(api)
        seen = Seen(await browser.new_context(extra_http_headers=headers, accept_downloads=True))
        await seen.visits({name: urls[name] for name in shown}, f"{api.url}/page.html")
        assert seen.ran == []
        assert seen.downloads > len(shown) // 2

    await _browsing(play)


async def _token(api: Api) -> dict[str, str]:
    return {"Authorization": f"Bearer {await api.token('operator')}"}


async def test_the_same_files_do_run_when_they_are_handed_out_carelessly() -> None:
    """The control: what is served as its sender calls it, to be shown."""

    async def careless(request: web.Request) -> web.Response:
        return web.Response(body=FILES[request.match_info["name"]], content_type="text/html")

    app = web.Application()
    app.router.add_get("/{name}", careless)

    async def play(browser: Browser) -> None:
        async with TestServer(app, host="127.0.0.1") as server:
            seen = Seen(await browser.new_context())
            urls = {name: str(server.make_url(f"/{name}")) for name in list(FILES)[:8]}
            await seen.visits(urls, str(server.make_url("/page.html")))
        assert len(set(seen.ran)) >= 4

    await _browsing(play)
