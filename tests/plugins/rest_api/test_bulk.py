"""Bulk sends over the API."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from sqlalchemy import update

from chatgrow_bot.accounts import Accounts
from chatgrow_bot.store.account_tables import users

from .conftest import Api, Reply

BULK = "/api/whatsapp/bulk"


def rows(count: int) -> list[dict[str, Any]]:
    return [{"to": f"+97254{n:07d}", "fields": {"name": f"Dana {n}"}} for n in range(1, count + 1)]


def body(count: int = 3, **more: Any) -> dict[str, Any]:
    return {"connectionId": "shop", "messages": rows(count), "content": "Hello {{ name }}", **more}


async def ends(api: Api, batch_id: str, state: str = "completed") -> Any:
    async with asyncio.timeout(20):
        while (found := await api.ask("GET", f"{BULK}/{batch_id}")).body["status"] != state:
            await api._pass(1)
    return found.body


async def test_many_are_written_to_and_each_rejected_row_is_told(api: Api) -> None:
    session = await api.connect("shop")
    bad = [
        {"to": "12", "fields": {"name": "x"}},
        {"to": 5},
        {"to": "+972541111111", "feilds": {}},
        {"to": "+972540000001", "fields": {"name": "again"}},
        {"to": "+972541111112", "content": {"media": {"data": "aGk="}}},
        {"to": "+972541111113", "content": {"poll": {"question": "Lunch?", "options": ["Soup", "Rice"]}}},
    ]
    sent = await api.ask("POST", f"{BULK}/send", json=body(messages=[*rows(3), *bad], name="Sale"))
    assert sent.status == 202, sent
    assert (sent.body["accepted"], sent.body["rejected"]) == (4, 5)
    reasons = {each["row"]: each["reason"] for each in sent.body["rejections"]}
    assert reasons.keys() == {4, 5, 6, 7, 8}
    assert reasons[5].startswith("to: ") and reasons[6].startswith("feilds: ")
    assert reasons[7] == "The same person as in row 1" and "base64" in reasons[8]
    assert sent.body["estimatedCompletion"] is not None

    shown = await ends(api, sent.body["batchId"])
    assert shown["counts"] == {"sent": 4, "rejected": 5}
    assert (shown["percent"], shown["name"]) == (100.0, "Sale")
    texts = {parcel.text for parcel in session.sent}
    assert {"Hello Dana 1", "Hello Dana 2", "Hello Dana 3"} <= texts
    listed = await api.ask("GET", BULK)
    assert [each["batchId"] for each in listed.body["batches"]] == [sent.body["batchId"]]

    results = f"{BULK}/{sent.body['batchId']}/results"
    page = (await api.ask("GET", f"{results}?limit=2")).body
    assert [each["row"] for each in page["results"]] == [1, 2] and page["next"] == 2
    message = await api.ask("GET", f"/api/whatsapp/messages/{page['results'][0]['messageId']}")
    assert message.body["because"] == f"bulk {sent.body['batchId']} row 1"
    assert message.body["source"] == "bulk"
    rest = (await api.ask("GET", f"{results}?after=2&status=rejected")).body
    assert [each["row"] for each in rest["results"]] == [4, 5, 6, 7, 8] and rest["next"] is None


async def test_results_come_as_a_file_that_no_spreadsheet_runs(api: Api) -> None:
    await api.connect("shop")
    asked = body(messages=[*rows(2), {"to": "=1+1"}])
    batch = (await api.ask("POST", f"{BULK}/send", json=asked)).body["batchId"]
    for end, headers in (("", {"Accept": "text/csv"}), ("?format=csv", {})):
        answer = await api.ask("GET", f"{BULK}/{batch}/results{end}", headers=headers)
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert "attachment" in answer.headers["Content-Disposition"]
        lines = list(csv.reader(io.StringIO(answer.body.decode())))
        assert lines[0][:4] == ["row", "to", "chat", "status"]
        assert [line[1] for line in lines[1:]] == ["'+972540000001", "'+972540000002", "'=1+1"]
        assert not [cell for line in lines for cell in line if cell[:1] in ("=", "+", "-", "@")]
    assert (await api.ask("GET", f"{BULK}/{batch}/results", headers={"Accept": "image/png"})).status == 406
    answer = await api.ask("GET", f"{BULK}/{batch}/results?status=gone")
    assert answer.is_problem(422, "Invalid request")


async def test_it_is_paused_goes_on_and_is_cancelled(api: Api) -> None:
    session = await api.connect("shop")
    batch = (await api.ask("POST", f"{BULK}/send", json=body(50))).body["batchId"]
    one = f"{BULK}/{batch}"
    paused = await api.ask("POST", f"{one}/pause")
    assert (paused.status, paused.body["status"]) == (200, "paused")
    assert paused.body["estimatedCompletion"] is None
    assert (await api.ask("POST", f"{one}/resume")).body["status"] == "running"
    gone = await api.ask("POST", f"{one}/cancel")
    assert gone.body["status"] == "cancelled"
    assert gone.body["counts"]["cancelled"] + len(session.sent) >= 50
    assert (await api.ask("POST", f"{one}/pause")).is_problem(409, "Conflict")
    assert (await api.ask("POST", f"{one}/cancel")).status == 200


async def test_a_repeated_key_is_the_same_bulk_send(api: Api) -> None:
    await api.connect("shop")
    key = {"Idempotency-Key": "sale-1"}
    first = await api.ask("POST", f"{BULK}/send", json=body(), headers=key)
    again = await api.ask("POST", f"{BULK}/send", json=body(), headers=key)
    assert (again.status, again.body["batchId"]) == (202, first.body["batchId"])
    other = await api.ask("POST", f"{BULK}/send", json=body(2), headers=key)
    assert other.is_problem(422, "Idempotency key reused")


async def test_what_is_wrong_with_all_of_it_is_told_by_place_and_nothing_is_stored(api: Api) -> None:
    await api.connect("shop")
    none = await api.ask("POST", f"{BULK}/send", json=body(messages=[{"to": "1"}, {"to": "2"}]))
    assert none.is_problem(422, "Invalid request")
    assert [each["pointer"] for each in none.body["errors"]] == ["/messages/0", "/messages/1"]
    for bad in (
        body(messages=[]),
        body(messages=[1]),
        body(content="Hello {{ name"),
        body(options={"window": {"from": "25:00", "to": "18:00"}}),
        body(options={"window": {"from": "09:00", "to": "18:00", "zone": "../etc/passwd"}}),
        body(options={"window": {"from": "09:00", "to": "18:00", "days": ["someday"]}}),
        body(options={"ttl": 0}),
        body(options={"sendAt": "tomorrow"}),
        body(sendAt="2026-01-01T12:00:00Z"),
        {"messages": rows(1)},
    ):
        answer = await api.ask("POST", f"{BULK}/send", json=bad)
        assert answer.is_problem(422, "Invalid request"), bad
    assert (await api.ask("POST", f"{BULK}/send", json=body(connectionId="none"))).status == 404
    assert (await api.ask("GET", BULK)).body == {"batches": [], "next": None}


async def test_nobody_else_sees_it_and_a_key_for_another_connection_neither(api: Api) -> None:
    await api.connect("shop")
    await api.connect("other")
    batch = (await api.ask("POST", f"{BULK}/send", json=body())).body["batchId"]
    accounts = api.hub.accounts
    assert isinstance(accounts, Accounts)
    owner = await accounts.find("operator-user")
    _, key = await accounts.keys.make(owner, "bound", connections=frozenset({"other"}))
    for user, headers in (("stranger", {}), (None, {"X-API-Key": key})):
        for method, end in (
            ("GET", ""),
            ("GET", "/results"),
            ("POST", "/pause"),
            ("POST", "/resume"),
            ("POST", "/cancel"),
        ):
            path = f"{BULK}/{batch}{end}"
            theirs = await api.ask(method, path, user, headers=headers)
            missing = await api.ask(method, path.replace(batch, "0" * 32), user, headers=headers)
            assert theirs.status == missing.status == 404
            assert theirs.body["detail"].replace(batch, "0" * 32) == missing.body["detail"]
        assert (await api.ask("GET", BULK, user, headers=headers)).body["batches"] == []
        refused = await api.ask("POST", f"{BULK}/send", user, headers=headers, json=body())
        assert refused.is_problem(404, "Connection not found")
    assert (await api.ask("POST", f"{BULK}/{batch}/pause", "viewer")).status == 403


async def upload(api: Api, file: bytes, **parts: str) -> Reply:
    form = aiohttp.FormData()
    for name, value in {"connectionId": "shop", "content": "Hello {{ name }}", **parts}.items():
        form.add_field(name, value)
    form.add_field("file", io.BytesIO(file), filename="people.csv", content_type="text/csv")
    return await api.ask("POST", f"{BULK}/csv", data=form)


async def test_people_come_in_a_file_and_rows_are_its_lines(api: Api) -> None:
    session = await api.connect("shop")
    file = '\ufeffPhone;name;City\n\n+972541000001;"Da;na";Haifa\n12;x;y\n'
    file += "'+972541000002;Noam;\n;;\n1;2;3;4\n"
    sent = await upload(api, file.encode(), name="Sale", options=json.dumps({"ttl": 86400}))
    assert sent.status == 202, sent
    assert sent.body["accepted"] == 2
    assert [each["row"] for each in sent.body["rejections"]] == [4, 7]
    await ends(api, sent.body["batchId"])
    assert sorted(parcel.text for parcel in session.sent) == ["Hello Da;na", "Hello Noam"]
    results = await api.ask("GET", f"{BULK}/{sent.body['batchId']}/results?status=sent")
    assert [each["row"] for each in results.body["results"]] == [3, 5]


async def test_a_file_that_is_none_is_told_by_its_line(api: Api) -> None:
    await api.connect("shop")
    cases = {
        b"name,city\nDana,Haifa\n": "Line 1: no column is named 'to'",
        b"to,name\n+972541000001,\xff\n": "Line 2: the file is not in UTF-8",
        b'to,name\n+972541000001,"Dana\n': "this is not CSV",
        b"to,name,Name\n": "two columns are named 'name'",
        b"to\n": "no line with a person",
        b"": "no line with a person",
        b"to\n" + b"".join(b"+97254%07d\n" % n for n in range(10_001)): "Line 10002: a file has 10,000",
    }
    for file, said in cases.items():
        answer = await upload(api, file)
        assert answer.status == 422 and said in answer.body["detail"], answer
    assert (await upload(api, b"to\n1\n", options="{")).is_problem(400, "Malformed request")
    assert (await upload(api, b"to\n1\n", more="x")).status == 422
    large = await upload(api, b"to,name\n+972541000001," + b"x" * (16 << 20))
    assert large.status == 413


async def test_ten_thousand_are_taken_in_and_their_results_are_one_file(api: Api) -> None:
    await api.connect("shop")
    sent = await api.ask("POST", f"{BULK}/send", json=body(10_000))
    assert (sent.status, sent.body["accepted"]) == (202, 10_000)
    answer = await api.ask("GET", f"{BULK}/{sent.body['batchId']}/results?format=csv")
    assert len(answer.body.splitlines()) == 10_001
    assert (await api.ask("POST", f"{BULK}/send", json=body(10_001))).status == 422


async def test_the_plan_is_asked_before_the_body_is_read(api: Api) -> None:
    await api.connect("shop")
    await api._db.write(lambda conn: conn.execute(update(users).values(plan="free")))
    for answer in (
        await api.ask("POST", f"{BULK}/send", data=b"{", headers={"Content-Type": "application/json"}),
        await upload(api, b"to\n1\n", options="{"),
    ):
        assert answer.status == 403 and "no bulk sends" in answer.body["detail"], answer


async def test_those_who_are_slow_hold_up_no_more_than_there_are_turns(api: Api) -> None:
    """What is read is held in memory: the fifth waits until one of four is through."""
    await api.connect("shop")
    gate, begun = asyncio.Event(), asyncio.Semaphore(0)

    async def slowly() -> AsyncIterator[bytes]:
        raw = json.dumps(body()).encode()
        yield raw[:10]
        begun.release()
        await gate.wait()
        yield raw[10:]

    headers = {"Content-Type": "application/json"}
    async with asyncio.TaskGroup() as group:
        slow = [
            group.create_task(api.ask("POST", f"{BULK}/send", data=slowly(), headers=headers))
            for _ in range(4)
        ]
        async with asyncio.timeout(20):
            for _ in slow:
                await begun.acquire()
        for _ in range(5):  # what came before these has had its turn
            assert (await api.ask("GET", BULK)).status == 200
        fifth = group.create_task(api.ask("POST", f"{BULK}/send", json=body()))
        done, _ = await asyncio.wait([fifth], timeout=0.5)
        assert not done
        gate.set()
    assert [each.result().status for each in (*slow, fifth)] == [202] * 5
