"""Every fact becomes a line, and no line holds a text or a number."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from chatgrow_bot.host.loader import load_plugin_module, plugin_class
from chatgrow_bot.messages import (
    CommandUse,
    ConnectionChange,
    ConnectionState,
    ConversationChange,
    ConversationEvent,
    ConversationState,
    Delivery,
    Fault,
    HealthReport,
    Inbound,
    Kind,
    Lane,
    Notice,
    Priority,
    State,
)

JournalLog = plugin_class(load_plugin_module(Path(__file__).parents[2] / "plugins" / "journal_log.py"))

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
DANA, GROUP = "972541112233@c.us", "120363000000000000@g.us"
LEAKY = "'+972 54-111-2233' and 972541112233@c.us do not answer after 15 s (config/rules/hours.yaml:14)"
SEALED = "'…233' and …233@c.us do not answer after 15 s (config/rules/hours.yaml:14)"

FACTS: dict[str, Any] = {
    "inbound": Inbound(
        id="m1",
        tenant="t1",
        connection_id="c1",
        chat=GROUP,
        participant=DANA,
        wa_id=f"false_{DANA}_3EB0",
        text="a secret text",
        name="Dana Levi",
        sent_at=NOW,
        received_at=NOW,
    ),
    "outbound": Delivery(
        id="d1",
        tenant="t1",
        connection_id="c1",
        chat=DANA,
        wa_id=f"true_{DANA}_3EB0",
        kind=Kind.IMAGE,
        lane=Lane.REPLY,
        priority=Priority.NORMAL,
        state=State.RETRY,
        attempts=2,
        reason=LEAKY,
        source="auto_reply",
        because="config/rules/hours.yaml:14 rule 'hours'",
        created_at=NOW,
        due=NOW,
        expires_at=NOW,
        updated_at=NOW,
    ),
    "connection": ConnectionChange(
        connection_id="c1",
        tenant="t1",
        state=ConnectionState.QR,
        previous=ConnectionState.STARTING,
        reason=LEAKY,
        at=NOW,
    ),
    "health": HealthReport(
        connection_id="c1",
        tenant="t1",
        state=ConnectionState.ONLINE,
        is_healthy=False,
        can_send=True,
        can_receive=False,
        heartbeat_age=3.5,
        backlog=7,
        at=NOW,
    ),
    "fault": Fault(where="inbox", reason=LEAKY, tenant="t1", connection_id="c1", at=NOW),
    "command": CommandUse(name="rules", by="u1", ok=True, at=NOW),
    "notice": Notice(
        topic="order +972541112233",
        note="secret of Dana Levi",
        by="auto_reply",
        because="config/rules/hours.yaml:14 rule 'hours'",
        message_id="m1",
        tenant="t1",
        connection_id="c1",
        at=NOW,
    ),
    "conversation": ConversationChange(
        conversation_id="v1",
        number=12,
        tenant="t1",
        connection_id="c1",
        event=ConversationEvent.TRANSFERRED,
        state=ConversationState.AGENT,
        team="sales",
        agent="avi",
        previous_agent="dana",
        by="a call of +972541112233",
        at=NOW,
    ),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "whatsapp.log"


def journal_log(file: Path, **config: Any) -> Any:
    bot = SimpleNamespace(
        name="journal_log", config=JournalLog.Config.model_validate({"file": file, **config})
    )
    return JournalLog(bot)


@pytest.fixture
async def plugin(file: Path) -> AsyncIterator[Any]:
    plugin = journal_log(file)
    async with plugin.lifespan():
        yield plugin


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


async def test_facts_are_lines_in_their_order(plugin: Any, file: Path) -> None:
    for kind, fact in FACTS.items():
        await getattr(plugin, f"on_{kind}")(fact)
    assert [line["fact"] for line in lines(file)] == list(FACTS)
    assert {line["at"] for line in lines(file)} == {"2026-03-05T12:00:00+00:00"}


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("inbound", {"message": "m1", "connection": "c1", "chat": "…000@g.us", "sender": "…233@c.us"}),
        ("outbound", {"message": "d1", "state": "retry", "attempts": 2, "kind": "image", "reason": SEALED}),
        ("outbound", {"because": "config/rules/hours.yaml:14 rule 'hours'", "source": "auto_reply"}),
        ("connection", {"state": "qr", "previous": "starting", "reason": SEALED}),
        ("health", {"isHealthy": False, "canSend": True, "canReceive": False, "backlog": 7}),
        ("fault", {"where": "inbox", "reason": SEALED}),
        ("command", {"name": "rules", "by": "u1", "ok": True}),
        ("notice", {"message": "m1", "topic": "order …233", "by": "auto_reply", "connection": "c1"}),
        ("notice", {"because": "config/rules/hours.yaml:14 rule 'hours'", "tenant": "t1"}),
        ("conversation", {"conversation": "v1", "number": 12, "event": "transferred", "state": "agent"}),
        ("conversation", {"agent": "avi", "previousAgent": "dana", "by": "a call of …233"}),
    ],
)
async def test_a_line_says_what_happened(plugin: Any, file: Path, kind: str, wanted: dict[str, Any]) -> None:
    await getattr(plugin, f"on_{kind}")(FACTS[kind])
    (line,) = lines(file)
    assert {key: line[key] for key in wanted} == wanted


async def test_no_line_holds_a_text_a_name_or_a_number(plugin: Any, file: Path) -> None:
    for kind, fact in FACTS.items():
        await getattr(plugin, f"on_{kind}")(fact)
    written = await asyncio.to_thread(file.read_text, encoding="utf-8")
    digits = "".join(char for char in written if char.isdecimal())
    for secret in ("secret", "Levi", "3EB0", "120363"):
        assert secret not in written
    assert "541112" not in digits


async def test_the_file_is_rotated_and_only_so_many_are_kept(file: Path) -> None:
    plugin = journal_log(file, maxBytes=1_000, backups=2)
    async with plugin.lifespan():
        for _ in range(50):
            await plugin.on_command(FACTS["command"])
    kept = sorted(await asyncio.to_thread(lambda: list(file.parent.iterdir())))
    assert [path.name for path in kept] == ["whatsapp.log", "whatsapp.log.1", "whatsapp.log.2"]
    assert all(path.stat().st_size <= 1_000 for path in kept)


async def test_a_line_that_cannot_be_written_is_a_fault_and_not_lost_in_silence(file: Path) -> None:
    plugin = journal_log(file)
    async with plugin.lifespan():
        await asyncio.to_thread(file.mkdir)
        with pytest.raises(IsADirectoryError):
            await plugin.on_command(FACTS["command"])
        await asyncio.to_thread(file.rmdir)
        await plugin.on_command(FACTS["command"])
    assert len(lines(file)) == 1


async def test_two_of_them_write_to_two_files(tmp_path: Path) -> None:
    one, two = journal_log(tmp_path / "one.log"), journal_log(tmp_path / "two.log")
    async with one.lifespan(), two.lifespan():
        await one.on_command(FACTS["command"])
    assert len(lines(tmp_path / "one.log")) == 1
    assert not (tmp_path / "two.log").exists()
