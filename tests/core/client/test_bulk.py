"""Batches, by the client and by the words of the command line."""

import asyncio
import csv
import io
import json
import re
import signal
import sys
from asyncio.subprocess import PIPE
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from chatgrow_bot.cli.main import main
from chatgrow_bot.client import Batch, Client, How, InvalidRequest, NotFound, To
from chatgrow_bot.testing import TalkingBot

from .ctrl_c import hears_ctrl_c
from .relay import Relay

CSV = "to,name\n+14155550001,Dana\n+14155550002,Noam\nnobody,Eve\n+14155550001,Dana again\n"


async def over(client: Client, batch_id: str) -> Batch:
    async with asyncio.timeout(20):
        while not (batch := await client.bulk(batch_id)).is_over:  # noqa: ASYNC110 (over HTTP)
            await asyncio.sleep(0.05)
    return batch


async def test_a_batch_is_handed_over_followed_and_its_rows_are_told(client: Client, hub: TalkingBot) -> None:
    session = await hub.connect()
    people = [
        To(to="+14155550001", fields={"name": "Dana"}),
        To(to="+14155550002", content="Something of your own"),
        To(to="nobody", fields={"name": "Eve"}),
    ]
    handed = await client.bulk_send("shop", people, "Hi {{ name }}", name="An example")
    assert (handed.accepted, handed.rejected) == (2, 1)
    assert [(each.row, each.to) for each in handed.rejections] == [(3, "nobody")]
    batch = await over(client, handed.batch_id)
    assert (batch.status, batch.percent, batch.name) == ("completed", 100.0, "An example")
    assert sorted(parcel.text for parcel in session.sent) == ["Hi Dana", "Something of your own"]
    rows = [row async for row in client.bulk_results(handed.batch_id)]
    assert [(row.row, row.status) for row in rows] == [(1, "sent"), (2, "sent"), (3, "rejected")]
    assert (await client.message(rows[0].message_id)).text == "Hi Dana"
    assert [each.batch_id for each in await client.bulks()] == [handed.batch_id]
    with pytest.raises(InvalidRequest):
        await client.bulk_send("shop", [To(to="nobody")], "Hi")
    with pytest.raises(NotFound):
        await client.bulk("0" * 32)


async def test_a_csv_whose_answer_is_lost_is_sent_once(client: Client, hub: TalkingBot, road: Relay) -> None:
    session = await hub.connect()
    road.plan = ["swallow"]
    handed = await client.bulk_csv("shop", CSV.encode(), "Hi {{ name }}")
    assert road.seen.count("POST /api/whatsapp/bulk/csv") == 2
    assert (handed.accepted, handed.rejected) == (2, 2)
    await over(client, handed.batch_id)
    assert sorted(parcel.text for parcel in session.sent) == ["Hi Dana", "Hi Noam"]
    assert len(await client.bulks()) == 1
    table = list(
        csv.DictReader(io.StringIO((await client.bulk_results_csv(handed.batch_id)).decode("utf-8-sig")))
    )
    assert [row["status"] for row in table] == ["sent", "sent", "rejected", "rejected"]


async def test_a_batch_is_paused_resumed_and_taken_back(client: Client, hub: TalkingBot) -> None:
    session = await hub.connect()
    later = How(send_at=datetime.now(UTC) + timedelta(hours=1), ttl=timedelta(hours=5), duplicates="send")
    handed = await client.bulk_csv("shop", CSV.encode(), "Hi {{ name }}", how=later)
    assert handed.accepted == 3
    assert (await client.pause_bulk(handed.batch_id)).status == "paused"
    assert (await client.resume_bulk(handed.batch_id)).status in ("waiting", "running")
    gone = await client.cancel_bulk(handed.batch_id)
    assert gone.is_over
    assert gone.counts["cancelled"] == 3
    assert session.sent == []


@pytest.fixture
def env(road: Relay, key: str, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "people.csv").write_text(CSV)
    return {"CHATGROW_URL": road.url, "CHATGROW_TOKEN": key, "XDG_CONFIG_HOME": str(tmp_path)}


async def said(env: dict[str, str], *words: str, code: int = 0) -> str:
    result = await asyncio.to_thread(CliRunner(env=env).invoke, main, ["bulk", *words])
    assert result.exit_code == code, result.output
    return result.output


async def test_a_file_is_sent_from_a_terminal_and_its_rows_are_shown(
    env: dict[str, str], hub: TalkingBot, tmp_path: Path
) -> None:
    session = await hub.connect()
    file = str(tmp_path / "people.csv")
    told = await said(env, "send", file, "--text", "Hi {{ name }}", "--key", "monday", code=1)
    assert "2 taken, 2 refused" in told
    assert re.search(r"row 4  nobody: ", told)
    assert "is completed, 100 % done\nrows: " in told
    assert len(session.sent) == 2
    again = await said(env, "send", file, "--text", "Hi {{ name }}", "--key", "monday", "--json", code=1)
    assert json.loads(again)["status"] == "completed"
    assert [each["row"] for each in json.loads(again)["rejections"]] == [4, 5]
    assert len(session.sent) == 2
    batch = json.loads(again)["batchId"]
    assert "completed" in await said(env, "status", batch)
    assert batch in await said(env, "list")
    rows = (await said(env, "results", batch)).splitlines()
    assert [row.split()[2] for row in rows] == ["state", "sent", "sent", "rejected", "rejected"]
    assert (await said(env, "results", batch, "--csv")).lstrip("\ufeff").startswith("row,to,")
    for wrong in ("9", "9-18", "09:00-25:00"):
        words = ("send", file, "--text", "Hi", "--window", wrong)
        assert "write it as 09:00-18:00" in await said(env, *words, code=2)
    both = ("--text", "Hi", "--text-file", file)
    assert "not by both" in await said(env, "send", file, *both, code=2)
    wrong = await said(env, "send", file, "--text", "Hi {{ nmae }}", code=1)
    assert re.search(r"nothing was stored\.\n  Row 2: .*nmae", wrong)
    assert "nothing to say" in await said(env, "send", file, code=2)


async def test_who_stops_watching_stops_nothing(env: dict[str, str], hub: TalkingBot, road: Relay) -> None:
    session = await hub.connect()
    session.gate.clear()
    command = (
        sys.executable,
        "-m",
        "chatgrow_bot.cli",
        "bulk",
        "send",
        f"{env['XDG_CONFIG_HOME']}/people.csv",
    )
    process = await asyncio.create_subprocess_exec(
        *(*command, "--text", "Hi {{ name }}"),
        env={**env, "PATH": ""},
        stdout=PIPE,
        stderr=PIPE,
        preexec_fn=hears_ctrl_c,
    )
    async with asyncio.timeout(20):
        await session.sending.wait()
        while not any(re.match("GET /api/whatsapp/bulk/", what) for what in road.begun):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()
    assert process.returncode == 130
    assert b"Traceback" not in errors
    [batch] = set(re.findall(r"chatgrow bulk status ([0-9a-f]{32})", errors.decode()))
    assert "50 %" not in await said(env, "pause", batch)
    session.gate.set()
    assert "running" in await said(env, "resume", batch)
    done = json.loads(await said(env, "status", batch, "--watch", "--json"))
    assert (done["status"], done["percent"]) == ("completed", 100.0)
    assert len(session.sent) == 2


async def test_what_was_taken_back_is_not_taken_for_sent(
    env: dict[str, str], hub: TalkingBot, tmp_path: Path
) -> None:
    await hub.connect()
    (tmp_path / "one.csv").write_text("to\n+14155550001\n")
    at = f"{datetime.now(UTC) + timedelta(hours=1):%FT%TZ}"
    words = ("send", str(tmp_path / "one.csv"), "--text", "Hi", "--at", at, "--key", "k", "--json")
    batch = json.loads(await said(env, *words, "--detach"))["batchId"]
    await said(env, "cancel", batch)
    assert json.loads(await said(env, *words, code=1))["status"] == "cancelled"


async def test_a_batch_in_doubt_is_not_sent_twice(
    env: dict[str, str], hub: TalkingBot, road: Relay, tmp_path: Path
) -> None:
    session = await hub.connect()
    words = ("send", str(tmp_path / "people.csv"), "--text", "Hi {{ name }}")
    road.meant, road.plan = lambda what: what.endswith("/csv"), ["swallow"] * 100
    [key] = re.findall(r"with --key (\w+) sends nothing twice", await said(env, *words, code=1))
    road.plan.clear()
    assert "2 taken, 2 refused" in await said(env, *words, "--key", key, code=1)
    assert len(session.sent) == 2


async def test_what_keeps_a_batch_back_is_told_line_by_line_where_there_is_no_terminal(
    env: dict[str, str], client: Client, hub: TalkingBot, road: Relay, tmp_path: Path
) -> None:
    await hub.connect()
    await client.pause_connection("shop")
    words = ("send", str(tmp_path / "people.csv"), "--text", "Hi {{ name }}")
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        sent = group.create_task(said(env, *words, code=1))
        while sum(what.startswith("GET /api/whatsapp/bulk/") for what in road.begun) < 3:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        await client.resume_connection("shop")
    lines = [line for line in sent.result().splitlines() if "is paused" in line]
    assert len(lines) == 1
    assert "connection 'shop' is paused" in lines[0]
