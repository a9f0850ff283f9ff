"""The hub's figures as a monitoring system gets them."""

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from chatgrow_bot.accounts import Accounts
from chatgrow_bot.hub import Identity, Role, Scope
from chatgrow_bot.messages import Outbound, State
from chatgrow_bot.testing import TalkingBot

PLUGIN = Path(__file__).parents[3] / "plugins" / "metrics"
PASSWORD = "correct horse battery"
#: What the library adds to a family's name.
_SUFFIX = re.compile(r"_(bucket|sum|count)$")
_NAME = re.compile(r"\b(?:chatgrow|process)_[a-z_]+\b")
#: The labels there are, and every value that each may have.
LABELS = {
    "state": {
        *("accepted", "sent", "delivered", "read", "failed", "expired", "cancelled", "queued", "claimed"),
        *(
            "sending",
            "retry",
            "unknown",
            "quarantined",
            "created",
            "starting",
            "qr",
            "pairing_code",
            "banned",
        ),
        *("authenticating", "syncing", "online", "reconnecting", "disconnected", "logged_out"),
        *("passkey_required", "action_required"),
    },
    "lane": {"send", "reply"},
    "check": {
        *("database", "writable", "connections", "queue", "workers", "journal", "disk", "memory", "clock"),
        "loop",
    },
}
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@dataclass
class Scraped:
    """A hub with the plugin, and whoever scrapes it."""

    bot: TalkingBot
    http: aiohttp.ClientSession

    @property
    def accounts(self) -> Accounts:
        accounts = self.bot.running.hub.accounts
        assert isinstance(accounts, Accounts)
        return accounts

    async def user(self, name: str, role: Role) -> tuple[Identity, str]:
        who, *_ = await self.accounts.add_user(name, PASSWORD, role, "enterprise")
        return who, (await self.accounts.login(name, PASSWORD, "10.0.0.1")).access_token

    async def get(self, token: str = "", **headers: str) -> tuple[int, str, str]:
        given = {"Authorization": f"Bearer {token}", **headers} if token else headers
        url = f"http://127.0.0.1:{self.bot.running.port}/metrics"
        async with self.http.get(url, headers=given) as answer:
            return answer.status, await answer.text(), answer.headers["Content-Type"]

    async def samples(self, token: str) -> Samples:
        status, text, _ = await self.get(token)
        assert status == 200, text
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }


@pytest.fixture
async def scraped(bot: TalkingBot) -> AsyncIterator[Scraped]:
    await bot.start("metrics", metrics={"admin": True})
    async with aiohttp.ClientSession() as http:
        yield Scraped(bot, http)


async def send(scraped: Scraped, connection_id: str = "shop") -> None:
    """Something goes its whole way to the server."""
    hub, tenant = scraped.bot.running.hub, scraped.bot.admin.user_id
    message = Outbound(to="15551230001@c.us", text="hello")
    sent = await hub.outbox.enqueue(tenant, connection_id, message, source="test")
    async with asyncio.timeout(20):
        while (await hub.outbox.get(tenant, sent.id)).state is not State.SENT:  # noqa: ASYNC110 (no event)
            await asyncio.sleep(0.01)


async def counted(scraped: Scraped) -> None:
    """All that was committed is in the sums."""
    await scraped.bot.running.hub.stats.figures(None)


def of(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, tuple(sorted(labels.items()))]


async def test_figures_are_for_admins_and_keys_made_for_them(scraped: Scraped) -> None:
    admin, token = await scraped.user("boss", Role.ADMIN)
    _, operator = await scraped.user("dana", Role.OPERATOR)
    keys: Any = scraped.accounts.keys
    _, good = await keys.make(admin, "scraper", scopes=[Scope.METRICS])
    _, bad = await keys.make(admin, "other", scopes=[Scope.READ, Scope.ADMIN])
    assert (await scraped.get(token))[0] == 200
    assert (await scraped.get(good))[0] == 200
    assert (await scraped.get(bad))[0] == 403
    assert (await scraped.get(operator))[0] == 403
    assert (await scraped.get())[0] == 401
    assert (await scraped.get("wrong"))[0] == 401


async def test_what_happens_is_counted_and_no_restart_sets_it_back(scraped: Scraped) -> None:
    bot = scraped.bot
    _, token = await scraped.user("boss", Role.ADMIN)
    await bot.connect()
    await send(scraped)
    await counted(scraped)
    before = await scraped.samples(token)
    assert of(before, "chatgrow_messages_total", state="accepted") == 1
    assert of(before, "chatgrow_messages_total", state="sent") == 1
    assert of(before, "chatgrow_sent_messages_total", lane="send") == 1
    assert of(before, "chatgrow_time_to_sent_seconds_count") == 1
    assert of(before, "chatgrow_time_to_sent_seconds_bucket", le="+Inf") == 1
    assert of(before, "chatgrow_connections", state="online") == 1
    assert of(before, "chatgrow_workers") >= 5
    assert of(before, "chatgrow_check_ok", check="database") == 1
    assert of(before, "process_resident_memory_bytes") > 1 << 20
    await bot.stop()
    await bot.start("metrics", metrics={"admin": True})
    await bot.online()
    after = await scraped.samples((await scraped.accounts.login("boss", PASSWORD, "10.0.0.1")).access_token)
    for key, value in before.items():
        if key[0].startswith("chatgrow") and key[0].endswith(("_total", "_bucket", "_count", "_sum")):
            assert after[key] >= value, key
    await send(scraped)
    await counted(scraped)
    login = await scraped.accounts.login("boss", PASSWORD, "10.0.0.1")
    assert of(await scraped.samples(login.access_token), "chatgrow_messages_total", state="sent") == 2


async def test_labels_are_of_closed_sets_and_name_nobody(scraped: Scraped) -> None:
    _, token = await scraped.user("secret-boss", Role.ADMIN)
    nothing_yet = await scraped.samples(token)
    session = await scraped.bot.connect("secret-shop")
    await send(scraped, "secret-shop")
    await session.hears("secret-text", "15557654321@c.us")
    await counted(scraped)
    status, text, content_type = await scraped.get(token)
    assert (status, content_type) == (200, "text/plain; version=0.0.4; charset=utf-8")
    for secret in ("secret", "1555", scraped.bot.admin.user_id):
        assert secret not in text
    samples = await scraped.samples(token)
    for name, labels in samples:
        for label, value in labels:
            assert label == "le" or value in LABELS[label], (name, label, value)
    assert samples.keys() == nothing_yet.keys()  # what happens makes no series


async def test_whatever_a_scraper_accepts_it_gets_the_same(scraped: Scraped) -> None:
    _, token = await scraped.user("boss", Role.ADMIN)
    for accept in ("application/openmetrics-text; version=abc", "text/plain;version=1.0.0;escaping=", ",;="):
        assert (await scraped.get(token, Accept=accept))[0] == 200


@pytest.mark.skipif(not shutil.which("promtool"), reason="needs promtool, of Prometheus")
async def test_promtool_finds_nothing_to_complain_of(scraped: Scraped) -> None:
    _, token = await scraped.user("boss", Role.ADMIN)
    await scraped.bot.connect()
    await send(scraped)
    await counted(scraped)
    _, text, _ = await scraped.get(token)
    for given, is_good in ((text, True), (text.replace("_seconds", "_milliseconds"), False)):
        pipe = asyncio.subprocess.PIPE
        promtool = await asyncio.create_subprocess_exec(
            "promtool", "check", "metrics", stdin=pipe, stdout=pipe, stderr=pipe
        )
        said = b"".join(await promtool.communicate(given.encode())).decode()
        assert (promtool.returncode == 0 and not said) is is_good, said


async def test_the_example_dashboard_shows_only_what_there_is(scraped: Scraped) -> None:
    _, token = await scraped.user("boss", Role.ADMIN)
    there = {name for name, _ in await scraped.samples(token)}
    dashboard = json.loads((PLUGIN / "grafana.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    expressions += [each["query"] for each in dashboard["templating"]["list"]]
    shown = {name for expression in expressions for name in _NAME.findall(expression)}
    assert len(shown) > 20
    assert shown <= there, shown - there
    families = {_SUFFIX.sub("", name) for name in there if name.startswith("chatgrow")}
    assert families <= {_SUFFIX.sub("", name) for name in shown}  # and all of it


async def test_the_manual_names_every_metric(scraped: Scraped) -> None:
    _, token = await scraped.user("boss", Role.ADMIN)
    manual = (PLUGIN / "README.md").read_text()
    there = {_SUFFIX.sub("", name) for name, _ in await scraped.samples(token) if name.startswith("chatgrow")}
    assert there == set(re.findall(r"`(chatgrow_[a-z_]+)`", manual))
