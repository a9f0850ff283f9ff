"""`chatgrow say`: the whole way of a message on a copy, and nothing of it anywhere else."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from sqlalchemy import Connection, select

from chatgrow_bot.cli.main import main
from chatgrow_bot.config.load import load
from chatgrow_bot.rehearsal import Scene, copying
from chatgrow_bot.store import customers, suppressions
from chatgrow_bot.store.metadata import metadata
from chatgrow_bot.testing import TalkingBot

DANA, AVI = "972541112233@c.us", "972541112244@c.us"

RULES = """
language: en
hours: {zone: Asia/Jerusalem, open: {sun-thu: 9:00-18:00}}
rules:
  - id: closed
    when: {hours: closed}
    reply: We are closed.
  - id: order
    when: {text: order}
    then:
      - tag: lead
      - set: {city: Haifa}
      - notify: {topic: order, note: Somebody orders}
      - webhook: http://127.0.0.1:9/hook
      - reply: Thanks!
      - reply: {poll: {question: 'Which?', options: [cake, pie]}}
      - send: {to: '+972541112244', text: An order}
      - wait: 3s
      - reply: See you
  - id: once
    when: {text: price}
    reply: Ten, {{ name | default("friend") }}.
    limit: once per 1h
  - id: of-vips
    when: {text: hello, tag: vip}
    reply: Hello, dear guest of {{ field.city }}!
  - id: first
    when: {text: hello, firstContact: true}
    reply: Welcome!
  - {id: picture, when: {media: image}, reply: Nice picture.}
  - {id: vote, when: {poll: cake}, reply: Cake it is.}
  - {id: quote, when: {replyToUs: true}, reply: About that.}
"""
#: At which nothing is closed.
OPEN = ("--at", "2026-03-05 14:00")


def written(folder: Path, **plugins: Any) -> None:
    """A project with these rules."""
    rules = folder / "config" / "rules"
    rules.mkdir(parents=True, exist_ok=True)
    (rules / "shop.yaml").write_text(RULES, encoding="utf-8")
    listed = {"auto_reply": {"timeZone": "Asia/Jerusalem", "rules": str(rules)}, **plugins}
    pacing = {"reply": {"min": 0, "max": 0}}
    settings = {"server": {"port": 0}, "pacing": pacing, "plugins": listed}
    (folder / "config" / "said.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))


CURIOUS = """
from pathlib import Path

from chatgrow_bot.errors import BadInput
from chatgrow_bot.messages import Inbound, Outbound
from chatgrow_bot.plugin import Plugin, hook


class Curious(Plugin):
    @hook
    async def answer(self, message: Inbound) -> Outbound | None:
        try:
            await self.bot.http.request("GET", "http://127.0.0.1:9/weather")
        except BadInput as error:
            return Outbound(to=message.chat, text=f"No weather: {error.detail}")

    @hook
    async def on_inbound(self, message: Inbound) -> None:
        Path("heard").touch()
"""


def said(folder: Path, *words: str, code: int = 0) -> str:
    config = str(folder / "config" / "said.yaml")
    result = CliRunner().invoke(main, ["say", *words, "--config", config])
    assert result.exit_code == code, result.output
    return result.output if code else result.stdout


async def heard(bot: TalkingBot, *words: str, code: int = 0) -> str:
    """The same beside a hub that runs."""
    return await asyncio.to_thread(said, bot.folder, *words, code=code)


def answer(output: str) -> str:
    """What stands above the trace."""
    return output.rpartition("\n\n")[0]


def everything(conn: Connection) -> Any:
    """All rows, but for how far the hub that runs has counted."""
    return {
        table.name: [tuple(row) for row in conn.execute(select(table).order_by(*table.primary_key))]
        for table in metadata.sorted_tables
        if table.name not in ("bookmarks", "counts")
    }


def files(folder: Path) -> dict[str, bytes]:
    """Every file of the installation."""
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_without_a_database_it_says_so_and_makes_none(tmp_path: Path) -> None:
    written(tmp_path)
    output = said(tmp_path, "order", *OPEN)
    assert output.splitlines()[0] == (
        "From somebody, 2026-03-05 14:00 Asia/Jerusalem. There is no database yet, so nobody is known."
    )
    assert not (tmp_path / "sessions").exists()
    assert not (tmp_path / "logs").exists()


def test_it_tells_all_that_would_be_said_and_done_and_every_step(tmp_path: Path) -> None:
    written(tmp_path)
    output = said(tmp_path, "an order please", *OPEN)
    _, _, told = answer(output).partition("auto_reply answers:\n")
    assert told.splitlines() == [
        "",
        "Thanks!",
        "",
        "[poll Which? cake / pie]",
        "",
        "[to +972541112244]",
        "An order",
        "",
        "[3 s later]",
        "See you",
        "",
        "  + tag lead",
        "  + set city to Haifa",
        "  + notify order: Somebody orders",
        "  + call POST http://127.0.0.1:9/hook",
    ]
    assert "answer auto_reply: tagged, set a field, told others and answered" in output
    assert "ended: answered" in output


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("hello", "--first-contact"), "Welcome!"),
        (("hello", "--from", "+972541112255"), "Welcome!"),
        (("hello", "--tag", "vip", "--field", "city=Haifa"), "Hello, dear guest of Haifa!"),
        (("--media", "image"), "Nice picture."),
        (("--poll", "cake"), "Cake it is."),
        (("what?", "--reply-to-us"), "About that."),
        (("hello", "--group", "--first-contact"), "Nothing is said (no answer)."),
        (("price", "--at", "2026-03-05 20:00"), "We are closed."),
        (("price", "--at", "2026-03-05T20:00+06:00", "--name", "Dana"), "Ten, Dana."),
    ],
)
def test_what_is_told_of_the_message_counts(tmp_path: Path, words: tuple[str, ...], expected: str) -> None:
    written(tmp_path)
    words = words if "--at" in words else (*words, *OPEN)
    assert expected in said(tmp_path, *words)


def test_a_word_of_consent_is_heeded_and_no_rule_is_asked(tmp_path: Path) -> None:
    written(tmp_path)
    output = said(tmp_path, "STOP", *OPEN)
    assert "consent answers:" in output
    assert "  + opt him out: nothing is sent to him any more" in output
    assert "shop.yaml" not in output


def test_a_filter_that_drops_ends_it(tmp_path: Path) -> None:
    written(tmp_path, guest_list={"block": [DANA]})
    output = said(tmp_path, "price", "--from", "+972541112233", *OPEN)
    assert "Nothing is said (dropped)." in output
    assert "filter guest_list: dropped" in output
    assert "Ten" in said(tmp_path, "price", "--from", "+972541112244", *OPEN)


def test_a_plugin_that_asks_elsewhere_is_refused_and_is_told_no_fact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, curious={}, metrics={"admin": True}, rest_api={"admin": True})
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "curious.py").write_text(CURIOUS, encoding="utf-8")
    config = tmp_path / "config" / "said.yaml"
    config.write_text("pluginFolders: [plugins]\n" + config.read_text())
    monkeypatch.chdir(tmp_path)
    output = said(tmp_path, "qwerty", *OPEN)
    assert "curious answers:\n\nNo weather: nothing is called in a rehearsal" in output
    assert "  + call GET http://127.0.0.1:9/weather" in output
    assert not (tmp_path / "heard").exists()


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("x", "--from", "12"), "international form"),
        (("x", "--at", "soon"), "2026-03-05 14:00"),
        (("x", "--field", "city"), "city=Haifa"),
        ((), "say something"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, words: tuple[str, ...], hint: str) -> None:
    written(tmp_path)
    assert hint in said(tmp_path, *words, code=2)


async def test_beside_a_hub_it_knows_what_the_hub_knows_and_changes_nothing(bot: TalkingBot) -> None:
    written(bot.folder)
    rules = {"rules": str(bot.folder / "config" / "rules"), "timeZone": "Asia/Jerusalem"}
    await bot.start("auto_reply", auto_reply=rules)
    now = bot.clock.now()
    await bot.connect()
    tenant = bot.admin.user_id

    def known(conn: Connection) -> None:
        customers.tag(conn, tenant, DANA, {"vip"}, now)
        customers.set_field(conn, tenant, DANA, "city", "Haifa", now)

    await bot.running.ground.db.write(known)
    before = await bot.read(everything)
    output = await heard(bot, "hello", "--from", DANA, *OPEN)
    assert "From +972541112233 to 'shop' of 'admin'" in output
    assert "Known of him: tags vip; city Haifa; never wrote before." in output
    assert "Hello, dear guest of Haifa!" in output
    await heard(bot, "order", "--from", DANA, *OPEN)
    await heard(bot, "STOP", "--from", DANA, *OPEN)
    assert await bot.read(everything) == before
    assert "no user 'rina'" in await heard(bot, "x", "--as", "rina", code=1)
    assert "no connection 'other'" in await heard(bot, "x", "--connection", "other", code=1)
    await bot.stop()
    as_it_was = files(bot.folder)
    assert "Hello, dear guest of Haifa!" in await heard(bot, "hello", "--from", DANA, *OPEN)
    assert files(bot.folder) == as_it_was


async def test_limits_that_are_reached_hold_in_the_copy(bot: TalkingBot) -> None:
    written(bot.folder)
    everyday = RULES.replace("sun-thu: 9:00-18:00", "sun-sat: 0:00-24:00")
    (bot.folder / "config" / "rules" / "shop.yaml").write_text(everyday, encoding="utf-8")
    rules = {"rules": str(bot.folder / "config" / "rules"), "timeZone": "Asia/Jerusalem"}
    await bot.start("auto_reply", auto_reply=rules)
    assert await bot.say("price", DANA) == ["Ten, friend."]
    output = await heard(bot, "price", "--from", DANA)
    assert "Nothing is said (no answer)." in output
    assert "once in 1h" in output
    assert "Ten" in await heard(bot, "price", "--from", AVI)


async def test_of_who_was_erased_and_wants_nothing_it_tells_that_nothing_leaves(bot: TalkingBot) -> None:
    written(bot.folder)
    await bot.start("auto_reply")
    tenant, now = bot.admin.user_id, bot.clock.now()
    await bot.running.ground.db.write(lambda conn: suppressions.keep(conn, tenant, {AVI}, now))
    await bot.connect()
    output = await heard(bot, "price", "--from", AVI, *OPEN)
    assert "Known of him: he wants nothing (opted out); never wrote before." in output
    assert "[not sent: the person has opted out]" in output


@pytest.mark.slow
async def test_of_a_large_database_it_copies_what_counts(
    bot: TalkingBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(bot.folder)
    await bot.start("auto_reply")
    session = await bot.connect()
    for number in range(6):
        await session.hears(f"word {number}", DANA)
        await session.hears(f"word {number}", AVI)
    await bot.rest()
    monkeypatch.setattr(copying, "_MESSAGES", 3)
    found = load(bot.folder / "config" / "said.yaml", {})
    copied = await copying.sample(found.settings, Scene(text="hello", sender=DANA, at=bot.clock.now()))
    came = next(rows for table, rows in copied.rows if table.name == "inbox")
    assert [row["text"] for row in came] == ["word 5", "word 4", "word 3"]
    assert {row["chat"] for row in came} == {DANA}
