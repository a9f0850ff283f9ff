"""Figures over the API: what was counted, whose it is, and how everything stands beside it."""

from chatgrow_bot.errors import SendRefused
from chatgrow_bot.hub import Scope
from chatgrow_bot.messages import ConnectionState

from .conftest import CONNECTIONS, Api

STATS = "/api/whatsapp/stats"


async def send(api: Api, connection_id: str = "shop", user: str = "operator") -> str:
    sent = await api.ask(
        "POST",
        f"{CONNECTIONS}/{connection_id}/send",
        user,
        json={"to": "+15551230001", "message": "hello"},
    )
    assert sent.status == 202, sent
    return str(sent.headers["Location"])


async def until(api: Api, where: str, status: str, user: str = "operator") -> None:
    while (await api.ask("GET", where, user)).body["status"] != status:
        await api._pass(1)


async def key_of(api: Api, *connections: str) -> dict[str, str]:
    who = await api.hub.accounts.verify(await api.token("operator"))
    keys = api.hub.accounts.keys
    _, secret = await keys.make(who, "figures", scopes=[Scope.READ], connections=connections or None)
    return {"X-API-Key": secret}


async def test_what_was_answered_is_counted_at_once(api: Api) -> None:
    session = await api.connect("shop")
    where = await send(api)
    shown = await api.ask("GET", STATS)
    assert shown.status == 200
    assert shown.body["total"]["counts"]["accepted"] == 1
    await until(api, where, "sent")
    session.outcomes = [SendRefused("The number +1 555 123 is not on WhatsApp")]
    await until(api, await send(api), "failed")
    await api.hears(text="hello")
    body = (await api.ask("GET", STATS)).body
    [shop] = body["connections"]
    for figures in (body["total"], shop):
        counts = figures["counts"]
        assert (counts["accepted"], counts["sent"], counts["failed"], counts["received"]) == (2, 1, 1, 1)
        assert figures["successRate"] == 0.5
        assert figures["timeToSent"]["count"] == figures["processingTime"]["count"] == 1
        assert sum(figures["failuresByReason"].values()) == 1
        assert "555" not in str(figures["failuresByReason"])
    assert shop["pacing"]["send"]["usedToday"] == 1
    assert shop["pacing"]["send"]["slotsADay"] > 1000
    assert shop["pacing"]["send"]["nextSlot"]
    assert shop["health"]["canSendMessages"] is shop["health"]["canReceiveMessages"] is True
    assert shop["uptime"]["onlineToday"] > 0
    assert shop["uptime"]["onlineSince"]
    assert body["limits"]["messages"]["day"]["used"] == 2
    assert body["process"]["uptime"] > 0


async def test_each_user_sees_his_own_and_an_admin_everybody_s(api: Api) -> None:
    await api.connect("shop")
    await api.connect("theirs", "stranger")
    await until(api, await send(api), "sent")
    await until(api, await send(api, "theirs", "stranger"), "sent", "stranger")
    mine, theirs = await api.ask("GET", STATS), await api.ask("GET", STATS, "stranger")
    assert [each["connectionId"] for each in mine.body["connections"]] == ["shop"]
    assert [each["connectionId"] for each in theirs.body["connections"]] == ["theirs"]
    assert mine.body["total"]["counts"]["sent"] == theirs.body["total"]["counts"]["sent"] == 1
    for path in (f"{STATS}?connection=shop", f"{CONNECTIONS}/shop/stats", f"{CONNECTIONS}/shop/health"):
        foreign = await api.ask("GET", path, "stranger")
        missing = await api.ask("GET", path.replace("shop", "shopx"), "stranger")
        assert foreign.is_problem(404, "Connection not found")
        text = str(missing.body | {"requestId": ""}).replace("shopx", "shop")
        assert str(foreign.body | {"requestId": ""}) == text
        assert (await api.ask("GET", path)).status == 200  # the control: its owner sees it
    assert (await api.ask("GET", f"{STATS}?all=true")).is_problem(403, "Not allowed")
    every = await api.ask("GET", f"{STATS}?all=true", "admin")
    assert {each["connectionId"] for each in every.body["connections"]} == {"shop", "theirs"}
    assert every.body["total"]["counts"]["sent"] == 2
    assert every.body["limits"] is None
    one = await api.ask("GET", f"{STATS}?all=true&connection=theirs", "admin")
    assert one.body["total"]["counts"]["sent"] == 1
    gone = await api.ask("GET", f"{STATS}?all=true&connection=none", "admin")
    assert gone.is_problem(404, "Connection not found")


async def test_a_bound_key_sees_its_connections_alone(api: Api) -> None:
    await api.connect("shop")
    await api.connect("office")
    await until(api, await send(api), "sent")
    await api.ask("POST", f"{CONNECTIONS}/office/pause")
    await send(api, "office")
    key = await key_of(api, "shop")
    body = (await api.ask("GET", STATS, None, headers=key)).body
    assert [each["connectionId"] for each in body["connections"]] == ["shop"]
    assert body["total"]["counts"]["accepted"] == 1
    assert body["backlog"]["byState"] == {}
    assert body["limits"] is None
    foreign = await api.ask("GET", f"{STATS}?connection=office", None, headers=key)
    assert foreign.is_problem(404, "Connection not found")
    queue = (await api.ask("GET", "/api/queue/status", None, headers=key)).body
    assert [each["connectionId"] for each in queue["connections"]] == ["shop"]
    assert queue["byState"] == {}
    assert queue["oldestWaiting"] is None
    details = (await api.ask("GET", "/health", None, headers=key)).body["details"]
    assert [each["connectionId"] for each in details["connections"]] == ["shop"]
    assert (await api.ask("GET", "/api/queue/status")).body["byState"] == {"queued": 1}  # the control


async def test_days_reach_back_and_no_farther(api: Api) -> None:
    await api.connect("shop")
    await until(api, await send(api), "sent")
    key = await key_of(api)
    api.clock.advance(2 * 86_400)
    two = await api.ask("GET", f"{CONNECTIONS}/shop/stats?days=2", None, headers=key)
    assert two.body["counts"]["sent"] == 0
    three = (await api.ask("GET", f"{CONNECTIONS}/shop/stats?days=3", None, headers=key)).body
    assert three["counts"]["sent"] == 1
    assert three["pacing"]["send"]["usedToday"] == 0
    for wrong in ("days=0", "days=91", "days=x", "days=1&days=2", "day=1", "all=yes", "connection="):
        refused = await api.ask("GET", f"{STATS}?{wrong}", None, headers=key)
        assert refused.is_problem(422, "Invalid request")


async def test_the_queue_tells_who_waits_where_and_who_sends(api: Api) -> None:
    await api.connect("shop")
    await api.connect("office")
    await api.ask("POST", f"{CONNECTIONS}/office/pause", json={"reason": "stocktaking"})
    await send(api, "office")
    body = (await api.ask("GET", "/api/queue/status")).body
    assert body["pausedConnections"] == ["office"]
    office = next(each for each in body["connections"] if each["connectionId"] == "office")
    assert office["byState"] == {"queued": 1}
    assert office["paused"] is True
    assert office["pausedBecause"].endswith("stocktaking")
    assert office["oldestWaiting"] == body["oldestWaiting"] is not None
    workers = body["workers"]
    assert workers["alive"] == workers["concurrency"] >= 5
    assert workers["inFlight"] is None
    assert (await api.ask("GET", "/api/queue/status", "admin")).body["workers"]["inFlight"] == 0


async def test_a_connection_tells_how_it_fares(api: Api) -> None:
    session = await api.connect("shop")
    well = (await api.ask("GET", f"{CONNECTIONS}/shop/health", "operator")).body
    assert (well["state"], well["isHealthy"], well["reason"]) == ("online", True, "")
    session.becomes(ConnectionState.BANNED)
    await api.until("operator", "shop", ConnectionState.BANNED)
    ill = (await api.ask("GET", f"{CONNECTIONS}/shop/health")).body
    assert (ill["isHealthy"], ill["canSendMessages"], ill["canReceiveMessages"]) == (False, False, False)
