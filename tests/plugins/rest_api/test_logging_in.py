"""Logging in over HTTP, staying so and leaving; and users, as an admin keeps them."""

import asyncio

import pytest

from chatgrow_bot.accounts import Accounts
from chatgrow_bot.hub import QrCode, Role
from chatgrow_bot.messages import ConnectionState

from .conftest import CONNECTIONS, PASSWORD, Api, Reply


async def enter(api: Api, user: str = "operator", password: str = PASSWORD) -> Reply:
    """Log in as one of the users, who is made if need be."""
    await api.token(user)
    body = {"username": f"{user}-user", "password": password}
    return await api.ask("POST", "/api/auth/login", None, json=body)


async def looks(api: Api, access_token: str) -> int:
    """How it goes to look at something with a token."""
    headers = {"Authorization": f"Bearer {access_token}"}
    return (await api.ask("GET", CONNECTIONS, None, headers=headers)).status


async def refreshed(api: Api, refresh_token: str) -> Reply:
    return await api.ask("POST", "/api/auth/refresh", None, json={"refreshToken": refresh_token})


async def user_id(api: Api, user: str) -> str:
    await api.token(user)
    accounts = api.hub.accounts
    assert isinstance(accounts, Accounts)
    return (await accounts.find(f"{user}-user")).user_id


async def test_one_logs_in_stays_so_and_leaves(api: Api) -> None:
    first = (await enter(api)).body
    assert (first["tokenType"], first["expiresIn"], first["refreshExpiresIn"]) == ("Bearer", 900, 604_800)
    api.clock.advance(15 * 60)
    assert await looks(api, first["accessToken"]) == 401
    second = (await refreshed(api, first["refreshToken"])).body
    assert second.keys() == first.keys()
    assert await looks(api, second["accessToken"]) == 200
    headers = {"Authorization": f"Bearer {second['accessToken']}"}
    assert (await api.ask("POST", "/api/auth/logout", None, headers=headers)).status == 204
    assert await looks(api, second["accessToken"]) == 401
    assert (await refreshed(api, second["refreshToken"])).is_problem(401, "Not logged in")


async def test_a_refresh_token_that_comes_twice_ends_its_login(api: Api) -> None:
    first = (await enter(api)).body
    second = (await refreshed(api, first["refreshToken"])).body
    assert (await refreshed(api, first["refreshToken"])).is_problem(401, "Not logged in")
    for token in (first["accessToken"], second["accessToken"]):
        assert await looks(api, token) == 401
    assert (await refreshed(api, second["refreshToken"])).status == 401
    assert (await enter(api)).status == 200


async def test_refresh_tokens_are_not_tried_for_ever(api: Api) -> None:
    statuses = [(await refreshed(api, f"cgr_guess{number}")).status for number in range(30)]
    assert statuses[:20] == [401] * 20
    refused = await refreshed(api, "cgr_guess")
    assert refused.is_problem(429, "Rate limit exceeded")
    assert int(refused.headers["Retry-After"]) > 0


async def test_an_answer_with_tokens_is_kept_by_no_cache(api: Api) -> None:
    assert (await enter(api)).headers["Cache-Control"] == "no-store"


async def test_another_password_takes_the_old_one_and_ends_every_login(api: Api) -> None:
    tokens = (await enter(api)).body
    headers = {"Authorization": f"Bearer {tokens['accessToken']}"}
    path, body = "/api/auth/password", {"oldPassword": "wrong password", "newPassword": "another battery"}
    wrong = await api.ask("PUT", path, None, headers=headers, json=body)
    assert wrong.is_problem(422, "Invalid request")
    assert wrong.body["errors"][0]["pointer"] == "/oldPassword"
    changed = await api.ask("PUT", path, None, headers=headers, json=body | {"oldPassword": PASSWORD})
    assert changed.status == 204
    assert await looks(api, tokens["accessToken"]) == 401
    api.clock.advance(60)
    assert (await enter(api, password=PASSWORD)).status == 401
    assert (await enter(api, password="another battery")).status == 200


async def test_an_admin_makes_a_user_who_may_log_in_with_the_password_he_is_told(api: Api) -> None:
    made = await api.ask("POST", "/api/users", "admin", json={"username": "Eve", "role": "viewer"})
    assert made.status == 201
    assert made.headers["Location"] == f"/api/users/{made.body['userId']}"
    eve = {"username": "eve", "password": made.body["password"]}
    assert (await api.ask("POST", "/api/auth/login", None, json=eve)).status == 200
    shown = (await api.ask("GET", made.headers["Location"], "admin")).body
    assert shown == {key: value for key, value in made.body.items() if key != "password"}
    listed = (await api.ask("GET", "/api/users", "admin")).body["users"]
    assert shown in listed
    given = {"username": "dan", "password": "correct horse battery"}
    assert (await api.ask("POST", "/api/users", "admin", json=given)).body["password"] is None
    again = await api.ask("POST", "/api/users", "admin", json=given)
    assert again.is_problem(409, "Conflict")


async def test_what_is_changed_of_a_user_holds_at_once(api: Api) -> None:
    who = await user_id(api, "operator")
    assert (await api.ask("POST", CONNECTIONS, json={"connectionId": "one"})).status == 201
    changed = await api.ask("PUT", f"/api/users/{who}", "admin", json={"role": "viewer"})
    assert (changed.body["role"], changed.body["plan"]) == ("viewer", "enterprise")
    refused = await api.ask("POST", CONNECTIONS, json={"connectionId": "two"})
    assert refused.is_problem(403, "Not allowed")
    await api.ask("PUT", f"/api/users/{who}", "admin", json={"disabled": True})
    assert (await api.ask("GET", CONNECTIONS)).status == 401
    assert (await enter(api)).status == 401
    await api.ask("PUT", f"/api/users/{who}", "admin", json={"disabled": False, "role": None})
    assert (await enter(api)).status == 200


async def test_an_admin_ends_the_logins_of_a_user_and_sets_his_password(api: Api) -> None:
    who, tokens = await user_id(api, "operator"), (await enter(api)).body
    assert (await api.ask("POST", f"/api/users/{who}/logout", "admin")).status == 204
    assert await looks(api, tokens["accessToken"]) == 401
    assert (await refreshed(api, tokens["refreshToken"])).status == 401
    assert (await enter(api)).status == 200
    made = (await api.ask("POST", f"/api/users/{who}/password", "admin")).body["password"]
    assert (await enter(api)).status == 401
    assert (await enter(api, password=made)).status == 200


async def test_the_last_admin_is_neither_shut_out_nor_demoted(api: Api) -> None:
    accounts = api.hub.accounts
    assert isinstance(accounts, Accounts)
    last = await user_id(api, "admin")
    first = await accounts.find("admin")
    await accounts.change_user(first.user_id, disabled=True)
    for change in ({"disabled": True}, {"role": "operator"}):
        refused = await api.ask("PUT", f"/api/users/{last}", "admin", json=change)
        assert refused.is_problem(409, "Conflict")
    assert (await accounts.user(last)).role is Role.ADMIN


@pytest.mark.parametrize("path", ["", "/password", "/logout"])
async def test_whom_there_is_not_is_not_found(api: Api, path: str) -> None:
    method = "POST" if path else "PUT"
    more = {} if path else {"json": {"disabled": True}}
    answer = await api.ask(method, f"/api/users/{'0' * 32}{path}", "admin", **more)
    assert answer.is_problem(404, "Not found")


async def test_a_code_that_was_waited_for_is_not_for_whose_login_has_ended_meanwhile(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.engine.on_open = lambda session: session.becomes(ConnectionState.STARTING)
    await api.create("shop")
    await api.until("operator", "shop", ConnectionState.STARTING)
    tokens, other = (await enter(api)).body, (await enter(api)).body
    real, asked = api.hub.connections.qr, asyncio.Semaphore(0)

    async def heard(tenant: str, connection_id: str) -> QrCode:
        asked.release()
        return await real(tenant, connection_id)

    monkeypatch.setattr(api.hub.connections, "qr", heard)
    path = f"{CONNECTIONS}/shop/qr"
    bearers = [{"Authorization": f"Bearer {each['accessToken']}"} for each in (tokens, other)]
    asking = [asyncio.ensure_future(api.ask("GET", path, None, headers=each)) for each in bearers]
    for _ in asking:
        await asked.acquire()
    await api.hub.accounts.end(tokens["accessToken"])
    api.engine.opened["shop"].becomes(ConnectionState.QR, "2@the-code")
    answers = await asyncio.gather(*asking)
    assert [each.status for each in answers] == [401, 200]
