"""The people with whom a connection has written."""

from typing import Any

from .conftest import CONNECTIONS, Api

PATH = f"{CONNECTIONS}/shop/contacts"


async def people(api: Api, **query: Any) -> list[str]:
    return [each["chat"] for each in (await api.ask("GET", PATH, params=query)).body["contacts"]]


async def test_a_contact_says_who_he_is_and_when_was_written_last(api: Api) -> None:
    await api.connect("shop")
    wrote = api.clock.now()
    await api.hears(text="hi", sender="15551230007@c.us", name="Dana")
    await api.hears(text="hi again", sender="15551230007@c.us")
    api.clock.advance(60)
    sent = api.clock.now()
    await api.ask("POST", f"{CONNECTIONS}/shop/send", json={"to": "+15551230007", "message": "hello"})
    shown = (await api.ask("GET", f"{PATH}/+15551230007")).body
    assert shown == {
        "chat": "15551230007@c.us",
        "number": "+15551230007",
        "name": "Dana",
        "lastInboundAt": wrote.isoformat().replace("+00:00", "Z"),
        "lastOutboundAt": sent.isoformat().replace("+00:00", "Z"),
        "optedOut": False,
    }
    assert (await api.ask("GET", PATH)).body == {"contacts": [shown], "next": None}


async def test_whoever_was_only_written_to_or_only_wrote_is_a_contact_and_a_group_is_none(api: Api) -> None:
    await api.connect("shop")
    await api.ask("POST", f"{CONNECTIONS}/shop/send", json={"to": "+14155550123", "message": "hello"})
    await api.hears(text="stop", sender="15551230007@c.us")
    await api.hears(text="hi", sender="120363041234567890@g.us", participant="15551230008@c.us")
    await api.hears(text="typed on the phone", sender="15551230009@c.us", from_me=True)
    await api.hears(text="hi", sender="123456789012345@lid")
    found = {each["chat"]: each for each in (await api.ask("GET", PATH)).body["contacts"]}
    assert sorted(found) == [
        "123456789012345@lid",
        "14155550123@c.us",
        "15551230007@c.us",
        "15551230009@c.us",
    ]
    assert found["14155550123@c.us"]["lastInboundAt"] is None
    assert found["15551230007@c.us"]["optedOut"] is True
    assert found["15551230009@c.us"]["lastInboundAt"] is None
    assert found["123456789012345@lid"]["number"] is None
    assert (await api.ask("GET", f"{PATH}/120363041234567890@g.us")).is_problem(404, "Contact not found")


async def test_contacts_come_in_pages_and_each_once(api: Api) -> None:
    await api.connect("shop")
    numbers = [f"155512300{n:02}@c.us" for n in range(7)]
    for number in reversed(numbers):
        await api.hears(text="hi", sender=number)
    seen: list[str] = []
    after = ""
    while True:
        page = (await api.ask("GET", PATH, params={"limit": 3, "after": after})).body
        seen += [each["chat"] for each in page["contacts"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert seen == numbers
    assert await people(api, after=numbers[-1]) == []


async def test_who_was_known_by_another_id_is_one_contact(api: Api) -> None:
    await api.connect("shop")
    lid, number = "123456789012345@lid", "15551230007@c.us"
    await api.hears(text="hi", sender=lid)
    await api.hears(text="hi", sender=number, lid=lid)
    assert await people(api) == [number]
    assert (await api.ask("GET", f"{PATH}/{lid}")).body["chat"] == number


async def test_a_contact_of_others_or_of_nobody_is_not_found(api: Api) -> None:
    await api.create("shop")
    assert (await api.ask("GET", f"{PATH}/+14155550123")).is_problem(404, "Contact not found")
    assert (await api.ask("GET", PATH, "stranger")).is_problem(404, "Connection not found")
    assert (await api.ask("GET", f"{PATH}/hello")).is_problem(422, "Invalid phone number")
