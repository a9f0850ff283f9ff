"""Other sites' scripts: nothing tells a browser that they may read an answer, and none opens a stream."""

import pytest

from chatgrow_bot.plugin import Access, Pages

from .serving import route, running
from .test_browsers import tell

ORIGINS = (
    "null", "https://evil.example", "http://localhost", "http://localhost:1", "http://127.0.0.1.evil.example",
    "http://evil.example/127.0.0.1", "https://127.0.0.1", "http://[::1]", "file://", "http://127.0.0.1:{port}0",
    "http://a127.0.0.1:{port}", "http://127.0.0.1:{port}.evil.example", "http://127.0.0.1:{port}@evil.example",
)  # fmt: skip
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "DELETE")
PREFLIGHT = {
    "Access-Control-Request-Method": "DELETE",
    "Access-Control-Request-Headers": "authorization",
    "Access-Control-Request-Private-Network": "true",
}
PAGES = Pages(cookie="door", login="/login", tell=tell)


@pytest.mark.parametrize("origin", ORIGINS)
async def test_no_answer_lets_another_sites_script_read_it(origin: str) -> None:
    routes = [route(access=Access.VIEWER), route("/open"), route("/page", pages=PAGES, access=Access.VIEWER)]
    async with running(routes) as server:
        headers = {"Origin": origin.format(port=server.port), "Cookie": "door=viewer"}
        for path in ("/hello", "/open", "/page", "/elsewhere"):
            for method in METHODS:
                for more in ({}, PREFLIGHT):
                    answer = await server.ask(method, path, "viewer", headers=headers | more)
                    assert not [name for name in answer[2] if name.lower().startswith("access-control")]
                    if method in ("OPTIONS", "POST", "DELETE"):
                        assert answer[0] in (403, 404, 405)


@pytest.mark.parametrize("origin", ORIGINS)
async def test_a_stream_or_page_is_not_for_another_sites_script(origin: str) -> None:
    async with running([route(pages=PAGES, access=Access.VIEWER)]) as server:
        cookie = {"Cookie": "door=viewer"}
        foreign = {"Origin": origin.format(port=server.port)}
        for said in (foreign, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}):
            assert (await server.ask("GET", "/hello", headers=cookie | said))[0] == 403
        # the control: our own page may
        for said in ({}, {"Origin": f"http://127.0.0.1:{server.port}"}, {"Sec-Fetch-Site": "same-origin"}):
            assert (await server.ask("GET", "/hello", headers=cookie | said))[0] == 200
