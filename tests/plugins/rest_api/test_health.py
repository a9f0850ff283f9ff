"""Health, for whoever asks."""

from chatgrow_bot.messages import ConnectionState

from .conftest import CONNECTIONS, Api

CHECKS = {
    *("database", "writable", "connections", "queue", "workers"),
    *("journal", "disk", "memory", "clock", "loop"),
}


async def test_health_is_open_to_all_and_names_nobody(api: Api) -> None:
    session = await api.connect("secret-shop")
    for path in ("/health", "/api/whatsapp/health"):
        answer = await api.ask("GET", path, None)
        assert answer.status == 200
        assert answer.body == {"status": "ok", "checks": dict.fromkeys(CHECKS, True), "details": None}
        assert "secret-shop" not in str(answer.body)

    session.becomes(ConnectionState.BANNED)
    await api.until("operator", "secret-shop", ConnectionState.BANNED)
    api.clock.advance(1)  # an answer is good for a second
    answer = await api.ask("GET", "/health", None)
    assert answer.status == 503
    checks = dict.fromkeys(CHECKS, True) | {"connections": False}
    assert answer.body == {"status": "failing", "checks": checks, "details": None}
    assert (await api.ask("HEAD", "/health", None)).status == 503


async def test_a_token_is_told_of_its_own_connections_and_of_no_other(api: Api) -> None:
    await api.connect("shop")
    await api.connect("theirs", "stranger")
    answer = await api.ask("GET", "/health", "viewer")
    assert answer.body["details"]["connections"] == []
    mine = await api.ask("GET", "/health")
    assert [each["connectionId"] for each in mine.body["details"]["connections"]] == ["shop"]
    shop = mine.body["details"]["connections"][0]
    assert shop == (await api.ask("GET", f"{CONNECTIONS}/shop/health")).body
    assert (shop["isHealthy"], shop["canSendMessages"], shop["canReceiveMessages"]) == (True, True, True)
    assert shop["heartbeatAge"] is not None
    process = mine.body["details"]["process"]
    assert process["memory"] > 1 << 20
    assert process["uptime"] > 0
    assert "theirs" not in str(mine.body)


async def test_a_token_that_is_not_good_is_refused_and_a_login_with_one_is_not(api: Api) -> None:
    bad = {"Authorization": "Bearer garbage"}
    assert (await api.ask("GET", "/health", None, headers=bad)).is_problem(401, "Not logged in")
    assert (await api.ask("GET", "/health", None)).status == 200
    login = {"username": "nobody", "password": "wrong password"}
    given = await api.ask("POST", "/api/auth/login", None, json=login, headers=bad)
    plain = await api.ask("POST", "/api/auth/login", None, json=login)
    assert given.body["detail"] == plain.body["detail"]
