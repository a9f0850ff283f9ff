"""Words whose end is unclear: what the hub may have is not sent twice, what it has not told is an error."""

import asyncio
import re
import signal
import sys
from asyncio.subprocess import PIPE
from datetime import UTC, datetime

from aiohttp import web

from chatgrow_bot.testing import TalkingBot

from .ctrl_c import hears_ctrl_c
from .relay import Relay
from .test_words import Said
from .test_words import env as env
from .test_words import said as said

SEND = "POST /api/whatsapp/connections/shop/send"
WORDS = ("send", "+14155550123", "Hello", "--wait", "60")


def key_in(errors: str) -> str:
    [key] = re.findall(r"The same again with --key (\w+) sends nothing twice", errors)
    return str(key)


async def test_a_message_in_doubt_is_not_sent_twice(said: Said, hub: TalkingBot, road: Relay) -> None:
    session = await hub.connect()
    road.meant, road.plan = lambda what: what == SEND, ["swallow"] * 100
    doubt = await said(*WORDS, code=1)
    road.plan.clear()
    sent = await said(*WORDS, "--key", key_in(doubt.stderr))
    assert "sent" in sent.stdout
    assert len(session.sent) == 1
    assert set(road.keys) == {key_in(doubt.stderr)}


async def test_nor_is_one_whose_end_was_not_waited_for(
    env: dict[str, str], key: str, said: Said, hub: TalkingBot, road: Relay
) -> None:
    session = await hub.connect()
    await said("queue", "pause")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chatgrow_bot.cli", *WORDS),
        env={**env, "CHATGROW_TOKEN": key, "PATH": ""},
        stdout=PIPE,
        stderr=PIPE,
        preexec_fn=hears_ctrl_c,
    )
    async with asyncio.timeout(20):
        while SEND not in road.seen:  # noqa: ASYNC110 (in another process)
            await asyncio.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()
    assert process.returncode == 130
    assert b"Traceback" not in errors
    await said("queue", "resume")
    await said(*WORDS, "--key", key_in(errors.decode()))
    assert len(session.sent) == 1


async def test_what_a_person_must_decide_is_not_taken_for_sent(
    said: Said, hub: TalkingBot, road: Relay
) -> None:
    await hub.connect()
    body = {
        "messageId": "0" * 32,
        "status": "quarantined",
        "reason": "It may \x1b[2J have left",
        "estimatedSendAt": datetime.now(UTC).isoformat(),
    }
    road.meant, road.plan = lambda what: what == SEND, [web.json_response(body, status=202)]
    shown = (await said(*WORDS, code=1)).stdout
    assert "quarantined: It may  [2J have left" in shown


async def test_events_that_cannot_be_told_are_an_error(said: Said, hub: TalkingBot, road: Relay) -> None:
    assert "cannot be reached" in (await said("events", "--url", "http://127.0.0.1:9", code=1)).stderr
    road.plan = [web.Response(status=503, headers={"Retry-After": "2"}) for _ in range(100)]
    assert "The answer was 503" in (await said("events", code=1)).stderr


async def test_the_events_that_are_kept_have_an_end_where_much_happens(said: Said, hub: TalkingBot) -> None:
    session = await hub.connect()
    await session.hears("Before")
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        word = group.create_task(said("events", "--type", "message.received"))
        while not word.done():
            await session.hears("Meanwhile")
            await asyncio.sleep(0.2)
    assert "Before" in word.result().stdout
