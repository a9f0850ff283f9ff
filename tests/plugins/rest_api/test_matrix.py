"""Every route against every wrong caller. A new route is here without anyone adding it."""

from datetime import timedelta
from typing import Any

import pytest

from chatgrow_bot.accounts import Accounts
from chatgrow_bot.hub import ConnectionView, Role
from chatgrow_bot.plugin import Access, Route

from .conftest import CONNECTIONS, USERS, Api, Reply

TALKS = "/api/whatsapp/conversations"
#: What anyone may call. A longer list needs a reason.
PUBLIC = {
    ("POST", "/api/auth/login"),
    ("POST", "/api/auth/refresh"),  # who has the token comes in by it
    ("GET", "/health"),
    ("GET", "/api/whatsapp/health"),
    ("GET", "/api/logs/health"),
    ("GET", "/api/openapi.json"),  # says nothing of anyone
    ("GET", "/docs"),
    ("GET", "/docs/{file}"),
}
#: What everybody does with what is his own: his logins, his password, his keys.
OWN = {
    ("POST", "/api/auth/logout"),
    ("PUT", "/api/auth/password"),
    ("POST", "/api/keys"),
    ("DELETE", "/api/keys/{key_id}"),
}
#: Where a signature does instead of a token.
SIGNED = ("POST", "/api/whatsapp/webhook/{connection_id}")
#: What only looks, and shows secrets or costs the account something.
_FOR_OPERATORS = ("/qr", "/picture", "/numbers/{number}", "/contacts/{number}/export")
#: A body that each route takes, so that nothing but the caller can be what is wrong.
BODIES = {
    ("POST", "/api/auth/login"): {"username": "nobody", "password": "wrong password"},
    ("POST", "/api/auth/refresh"): {"refreshToken": "cgr_none"},
    ("PUT", "/api/auth/password"): {"oldPassword": "wrong password", "newPassword": "correct horse"},
    ("POST", "/api/users"): {"username": "somebody"},
    ("PUT", "/api/users/{user_id}"): {"role": "viewer"},
    ("POST", "/api/keys"): {"name": "a key"},
    ("POST", CONNECTIONS): {"connectionId": "another"},
    ("PUT", f"{CONNECTIONS}/{{connection_id}}"): {"name": "Renamed"},
    ("POST", f"{CONNECTIONS}/{{connection_id}}/send"): {"to": "+14155550123", "message": "hello"},
    ("POST", "/api/whatsapp/bulk/send"): {
        "connectionId": "shop",
        "messages": [{"to": "+14155550123"}],
        "content": "hello",
    },
    ("POST", "/api/commands/{name}"): {"args": []},
    ("POST", "/api/whatsapp/messages/{message_id}/react"): {"emoji": "👍"},
    ("POST", "/api/whatsapp/messages/{message_id}/edit"): {"text": "hello again"},
    ("POST", "/api/whatsapp/messages/{message_id}/forward"): {"to": "+14155550123"},
    ("POST", f"{CONNECTIONS}/{{connection_id}}/presence"): {"available": True},
    ("POST", TALKS): {"connectionId": "shop", "chat": "+14155550123", "team": "sales"},
    ("POST", f"{TALKS}/{{conversation_id}}/transfer"): {"team": "sales"},
    ("POST", f"{TALKS}/{{conversation_id}}/note"): {"text": "a note"},
    ("POST", f"{TALKS}/{{conversation_id}}/messages"): {"message": "hello", "agent": "dana"},
    SIGNED: {"message": "hello", "sender": "+14155550123", "timestamp": "2026-01-01T12:00:00Z"},
}


def filled(route: Route, message_id: str = "0" * 32, connection_id: str = "shop") -> str:
    return (
        route.path.replace("{connection_id}", connection_id)
        .replace("{message_id}", message_id)
        .replace("{name}", "none")
        .replace("{user_id}", "0" * 32)
        .replace("{key_id}", "0" * 32)
        .replace("{batch_id}", "0" * 32)
        .replace("{conversation_id}", "0" * 32)
        .replace("{chat}", "14155550123@c.us")
        .replace("{number}", "+14155550123")
    )


async def ask(
    api: Api,
    route: Route,
    user: str | None = None,
    message_id: str = "0" * 32,
    connection_id: str = "shop",
    **more: Any,
) -> Reply:
    if (route.method, route.path) == ("POST", "/api/whatsapp/media"):
        more |= {"data": b"x", "headers": {"Content-Type": "text/plain", **dict(more.get("headers", {}))}}
    elif body := BODIES.get((route.method, route.path)):
        more["json"] = body
    return await api.ask(route.method, filled(route, message_id, connection_id), user, **more)


def test_the_public_list_is_frozen(api: Api) -> None:
    public = {(route.method, route.path) for route in api.routes() if route.access is Access.PUBLIC}
    assert public == PUBLIC
    assert [(r.method, r.path) for r in api.routes() if r.access is Access.SIGNED] == [SIGNED]


def test_who_only_looks_changes_nothing_and_sees_no_secret(api: Api) -> None:
    for route in api.routes():
        looks = route.method == "GET" and not route.path.endswith(_FOR_OPERATORS)
        others = {*PUBLIC, *OWN, SIGNED, ("POST", "/api/commands/{name}")}
        if not looks and (route.method, route.path) not in others:
            assert route.access in (Access.OPERATOR, Access.ADMIN), route


async def test_without_a_good_token_no_other_route_answers(api: Api) -> None:
    await api.create("shop")
    accounts = api.hub.accounts
    assert isinstance(accounts, Accounts)
    revoked = await api.token("admin")
    await accounts.revoke((await accounts.verify(revoked)).user_id)
    _, revoked_key = await accounts.keys.make(key_of := await accounts.find("admin-user"), "revoked")
    for key in await accounts.keys.list(key_of.user_id):
        await accounts.keys.revoke(key_of.user_id, key.key_id)
    soon = api.clock.now() + timedelta(minutes=1)
    _, expired_key = await accounts.keys.make(key_of, "expired", expires_at=soon)
    old = await api.token("viewer")
    api.clock.advance(16 * 60)
    head, body, signature = (await api.token("stranger")).split(".")
    bad = {
        "none": {},
        "empty": {"Authorization": ""},
        "no scheme": {"Authorization": old},
        "basic": {"Authorization": "Basic YWRtaW46YWRtaW4="},
        "garbage": {"Authorization": "Bearer garbage"},
        "expired": {"Authorization": f"Bearer {old}"},
        "revoked": {"Authorization": f"Bearer {revoked}"},
        "forged": {"Authorization": f"Bearer {head}.{body}.{signature[::-1]}"},
        "unsigned": {"Authorization": f"Bearer {head}.{body}."},
        "cookie": {"Cookie": f"token={head}.{body}.{signature}"},
        "revoked key": {"Authorization": f"Bearer {revoked_key}"},
        "expired key": {"X-API-Key": expired_key},
        "garbage key": {"X-API-Key": f"cgk_{'0' * 32}_{'A' * 43}"},
    }
    for route in api.routes():
        if (route.method, route.path) in PUBLIC:
            continue
        for name, headers in bad.items():
            answer = await ask(api, route, headers=headers)
            assert answer.is_problem(401, "Not logged in"), (route, name)
    assert [each.connection_id for each in await all_connections(api)] == ["shop"]


async def all_connections(api: Api) -> list[ConnectionView]:
    accounts = api.hub.accounts
    assert isinstance(accounts, Accounts)
    owners = [await accounts.find(f"{user}-user") for user in USERS if user != "nobody"]
    return [view for owner in owners for view in await api.hub.connections.list(owner.user_id)]


@pytest.mark.parametrize("user", ["viewer", "operator"])
async def test_a_lower_role_is_told_that_it_may_not(api: Api, user: str) -> None:
    for route in api.routes():
        if (route.method, route.path) in {*PUBLIC, ("POST", "/api/auth/logout")}:  # after which he is nobody
            continue
        answer = await ask(api, route, user)
        signed = (route.method, route.path) == SIGNED
        refused = not USERS[user].includes(Role.OPERATOR if signed else Role(route.access.value))
        assert (answer.status == 403) == refused, (route, answer)


async def test_another_tenant_sees_what_he_would_see_if_it_did_not_exist(api: Api) -> None:
    owned = [
        route for route in api.routes() if "{connection_id}" in route.path or "{message_id}" in route.path
    ]
    assert len(owned) == 34
    before = {}
    for route in owned:
        answer = await ask(api, route, "stranger")
        before[route.method, route.path] = answer
        assert answer.status == 404

    session = await api.connect("shop")
    sent = await api.ask("POST", f"{CONNECTIONS}/shop/send", json={"to": "+14155550123", "message": "hello"})
    came = await api.hears(text="hello", file=b"hello", mimetype="text/plain")
    for message_id in (sent.body["messageId"], came):
        for route in owned:
            theirs = await ask(api, route, "stranger", message_id)
            missing = before[route.method, route.path]
            text = str(theirs.body | {"requestId": ""}).replace(message_id, "0" * 32)
            assert text == str(missing.body | {"requestId": ""})
        # the control: the owner sees it
        assert (await api.ask("GET", f"/api/whatsapp/messages/{message_id}")).status == 200
    assert (await api.ask("GET", f"/api/whatsapp/media/{came}")).body == b"hello"
    assert (session.read, session.shown, session.available, session.paired) == ([], [], None, [])
    assert (await api.ask("GET", CONNECTIONS, "stranger")).body == {"connections": []}
    # nothing was changed by the stranger
    assert (await api.ask("GET", f"{CONNECTIONS}/shop")).body["name"] == ""


async def test_a_tenant_named_in_the_request_is_not_heard(api: Api) -> None:
    await api.create("shop")
    accounts = api.hub.accounts
    assert isinstance(accounts, Accounts)
    owner = (await accounts.find("operator-user")).user_id
    for headers in ({"X-Tenant": owner}, {"X-User-Id": owner}, {"X-Forwarded-User": owner}):
        path = f"{CONNECTIONS}/shop?tenant={owner}&user_id={owner}"
        assert (await api.ask("GET", path, "stranger", headers=headers)).status == 404
    for key in ("tenant", "tenantId", "tenant_id", "userId", "role", "state", "me"):
        answer = await api.ask("POST", CONNECTIONS, "stranger", json={"connectionId": "x", key: owner})
        assert answer.is_problem(422, "Invalid request")
        assert answer.body["errors"][0]["pointer"] == f"/{key}"
