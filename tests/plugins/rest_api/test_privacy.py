"""A person's own data over the API: who may ask, what is handed over, and an erase that is in the way of
something, or is broken off."""

import asyncio
import json
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import Connection, select

from chatgrow_bot.errors import StoreUnavailable
from chatgrow_bot.hub import Scope, Wish
from chatgrow_bot.messages import State
from chatgrow_bot.privacy import Privacy, erasing
from chatgrow_bot.store import personal_messages, personal_rows, privacy_log
from chatgrow_bot.store.customer_tables import person_keys

from .conftest import CONNECTIONS, Api
from .test_keys import key

NUMBER, CHAT = "+972541112233", "972541112233@c.us"
PERSON = f"/api/whatsapp/contacts/{NUMBER}"


async def hears(api: Api, text: str, **more: Any) -> str:
    return await api.hears(text=text, sender=CHAT, name="Dana", **more)


async def exported(api: Api, who: str = "operator", **query: str) -> Mapping[str, Any]:
    answer = await api.ask("GET", f"{PERSON}/export", who, params=query)
    assert answer.status == 200, answer
    return dict(answer.body)


async def log_of(api: Api, user: str = "operator") -> Sequence[privacy_log.Entry]:
    tenant = (await api.hub.accounts.verify(await api.token(user))).user_id
    return await api._db.read(lambda conn: privacy_log.of(conn, tenant))


async def test_an_export_has_what_was_written_both_ways_and_the_files(api: Api) -> None:
    await api.connect("shop")
    came = await hears(api, "where is it?", file=b"a picture of it", mimetype="text/plain")
    await hears(api, "STOP")
    told = await exported(api)
    assert (told["format"], told["person"]) == ("chatgrow-person/1", CHAT)
    [user] = told["users"]
    assert user["user"] == "operator-user"
    message = next(each for each in user["kept"]["messagesIn"] if each["id"] == came)
    assert (message["text"], message["name"]) == ("where is it?", "Dana")
    assert message["sentAt"].startswith("2026-01-01T12:00:0")
    assert user["kept"]["consent"][0]["optedOut"] is True
    packed = await api.ask("GET", f"{PERSON}/export?format=zip")
    with zipfile.ZipFile(BytesIO(packed.body)) as archive:
        assert archive.read(f"files/{message['file']['sha256']}") == b"a picture of it"
        assert json.loads(archive.read("person.json"))["users"][0]["kept"].keys() == user["kept"].keys()


async def test_only_an_admin_asks_for_what_others_keep(api: Api) -> None:
    await api.connect("shop")
    await hears(api, "hello")
    for query in ({"user": "operator-user"}, {"everyone": "true"}):
        for method, path in (("GET", f"{PERSON}/export"), ("DELETE", PERSON)):
            refused = await api.ask(method, path, "stranger", params=query)
            assert refused.is_problem(403, "Not allowed")
    assert "messagesIn" not in (await exported(api, "admin"))["users"][0]["kept"]
    assert "messagesIn" in (await exported(api, "admin", user="operator-user"))["users"][0]["kept"]
    everyones = (await exported(api, "admin", everyone="true"))["users"]
    assert [user["user"] for user in everyones if user["kept"].get("messagesIn")] == ["operator-user"]
    unknown = await api.ask("DELETE", PERSON, "admin", params={"user": "nobody"})
    assert unknown.is_problem(422, "Invalid request")


async def test_a_key_for_some_connections_is_no_key_to_a_person(api: Api) -> None:
    await api.connect("shop")
    _, header = await key(api, "operator", Scope.READ, Scope.DELETE, connections=["shop"])
    for method, path in (("GET", f"{PERSON}/export"), ("DELETE", PERSON)):
        assert (await api.ask(method, path, None, headers=header)).is_problem(403, "Not allowed")


@pytest.mark.parametrize(
    ("who", "title"), [("1203630001@g.us", "Invalid request"), ("12", "Invalid phone number")]
)
async def test_a_group_or_no_number_is_no_person(api: Api, who: str, title: str) -> None:
    for method, path in (("GET", "/export"), ("DELETE", "")):
        assert (await api.ask(method, f"/api/whatsapp/contacts/{who}{path}")).is_problem(422, title)


async def test_an_erase_cancels_what_waits_and_nothing_of_it_is_told_any_more(api: Api) -> None:
    session = await api.connect("shop")
    await hears(api, "a secret word")
    tenant = (await api.hub.accounts.verify(await api.token("operator"))).user_id
    told = await api.hub.events.after(Wish(tenant=tenant), 0)
    assert "a secret word" in str([event.json for event in told.events])
    later = {"to": NUMBER, "message": "later", "options": {"sendAt": "2026-01-02T12:00:00Z"}}
    sent = await api.ask("POST", f"{CONNECTIONS}/shop/send", json=later)
    erased = await api.ask("DELETE", PERSON)
    assert erased.status == 200, erased
    assert erased.body["counts"] == {"cancelled": 1, "messagesIn": 1, "messagesOut": 1}
    assert (await api.ask("GET", sent.headers["Location"])).is_problem(404, "Message not found")
    told = await api.hub.events.after(Wish(tenant=tenant), 0)
    assert "a secret word" not in str([event.json for event in told.events])
    assert (await api.ask("DELETE", PERSON)).body["counts"] == {}
    api.clock.advance(3 * 86400)
    await asyncio.sleep(0.1)  # whoever wanted to send it would
    assert session.sent == []


async def test_what_is_just_being_sent_is_waited_for_and_then_refused(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "_LOOKS", 3)
    session = await api.connect("shop")
    session.gate.clear()
    sent = await api.ask("POST", f"{CONNECTIONS}/shop/send", json={"to": NUMBER, "message": "hello"})
    while not session.sending.is_set():
        await api._pass(1)
    refused = await api.ask("DELETE", PERSON)
    assert refused.is_problem(409, "Still being sent")
    assert (await api.ask("GET", sent.headers["Location"])).body["status"] == State.SENDING
    session.gate.set()
    await api.leaves(sent)
    assert (await api.ask("DELETE", PERSON)).body["counts"] == {"messagesOut": 1}
    [entry] = await log_of(api)
    assert entry.what == privacy_log.ERASE


async def test_an_erase_that_was_broken_off_goes_on_where_it_was(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await api.connect("shop")
    monkeypatch.setattr(erasing, "AT_ONCE", 2)
    for number in range(3):  # and one with a file: two transactions
        await hears(api, f"message {number}")
    file = await hears(api, "", file=b"her file", mimetype="text/plain")
    tenant = (await api.hub.accounts.verify(await api.token("operator"))).user_id
    stored = (await api.hub.inbox.get(tenant, file)).media
    assert stored
    monkeypatch.setattr(sys.modules["chatgrow_bot.spool"], "_IN_HAND", timedelta(0))
    real, calls = personal_messages.IN, list[int]()

    def fails_later(conn: Connection, person: Any, keys: Sequence[Any], now: Any) -> int:
        calls.append(len(keys))
        if len(calls) == 2:
            raise StoreUnavailable("the disk is gone")
        return real.remove(conn, person, keys, now)

    failing = replace(real, remove=fails_later)
    broken = tuple(failing if each is real else each for each in personal_rows.KINDS)
    with monkeypatch.context() as patched:
        patched.setattr(personal_rows, "KINDS", broken)
        assert (await api.ask("DELETE", PERSON)).status == 503
    [entry] = await log_of(api)
    assert (entry.what, entry.counts) == (privacy_log.ERASING, {"messagesIn": 2})
    assert isinstance(api.hub.privacy, Privacy)
    await api.hub.privacy.resume()  # as at the next start
    [entry] = await log_of(api)
    assert (entry.what, entry.counts) == (privacy_log.ERASE, {"messagesIn": 4, "files": 1})
    assert not stored.path.exists()


async def test_nobody_can_tell_from_the_log_who_was_erased(api: Api) -> None:
    await api.connect("shop")
    await hears(api, "hello")
    await exported(api)
    await exported(api)
    await api.ask("DELETE", PERSON)
    await exported(api)
    lines = await log_of(api)
    assert [line.what for line in lines] == ["export", "export", "erase", "export"]
    assert all(line.by == "operator-user" for line in lines)
    assert lines[0].subject == lines[1].subject == lines[2].subject != lines[3].subject
    assert all(len(line.subject) == 64 for line in lines)
    kept = await api._db.read(lambda conn: conn.execute(select(person_keys.c.key)).scalars().all())
    assert len(kept) == 1  # of the last export alone
    assert lines[2].subject not in str(kept)
