"""The plugin between the hub and the rules: what its hooks do, on a true hub."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection
from structlog.testing import capture_logs

from chatgrow_bot.hub import Answer, Identity, Role
from chatgrow_bot.store import plugin_store
from chatgrow_bot.testing import FakeClock, TalkingBot

Write = Callable[[str, str], Path]

HOURS = "rules: [{id: hours, when: {text: {any: hours}}, reply: 'It is {{ time }}.', limit: once per 1h}]\n"
BROKEN = "rules: [{id: broken, when: {text: {any: x}}, reply: '{{ x }}'}]\n"
VIEWER = Identity(user_id="u2", username="dana", role=Role.VIEWER, plan="free")
AVI = "972549998877@c.us"


class Shop:
    """A hub with the rules of one folder, and a clock."""

    def __init__(self, bot: TalkingBot, clock: FakeClock, folder: Path) -> None:
        self.bot, self.clock, self.folder = bot, clock, folder

    async def opens(self, **more: object) -> None:
        config = {"rules": str(self.folder), "timeZone": "Asia/Jerusalem", "watch": False, **more}
        await self.bot.start("auto_reply", auto_reply=config)

    async def told(self, name: str, who: Identity | None = None) -> Answer:
        return await self.bot.running.hub.commands.run(name, (), who or self.bot.admin)

    def kept(self, conn: Connection) -> set[str]:
        found = plugin_store.items(conn, "auto_reply", self.bot.admin.user_id, "limits/")
        return {key.removeprefix("limits/shop/").removesuffix("@c.us") for key in found}


@pytest.fixture
async def shop(tmp_path: Path, folder: Path) -> AsyncIterator[Shop]:
    clock = FakeClock(datetime(2026, 3, 5, 12, tzinfo=UTC))
    bot = TalkingBot(tmp_path, clock)
    yield Shop(bot, clock, folder)
    await bot.stop()


async def test_it_answers_by_a_rule_and_says_which(shop: Shop, write: Write) -> None:
    write("hours", HOURS)
    await shop.opens()
    assert await shop.bot.say("hours?") == ["It is 14:00."]  # in the shop's time zone
    assert await shop.bot.say("something else") == []
    [sent] = await shop.bot.read(lambda conn: conn.exec_driver_sql("SELECT because FROM outbox").all())
    assert sent.because == f"{shop.folder}/hours.yaml:1 rule 'hours'"


async def test_a_broken_rule_is_logged_with_its_place_and_the_others_answer(shop: Shop, write: Write) -> None:
    write("a", BROKEN)
    write("hours", HOURS)
    with capture_logs() as logs:
        await shop.opens()
        assert await shop.bot.say("hours")
    (error,) = [line for line in logs if line["log_level"] == "error"]
    assert error["problem"].startswith(f"{shop.folder}/a.yaml:1:")
    assert "^" in error["problem"]


async def test_a_missing_folder_does_not_stop_it(shop: Shop) -> None:
    await asyncio.to_thread(shop.folder.rmdir)
    await shop.opens()
    assert await shop.bot.say("hours") == []


async def test_a_limit_holds_per_chat_and_ends(shop: Shop, write: Write) -> None:
    write("hours", HOURS)
    await shop.opens()
    assert await shop.bot.say("hours")
    shop.clock.advance(59 * 60)
    assert not await shop.bot.say("hours")
    assert await shop.bot.say("hours", AVI)
    shop.clock.advance(2 * 60)
    assert await shop.bot.say("hours")
    assert not await shop.bot.say("hours")


async def test_old_uses_are_forgotten(shop: Shop, write: Write) -> None:
    write("hours", HOURS)
    write("week", "rules: [{id: week, when: {text: {any: week}}, reply: w, limit: once per 7d}]\n")
    await shop.opens()
    day = 86_400
    for wait, text, chat, kept in (
        (0, "week", "14155550111", {"14155550111"}),
        (3 * day, "hours", "14155550122", {"14155550111", "14155550122"}),
        (4.1 * day, "hours", "14155550133", {"14155550122", "14155550133"}),
        (6.9 * day, "hours", "14155550133", {"14155550133"}),
    ):
        shop.clock.advance(wait)
        assert await shop.bot.say(text, f"{chat}@c.us")
        await shop.bot.until(shop.kept, kept.__eq__, seconds=20)


async def test_reload_takes_in_what_has_changed(shop: Shop, write: Write) -> None:
    await shop.opens()
    assert await shop.bot.say("hours") == []
    write("hours", HOURS)
    answer = await shop.told("rules-reload")
    assert (answer.ok, answer.text) == (True, "1 rules loaded.")
    assert await shop.bot.say("hours")


async def test_a_wrong_file_keeps_its_rules_and_says_so_while_the_others_change(
    shop: Shop, write: Write
) -> None:
    write("a", HOURS)
    write("b", "rules: [{id: price, when: {text: {any: price}}, reply: Ten.}]\n")
    await shop.opens()
    write("a", HOURS.replace("It is", "New:") + BROKEN.replace("rules:", "rule:"))
    write("b", "rules: [{id: price, when: {text: {any: price}}, reply: Twelve.}]\n")
    answer = await shop.told("rules-reload")
    assert not answer.ok
    assert answer.text.startswith("2 rules loaded. These files keep their rules of before: a.yaml.\n\n")
    assert f"{shop.folder}/a.yaml:2:1" in answer.text
    assert await shop.bot.say("hours") == ["It is 14:00."]
    assert await shop.bot.say("price") == ["Twelve."]
    write("a", HOURS.replace("It is", "New:"))
    assert (await shop.told("rules-reload")).ok
    assert await shop.bot.say("hours", AVI) == ["New: 14:00."]


async def test_a_file_that_takes_the_id_of_another_keeps_its_rules_too(shop: Shop, write: Write) -> None:
    write("a", HOURS)
    write("b", "rules: [{id: price, when: {text: {any: price}}, reply: Ten.}]\n")
    await shop.opens()
    write("b", "rules: [{id: hours, when: {text: {any: price}}, reply: Twelve.}]\n")
    answer = await shop.told("rules-reload")
    assert "the id 'hours' is taken" in answer.text
    assert await shop.bot.say("price") == ["Ten."]


async def test_changed_files_are_loaded_by_themselves(shop: Shop, write: Write) -> None:
    write("price", "rules: [{id: price, when: {text: {any: price}}, reply: Ten.}]\n")
    await shop.opens(watch=True)
    assert await shop.bot.say("price", AVI) == ["Ten."]
    write("price", "rules: [{id: price, when: {text: {any: price}}, reply: Twelve.}]\n")
    for customer in range(500):
        if await shop.bot.say("price", f"1415555{customer:04d}@c.us") == ["Twelve."]:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the new rules were never loaded")


async def test_rules_lists_what_answers_and_what_is_left_out(shop: Shop, write: Write) -> None:
    write("a", BROKEN)
    write("hours", HOURS)
    write("own", "tenants: [u1]\nrules: [{id: secret-offer, when: {text: {any: x}}, reply: z}]\n")
    await shop.opens()
    told = await shop.told("rules")
    assert told.text.splitlines()[:3] == [
        "Asked in this order:",
        f"  hours         {shop.folder}/hours.yaml:1  once in 1h",
        f"  secret-offer  {shop.folder}/own.yaml:2",
    ]
    assert "There is no field 'x' here" in told.text
    assert told.data["rules"][0] == {"id": "hours", "place": f"{shop.folder}/hours.yaml:1"}


async def test_rules_shows_other_tenants_rules_to_admins_only(shop: Shop, write: Write) -> None:
    write("a", "tenants: [u1]\n" + BROKEN.replace("'{{ x }}'", "'{{ secretOffer }}'"))
    write("own", "tenants: [u1]\nrules: [{id: secret-offer, when: {text: {any: x}}, reply: z}]\n")
    write("theirs", "tenants: [u2]\nrules: [{id: theirs, when: {text: {any: x}}, reply: z}]\n")
    await shop.opens()
    told = await shop.told("rules", VIEWER)
    assert "theirs" in told.text
    assert "secret" not in f"{told.text}{told.data}"
    assert f"Left out for what is wrong at {shop.folder}/a.yaml:2:" in told.text


async def test_reloading_asks_for_a_role(shop: Shop) -> None:
    await shop.opens()
    roles = {each.name: each.role for each in shop.bot.running.hub.commands.all()}
    assert (roles["rules"], roles["rules-reload"]) == (Role.VIEWER, Role.OPERATOR)
