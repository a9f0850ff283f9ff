"""Health, for whoever asks."""

from chatgrow_bot.messages import ConnectionState

from .conftest import Api


async def test_health_is_open_to_all_and_names_nobody(api: Api) -> None:
    session = await api.connect("secret-shop")
    for path in ("/health", "/api/whatsapp/health"):
        answer = await api.ask("GET", path, None)
        assert answer.status == 200
        assert answer.body["status"] == "ok"
        assert answer.body["checks"]["database"] is True
        assert "secret-shop" not in str(answer.body)

    session.becomes(ConnectionState.BANNED)
    await api.until("operator", "secret-shop", ConnectionState.BANNED)
    answer = await api.ask("GET", "/health", None)
    assert answer.status == 503
    checks = {"database": True, "connections": False, "queue": True, "disk": True, "clock": True}
    assert answer.body == {"status": "failing", "checks": checks}
    assert (await api.ask("HEAD", "/health", None)).status == 503
