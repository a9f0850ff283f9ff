"""Whatever is sent, no answer tells of the inside: no code, no path, no database."""

import re
from typing import Any

import aiohttp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import CONNECTIONS, Api

INSIDE = re.compile(rb"Traceback|/home/|/tmp/|sqlite|SELECT |INSERT |File \"|site-packages|\.py\b")

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
IDS = st.sampled_from(["shop", "missing", "a" * 64, "a" * 65, "../x", "%2e%2e", "'; --", "0" * 32]) | WORDS
PATHS = st.sampled_from(
    [
        CONNECTIONS, f"{CONNECTIONS}/{{}}", f"{CONNECTIONS}/{{}}/send", f"{CONNECTIONS}/{{}}/qr",
        "/api/whatsapp/messages/{}", "/api/whatsapp/messages/{}/react", "/api/whatsapp/media/{}",
        "/api/whatsapp/media", "/api/whatsapp/webhook/{}", "/api/auth/login", "/api/auth/refresh",
        "/api/keys", "/api/commands/{}", "/api/queue/pause", "/api/logs/health", "/{}",
    ]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)
KEYS = st.sampled_from(
    [
        "to",
        "message",
        "options",
        "connectionId",
        "username",
        "password",
        "args",
        "emoji",
        "name",
        "scopes",
        "media",
    ]
)
BODIES: st.SearchStrategy[dict[str, Any]] = (
    st.dictionaries(KEYS, VALUES, max_size=4).map(lambda body: {"json": body})
    | VALUES.map(lambda body: {"json": body})
    | st.binary(max_size=40).map(lambda body: {"data": body, "headers": {"Content-Type": "application/json"}})
    | st.binary(max_size=40).map(lambda body: {"data": body, "headers": {"Content-Type": "image/png"}})
    | st.just({})
)
METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])


async def test_no_error_tells_of_the_inside(api: Api) -> None:
    await api.create("shop")
    token = await api.token("operator")
    seen: dict[int, int] = {}

    async with aiohttp.ClientSession(api.url) as session:

        async def ask(method: str, path: str, body: dict[str, Any], known: bool) -> tuple[int, bytes]:
            headers = {**body.get("headers", {}), **({"Authorization": f"Bearer {token}"} if known else {})}
            async with session.request(method, path, **{**body, "headers": headers}) as answer:
                return answer.status, await answer.read()

        for case in cases():
            status, said = await ask(*case)
            seen[status] = seen.get(status, 0) + 1
            assert status < 500, case
            assert status < 400 or not INSIDE.search(said), (case, said)
    assert {401, 404, 405, 415, 422} <= seen.keys(), seen


def cases() -> list[tuple[str, str, dict[str, Any], bool]]:
    """A few hundred requests, the same at every run."""
    found: list[tuple[str, str, dict[str, Any], bool]] = []

    @settings(
        max_examples=300,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(method=METHODS, path=PATHS, name=IDS, body=BODIES, known=st.booleans())
    def collect(method: str, path: str, name: str, body: dict[str, Any], known: bool) -> None:
        found.append((method, path.replace("{}", name) or "/", body, known))

    collect()
    return found
