"""The plugin between the hub and the rules: what its hooks do."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from chatgrow_bot.hub import Answer, Identity, Role
from chatgrow_bot.messages import Inbound

from .conftest import NOON, MemoryBot

Write = Callable[[str, str], Path]
Message = Callable[..., Inbound]

HOURS = "rules: [{id: hours, when: {text: {any: hours}}, reply: 'It is {{ time }}.', limit: once per 1h}]\n"
BROKEN = "rules: [{id: broken, when: {text: {any: x}}, reply: '{{ x }}'}]\n"

ADMIN = Identity(user_id="u1", username="root", role=Role.ADMIN, plan="free")
VIEWER = Identity(user_id="u2", username="dana", role=Role.VIEWER, plan="free")


@pytest.fixture
def command(plugin: Any) -> Callable[..., Any]:
    """Run an admin command: `await command("rules", ADMIN)`."""

    async def run(name: str, who: Identity) -> Answer:
        commands = {each.name: each for each in plugin.register_commands()}
        answer: Answer = await commands[name].run((), who)
        return answer

    return run


async def test_it_answers_by_a_rule_and_says_which(
    plugin: Any, write: Write, folder: Path, inbound: Message
) -> None:
    write("hours", HOURS)
    async with plugin.lifespan():
        answer = await plugin.answer(inbound("hours?"))
        assert answer.to == "972541112233@c.us"
        assert answer.text == "It is 14:00."  # in the shop's time zone
        assert answer.because == f"{folder}/hours.yaml:1 rule 'hours'"
        assert await plugin.answer(inbound("something else")) is None


async def test_a_broken_rule_is_logged_with_its_place_and_the_others_answer(
    plugin: Any, write: Write, folder: Path, inbound: Message
) -> None:
    write("a", BROKEN)
    write("hours", HOURS)
    with capture_logs() as logs:
        async with plugin.lifespan():
            assert await plugin.answer(inbound("hours"))
    (error,) = [line for line in logs if line["log_level"] == "error"]
    assert error["problem"].startswith(f"{folder}/a.yaml:1:")
    assert "^" in error["problem"]


async def test_a_missing_folder_does_not_stop_it(plugin: Any, folder: Path, inbound: Message) -> None:
    await asyncio.to_thread(folder.rmdir)
    async with plugin.lifespan():
        assert await plugin.answer(inbound("hours")) is None


async def test_a_limit_holds_per_chat_and_tenant_and_ends(
    plugin: Any, write: Write, inbound: Message
) -> None:
    write("hours", HOURS)
    async with plugin.lifespan():

        async def answered(id: str, minutes: int, **changes: Any) -> bool:
            message = inbound("hours", id=id, at=NOON + timedelta(minutes=minutes), **changes)
            return await plugin.answer(message) is not None

        assert await answered("m1", 0)
        assert not await answered("m2", 59)
        assert await answered("m3", 59, chat="972549998877@c.us")
        assert await answered("m4", 59, tenant="clinic")
        assert await answered("m5", 61)
        assert not await answered("m6", 62)


async def test_a_message_asked_about_again_after_a_crash_is_answered_again(
    plugin: Any, write: Write, inbound: Message, bot: MemoryBot
) -> None:
    write("hours", HOURS)
    async with plugin.lifespan():
        assert await plugin.answer(inbound("hours", id="m1"))
    reborn = type(plugin)(bot)
    async with reborn.lifespan():
        assert await reborn.answer(inbound("hours", id="m1"))
        assert await reborn.answer(inbound("hours", id="m2")) is None


async def test_old_uses_are_forgotten(plugin: Any, write: Write, inbound: Message, bot: MemoryBot) -> None:
    write("hours", HOURS)
    write("week", "rules: [{id: week, when: {text: {any: week}}, reply: w, limit: once per 7d}]\n")

    def kept() -> set[str]:
        return {key.removeprefix("limits/").removesuffix("@c.us") for _, key in bot.store.values}

    async def use(text: str, chat: str, days: float) -> None:
        at = NOON + timedelta(days=days)
        assert await plugin.answer(inbound(text, id=f"{chat}{days}", chat=f"{chat}@c.us", at=at))
        await asyncio.gather(*bot.background)

    async with plugin.lifespan():
        await use("week", "11111", 0)
        await use("hours", "22222", 3)
        await use("hours", "33333", 6.9)
        assert kept() == {"11111", "22222", "33333"}
        await use("hours", "33333", 7.1)
        assert kept() == {"22222", "33333"}
        await use("hours", "33333", 14.0)
        assert kept() == {"33333"}
        ((_, value),) = [pair for pair in bot.store.values.items()]
        assert len(value["hours"]) == 2  # those of the last seven days


async def test_reload_takes_in_what_has_changed(
    plugin: Any, write: Write, inbound: Message, command: Callable[..., Any]
) -> None:
    async with plugin.lifespan():
        assert await plugin.answer(inbound("hours")) is None
        write("hours", HOURS)
        answer = await command("rules-reload", ADMIN)
        assert (answer.ok, answer.text) == (True, "1 rules loaded.")
        assert await plugin.answer(inbound("hours"))


async def test_a_reload_with_anything_wrong_keeps_the_rules_and_says_so(
    plugin: Any, write: Write, folder: Path, inbound: Message, command: Callable[..., Any]
) -> None:
    write("hours", HOURS)
    async with plugin.lifespan():
        write("hours", HOURS.replace("It is", "New:"))
        write("a", BROKEN)
        answer = await command("rules-reload", ADMIN)
        assert not answer.ok
        assert answer.text.startswith("Nothing has changed; the rules before stay.\n\n")
        assert f"{folder}/a.yaml:1:" in answer.text
        assert (await plugin.answer(inbound("hours"))).text.startswith("It is")


async def test_rules_lists_what_answers_and_what_is_left_out(
    plugin: Any, write: Write, folder: Path, command: Callable[..., Any]
) -> None:
    write("a", BROKEN)
    write("hours", HOURS)
    write("own", "tenants: [u1]\nrules: [{id: secret-offer, when: {text: {any: x}}, reply: z}]\n")
    async with plugin.lifespan():
        told = await command("rules", ADMIN)
        assert told.text.splitlines()[:3] == [
            "Asked in this order:",
            f"  hours         {folder}/hours.yaml:1  once in 1h",
            f"  secret-offer  {folder}/own.yaml:2",
        ]
        assert "There is no field 'x' here" in told.text
        assert told.data["rules"][0] == {"id": "hours", "place": f"{folder}/hours.yaml:1"}


async def test_rules_shows_other_tenants_rules_to_admins_only(
    plugin: Any, write: Write, folder: Path, command: Callable[..., Any]
) -> None:
    write("a", "tenants: [u1]\n" + BROKEN.replace("'{{ x }}'", "'{{ secretOffer }}'"))
    write("own", "tenants: [u1]\nrules: [{id: secret-offer, when: {text: {any: x}}, reply: z}]\n")
    write("theirs", "tenants: [u2]\nrules: [{id: theirs, when: {text: {any: x}}, reply: z}]\n")
    async with plugin.lifespan():
        told = await command("rules", VIEWER)
    assert "theirs" in told.text
    assert "secret" not in f"{told.text}{told.data}"
    assert f"Left out for what is wrong at {folder}/a.yaml:2:" in told.text


def test_its_commands_ask_for_roles(plugin: Any) -> None:
    roles = {command.name: command.role for command in plugin.register_commands()}
    assert roles == {"rules": Role.VIEWER, "rules-reload": Role.OPERATOR}
