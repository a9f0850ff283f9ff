"""What an owner can do about an endpoint that does not come further: look, skip, correct, end a replay."""

import asyncio
from typing import Any

from .conftest import WEBHOOKS, World


async def post(world: World, endpoint: Any, what: str, **more: Any) -> Any:
    return await world.ask("POST", f"{WEBHOOKS}/{endpoint['id']}/{what}", **more)


async def letters(world: World, endpoint: Any) -> list[str]:
    found = await world.ask("GET", f"{WEBHOOKS}/{endpoint['id']}/dead-letters")
    return [each["reason"] for each in found.body["deadLetters"]]


async def test_what_is_tried_in_vain_can_be_skipped_and_is_kept_as_a_dead_letter(fresh: World) -> None:
    await fresh.start()
    await fresh.user("anna")
    endpoint = await fresh.make()
    assert (await post(fresh, endpoint, "skip")).status == 409
    fresh.receiver.answers["/crm"] = 500
    await fresh.tell("poison", "two")
    await fresh.until_shown(endpoint, state="retrying")
    fresh.receiver.answers["/crm"] = 200
    skipped = await post(fresh, endpoint, "skip")
    assert (skipped.status, skipped.body["state"], skipped.body["attempts"]) == (200, "ok", 0)
    await fresh.until(lambda: len(fresh.receiver.got) == 2)
    assert fresh.receiver.reasons("/crm") == ["poison", "two"]
    assert await letters(fresh, endpoint) == ["it was skipped (failed tries: 1)"]
    assert (await post(fresh, endpoint, "skip")).status == 409
    await fresh.bot.stop()
    await fresh.start()
    await fresh.user("anna")
    await post(fresh, endpoint, "dead-letters/retry")
    await fresh.until(lambda: len(fresh.receiver.got) == 3)
    assert fresh.receiver.reasons("/crm") == ["poison", "two", "poison"]


async def test_what_disabled_an_endpoint_can_be_skipped_before_it_is_resumed(world: World) -> None:
    endpoint = await world.make(events=["fault"])
    world.receiver.answers["/crm"] = 500
    await world.tell("poison", "two")
    await world.until_shown(endpoint, 3600, state="disabled")
    world.receiver.answers["/crm"] = 200
    assert (await post(world, endpoint, "skip")).body["state"] == "disabled"
    assert world.receiver.reasons("/crm") == ["poison"] * 10
    await post(world, endpoint, "resume")
    await world.until(lambda: len(world.receiver.got) > 10)
    assert world.receiver.reasons("/crm")[10] == "two"


async def test_what_is_skipped_on_its_way_is_a_dead_letter_only_if_it_is_not_taken(world: World) -> None:
    for status, kept in ((200, 0), (500, 1), (400, 1)):
        endpoint = await world.make(f"/{status}", events=["fault"])
        path = f"/{status}"
        world.receiver.answers[path] = 500
        await world.tell("poison", "two")
        await world.until_shown(endpoint, state="retrying")
        world.receiver.held[path] = asyncio.Event()
        await world.until(lambda path=path: len(world.receiver.at(path)) == 2, 1)  # type: ignore[misc]
        assert (await post(world, endpoint, "skip")).status == 200
        world.receiver.answers[path] = status
        world.receiver.held.pop(path).set()
        await world.until(lambda path=path: "two" in world.receiver.reasons(path))  # type: ignore[misc]
        assert world.receiver.reasons(path)[:3] == ["poison", "poison", "two"]
        poison = world.receiver.at(path)[0].id
        dead = (await world.ask("GET", f"{WEBHOOKS}/{endpoint['id']}/dead-letters")).body["deadLetters"]
        assert [each["eventId"] for each in dead].count(poison) == kept, status
        await world.ask("DELETE", f"{WEBHOOKS}/{endpoint['id']}")


async def test_how_far_behind_an_endpoint_is_and_how_far_its_replay_is_shown(world: World) -> None:
    endpoint = await world.make(events=["fault"])
    await world.tell("one")
    await world.until_shown(endpoint, behind=0)
    await world.until(lambda: world.receiver.reasons("/crm") == ["one"])
    world.receiver.answers["/crm"] = 500
    await world.tell("two", "three", "four")
    assert (await world.until_shown(endpoint, state="retrying", behind=3))["replay"] is None
    world.receiver.answers["/crm"] = 200
    await post(world, endpoint, "resume")
    await world.until_shown(endpoint, behind=0)
    world.receiver.held["/crm"] = asyncio.Event()
    at = int(world.receiver.got[0].id.partition("-")[0])
    await post(world, endpoint, "replay", json={"after": world.receiver.got[0].id})
    assert (await world.shown(endpoint))["replay"] == {"position": at, "until": at + 3}


async def test_a_replay_can_be_ended_and_what_happens_goes_on_being_sent(fresh: World) -> None:
    await fresh.start()
    await fresh.user("anna")
    endpoint = await fresh.make()
    path = f"{WEBHOOKS}/{endpoint['id']}/replay"
    assert (await fresh.ask("DELETE", path)).status == 204
    await fresh.tell("one", "two")
    await fresh.until(lambda: len(fresh.receiver.got) == 2)
    fresh.receiver.held["/crm"] = asyncio.Event()
    await fresh.ask("POST", path, json={"after": "0-0"})
    await fresh.until(lambda: len(fresh.receiver.got) == 3)
    assert (await fresh.ask("DELETE", path)).status == 204
    assert not (await fresh.shown(endpoint))["replaying"]
    fresh.receiver.held.pop("/crm").set()
    await fresh.tell("three")
    await fresh.until(lambda: "three" in fresh.receiver.reasons("/crm"))
    await fresh.bot.stop()
    await fresh.start()
    await fresh.user("anna")
    await fresh.tell("four")
    await fresh.until(lambda: "four" in fresh.receiver.reasons("/crm"))
    assert fresh.receiver.reasons("/crm") == ["one", "two", "one", "three", "four"]
    assert (await fresh.ask("POST", path, json={"after": "0-0"})).status == 202


async def test_a_corrected_address_is_tried_at_once_and_from_the_beginning(world: World) -> None:
    endpoint = await world.make()
    world.receiver.answers["/crm"] = 500
    await world.tell("one")
    for attempts in (1, 2, 3):
        await world.until_shown(endpoint, 60, attempts=attempts)
    world.receiver.answers["/new"] = 500
    path = f"{WEBHOOKS}/{endpoint['id']}"
    await world.ask("PUT", path, json={"description": "nothing that would help"})
    assert (await world.shown(endpoint))["attempts"] == 3
    await world.ask("PUT", path, json={"url": f"{world.receiver.url}/new"})
    await world.until(lambda: world.receiver.at("/new"))
    shown = await world.until_shown(endpoint, attempts=1)
    assert shown["state"] == "retrying"
    await world.ask("PUT", path, json={"events": ["message.received"]})
    await world.until_shown(endpoint, state="ok", behind=0)


async def test_what_the_former_address_answers_last_says_nothing_of_the_new_one(world: World) -> None:
    for status in (410, 400, 500):
        endpoint = await world.make(f"/{status}", events=["fault"])
        path, new = f"/{status}", f"/new-{status}"
        world.receiver.answers[path] = status
        world.receiver.held[path] = asyncio.Event()
        await world.tell(f"with {status}")
        await world.until(lambda path=path: world.receiver.at(path))  # type: ignore[misc]
        change = {"url": f"{world.receiver.url}{new}"}
        await world.ask("PUT", f"{WEBHOOKS}/{endpoint['id']}", json=change)
        world.receiver.held.pop(path).set()
        await world.until(lambda new=new: world.receiver.at(new))  # type: ignore[misc]
        assert world.receiver.reasons(new) == [f"with {status}"]
        assert await letters(world, endpoint) == []
        assert (await world.until_shown(endpoint, behind=0))["state"] == "ok"
        await world.ask("DELETE", f"{WEBHOOKS}/{endpoint['id']}")


async def test_what_is_on_its_way_and_no_longer_wanted_is_not_tried_again(world: World) -> None:
    endpoint = await world.make(events=["fault"])
    world.receiver.answers["/crm"] = 500
    world.receiver.held["/crm"] = asyncio.Event()
    await world.tell("one")
    await world.until(lambda: world.receiver.got)
    await world.ask("PUT", f"{WEBHOOKS}/{endpoint['id']}", json={"events": ["message.received"]})
    world.receiver.held.pop("/crm").set()
    await world.until_shown(endpoint, state="ok", behind=0)
    assert world.receiver.reasons("/crm") == ["one"]
