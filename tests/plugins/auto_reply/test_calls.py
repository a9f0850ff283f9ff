"""Webhooks that rules call: each is made at least once, in order to each URL, and never twice for one
message; a receiver that is down holds up nobody else's."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import select, update
from structlog.testing import capture_logs

from chatgrow_bot.errors import StoreUnavailable
from chatgrow_bot.hooks.watchdog import PluginStalled
from chatgrow_bot.host.loader import built_in_folder, load_plugin_module
from chatgrow_bot.plugin import Bot, Plugin, hook
from chatgrow_bot.signatures import Signature, to_key
from chatgrow_bot.testing import FakeClock, TalkingBot

load_plugin_module(built_in_folder() / "auto_reply")
calls: Any = import_module("chatgrow_plugins.auto_reply.calls")
rows: Any = import_module("chatgrow_plugins.auto_reply.calls_rows")
personal: Any = import_module("chatgrow_plugins.auto_reply.calls_people")
sending: Any = import_module("chatgrow_plugins.auto_reply.calls_sending")
loading: Any = import_module("chatgrow_plugins.auto_reply.loading")

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PATIENCE = 20.0
#: Nobody answers there.
DEAD = "http://127.0.0.1:9/dead"


class Caller(Plugin):
    """Has calls made, and nothing else."""

    clock = FakeClock()
    secret = SECRET

    def __init__(self, bot: Bot) -> None:
        super().__init__(bot)
        self.calls = calls.Calls(bot, self.secret, self.clock)

    @hook
    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        async with self.calls.running():
            yield


@dataclass
class Receiver:
    """Other systems, each at a path of its own."""

    url: str = ""
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: dict[str, Callable[[], web.Response]] = field(default_factory=dict)
    held: dict[str, asyncio.Event] = field(default_factory=dict)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {name.lower(): ", ".join(request.headers.getall(name)) for name in request.headers}
        self.got.append((request.path, headers, body))
        if request.path in self.held:
            await self.held[request.path].wait()
        return self.answers.get(request.path, web.Response)()

    def says(self, path: str, status: int, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = lambda: web.Response(status=status, headers=named)

    def ids(self, path: str) -> list[str]:
        return [headers["webhook-id"] for at, headers, _ in self.got if at == path]


class World:
    """A hub, its plugin, and receivers."""

    def __init__(self, folder: Path, receiver: Receiver) -> None:
        self.clock = FakeClock()
        self.bot = TalkingBot(folder, self.clock)
        self.receiver = receiver
        self.plugin: type[Caller] = type("Caller", (Caller,), {"clock": self.clock})

    async def start(self) -> None:
        settings = {"allowedHosts": ["127.0.0.1", "localhost"]}
        await self.bot.start(self.plugin, settings=settings, caller={"tenants": "all"})

    @property
    def calls(self) -> Any:
        plugins: Any = self.bot.running.plugins
        return plugins._seats["caller"].plugin.calls

    def call(self, path: str = "/crm", **body: Any) -> Any:
        url = path if path.startswith("http") else f"{self.receiver.url}{path}"
        return calls.Call(rule="rule 'order'", url=url, body=body, headers={})

    async def add(self, message: str, *paths: str, tenant: str = "anna") -> None:
        await self.calls.add(tenant, message, [self.call(path, about=message) for path in paths or ["/crm"]])

    async def until(self, good: Callable[[], object], pace: float = 0.0) -> None:
        """Wait until something is so, while time passes by so many seconds at each look."""
        async with asyncio.timeout(PATIENCE):
            while not good():
                self.clock.advance(pace)
                await asyncio.sleep(0.005)

    async def left(self) -> Sequence[Any]:
        """What is still to be called."""
        query = select(rows.calls).where(rows.calls.c.done_at.is_(None))
        return await self.bot.read(lambda conn: conn.execute(query).all())

    async def until_tried(self, attempts: int) -> None:
        """Wait until the only call that is left was tried so often."""
        query = select(rows.calls.c.attempts).where(rows.calls.c.done_at.is_(None))
        await self.bot.until(lambda conn: conn.execute(query).scalar(), lambda tried: tried == attempts)

    async def until_failed(self, message: str, wait: float) -> None:
        """Wait until a call has failed and is due after so long; then let that time pass."""
        query = select(rows.calls.c.due).where(rows.calls.c.message_id == message)
        due = self.clock.now() + timedelta(seconds=wait)
        await self.bot.until(lambda conn: conn.execute(query).scalar(), lambda found: found == due)
        self.clock.advance(wait)

    async def wear_out(self) -> None:
        """Let the time of all tries of the only call that is left pass, each as it comes."""
        for attempts, wait in enumerate(calls.DELAYS, 1):
            await self.until_tried(attempts)
            self.clock.advance(wait)
        await self.until_done()

    async def until_done(self, pace: float = 0.0) -> None:
        async with asyncio.timeout(PATIENCE):
            while await self.left():
                self.clock.advance(pace)
                await asyncio.sleep(0.005)


@pytest.fixture
async def fresh(tmp_path: Path) -> AsyncIterator[World]:
    """A hub that is still to be started."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{name:.*}", receiver.answer)
    async with TestServer(app, host="127.0.0.1") as server:
        receiver.url = str(server.make_url("")).rstrip("/")
        world = World(tmp_path, receiver)
        try:
            yield world
        finally:
            for each in receiver.held.values():
                each.set()
            await world.bot.stop()


@pytest.fixture
async def world(fresh: World) -> World:
    await fresh.start()
    return fresh


async def test_a_call_arrives_named_signed_and_with_the_rules_own_headers(world: World) -> None:
    headers = {"X-Shop": "7", "Webhook-Id": "mine", "Content-Type": "text/plain"}
    call = calls.Call(
        rule="r", url=f"{world.receiver.url}/crm", body={"said": "שלום \ud83d"}, headers=headers
    )
    await world.calls.add("anna", "m1", [call])
    await world.until(lambda: world.receiver.got)
    _, got, body = world.receiver.got[0]
    assert body.decode() == '{"said":"שלום ?"}'
    assert (got["x-shop"], got["content-type"], got["webhook-id"]) == ("7", "application/json", "m1-0")
    signature = Signature(
        id=got["webhook-id"], timestamp=got["webhook-timestamp"], signatures=got["webhook-signature"]
    )
    assert signature.is_timely(world.clock.now())
    assert signature.is_of(to_key(SECRET), body)
    await world.until_done()
    done = (await world.bot.read(lambda conn: conn.execute(select(rows.calls)).all()))[0]
    assert (done.body, done.url, done.headers) == ("", "", {})  # nothing of a customer's is kept


async def test_without_a_secret_a_call_is_not_signed(fresh: World) -> None:
    fresh.plugin.secret = ""
    await fresh.start()
    await fresh.add("m1")
    await fresh.until(lambda: fresh.receiver.got)
    assert "webhook-signature" not in fresh.receiver.got[0][1]


async def test_a_wrong_secret_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="whsec_"):
        sending.Sender(None, FakeClock(), "not a key")


async def test_what_was_added_before_a_kill_is_called_after_it(fresh: World) -> None:
    fresh.receiver.held["/crm"] = asyncio.Event()
    await fresh.start()
    await fresh.add("m1", "/crm", "/other")
    await fresh.until(lambda: fresh.receiver.ids("/other") and fresh.receiver.ids("/crm"))
    await fresh.bot.stop()  # the first was never answered
    fresh.receiver.held.pop("/crm").set()
    await fresh.start()
    await fresh.until_done()
    assert fresh.receiver.ids("/crm") == ["m1-0", "m1-0"]
    assert fresh.receiver.ids("/other") == ["m1-1"]


async def test_what_was_added_while_nothing_ran_is_on_disk(fresh: World) -> None:
    await fresh.start()
    off = calls.Calls(fresh.calls._bot, SECRET, fresh.clock)  # killed before it could do anything
    await off.add("anna", "m1", [fresh.call()])
    assert fresh.receiver.got == []
    await fresh.bot.stop()
    await fresh.start()
    await fresh.until_done()
    assert fresh.receiver.ids("/crm") == ["m1-0"]


async def test_the_same_message_again_adds_nothing_twice(world: World) -> None:
    await world.add("m1", "/crm", "/crm")
    await world.until_done()
    await world.add("m1", "/crm", "/crm")  # its way in was cut off after the calls were kept
    await world.add("m1", "/crm", "/crm", "/crm")
    await world.add("m2")
    await world.until_done()
    assert world.receiver.ids("/crm") == ["m1-0", "m1-1", "m1-2", "m2-0"]


async def test_two_tenants_with_one_message_id_are_two(world: World) -> None:
    await world.add("m1", tenant="anna")
    await world.add("m1", tenant="bob")
    await world.until_done()
    assert world.receiver.ids("/crm") == ["m1-0", "m1-0"]


async def test_a_receiver_that_fails_is_tried_again_with_growing_waits(world: World) -> None:
    world.receiver.says("/crm", 500)
    began = world.clock.now()
    await world.add("m1")
    for attempts, wait in enumerate(calls.DELAYS, 1):
        await world.until_tried(attempts)
        due = (await world.left())[0].due
        assert due - world.clock.now() == timedelta(seconds=wait)
        world.clock.advance(wait - 1)
        await asyncio.sleep(0.02)
        assert len(world.receiver.got) == attempts  # not before
        if attempts == len(calls.DELAYS):
            world.receiver.says("/crm", 200)
        world.clock.advance(1)
        await world.until(lambda n=attempts: len(world.receiver.got) == n + 1)  # type: ignore[misc]
    await world.until_done()
    assert world.clock.now() - began == calls.PATIENCE
    assert set(world.receiver.ids("/crm")) == {"m1-0"}
    assert len({body for _, _, body in world.receiver.got}) == 1


async def test_after_the_last_try_it_is_given_up_and_the_log_says_which_rule_and_why(world: World) -> None:
    with capture_logs() as logs:
        await world.add("m1", DEAD)
        await world.wear_out()
    (line,) = [each for each in logs if each["log_level"] == "error"]
    assert (line["rule"], line["tries"], line["call"]) == ("rule 'order'", 6, "m1-0")
    assert "127.0.0.1" in line["why"]


async def test_what_is_refused_is_given_up_at_once_and_the_next_follows(world: World) -> None:
    statuses = (400, 404, 410, 422)
    with capture_logs() as logs:
        for status in statuses:
            world.receiver.says(f"/{status}", status)
            await world.add(f"m{status}", f"/{status}", f"/{status}")
        await world.until_done()
    for status in statuses:
        assert world.receiver.ids(f"/{status}") == [f"m{status}-0", f"m{status}-1"]
        whys = [each["why"] for each in logs if each["log_level"] == "error"]
        assert sum(str(status) in why for why in whys) == 2


async def test_what_may_pass_is_tried_again(world: World) -> None:
    statuses = (302, 408, 425, 429, 503)
    for status in statuses:
        world.receiver.says(f"/{status}", status, Location="/elsewhere")
        await world.add(f"m{status}", f"/{status}")
    await world.until(lambda: len(world.receiver.got) == len(statuses) + 1)  # one was led elsewhere
    for status in statuses:
        world.receiver.says(f"/{status}", 200)
    await world.until_done(5)
    for status in statuses:
        assert world.receiver.ids(f"/{status}") == [f"m{status}-0"] * 2


async def test_a_receiver_may_ask_for_a_longer_wait(world: World) -> None:
    world.receiver.says("/crm", 503, Retry_After="120")
    await world.add("m1")
    await world.until_tried(1)
    assert (await world.left())[0].due - world.clock.now() == timedelta(seconds=120)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Thu, 01 Jan 2026 12:01:00 GMT", 60.0),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 0.0),
        ("9" * 400, 86400.0),
        ("-5", 0.0),
        ("٣", 0.0),  # a digit to Python, and to nobody on the wire
        ("soon", 0.0),
        ("", 0.0),
    ],
)
async def test_how_long_is_read_as_http_has_it(header: str, seconds: float) -> None:
    assert sending.retry_after(header, FakeClock().now()) == seconds


async def test_calls_to_one_url_keep_their_order_through_failures(world: World) -> None:
    world.receiver.says("/crm", 500)
    for number in range(5):
        await world.add(f"m{number}")
    await world.until(lambda: len(world.receiver.got) == 3, 5)
    world.receiver.says("/crm", 200)
    await world.until_done(60)
    assert list(dict.fromkeys(world.receiver.ids("/crm"))) == [f"m{number}-0" for number in range(5)]


async def test_a_receiver_that_hangs_or_is_dead_holds_up_no_other(world: World) -> None:
    world.receiver.held["/slow"] = asyncio.Event()
    for number in range(3):
        await world.add(f"m{number}", DEAD, "/slow", "/crm")
    await world.until(lambda: len(world.receiver.ids("/crm")) == 3)
    assert len(world.receiver.ids("/slow")) == 1


async def test_another_tenants_dead_line_to_the_same_url_holds_up_nobody(world: World) -> None:
    world.receiver.says("/crm", 500)
    await world.add("m1", tenant="anna")
    await world.until_tried(1)
    world.receiver.says("/crm", 200)
    await world.add("m2", tenant="bob")
    await world.until(lambda: world.receiver.ids("/crm") == ["m1-0", "m2-0"])


async def test_what_waits_behind_a_receiver_that_is_gone_is_given_up_with_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []
    request = world.calls._sender._http.request

    async def gone(method: str, url: str, **given: Any) -> Any:
        tried.append(given["headers"]["webhook-id"])
        return await request(method, DEAD if len(set(tried)) == 1 else url, **given)

    monkeypatch.setattr(world.calls._sender, "_http", SimpleNamespace(request=gone))
    with capture_logs() as logs:
        for number in range(20):
            await world.add(f"m{number}")
        await world.until_done(3600)
    assert set(tried) == {"m0-0"}
    await world.add("late")
    await world.until(lambda: world.receiver.ids("/crm") == ["late-0"])
    given_up = [each for each in logs if each["log_level"] == "error"]
    assert [each.get("calls", 1) for each in given_up] == [1, 19]


async def test_one_that_the_receiver_cannot_take_lets_the_others_pass_and_keeps_its_tries(
    world: World,
) -> None:
    world.receiver.answers["/crm"] = lambda: web.Response(
        status=500 if b"poison" in world.receiver.got[-1][2] else 200
    )
    with capture_logs() as logs:
        await world.add("poison")
        await world.add("m1")
        for wait in calls.DELAYS[:2]:
            await world.until_failed("poison", wait)
        await world.until(lambda: "m1-0" in world.receiver.ids("/crm"))
        assert world.receiver.ids("/crm") == ["poison-0"] * 3 + ["m1-0"]
        await world.add("m2")  # while all that is left stands aside
        await world.until(lambda: world.receiver.ids("/crm")[-1] == "m2-0")
        for number, wait in enumerate(calls.DELAYS[2:], 3):
            await world.until_failed("poison", wait)
            await world.until(lambda n=number: world.receiver.ids("/crm").count("poison-0") == n + 1)  # type: ignore[misc]
        await world.until_done()
    (line,) = [each for each in logs if each["log_level"] == "error"]
    assert (line["call"], line["tries"]) == ("poison-0", 6)
    assert line["why"] == "it answered with status 500"


async def test_what_waits_behind_failures_is_never_given_up_untried(world: World) -> None:
    world.receiver.answers["/crm"] = lambda: web.Response(status=500, headers={"Retry-After": "86400"})
    for number in range(5):
        await world.add(f"m{number}")
    await world.until_done(3600)
    assert set(world.receiver.ids("/crm")) == {f"m{number}-0" for number in range(5)}


async def test_who_stands_aside_still_does_after_a_restart(fresh: World) -> None:
    fresh.receiver.says("/crm", 500)
    await fresh.start()
    await fresh.add("m1")
    for wait in calls.DELAYS[:2]:
        await fresh.until_failed("m1", wait)
    await fresh.until_tried(3)
    await fresh.bot.stop()
    fresh.receiver.says("/crm", 200)
    await fresh.start()
    await fresh.add("m2")
    await fresh.until(lambda: fresh.receiver.ids("/crm")[-1] == "m2-0")
    query = select(rows.calls.c.message_id).where(rows.calls.c.done_at.is_(None))
    await fresh.bot.until(lambda conn: conn.execute(query).scalars().all(), lambda left: left == ["m1"])


async def test_what_nobody_answers_lets_none_pass(world: World) -> None:
    for number in range(2):
        await world.add(f"m{number}", DEAD)
    for attempts, wait in enumerate(calls.DELAYS[:4], 1):
        await world.until_failed("m0", wait)
        assert [row.attempts for row in await world.left()][1] == 0, attempts


async def test_what_waited_while_the_hub_was_off_has_all_its_tries(fresh: World) -> None:
    fresh.receiver.says("/crm", 500)
    await fresh.start()
    for number in range(3):
        await fresh.add(f"m{number}")
    await fresh.until(lambda: fresh.receiver.got)
    await fresh.bot.stop()
    fresh.clock.advance(7 * 86400)
    await fresh.start()
    await fresh.until(lambda: len(fresh.receiver.got) == 2)
    fresh.receiver.says("/crm", 200)
    await fresh.until_done(60)
    assert sorted(set(fresh.receiver.ids("/crm"))) == ["m0-0", "m1-0", "m2-0"]


async def test_what_waited_while_the_hub_was_off_is_not_given_up_with_what_was_tried_before(
    fresh: World,
) -> None:
    fresh.receiver.says("/crm", 500)
    await fresh.start()
    await fresh.add("m0")
    await fresh.until_tried(1)
    await fresh.add("m1")
    last = update(rows.calls).where(rows.calls.c.message_id == "m0").values(attempts=5)
    await fresh.bot.running.ground.db.write(lambda conn: conn.execute(last))
    await fresh.bot.stop()
    fresh.clock.advance(7 * 86400)
    await fresh.start()
    await fresh.until(lambda: fresh.receiver.ids("/crm") == ["m0-0", "m0-0", "m1-0"])
    fresh.receiver.says("/crm", 200)
    await fresh.until_done(60)
    assert fresh.receiver.ids("/crm")[-1] == "m1-0"


async def test_a_restart_goes_on_at_the_same_try(fresh: World) -> None:
    fresh.receiver.says("/crm", 500)
    await fresh.start()
    await fresh.add("m1")
    await fresh.until_tried(1)
    before = (await fresh.left())[0]
    await fresh.bot.stop()
    await fresh.start()
    assert (await fresh.left())[0] == before
    await asyncio.sleep(0.05)
    assert len(fresh.receiver.got) == 1
    fresh.clock.advance(5)
    await fresh.until_tried(2)


async def test_a_store_that_is_away_makes_no_call_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish, away = rows.finish, [True] * 3

    def unavailable(*given: Any) -> None:
        if away:
            away.pop()
            raise StoreUnavailable("the disk is full")
        finish(*given)

    monkeypatch.setattr(rows, "finish", unavailable)
    await world.add("m1")
    await world.until_done(5)
    assert away == []
    assert world.receiver.ids("/crm") == ["m1-0"]


async def test_what_an_interrupt_of_ours_left_over_is_called_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge, stalls = sending.judge, [True]

    def stalled(*given: Any) -> Any:
        if stalls:
            stalls.pop()
            raise PluginStalled("caller")
        return judge(*given)

    monkeypatch.setattr(sending, "judge", stalled)
    await world.add("m1")
    await world.until(lambda: not stalls)
    await world.until_done(60)
    assert world.receiver.ids("/crm") == ["m1-0", "m1-0"]


async def test_a_call_that_cannot_be_sent_at_all_is_given_up_too(world: World) -> None:
    call = calls.Call(rule="r", url=f"{world.receiver.url}/crm", body={}, headers={"x": 5})
    with capture_logs() as logs:
        await world.calls.add("anna", "m1", [call])
        await world.wear_out()
    (line,) = [each for each in logs if each["log_level"] == "error"]
    assert "TypeError" in line["why"]


async def test_what_is_long_done_is_forgotten(world: World) -> None:
    await world.add("m1")
    await world.until_done()
    world.clock.advance(8 * 86400)
    async with asyncio.timeout(PATIENCE):
        while await world.bot.read(lambda conn: conn.execute(select(rows.calls)).all()):
            world.clock.advance(600)
            await asyncio.sleep(0.005)


async def test_a_person_has_his_calls_and_they_go_with_him(world: World) -> None:
    him, data, db = "972541112233@c.us", personal.personal_data("caller"), world.bot.running.ground.db
    world.receiver.held["/slow"] = asyncio.Event()
    for tenant, message, chat in (("anna", "m1", him), ("anna", "m2", "1@c.us"), ("bob", "m3", him)):
        await world.calls.add(tenant, message, [world.call("/crm"), world.call("/slow", chat=chat)])
    await world.until(lambda: len(world.receiver.got) == 5)  # one line a tenant and URL
    told = await db.read(lambda conn: list(data.export(conn, "anna", (), ["m1"])))
    assert [each["message_id"] for each in told] == ["m1", "m1"]
    assert him in told[1]["body"]
    assert await db.write(lambda conn: data.erase(conn, "anna", [him], ())) == 1
    assert await db.write(lambda conn: data.erase(conn, "anna", (), ["m1"])) == 1
    assert [row.message_id for row in await world.left()] == ["m2", "m3"]
    world.receiver.held.pop("/slow").set()
    await world.until_done()  # what was on its way is no trouble
    assert sorted(world.receiver.ids("/slow")) == ["m1-1", "m2-1", "m3-1"]


async def test_whoever_is_erased_is_not_told_of_afterwards_and_what_is_behind_him_goes_on(
    world: World,
) -> None:
    him, data, db = "972541112233@c.us", personal.personal_data("caller"), world.bot.running.ground.db
    world.receiver.says("/crm", 500)
    await world.calls.add("anna", "m1", [world.call(chat=him)])
    await world.until_tried(1)
    await world.add("m2")
    assert await db.write(lambda conn: data.erase(conn, "anna", [him], ())) == 1
    world.receiver.says("/crm", 200)
    await world.until_done(5)
    assert world.receiver.ids("/crm") == ["m1-0", "m2-0"]
    assert him.encode() not in world.receiver.got[1][2]


async def test_what_takes_the_row_of_one_that_was_erased_on_its_way_is_called_too(world: World) -> None:
    data, db = personal.personal_data("caller"), world.bot.running.ground.db
    world.receiver.held["/crm"] = asyncio.Event()
    await world.add("m1")
    await world.until(lambda: world.receiver.got)
    (before,) = await world.left()
    await db.write(lambda conn: data.erase(conn, "anna", (), ["m1"]))
    await world.add("m2")
    (after,) = await world.left()
    assert after.id == before.id  # or this test shows nothing
    world.receiver.held.pop("/crm").set()
    await world.until_done()
    assert world.receiver.ids("/crm") == ["m1-0", "m2-0"]


async def test_a_longer_number_is_somebody_elses_and_a_spelled_one_is_his(world: World) -> None:
    him, data, db = "49151123456@c.us", personal.personal_data("caller"), world.bot.running.ground.db
    world.receiver.says("/crm", 500)
    said = {"m1": {"chat": "491511234567@c.us"}, "m2": {"note": "call +49 151-123456"}, "m3": {"chat": him}}
    for message, body in said.items():
        await world.calls.add("anna", message, [world.call(**body)])
    told = await db.read(lambda conn: list(data.export(conn, "anna", [him], ())))
    assert [each["message_id"] for each in told] == ["m2", "m3"]
    assert await db.write(lambda conn: data.erase(conn, "anna", [him], ())) == 2
    assert [row.message_id for row in await world.left()] == ["m1"]


async def test_each_instance_tells_of_its_own_calls_and_none_keeps_any(world: World) -> None:
    him, db = "972541112233@c.us", world.bot.running.ground.db
    mine, other = personal.personal_data("caller"), personal.personal_data("other")
    world.receiver.says("/crm", 500)
    call, now = world.call(chat=him), world.clock.now()
    await world.calls.add("anna", "m1", [call])
    await db.write(lambda conn: rows.add(conn, "other", "anna", "m2", [call], now))

    async def told(data: Any) -> Sequence[str]:
        found = await db.read(lambda conn: list(data.export(conn, "anna", [him], ["m1", "m2"])))
        return [each["message_id"] for each in found]

    assert (await told(mine), await told(other)) == (["m1"], ["m2"])
    assert await db.write(lambda conn: mine.erase(conn, "anna", [him], ())) == 2
    assert await told(other) == []


async def test_whoever_never_had_calls_has_none_kept(fresh: World) -> None:
    await fresh.bot.start()
    data, db = personal.personal_data("caller"), fresh.bot.running.ground.db
    assert await db.read(lambda conn: list(data.export(conn, "anna", (), ["m1"]))) == []
    assert await db.write(lambda conn: data.erase(conn, "anna", ["1@c.us"], ())) == 0


@pytest.mark.parametrize(
    ("written", "place", "message"),
    [
        ("{url: 'https://a.example', headers: {X-A: \"a\\nb\"}}", "5:60", "a header has one line"),
        ("{url: 'https://a.example', headers: {\"X\\nA\": b}}", "5:55", "no name of a header"),
        ("{url: 'https://a.example', headers: {X A: b}}", "5:55", "no name of a header"),
        ("{url: 'https://a.example', headers: {Host: b}}", "5:55", "its own 'Host' already"),
        ("{url: 'https://a.example', headers: {webhook-ID: b}}", "5:55", "its own 'webhook-ID' already"),
        ("https://anna:secret@a.example/crm", "5:18", "never called; leave them out"),
        ("{url: 'https://:443/crm'}", "5:24", "cannot be read; write one such as"),
        ("https:///crm", "5:18", "cannot be read"),
        ("https://a.example:99999/crm", "5:18", "cannot be read"),
        ("ftp://a.example/crm", "5:18", ""),
    ],
)
def test_what_can_never_be_called_is_told_when_the_file_is_loaded(
    tmp_path: Path, written: str, place: str, message: str
) -> None:
    head = "rules:\n  - id: a\n    when: {text: a}\n    then:\n      - webhook: "
    (tmp_path / "a.yaml").write_text(f"{head}{written}\n", "utf-8")
    book = loading.load_folder(tmp_path)
    (problem,) = book.problems
    assert str(problem.position).endswith(f"a.yaml:{place}")
    assert message in str(problem)
    assert "secret" not in str(problem.message)
    assert book.rules == ()


def test_headers_of_every_day_are_taken(tmp_path: Path) -> None:
    head = "rules:\n  - id: a\n    when: {text: a}\n    then:\n      - webhook: "
    call = "{url: 'http://10.0.0.5:8080/crm', headers: {Authorization: Bearer abc, X_Shop.1: חיפה}}"
    (tmp_path / "a.yaml").write_text(f"{head}{call}\n", "utf-8")
    assert loading.load_folder(tmp_path).problems == ()
