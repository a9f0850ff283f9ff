"""Linking by a code that is typed on the phone."""

from datetime import datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from chatgrow_bot.messages import ConnectionState
from chatgrow_bot.testing import FakeSession

from .conftest import CONNECTIONS, Api

PAIRING = f"{CONNECTIONS}/shop/pairing-code"


async def waits_to_be_linked(api: Api, number: str = "") -> FakeSession:
    def show(session: FakeSession) -> None:
        session.state, session.qr = ConnectionState.QR, "2@a,b,c,d"

    api.engine.on_open = show
    body = {"connectionId": "shop", "phoneNumber": number}
    assert (await api.ask("POST", CONNECTIONS, json=body)).status == 201
    await api.until("operator", "shop", ConnectionState.QR)
    return api.engine.opened["shop"]


async def test_a_code_is_for_the_number_given_or_the_connections_own(api: Api) -> None:
    session = await waits_to_be_linked(api, "+1 415 555 0123")
    with capture_logs() as logs:
        answer = await api.ask("POST", PAIRING)
    assert answer.status == 200
    assert answer.body.keys() == {"code", "expiresAt"}
    assert datetime.fromisoformat(answer.body["expiresAt"]) > api.clock.now()
    assert answer.headers["Cache-Control"] == "no-store"
    other = await api.ask("POST", PAIRING, json={"phoneNumber": "+1 415 555 0199"})
    assert session.paired == ["14155550123", "14155550199"]
    for code in (answer.body["code"], other.body["code"]):
        assert code.startswith("CODE")
        assert code not in str(logs)


@pytest.mark.parametrize("body", [None, {}, {"phoneNumber": ""}, {"phoneNumber": "12"}, {"phoneNumber": "x"}])
async def test_without_a_number_that_can_be_one_there_is_no_code(
    api: Api, body: dict[str, str] | None
) -> None:
    session = await waits_to_be_linked(api)
    more: dict[str, Any] = {} if body is None else {"json": body}
    answer = await api.ask("POST", PAIRING, **more)
    assert answer.is_problem(422, "Invalid phone number")
    assert session.paired == []


async def test_a_linked_connection_has_no_code(api: Api) -> None:
    await api.connect("shop")
    answer = await api.ask("POST", PAIRING, json={"phoneNumber": "+14155550123"})
    assert answer.is_problem(409, "Connection not ready")
    assert answer.body["state"] == "online"


async def test_the_code_is_its_owners_only(api: Api) -> None:
    session = await waits_to_be_linked(api, "+14155550123")
    assert (await api.ask("POST", PAIRING, "viewer")).is_problem(403, "Not allowed")
    assert (await api.ask("POST", PAIRING, "stranger")).is_problem(404, "Connection not found")
    assert session.paired == []
