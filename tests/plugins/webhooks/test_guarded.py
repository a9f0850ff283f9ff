"""What an endpoint does not get, and what does not stop one: owners shut out, connections taken away, other
hosts, interrupts of our own work, a store that is away."""

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from chatgrow_bot.errors import StoreUnavailable
from chatgrow_bot.hooks.watchdog import PluginStalled
from chatgrow_bot.hub import Role, Scope
from chatgrow_bot.messages import Fault
from chatgrow_bot.store import journal

from .conftest import WEBHOOKS, World, receiving


def dispatch_of(world: World) -> Any:
    return world.bot.running.plugins._seats["webhooks"].plugin._dispatch  # type: ignore[attr-defined]


def once_stalled(work: Callable[..., Any]) -> Callable[..., Any]:
    """The same, interrupted by the watchdog the first time."""
    calls: list[bool] = []

    def stalls(*given: Any, **named: Any) -> Any:
        calls.append(True)
        if len(calls) == 1:
            raise PluginStalled("webhooks")
        return work(*given, **named)

    return stalls


async def test_an_owner_who_is_shut_out_gets_nothing_more_in_the_midst_of_many(world: World) -> None:
    await world.make(events=["fault"])
    await world.user("bob")
    await world.make("/bob", "bob", events=["fault"])
    reasons = [f"event {number}" for number in range(30)]
    world.receiver.held["/crm"] = asyncio.Event()
    await world.tell(*reasons)
    await world.until(lambda: len(world.receiver.at("/crm")) == 1)
    await world.accounts.change_user(world.ids["anna"], disabled=True)
    world.clock.advance(2)
    world.receiver.held.pop("/crm").set()
    for number in range(3):
        await world.tell(f"bob's {number}", user="bob")
        await world.until(lambda n=number: len(world.receiver.at("/bob")) > n, 0.1)  # type: ignore[misc]
    assert world.receiver.reasons("/crm") == ["event 0"]
    await world.accounts.change_user(world.ids["anna"], disabled=False)
    await world.until(lambda: len(world.receiver.at("/crm")) == 30, 1)
    assert world.receiver.reasons("/crm") == reasons


async def test_an_admin_no_more_gets_no_fault_of_the_hub_in_the_midst_of_many(world: World) -> None:
    chief = await world.user("chief", Role.ADMIN)
    await world.make("/chief", "chief", events=["fault"])
    world.receiver.held["/chief"] = asyncio.Event()
    await world.tell("the hub's 0", "the hub's 1", hub=True)
    await world.tell("chief's", user="chief")
    await world.until(lambda: world.receiver.at("/chief"))
    await world.accounts.change_user(chief, role=Role.OPERATOR)
    world.clock.advance(2)
    world.receiver.held.pop("/chief").set()
    await world.until(lambda: "chief's" in world.receiver.reasons("/chief"))
    assert world.receiver.reasons("/chief") == ["the hub's 0", "chief's"]


async def tell_of(world: World, *connections: str) -> None:
    """A fault of each of Anna's connections, or of none."""
    now, anna = world.clock.now(), world.ids["anna"]
    facts = [
        Fault(where="test", reason=f"of {each or 'none'}", tenant=anna, connection_id=each, at=now)
        for each in connections
    ]
    await world.bot.running.ground.db.write(lambda conn: journal.tell(conn, *facts, at=now))


async def test_what_was_sent_of_a_connection_is_hidden_from_a_key_of_another(world: World) -> None:
    who = await world.accounts.find("anna")
    for name in ("a", "b"):
        await world.bot.running.hub.connections.create(who, name, name, "", {})
    endpoint = await world.make(events=["fault"])
    path, key = (
        f"{WEBHOOKS}/{endpoint['id']}",
        await world.key("anna", Scope.READ, Scope.MANAGE, connections=["a"]),
    )
    world.receiver.answers["/crm"] = 400
    await tell_of(world, "a", "b", "")
    await world.until(lambda: len(world.receiver.got) == 3)
    await world.ask("PUT", path, json={"connections": ["a"]})
    await world.ask("POST", f"{path}/test", key)
    ids = [each.id for each in world.receiver.got]
    for user, seen in ((key, [ids[3], ids[0]]), ("anna", ids[::-1])):
        sent = (await world.ask("GET", f"{path}/deliveries", user)).body["deliveries"]
        assert [each["eventId"] for each in sent] == seen, user
    for user, seen in ((key, ids[:1]), ("anna", ids[:3])):
        dead = (await world.ask("GET", f"{path}/dead-letters", user)).body["deadLetters"]
        assert [each["eventId"] for each in dead] == seen, user


async def test_a_dead_letter_that_is_no_longer_wanted_is_not_sent_and_stays(world: World) -> None:
    who = await world.accounts.find("anna")
    for name in ("a", "b"):
        await world.bot.running.hub.connections.create(who, name, name, "", {})
    endpoint = await world.make(events=["fault"])
    path = f"{WEBHOOKS}/{endpoint['id']}"
    world.receiver.answers["/crm"] = 400
    await tell_of(world, "b", "a", "")
    await world.until(lambda: len(world.receiver.got) == 3)
    world.receiver.answers["/crm"] = 200
    # its type may be one that is chosen no more: it was, when it was refused
    await world.ask("PUT", path, json={"connections": ["a"], "events": ["message.received"]})
    await world.ask("POST", f"{path}/dead-letters/retry")
    await world.until_shown(endpoint, retryingDeadLetters=False)
    assert world.receiver.reasons("/crm")[3:] == ["of a"]
    dead = (await world.ask("GET", f"{path}/dead-letters")).body["deadLetters"]
    assert [each["eventId"] for each in dead] == [world.receiver.got[0].id, world.receiver.got[2].id]
    await world.ask("PUT", path, json={"connections": None})
    await world.ask("POST", f"{path}/dead-letters/retry")
    await world.until_shown(endpoint, retryingDeadLetters=False)
    assert world.receiver.reasons("/crm")[4:] == ["of b", "of none"]


async def test_a_redirect_to_another_host_takes_no_event_there(world: World) -> None:
    async with receiving() as other:
        elsewhere = {"Location": f"{other.url}/crm"}
        world.receiver.answers["/crm"] = lambda: web.Response(status=308, headers=elsewhere)
        endpoint = await world.make()
        await world.tell("one")
        await world.until_shown(endpoint, state="retrying")
        assert other.got == []
        log = (await world.ask("GET", f"{WEBHOOKS}/{endpoint['id']}/deliveries")).body["deliveries"]
        assert log[0]["reason"] == "it redirects to another host: enter that address"
        assert (log[0]["outcome"], log[0]["status"]) == ("later", None)


async def test_one_that_is_far_behind_goes_on_without_a_rest(fresh: World) -> None:
    await fresh.start()
    await fresh.user("anna")
    await fresh.user("bob")
    endpoint = await fresh.make(events=["fault"])
    fresh.receiver.answers["/crm"] = 410
    await fresh.tell("first")
    await fresh.until_shown(endpoint, state="disabled")
    for start in range(0, 1200, 100):
        await fresh.tell(*(f"bob's {number}" for number in range(start, start + 100)), user="bob")
    await fresh.tell("the last")
    await fresh.bot.stop()
    await fresh.start()  # what is in memory is looked at at once
    await fresh.user("anna")
    fresh.receiver.answers["/crm"] = 200
    await fresh.ask("POST", f"{WEBHOOKS}/{endpoint['id']}/resume")
    await fresh.until(lambda: "the last" in fresh.receiver.reasons("/crm"))  # and no time passes


async def test_a_feed_that_the_watchdog_interrupts_goes_on_from_its_place(world: World) -> None:
    endpoint = await world.make(events=["fault"])
    sender = dispatch_of(world)._means.sender
    sender.parcel = once_stalled(sender.parcel)
    await world.tell("one", "two")
    await world.until(lambda: len(world.receiver.at("/crm")) >= 2, 1)
    assert world.receiver.reasons("/crm")[:2] == ["one", "two"]
    assert (await world.shown(endpoint))["state"] == "ok"
    assert (await world.ask("DELETE", f"{WEBHOOKS}/{endpoint['id']}")).status == 204


async def test_a_hub_that_stops_does_not_wait_for_a_feed_that_is_interrupted_as_it_ends(fresh: World) -> None:
    await fresh.start()
    await fresh.user("anna")
    await fresh.make(events=["fault"])
    dispatch, sending = dispatch_of(fresh), asyncio.Event()

    async def stalls(*given: Any) -> Any:
        sending.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise PluginStalled("webhooks") from None

    dispatch._means.sender.send = stalls
    await fresh.tell("one")
    await asyncio.wait_for(sending.wait(), 20)
    async with asyncio.timeout(8):  # less than one that does not end is waited for
        await fresh.bot.stop()
    await fresh.start()
    await fresh.until(lambda: fresh.receiver.reasons("/crm")[:1] == ["one"])


async def test_what_looks_for_news_goes_on_after_an_interrupt(world: World) -> None:
    await world.make(events=["fault"])
    news = dispatch_of(world)._means.news
    news._look = once_stalled(news._look)
    await world.tell("one")
    await world.until(lambda: world.receiver.at("/crm"), 1)
    assert world.receiver.reasons("/crm")[0] == "one"


async def test_what_is_written_down_is_so_after_an_interrupt(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fresh.start()
    await fresh.user("anna")
    endpoint = await fresh.make(events=["fault"])
    fresh.receiver.answers["/crm"] = 400
    await fresh.tell("one")
    await fresh.until(lambda: dispatch_of(fresh).ledger._noted.letters)
    module = sys.modules[type(dispatch_of(fresh).ledger).__module__]
    stalling = once_stalled(module.asdict)
    monkeypatch.setattr(module, "asdict", stalling)
    write = dispatch_of(fresh).ledger._bot.store.write
    written = asyncio.Event()

    async def seen(work: Any) -> Any:
        done = await write(work)
        written.set()
        return done

    monkeypatch.setattr(dispatch_of(fresh).ledger._bot.store, "write", seen)
    await fresh.until(written.is_set, 1)  # by the loop itself: nothing else asks for it
    dead = (await fresh.ask("GET", f"{WEBHOOKS}/{endpoint['id']}/dead-letters")).body["deadLetters"]
    assert len(dead) == 1


async def test_an_endpoint_is_made_whole_or_not_at_all(fresh: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await fresh.start()
    await fresh.user("anna")
    records = sys.modules[type(dispatch_of(fresh)).__module__.replace("dispatch", "records")]

    def away(*given: Any) -> Any:
        raise StoreUnavailable("the disk is full")

    for holder, name in ((fresh.bot.running.hub.events, "head"), (records, "open_place")):
        with monkeypatch.context() as broken:
            broken.setattr(holder, name, away)
            made = await fresh.ask("POST", WEBHOOKS, json={"url": f"{fresh.receiver.url}/crm"})
        assert made.status == 503
    assert (await fresh.ask("GET", WEBHOOKS)).body["endpoints"] == []
    await fresh.bot.stop()
    await fresh.start()
    await fresh.user("anna")
    assert (await fresh.ask("GET", WEBHOOKS)).body["endpoints"] == []
