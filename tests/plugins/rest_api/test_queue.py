"""Stopping one connection, the queue, everything; and what a person decides about held messages."""

from chatgrow_bot.errors import SendUnknown
from chatgrow_bot.messages import ConnectionState

from .conftest import CONNECTIONS, Api

SEND = f"{CONNECTIONS}/shop/send"
MESSAGES = "/api/whatsapp/messages"


async def test_a_connection_is_paused_and_says_by_whom_and_what_waits(api: Api) -> None:
    session = await api.connect("shop")
    paused = await api.ask("POST", f"{CONNECTIONS}/shop/pause", json={"reason": "the prices are wrong"})
    assert paused.status == 200
    assert paused.body["paused"] is True
    assert paused.body["pausedBecause"] == "by operator-user: the prices are wrong"
    assert paused.body["firstContactsUntil"] is paused.body["pictureAt"] is None
    sent = await api.ask("POST", SEND, json={"to": "+15551230001", "message": "hello"})
    shown = await api.ask("GET", sent.headers["Location"])
    assert shown.body["waitsFor"] == "connection 'shop' is paused (by operator-user: the prices are wrong)"
    assert session.sent == []
    for what in ("pause", "resume"):
        foreign = await api.ask("POST", f"{CONNECTIONS}/shop/{what}", "stranger")
        assert foreign.is_problem(404, "Connection not found")
        assert (await api.ask("POST", f"{CONNECTIONS}/shop/{what}", "viewer")).status == 403
    resumed = await api.ask("POST", f"{CONNECTIONS}/shop/resume")
    assert (resumed.body["paused"], resumed.body["pausedBecause"]) == (False, "")
    await api.leaves(sent)
    assert (await api.ask("GET", sent.headers["Location"])).body["waitsFor"] == ""


async def test_the_whole_queue_is_an_admin_s_to_stop(api: Api) -> None:
    session = await api.connect("shop")
    for what in ("pause", "stop", "resume"):
        assert (await api.ask("POST", f"/api/queue/{what}")).is_problem(403, "Not allowed")
    stopped = await api.ask("POST", "/api/queue/stop", "admin", json={"reason": "it went wild"})
    assert stopped.body["halt"]["how"] == "stop"
    assert stopped.body["halt"]["by"] == "admin-user"
    sent = await api.ask("POST", SEND, json={"to": "+15551230001", "message": "hello"})
    own = await api.ask("GET", "/api/queue/status")
    assert own.body["byState"] == {"queued": 1}
    assert (own.body["halt"]["reason"], own.body["halt"]["by"]) == ("it went wild", "")
    assert (await api.ask("GET", "/api/queue/status", "admin")).body["halt"]["by"] == "admin-user"
    assert (await api.ask("GET", "/api/queue/status", "stranger")).body["byState"] == {}
    assert (await api.ask("GET", "/api/queue/status?all=true")).is_problem(403, "Not allowed")
    assert (await api.ask("GET", "/api/queue/status?all=yes")).is_problem(422, "Invalid request")
    api.clock.advance(1)  # what was counted for the answer to the stop is old then
    every = await api.ask("GET", "/api/queue/status?all=true", "admin")
    assert every.body["byState"] == {"queued": 1}
    assert (await api.ask("POST", "/api/queue/pause", "admin")).is_problem(409, "Conflict")
    read = await api.ask("POST", f"{CONNECTIONS}/shop/chats/+15551230001/read")
    assert read.is_problem(409, "Connection not ready")
    assert session.sent == []
    assert (await api.ask("POST", "/api/queue/resume", "admin")).body["halt"] is None
    await api.leaves(sent)


async def test_a_held_message_is_listed_and_sent_again_or_given_up(api: Api) -> None:
    session = await api.connect("shop")
    session.outcomes = [SendUnknown("timeout")] * 3
    sent = await api.ask("POST", SEND, json={"to": "+15551230001", "message": "hello"})
    where = sent.headers["Location"]
    while (await api.ask("GET", where)).body["status"] != "quarantined":
        await api._pass(5)
    held = await api.ask("GET", f"{MESSAGES}/held")
    assert [each["messageId"] for each in held.body["messages"]] == [sent.body["messageId"]]
    assert "a person decides" in held.body["messages"][0]["reason"]
    assert (await api.ask("GET", f"{MESSAGES}/held", "stranger")).body == {"messages": []}
    assert (await api.ask("POST", f"{where}/resend", "stranger")).is_problem(404, "Message not found")
    again = await api.ask("POST", f"{where}/resend")
    assert (again.status, again.body["status"]) == (200, "queued")
    while (await api.ask("GET", where)).body["status"] != "sent":
        await api._pass(5)
    assert (await api.ask("POST", f"{where}/resend")).is_problem(409, "Conflict")
    assert len({parcel.wa_id for parcel in session.sent}) == 1


async def test_the_picture_of_a_page_is_for_its_owner_and_for_no_cache(api: Api) -> None:
    session = await api.connect("shop")
    one = f"{CONNECTIONS}/shop/picture"
    assert (await api.ask("GET", one)).is_problem(404, "Not found")
    session.picture = b"\x89PNG"
    session.becomes(ConnectionState.ACTION_REQUIRED)
    while not (await api.ask("GET", f"{CONNECTIONS}/shop")).body["pictureAt"]:
        await api._pass(0.1)
    shown = await api.ask("GET", one)
    assert (shown.status, shown.body) == (200, b"\x89PNG")
    assert shown.headers["Content-Type"] == "image/png"
    assert shown.headers["Cache-Control"] == "no-store"
    assert (await api.ask("GET", one, "viewer")).status == 403
    assert (await api.ask("GET", one, "stranger")).is_problem(404, "Connection not found")
