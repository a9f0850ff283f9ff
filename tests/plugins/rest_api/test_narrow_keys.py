"""What a key of a narrow scope is not told on the way, and cannot leave behind."""

from datetime import timedelta

from chatgrow_bot.errors import SendUnknown
from chatgrow_bot.hub import Scope

from .conftest import CONNECTIONS, Api
from .test_keys import key
from .test_messages import MESSAGES, SEND, TO


async def test_a_key_that_may_only_send_reads_no_words_by_taking_back_or_sending_again(api: Api) -> None:
    session = await api.connect("shop")
    _, header = await key(api, "operator", Scope.SEND)
    later = {"sendAt": (api.clock.now() + timedelta(hours=1)).isoformat()}
    planned = await api.ask("POST", SEND, json={"to": TO, "message": "a secret", "options": later})
    back = await api.ask("DELETE", planned.headers["Location"], None, headers=header)
    assert back.body == {
        "messageId": planned.body["messageId"],
        "status": "cancelled",
        "reason": "taken back by its sender",
    }
    session.outcomes = [SendUnknown("timeout")] * 3
    sent = await api.ask("POST", SEND, json={"to": TO, "message": "a secret"})
    while (await api.ask("GET", sent.headers["Location"])).body["status"] != "quarantined":
        await api._pass(5)
    again = await api.ask("POST", f"{sent.headers['Location']}/resend", None, headers=header)
    assert (again.status, set(again.body)) == (200, {"messageId", "status", "reason"})


async def test_a_copy_to_others_takes_a_key_that_may_read(api: Api) -> None:
    await api.connect("shop")
    path = f"{MESSAGES}/{await api.hears(text='a secret')}/forward"
    for scopes, status in (((Scope.SEND,), 403), ((Scope.READ,), 403), ((Scope.SEND, Scope.READ), 202)):
        _, header = await key(api, "operator", *scopes)
        assert (await api.ask("POST", path, None, headers=header, json={"to": TO})).status == status, scopes


async def test_no_key_makes_a_webhook_secret_that_would_outlive_it(api: Api) -> None:
    await api.create("shop")
    path = f"{CONNECTIONS}/shop/webhook-keys"
    _, header = await key(api, "operator", Scope.MANAGE)
    for place in (path, f"{path}/rotate"):
        refused = await api.ask("POST", place, None, headers=header)
        assert refused.is_problem(403, "Not allowed")
        assert (await api.ask("POST", place)).status == 201
    assert (await api.ask("GET", path, None, headers=header)).status == 200


async def test_a_key_of_one_connection_is_not_told_what_all_of_them_use(api: Api) -> None:
    await api.create("shop")
    _, bound = await key(api, "operator", Scope.READ, connections=["shop"])
    _, free = await key(api, "operator", Scope.READ)
    refused = await api.ask("GET", "/api/usage", None, headers=bound)
    assert refused.is_problem(403, "Not allowed")
    assert "bound to no connections" in refused.body["detail"]
    assert (await api.ask("GET", "/api/usage", None, headers=free)).status == 200
