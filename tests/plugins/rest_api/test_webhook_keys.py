"""The keys that sign messages from outside: shown once, listed, rotated, ended."""

from .conftest import CONNECTIONS, Api
from .signing import bring, key_of


async def test_keys_are_shown_once_listed_and_ended(api: Api) -> None:
    await api.create("shop")
    path = f"{CONNECTIONS}/shop/webhook-keys"
    made = (await api.ask("POST", path)).body
    assert made["key"].startswith("whsec_")
    assert (await api.ask("GET", path)).body == {
        "keys": [{name: made[name] for name in ("keyId", "createdAt", "expiresAt", "usedAt")}]
    }
    assert (made["expiresAt"], made["usedAt"]) == (None, None)
    api.clock.advance(60)
    await bring(api, made["key"])
    (shown,) = (await api.ask("GET", path)).body["keys"]
    assert shown["usedAt"] == "2026-01-01T12:01:00Z"
    other = await key_of(api)
    assert (await api.ask("DELETE", f"{path}/{made['keyId']}")).status == 204
    assert (await api.ask("DELETE", f"{path}/{made['keyId']}")).is_problem(404, "Webhook key not found")
    assert (await bring(api, made["key"], "msg_2")).is_problem(401, "Not logged in")
    assert (await bring(api, other, "msg_2")).status == 202
    stored_ = b"".join(each.read_bytes() for each in (api.home / "sessions").glob("chatgrow.db*"))
    assert made["key"].encode() not in stored_
    assert made["key"].removeprefix("whsec_").encode() not in stored_


async def test_a_rotated_key_is_good_for_a_while(api: Api) -> None:
    await api.create("shop")
    path, old = f"{CONNECTIONS}/shop/webhook-keys", await key_of(api)
    new = (await api.ask("POST", f"{path}/rotate", json={"keepOldFor": 600})).body["key"]
    assert [each["expiresAt"] for each in (await api.ask("GET", path)).body["keys"]] == [
        "2026-01-01T12:10:00Z",
        None,
    ]
    api.clock.advance(599)
    assert (await bring(api, old, "msg_1")).status == (await bring(api, new, "msg_2")).status == 202
    api.clock.advance(1)
    assert (await bring(api, old, "msg_3")).is_problem(401, "Not logged in")
    assert (await bring(api, new, "msg_3")).status == 202
    assert len((await api.ask("GET", path)).body["keys"]) == 1
    newest = (await api.ask("POST", f"{path}/rotate", json={"keepOldFor": 0})).body["key"]
    assert (await bring(api, new, "msg_4")).is_problem(401, "Not logged in")
    assert (await bring(api, newest, "msg_4")).status == 202
    for seconds in (-1, 8 * 86_400, "1"):
        answer = await api.ask("POST", f"{path}/rotate", json={"keepOldFor": seconds})
        assert answer.is_problem(422, "Invalid request")


async def test_a_connection_has_five_keys_at_most_and_those_that_ended_do_not_count(api: Api) -> None:
    await api.create("shop")
    path = f"{CONNECTIONS}/shop/webhook-keys"
    for _ in range(5):
        await key_of(api)
    for more in (path, f"{path}/rotate"):
        assert (await api.ask("POST", more)).is_problem(409, "Conflict")
    assert len((await api.ask("GET", path)).body["keys"]) == 5
    assert [each["expiresAt"] for each in (await api.ask("GET", path)).body["keys"]] == [None] * 5
    assert (await api.ask("POST", f"{path}/rotate", json={"keepOldFor": 0})).status == 201
    assert len((await api.ask("GET", path)).body["keys"]) == 1


async def test_keys_end_with_their_connection(api: Api) -> None:
    await api.create("shop")
    key = await key_of(api)
    assert (await api.ask("DELETE", f"{CONNECTIONS}/shop")).status == 204
    await api.create("shop", "stranger")
    assert (await bring(api, key)).is_problem(401, "Not logged in")
    assert (await api.ask("GET", f"{CONNECTIONS}/shop/webhook-keys", "stranger")).body == {"keys": []}
