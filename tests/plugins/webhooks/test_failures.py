"""What becomes of events that are not taken: dead letters, disabled endpoints, restarts, replays."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import Connection, delete

from chatgrow_bot.hub import Wish
from chatgrow_bot.store import journal as stored_journal
from chatgrow_bot.store.tables import journal

from .conftest import WEBHOOKS, World


async def letters(world: World, endpoint: Any) -> list[Any]:
    found = await world.ask("GET", f"{WEBHOOKS}/{endpoint['id']}/dead-letters")
    return list(found.body["deadLetters"])


async def test_what_is_refused_becomes_a_dead_letter_and_the_next_follows(world: World) -> None:
    endpoint = await world.make()
    world.receiver.answers["/crm"] = 400
    await world.tell("one", "two")
    await world.until(lambda: len(world.receiver.got) == 2)
    world.receiver.answers["/crm"] = 200
    await world.tell("three")
    await world.until(lambda: len(world.receiver.got) == 3)
    dead = await letters(world, endpoint)
    assert [each["status"] for each in dead] == [400, 400]
    assert [each["eventId"] for each in dead] == [each.id for each in world.receiver.got[:2]]
    assert (await world.shown(endpoint))["state"] == "ok"
    again = await world.ask("POST", f"{WEBHOOKS}/{endpoint['id']}/dead-letters/retry")
    assert again.status == 202
    await world.until(lambda: len(world.receiver.got) == 5)
    assert world.receiver.reasons("/crm") == ["one", "two", "three", "one", "two"]
    await world.until_shown(endpoint, retryingDeadLetters=False)
    assert await letters(world, endpoint) == []


async def test_dead_letters_that_are_refused_again_stay(world: World) -> None:
    endpoint = await world.make()
    world.receiver.answers["/crm"] = 422
    await world.tell("one", "two")
    await world.until(lambda: len(world.receiver.got) == 2)
    await world.ask("POST", f"{WEBHOOKS}/{endpoint['id']}/dead-letters/retry")
    await world.until(lambda: len(world.receiver.got) == 4)
    await world.until_shown(endpoint, retryingDeadLetters=False)
    assert len(await letters(world, endpoint)) == 2


async def test_408_and_429_are_tried_again_and_never_dead(world: World) -> None:
    endpoint = await world.make()
    for status in (408, 429):
        world.receiver.answers["/crm"] = status
        await world.tell(f"with {status}")
        await world.until_shown(endpoint, state="retrying")
        world.receiver.answers["/crm"] = 200
        await world.until_shown(endpoint, 1, state="ok")
    assert await letters(world, endpoint) == []


async def test_410_disables_the_endpoint_tells_its_owner_and_resuming_loses_nothing(world: World) -> None:
    endpoint = await world.make()
    await world.make("/other", events=["fault"])
    world.receiver.answers["/crm"] = 410
    await world.tell("one", "two")
    shown = await world.until_shown(endpoint, state="disabled")
    assert "410" in shown["reason"]
    await world.until(lambda: len(world.receiver.at("/other")) == 3)
    said = world.receiver.reasons("/other")[-1]
    assert endpoint["id"] in said
    assert "/resume" in said
    world.clock.advance(7 * 86400)
    await asyncio.sleep(0.1)
    assert len(world.receiver.at("/crm")) == 1
    refused = await world.ask("POST", f"{WEBHOOKS}/{endpoint['id']}/replay", json={"after": "0-0"})
    assert refused.status == 409
    world.receiver.answers["/crm"] = 200
    resumed = await world.ask("POST", f"{WEBHOOKS}/{endpoint['id']}/resume")
    assert resumed.body["state"] == "ok"
    await world.until(lambda: len(world.receiver.at("/crm")) == 4)
    assert world.receiver.reasons("/crm") == ["one", "one", "two", said]


async def test_after_the_last_try_the_endpoint_is_disabled_and_resuming_goes_on_from_there(
    world: World,
) -> None:
    endpoint = await world.make()
    world.receiver.answers["/crm"] = 500
    await world.tell("one", "two")
    await world.until(lambda: len(world.receiver.got) == 10, 3600)
    shown = await world.until_shown(endpoint, state="disabled")
    assert "10 tries" in shown["reason"]
    assert world.receiver.reasons("/crm") == ["one"] * 10
    assert len({each.id for each in world.receiver.got}) == 1
    world.receiver.answers["/crm"] = 200
    await world.ask("POST", f"{WEBHOOKS}/{endpoint['id']}/resume")
    await world.until(lambda: len(world.receiver.got) >= 12)
    assert world.receiver.reasons("/crm")[10:12] == ["one", "two"]


async def test_a_restart_goes_on_at_the_same_event_and_the_same_try(fresh: World) -> None:
    await fresh.start()
    await fresh.user("anna")
    endpoint = await fresh.make()
    await fresh.tell("taken")
    await fresh.until(lambda: fresh.receiver.reasons("/crm") == ["taken"])
    fresh.receiver.answers["/crm"] = 500
    await fresh.tell("one", "two")
    for attempts in (1, 2):
        await fresh.until_shown(endpoint, 1, attempts=attempts)
    before = await fresh.shown(endpoint)
    await fresh.bot.stop()
    await fresh.start()
    await fresh.user("anna")
    after = await fresh.shown(endpoint)
    assert (after["attempts"], after["nextTryAt"]) == (2, before["nextTryAt"])
    fresh.receiver.answers["/crm"] = 200
    await fresh.until(lambda: len(fresh.receiver.got) == 5, 10)
    assert fresh.receiver.reasons("/crm") == ["taken", "one", "one", "one", "two"]
    assert len({each.id for each in fresh.receiver.got}) == 3


async def test_what_was_delivered_just_before_a_kill_is_repeated_under_the_same_id(fresh: World) -> None:
    await fresh.start()
    await fresh.user("anna")
    await fresh.make()
    fresh.clock.advance(5)
    ledger = fresh.bot.running.plugins._seats["webhooks"].plugin._dispatch.ledger  # type: ignore[attr-defined]

    async def killed() -> None:
        """Nothing is written any more."""

    ledger.flush = killed
    await fresh.tell("one", "two")
    await fresh.until(lambda: len(fresh.receiver.got) == 2)
    await fresh.bot.stop()
    await fresh.start()
    await fresh.until(lambda: len(fresh.receiver.got) == 4)
    ids = [each.id for each in fresh.receiver.got]
    assert ids[:2] == ids[2:]
    assert fresh.receiver.reasons("/crm") == ["one", "two"] * 2


async def test_a_clean_stop_repeats_nothing(fresh: World) -> None:
    await fresh.start()
    await fresh.user("anna")
    await fresh.make()
    await fresh.tell("one", "two")
    await fresh.until(lambda: len(fresh.receiver.got) == 2)
    await fresh.bot.stop()
    await fresh.start()
    await fresh.tell("three")
    await fresh.until(lambda: "three" in fresh.receiver.reasons("/crm"))
    assert fresh.receiver.reasons("/crm") == ["one", "two", "three"]


async def test_a_stop_in_the_midst_repeats_only_what_was_on_its_way(fresh: World) -> None:
    await fresh.start()
    await fresh.user("anna")
    await fresh.make()
    hold = asyncio.Event()

    def answer() -> web.StreamResponse:
        fresh.receiver.held["/crm"] = hold  # the next one waits
        return web.Response()

    fresh.receiver.answers["/crm"] = answer
    await fresh.tell("one", "two", "three")
    await fresh.until(lambda: len(fresh.receiver.got) == 2)
    await fresh.bot.stop()
    hold.set()
    fresh.receiver.answers["/crm"] = 200
    await fresh.start()
    await fresh.until(lambda: len(fresh.receiver.got) == 4)
    assert fresh.receiver.reasons("/crm") == ["one", "two", "two", "three"]


async def test_a_replay_by_time_or_by_event_goes_beside_what_happens(world: World) -> None:
    endpoint = await world.make()
    await world.tell("one")
    world.clock.advance(60)
    since = world.clock.now()
    await world.tell("two", "three")
    world.clock.advance(60)
    await world.tell("four")
    await world.until(lambda: len(world.receiver.got) == 4)
    ids = {each.reason: each.id for each in world.receiver.got}
    path = f"{WEBHOOKS}/{endpoint['id']}/replay"
    for body, expected in (
        ({"since": since.isoformat()}, ["two", "three", "four"]),
        (
            {"since": since.isoformat(), "until": (since + timedelta(seconds=30)).isoformat()},
            ["two", "three"],
        ),
        ({"after": ids["three"]}, ["four"]),
        ({"after": ids["one"], "until": (since + timedelta(seconds=30)).isoformat()}, ["two", "three"]),
        ({"after": ids["four"]}, []),
    ):
        before = len(world.receiver.got)
        assert (await world.ask("POST", path, json=body)).status == 202
        await world.until_shown(endpoint, replaying=False)
        again = world.receiver.got[before:]
        assert [each.reason for each in again] == expected, body
        assert [each.id for each in again] == [ids[each] for each in expected]
    both = {"since": since.isoformat(), "after": ids["one"]}
    wrong: list[dict[str, object]] = [{}, {**both}, {"after": "x"}, {"since": 5}]
    for each in wrong:
        assert (await world.ask("POST", path, json=each)).status == 422, each


async def test_a_replay_holds_up_nothing_and_is_one_at_a_time(world: World) -> None:
    endpoint = await world.make()
    await world.tell("one", "two")
    await world.until(lambda: len(world.receiver.got) == 2)
    world.receiver.held["/crm"] = asyncio.Event()
    path = f"{WEBHOOKS}/{endpoint['id']}/replay"
    assert (await world.ask("POST", path, json={"after": "0-0"})).body["replaying"]
    await world.until(lambda: len(world.receiver.got) == 3)
    assert (await world.ask("POST", path, json={"after": "0-0"})).status == 409
    await world.tell("live")
    await world.until(lambda: len(world.receiver.got) == 4)
    assert world.receiver.reasons("/crm")[2:] == ["one", "live"]
    world.receiver.held.pop("/crm").set()
    await world.until_shown(endpoint, replaying=False)
    assert sorted(world.receiver.reasons("/crm")[4:]) == ["two"]


async def test_a_replay_goes_on_after_a_restart(fresh: World) -> None:
    await fresh.start()
    await fresh.user("anna")
    endpoint = await fresh.make()
    await fresh.tell("one", "two", "three")
    await fresh.until(lambda: len(fresh.receiver.got) == 3)
    fresh.receiver.answers["/crm"] = 500
    await fresh.ask("POST", f"{WEBHOOKS}/{endpoint['id']}/replay", json={"after": "0-0"})
    await fresh.until(lambda: len(fresh.receiver.got) == 4)
    await fresh.bot.stop()
    fresh.receiver.answers["/crm"] = 200
    await fresh.start()
    await fresh.user("anna")
    await fresh.until(lambda: len(fresh.receiver.got) == 7, 1)
    await fresh.until_shown(endpoint, 1, replaying=False)
    assert fresh.receiver.reasons("/crm")[3:] == ["one", "one", "two", "three"]


@pytest.mark.parametrize("seconds", [60, 30 * 86400])
async def test_events_that_were_let_go_unread_are_told_of(world: World, seconds: float) -> None:
    endpoint = await world.make()
    world.receiver.answers["/crm"] = 410
    await world.tell("one", "two")
    await world.until_shown(endpoint, state="disabled")
    await world.tell("three")

    def let_go(conn: Connection) -> None:
        head = stored_journal.head(conn)
        conn.execute(delete(journal).where(journal.c.position < head))
        stored_journal.let_go(conn, head - 1)

    await world.bot.running.ground.db.write(let_go)
    world.clock.advance(seconds)
    world.receiver.answers["/crm"] = 200
    await world.ask("POST", f"{WEBHOOKS}/{endpoint['id']}/resume")
    await world.until(lambda: any("let go unread" in each for each in world.receiver.reasons("/crm")), 1)
    assert world.receiver.reasons("/crm")[1:2] == ["three"]


async def test_a_feed_goes_on_after_an_error_of_our_own(world: World) -> None:
    await world.make()
    events = world.bot.running.hub.events
    after, failed = events.after, list[bool]()

    async def fails_once(wish: Wish, *args: Any) -> Any:
        if wish.tenant and not failed:
            failed.append(True)
            raise OSError("the store is away")
        return await after(wish, *args)

    events.after = fails_once  # type: ignore[method-assign, assignment]
    await world.tell("one")
    await world.until(lambda: failed)
    await world.until(lambda: world.receiver.at("/crm"), 1)
    assert world.receiver.reasons("/crm") == ["one"]


async def test_removing_an_endpoint_stops_at_once_and_keeps_nothing(world: World) -> None:
    endpoint = await world.make()
    world.receiver.held["/crm"] = asyncio.Event()
    await world.tell("one", "two")
    await world.until(lambda: world.receiver.at("/crm"))
    assert (await world.ask("DELETE", f"{WEBHOOKS}/{endpoint['id']}")).status == 204
    world.receiver.held.pop("/crm").set()
    await world.make("/other")
    await world.tell("three")
    await world.until(lambda: world.receiver.at("/other"), 1)
    assert world.receiver.reasons("/crm") == ["one"]
    assert (await world.ask("GET", f"{WEBHOOKS}/{endpoint['id']}")).status == 404
