"""Connections over HTTP."""

from chatgrow_bot.messages import ConnectionState

from .conftest import CONNECTIONS, Api


async def test_a_connection_is_made_shown_listed_changed_and_removed(api: Api) -> None:
    body = {
        "connectionId": "shop_1",
        "name": "The shop",
        "phoneNumber": "+1 415 555 0123",
        "settings": {"maxReconnectAttempts": 3},
    }
    made = await api.ask("POST", CONNECTIONS, json=body)
    assert made.status == 201
    assert made.headers["Location"] == f"{CONNECTIONS}/shop_1"
    assert made.body["connectionId"] == "shop_1"
    assert made.body["settings"] == {"maxReconnectAttempts": 3}
    assert {
        "name",
        "phoneNumber",
        "state",
        "reason",
        "paused",
        "me",
        "createdAt",
        "stateSince",
    } <= made.body.keys()

    listed = await api.ask("GET", CONNECTIONS)
    assert [each["connectionId"] for each in listed.body["connections"]] == ["shop_1"]
    assert (await api.ask("GET", CONNECTIONS, "viewer")).body == {"connections": []}

    one = f"{CONNECTIONS}/shop_1"
    changed = await api.ask("PUT", one, json={"settings": {"enableLogging": True}})
    assert changed.status == 200
    assert changed.body["settings"] == {"maxReconnectAttempts": 3, "enableLogging": True}
    assert changed.body["name"] == "The shop"
    assert (await api.ask("PUT", one, json={"name": ""})).body["name"] == ""

    gone = await api.ask("DELETE", one)
    assert (gone.status, gone.body) == (204, b"")
    assert (await api.ask("GET", one)).is_problem(404, "Connection not found")
    assert (await api.ask("DELETE", one)).is_problem(404, "Connection not found")


async def test_an_id_is_taken_for_everybody(api: Api) -> None:
    await api.create("shop")
    for user in ("operator", "stranger"):
        answer = await api.ask("POST", CONNECTIONS, user, json={"connectionId": "shop"})
        assert answer.is_problem(409, "Conflict")


async def test_a_number_that_is_none_is_refused(api: Api) -> None:
    answer = await api.ask("POST", CONNECTIONS, json={"connectionId": "shop", "phoneNumber": "12"})
    assert answer.is_problem(422, "Invalid phone number")
    assert (await api.ask("GET", CONNECTIONS)).body == {"connections": []}


async def test_settings_that_do_not_exist_are_refused(api: Api) -> None:
    await api.create("shop")
    for settings in ({"autoReconect": True}, {"maxReconnectAttempts": -1}, {"reconnectInterval": "soon"}):
        for method, path, body in (
            ("POST", CONNECTIONS, {"connectionId": "other", "settings": settings}),
            ("PUT", f"{CONNECTIONS}/shop", {"settings": settings}),
        ):
            assert (await api.ask(method, path, json=body)).is_problem(422, "Invalid request")


async def test_null_is_not_a_way_to_say_leave_it(api: Api) -> None:
    await api.create("shop")
    answer = await api.ask("PUT", f"{CONNECTIONS}/shop", json={"name": None, "settings": None})
    assert answer.is_problem(422, "Invalid request")
    assert [fault["pointer"] for fault in answer.body["errors"]] == ["/name", "/settings"]


async def test_reconnect_starts_a_connection_again(api: Api) -> None:
    session = await api.connect("shop")
    session.becomes(ConnectionState.LOGGED_OUT)
    await api.until("operator", "shop", ConnectionState.LOGGED_OUT)
    answer = await api.ask("POST", f"{CONNECTIONS}/shop/reconnect")
    assert answer.status == 202
    assert answer.body["connectionId"] == "shop"
    await api.until("operator", "shop", ConnectionState.ONLINE)
