"""Who is let in, from where, and for how long: the pages' routes asked as an attacker's browser would ask."""

import asyncio
from http.cookies import SimpleCookie
from typing import Any

import pytest
from playwright.async_api import expect

from chatgrow_bot.hub import Role
from chatgrow_bot.messages import ConnectionState
from chatgrow_bot.plugin import Access, Route

from .conftest import COOKIE, PASSWORD, SECONDS, Console

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: What anyone may look at or do. A longer list needs a reason.
PUBLIC = {
    ("GET", "/"),
    ("GET", "/console/login"),
    ("POST", "/console/login"),
    ("POST", "/console/language"),
    ("GET", "/console/static/{name}"),
}
#: What whoever may only look may do besides.
LOOKING = {
    ("GET", "/console"),
    ("GET", "/console/live"),
    ("POST", "/console/session"),
    ("POST", "/console/logout"),
}


def routes(console: Console) -> list[Route]:
    offered = console.running.ground.hooks.register_routes()
    return [route for instance, route in offered if instance == "dashboard"]


def form(route: Route) -> dict[str, str]:
    """What a browser fills in, so that only who asks can be what is wrong."""
    bodies = {
        "/console/connections": {"name": "", "id": "made", "phone": ""},
        "/console/language": {"language": "he", "back": "/console"},
        "/console/login": {"username": "nobody", "password": PASSWORD},
    }
    return bodies.get(route.path, {})


async def ask(console: Console, route: Route, connection_id: str, token: str = "", **headers: str) -> Any:
    path = route.path.replace("{connection_id}", connection_id).replace("{name}", "htmx.js")
    more = {"data": form(route)} if route.method == "POST" else {}
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return await console.ask(route.method, path, token, headers=sent, **more)


async def test_the_public_list_is_frozen(console: Console) -> None:
    public = {(route.method, route.path) for route in routes(console) if route.access is Access.PUBLIC}
    assert public == PUBLIC
    assert all(route.pages for route in routes(console) if "/static/" not in route.path)


async def test_without_a_good_cookie_every_page_sends_one_to_log_in(console: Console) -> None:
    who = await console.user()
    shop = await console.connection(who)
    good = await console.token(who)
    revoked = await console.token(gone := await console.user())
    await console.accounts.revoke(gone.user_id)
    head, body, signature = good.split(".")
    for route in routes(console):
        if (route.method, route.path) in PUBLIC:
            continue
        for token in ("", "garbage", revoked, f"{head}.{body}.{signature[::-1]}", f"{head}.{body}."):
            status, _, headers = await ask(console, route, shop, token, Sec_Fetch_Site="same-origin")
            assert (status, headers.get("Location")) == (303, "/console/login"), (route, token)
        # A page is entered by its cookie alone: a bearer token, which scripts have, opens it as little.
        answer = await ask(console, route, shop, Authorization=f"Bearer {good}", Sec_Fetch_Site="same-origin")
        assert answer[0] == 303, route
    assert shop in console.views
    assert (await console.ask("GET", "/console", good))[0] == 200  # the control


async def test_what_another_site_asks_for_is_not_done(console: Console) -> None:
    who = await console.user()
    shop = await console.connection(who)
    token, host = await console.token(who), console.url.partition("://")[2]
    foreign: list[dict[str, str]] = [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": console.url},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"http://{host}.evil.example"},
        {"Origin": "http://127.0.0.1:1"},
    ]
    unsafe = [route for route in routes(console) if route.method == "POST"]
    assert len(unsafe) == 9
    for route in unsafe:
        for headers in foreign:
            said = {name.replace("-", "_"): value for name, value in headers.items()}
            status, text, _ = await ask(console, route, shop, token, **said)
            assert status == 403, (route.path, headers)
            assert "Another site asked for this" in text
    assert shop in console.views
    assert "made" not in console.views
    assert await console.accounts.verify(token)
    for good in ({"Sec_Fetch_Site": "same-origin"}, {"Origin": console.url}):
        session = next(route for route in unsafe if route.path == "/console/session")
        assert (await ask(console, session, shop, token, **good))[0] == 204


async def test_another_site_cannot_look_through_the_visitor_either(console: Console) -> None:
    token = await console.token(await console.user())
    for headers, status in (
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),
        ({"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}, 200),
        ({}, 200),
    ):
        assert (await console.ask("GET", "/console", token, headers=headers))[0] == status


async def test_a_form_on_another_site_changes_nothing_in_a_true_browser(console: Console) -> None:
    who = await console.user()
    shop = await console.connection(who)
    page = await console.page(who)
    evil = await page.context.new_page()
    trap = (
        f'<form method="post" action="{console.url}/console/connections/{shop}/delete"><button>Win</button>'
    )
    await evil.route("http://evil.test/*", lambda route: route.fulfill(content_type="text/html", body=trap))
    await evil.goto("http://evil.test/")
    async with evil.expect_response(f"**/{shop}/delete") as refused:
        await evil.get_by_role("button").click()
    assert (await refused.value).status == 403
    assert shop in console.views
    await page.goto(
        f"{console.url}/console/connections/{shop}/delete"
    )  # the control: the very same form here
    await page.get_by_role("button", name="Delete it").click()
    await expect(page.get_by_role("heading", name="No number is linked yet")).to_be_visible()


async def test_what_is_anothers_looks_like_what_is_not(console: Console) -> None:
    owner, stranger = await console.user(), await console.user()
    shop = await console.connection(owner, "Secret name")
    token = await console.token(stranger)
    owned = [route for route in routes(console) if "{connection_id}" in route.path]
    assert len(owned) == 7
    for route in owned:
        headers = {"Sec_Fetch_Site": "same-origin"}
        theirs = await ask(console, route, shop, token, **headers)
        missing = await ask(console, route, "missing", token, **headers)
        if route.path.endswith("/live"):  # an answer that has begun tells it on the page
            assert theirs[1] == missing[1]
            assert "There is no such connection" in theirs[1]
            continue
        assert (theirs[0], missing[0]) == (404, 404), route
        assert theirs[1].replace(shop, "missing") == missing[1]
    assert "Secret name" not in (await console.ask("GET", "/console", token))[1]
    assert shop in console.views


async def test_a_viewer_looks_and_changes_nothing(console: Console) -> None:
    looking = {(route.method, route.path) for route in routes(console) if route.access is Access.VIEWER}
    assert looking == LOOKING
    viewer = await console.user(Role.VIEWER)
    token = await console.token(viewer)
    for route in routes(console):
        if route.access is Access.OPERATOR:
            status, text, headers = await ask(console, route, "x", token, Sec_Fetch_Site="same-origin")
            assert status == 403
            assert "You may not do this" in text
            assert headers["Content-Type"].startswith("text/html")
    page = await console.page(viewer)
    await expect(page.get_by_role("heading", name="No number is linked yet")).to_be_visible()
    await expect(page.get_by_role("button", name="Add a number")).to_have_count(0)


async def test_every_page_carries_its_headers_and_none_is_kept(console: Console) -> None:
    who = await console.user()
    shop = await console.connection(who)
    token = await console.token(who)
    for path in ("/console", "/console/new", f"/console/connections/{shop}/link", "/console/login"):
        _, _, headers = await console.ask("GET", path, token)
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "unsafe" not in policy
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Referrer-Policy"] == "same-origin"
    for name in ("../__init__.py", "..%2f__init__.py", "none.js"):
        assert (await console.ask("GET", f"/console/static/{name}"))[0] == 404


async def test_the_cookie_is_for_these_pages_and_no_script(console: Console) -> None:
    who = await console.user()
    login = {"username": who.username, "password": PASSWORD}
    for forwarded, secure in ((None, False), ("https", False)):  # nobody's word counts but a trusted proxy's
        headers = {"Sec-Fetch-Site": "same-origin"} | ({"X-Forwarded-Proto": forwarded} if forwarded else {})
        status, _, got = await console.ask("POST", "/console/login", data=login, headers=headers)
        assert (status, got["Location"]) == (303, "/console")
        cookie = SimpleCookie(got["Set-Cookie"])[COOKIE]
        assert cookie["httponly"]
        assert (cookie["samesite"], cookie["path"], bool(cookie["secure"])) == ("Strict", "/console", secure)
        assert int(cookie["max-age"]) <= 900


async def test_a_login_is_prolonged_by_an_open_page_and_ended_for_all_its_tokens(console: Console) -> None:
    who = await console.user()
    page = await console.page(who)
    token = await console.token(who)
    async with asyncio.timeout(SECONDS):
        while (renewed := await cookie_of(page)) == token:
            await page.wait_for_timeout(50)
    assert (await console.accounts.verify(renewed)).user_id == who.user_id
    status, _, headers = await console.ask(
        "POST", "/console/logout", renewed, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert (status, headers["Location"]) == (303, "/console/login")
    for each in (token, renewed):
        assert (await console.ask("GET", "/console", each))[0] == 303


async def cookie_of(page: Any) -> str:
    return next((each["value"] for each in await page.context.cookies() if each["name"] == COOKIE), "")


async def test_a_live_page_ends_with_its_login_and_says_no_more(console: Console) -> None:
    who = await console.user()
    shop = await console.connection(who, state=ConnectionState.ONLINE)
    page = await console.page(who)
    link = await page.context.new_page()
    await link.goto(f"{console.url}/console/connections/{shop}/link")
    await expect(page.locator(f"#card-{shop}")).to_contain_text("Online")
    await console.accounts.revoke(who.user_id)  # as for a user who is disabled
    for each in (page, link):
        await expect(each).to_have_url(f"{console.url}/console/login")


async def test_an_expired_session_leads_to_the_login(console: Console) -> None:
    page = await console.page(await console.user(), "/console/login")
    # Nothing prolongs it: an answer that was under way would bring back the cookie that is about to go.
    await page.route("**/console/session", lambda route: route.fulfill(status=204))
    await page.goto(f"{console.url}/console")
    await expect(page).to_have_url(f"{console.url}/console")
    await page.context.clear_cookies()  # as a browser does when a cookie's time is over
    await page.goto(f"{console.url}/console/new")
    await expect(page).to_have_url(f"{console.url}/console/login")


async def test_a_stream_tells_nothing_after_its_login_is_over(console: Console) -> None:
    who = await console.user()
    shop = await console.connection(who, state=ConnectionState.ONLINE)
    heard = b""
    url, cookies = f"{console.url}/console/live", {"Cookie": f"{COOKIE}={await console.token(who)}"}
    async with asyncio.timeout(SECONDS), console.http.get(url, headers=cookies) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        assert stream.headers["Cache-Control"] == "no-store"
        heard += await stream.content.readuntil(b"\n\n")
        await console.accounts.revoke(who.user_id)
        console.engine.opened[shop].becomes(ConnectionState.LOGGED_OUT)
        rest = await stream.content.read()
    assert b"Online" in heard
    assert rest == b"event: ended\ndata:\n\n"
