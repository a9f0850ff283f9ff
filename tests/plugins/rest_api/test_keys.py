"""API keys over HTTP: each opens what its scopes name and nothing else, on its own connections only."""

import pytest

from chatgrow_bot.accounts import Accounts
from chatgrow_bot.hub import Role, Scope
from chatgrow_bot.plugin import Access, Route

from .conftest import CONNECTIONS, Api, Reply
from .test_matrix import PUBLIC, TALKS, ask, filled

MESSAGES = "/api/whatsapp/messages"
ONE = f"{CONNECTIONS}/{{connection_id}}"
#: What a key opens by each scope; whatever is not here, none does.
OPENS = {
    Scope.READ: {
        f"GET {CONNECTIONS}",
        f"GET {ONE}",
        f"GET {ONE}/groups",
        f"GET {ONE}/messages",
        f"GET {ONE}/contacts",
        f"GET {ONE}/contacts/{{chat}}",
        f"GET {MESSAGES}",
        f"GET {MESSAGES}/held",
        f"GET {MESSAGES}/{{message_id}}",
        f"GET {MESSAGES}/{{message_id}}/replies",
        "GET /api/whatsapp/media/{message_id}",
        "GET /api/queue/status",
        "GET /api/whatsapp/events",
        "GET /api/whatsapp/bulk",
        "GET /api/whatsapp/bulk/{batch_id}",
        "GET /api/whatsapp/bulk/{batch_id}/results",
        "GET /api/usage",
        "GET /api/whatsapp/stats",
        f"GET {ONE}/stats",
        f"GET {ONE}/health",
        "GET /api/whatsapp/contacts/{number}/export",
        f"GET {TALKS}",
        f"GET {TALKS}/{{conversation_id}}",
        f"GET {TALKS}/{{conversation_id}}/messages",
        "GET /api/whatsapp/teams",
        "GET /api/whatsapp/insight",
    },
    Scope.SEND: {
        f"POST {ONE}/send",
        f"POST {ONE}/chats/{{chat}}/read",
        f"POST {ONE}/chats/{{chat}}/typing",
        f"POST {ONE}/presence",
        f"GET {ONE}/numbers/{{number}}",
        f"POST {MESSAGES}/{{message_id}}/resend",
        f"POST {MESSAGES}/{{message_id}}/react",
        f"POST {MESSAGES}/{{message_id}}/edit",
        f"POST {MESSAGES}/{{message_id}}/forward",
        f"DELETE {MESSAGES}/{{message_id}}",
        "POST /api/whatsapp/media",
        "POST /api/whatsapp/bulk/send",
        "POST /api/whatsapp/bulk/csv",
        "POST /api/whatsapp/bulk/{batch_id}/pause",
        "POST /api/whatsapp/bulk/{batch_id}/resume",
        "POST /api/whatsapp/bulk/{batch_id}/cancel",
        f"POST {TALKS}",
        f"POST {TALKS}/{{conversation_id}}/take",
        f"POST {TALKS}/{{conversation_id}}/transfer",
        f"POST {TALKS}/{{conversation_id}}/release",
        f"POST {TALKS}/{{conversation_id}}/close",
        f"POST {TALKS}/{{conversation_id}}/note",
        f"POST {TALKS}/{{conversation_id}}/messages",
    },
    Scope.MANAGE: {
        f"POST {CONNECTIONS}",
        f"PUT {ONE}",
        f"POST {ONE}/reconnect",
        f"POST {ONE}/pause",
        f"POST {ONE}/resume",
        f"GET {ONE}/picture",
        f"GET {ONE}/webhook-keys",
        f"DELETE {ONE}/webhook-keys/{{key_id}}",
    },
    Scope.DELETE: {
        f"DELETE {ONE}",
        f"POST {MESSAGES}/{{message_id}}/delete",
        "DELETE /api/whatsapp/contacts/{number}",
    },
    Scope.QR: {f"GET {ONE}/qr", f"POST {ONE}/pairing-code"},
    Scope.INBOUND: {"POST /api/whatsapp/webhook/{connection_id}"},
    Scope.ADMIN: {
        "POST /api/queue/pause",
        "POST /api/queue/stop",
        "POST /api/queue/resume",
        "GET /api/commands",
        "POST /api/commands/{name}",
        "GET /api/logs/files",
    },
    Scope.METRICS: set(),
}


#: What takes the scope `read` as well: whoever gets a copy reads it.
READS_TOO = {f"POST {MESSAGES}/{{message_id}}/forward"}


def place(route: Route) -> str:
    return f"{route.method} {route.path}"


async def key(
    api: Api, user: str, *scopes: Scope, connections: list[str] | None = None
) -> tuple[str, dict[str, str]]:
    """A key of a user's, made over HTTP: its id, and the header that shows it."""
    body = {"name": "a program", "scopes": list(scopes), "connections": connections}
    made = await api.ask("POST", "/api/keys", user, json=body)
    assert made.status == 201, made
    return made.body["keyId"], {"Authorization": f"Bearer {made.body['key']}"}


def is_for_keys_refusal(answer: Reply) -> bool:
    return answer.status == 403 and ("a key with the scope" in answer.body["detail"] or no_key(answer))


def no_key(answer: Reply) -> bool:
    return "no key may do it" in answer.body["detail"]


def test_what_a_key_opens_is_frozen(api: Api) -> None:
    found: dict[Scope, set[str]] = {scope: set() for scope in Scope}
    for route in api.routes():
        if route.scope and route.access is not Access.PUBLIC:
            found[route.scope].add(place(route))
    assert found == OPENS


async def test_a_key_opens_the_routes_of_its_scope_and_no_other(api: Api) -> None:
    await api.create("shop", "admin")
    for scope in Scope:
        _, header = await key(api, "admin", scope)
        for route in api.routes():
            if route.access is Access.PUBLIC:
                continue
            answer = await ask(api, route, headers=header)
            opens = route.scope is scope and place(route) not in READS_TOO
            assert is_for_keys_refusal(answer) is not opens, (scope, route, answer)
            assert not opens or answer.status not in (401, 403), (scope, route, answer)
            assert route.scope is not None or no_key(answer), (scope, route)


@pytest.mark.parametrize("user", ["viewer", "operator"])
async def test_no_scope_lifts_a_key_above_its_user(api: Api, user: str) -> None:
    mine = {Role.VIEWER: (Scope.ADMIN, Scope.METRICS), Role.OPERATOR: (Scope.ADMIN, Scope.METRICS)}
    for scope in mine[Role(user)]:
        refused = await api.ask("POST", "/api/keys", user, json={"name": "x", "scopes": [scope]})
        assert refused.is_problem(403, "Not allowed")
    _, header = await key(api, user, *(scope for scope in Scope if scope not in mine[Role(user)]))
    for route in api.routes():
        if route.access is Access.PUBLIC:
            continue
        needed = Role.OPERATOR if route.access is Access.SIGNED else Role(route.access.value)
        answer = await ask(api, route, headers=header)
        refused_for_role = answer.status == 403 and f"the role '{needed}'" in answer.body["detail"]
        assert refused_for_role is not Role(user).includes(needed), (route, answer)


async def test_a_key_that_is_bound_finds_the_others_as_if_they_were_not(api: Api) -> None:
    await api.connect("shop")
    await api.connect("other")
    sent = await api.ask("POST", f"{CONNECTIONS}/other/send", json={"to": "+14155550123", "message": "hello"})
    came = await api.hears("other", text="hello", file=b"hello", mimetype="text/plain")
    ids = (sent.body["messageId"], came)
    # what takes an admin is no matter of single connections
    _, header = await key(
        api,
        "operator",
        *(scope for scope in Scope if scope not in (Scope.ADMIN, Scope.METRICS)),
        connections=["shop"],
    )
    for route in api.routes():
        if route.scope is None or route.access is Access.ADMIN:
            continue
        if "{connection_id}" in route.path:
            asked = [({"connection_id": each}, each) for each in ("none", "other")]
        elif "{message_id}" in route.path:
            asked = [({"message_id": each}, each) for each in ("0" * 32, *ids)]
        else:
            continue
        told = []
        for where, name in asked:
            answer = await ask(api, route, headers=header, **where)
            assert answer.status == 404, (route, where, answer)
            told.append(str(answer.body | {"requestId": ""}).replace(name, ""))
        assert len(set(told)) == 1, route
    # the control: the same key on its own connection, and the owner himself
    assert (await api.ask("GET", f"{CONNECTIONS}/shop", None, headers=header)).status == 200
    for message_id in ids:
        assert (await api.ask("GET", f"{MESSAGES}/{message_id}")).status == 200


async def test_what_a_bound_key_lists_leaves_the_others_out(api: Api) -> None:
    await api.connect("shop")
    await api.connect("other")
    _, header = await key(api, "operator", Scope.READ, Scope.SEND, Scope.MANAGE, connections=["shop"])
    listed = await api.ask("GET", CONNECTIONS, None, headers=header)
    assert [each["connectionId"] for each in listed.body["connections"]] == ["shop"]
    assert len((await api.ask("GET", CONNECTIONS)).body["connections"]) == 2
    status = (await api.ask("GET", "/api/queue/status", None, headers=header)).body
    assert [each["connectionId"] for each in status["connections"]] == ["shop"]
    made = await api.ask("POST", CONNECTIONS, None, headers=header, json={"connectionId": "third"})
    assert made.is_problem(403, "Not allowed")
    sent = await api.ask("POST", f"{CONNECTIONS}/shop/send", json={"to": "+14155550123", "message": "hello"})
    path, to = f"{MESSAGES}/{sent.body['messageId']}/forward", {"to": "+14155550124"}
    over = await api.ask("POST", path, None, headers=header, json=to | {"connectionId": "other"})
    assert over.is_problem(404, "Connection not found")
    assert (await api.ask("POST", path, None, headers=header, json=to)).status == 202


async def test_what_is_everybodys_takes_a_key_for_admins(api: Api) -> None:
    path = "/api/queue/status?all=true"
    _, plain = await key(api, "admin", Scope.READ)
    _, admins = await key(api, "admin", Scope.READ, Scope.ADMIN)
    assert (await api.ask("GET", path, None, headers=plain)).is_problem(403, "Not allowed")
    for answer in (await api.ask("GET", path, None, headers=admins), await api.ask("GET", path, "admin")):
        assert answer.status == 200


async def test_a_key_is_made_told_once_listed_and_revoked(api: Api) -> None:
    await api.create("shop")
    body = {"name": "the shop's CRM", "connections": ["shop"], "expiresAt": "2027-01-01T00:00:00Z"}
    made = (await api.ask("POST", "/api/keys", json=body)).body
    assert (made["scopes"], made["connections"], made["usedAt"]) == (["read", "send"], ["shop"], None)
    shown = {"X-API-Key": made["key"]}
    assert (await api.ask("GET", f"{CONNECTIONS}/shop", None, headers=shown)).status == 200
    [listed] = (await api.ask("GET", "/api/keys")).body["keys"]
    assert listed["usedAt"] is not None
    assert listed | {"usedAt": None, "key": made["key"]} == made
    foreign = await api.ask("DELETE", f"/api/keys/{made['keyId']}", "stranger")
    missing = await api.ask("DELETE", f"/api/keys/{'0' * 32}", "stranger")
    assert foreign.is_problem(404, "Not found")
    told = [str(each.body | {"requestId": ""}) for each in (foreign, missing)]
    assert told[0].replace(made["keyId"], "0" * 32) == told[1]
    assert (await api.ask("GET", "/api/keys", "stranger")).body == {"keys": []}
    assert (await api.ask("DELETE", f"/api/keys/{made['keyId']}")).status == 204
    dead = await api.ask("GET", f"{CONNECTIONS}/shop", None, headers=shown)
    assert dead.is_problem(401, "Not logged in")


async def test_a_key_of_somebody_who_is_disabled_opens_nothing(api: Api) -> None:
    _, header = await key(api, "viewer", Scope.READ)
    accounts = api.hub.accounts
    assert isinstance(accounts, Accounts)
    assert (await api.ask("GET", CONNECTIONS, None, headers=header)).status == 200
    viewer = await accounts.find("viewer-user")
    changed = await api.ask("PUT", f"/api/users/{viewer.user_id}", "admin", json={"disabled": True})
    assert changed.status == 200
    for route in api.routes():
        if (route.method, route.path) not in PUBLIC:
            assert (await ask(api, route, headers=header)).status == 401, filled(route)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["everything"]},
        {"name": "x", "connections": []},
        {"name": "x", "expiresAt": "2020-01-01T00:00:00Z"},
        {"name": "x", "expiresAt": "tomorrow"},
        {"name": "x", "userId": "0" * 32},
    ],
)
async def test_keys_that_will_not_do_are_refused(api: Api, wrong: dict[str, object]) -> None:
    assert (await api.ask("POST", "/api/keys", json=wrong)).is_problem(422, "Invalid request")


async def test_a_key_for_what_is_anothers_is_refused_as_if_it_were_not(api: Api) -> None:
    await api.create("theirs", "stranger")
    told = []
    for name in ("theirs", "nothing"):
        answer = await api.ask("POST", "/api/keys", json={"name": "x", "connections": [name]})
        assert answer.is_problem(404, "Connection not found")
        told.append(str(answer.body | {"requestId": ""}).replace(name, ""))
    assert told[0] == told[1]
