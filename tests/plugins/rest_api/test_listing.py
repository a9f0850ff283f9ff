"""Lists of messages: both ways, in pages, filtered, searched letter by letter; and nothing of others',
whatever is asked."""

import asyncio
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatgrow_bot.accounts import Accounts
from chatgrow_bot.hub import Scope

from .conftest import CONNECTIONS, Api

ONE, ALL = f"{CONNECTIONS}/shop/messages", "/api/whatsapp/messages"
#: What has opened databases elsewhere.
INJECTIONS = (
    "' OR '1'='1",
    "' OR 1=1--",
    '" OR ""="',
    "'; DROP TABLE inbox;--",
    "') OR ('1'='1",
    "%' OR tenant LIKE '%",
    "' UNION SELECT sealed FROM webhook_keys--",
    "' UNION ALL SELECT NULL,NULL,NULL--",
    "1; SELECT pg_sleep(10)--",
    "' AND randomblob(1000000000)--",
    "' || (SELECT password_hash FROM users) || '",
    "\\' OR 1=1#",
    "/**/OR/**/1=1",
    "') ESCAPE '/' OR 1=1--",
    "admin'/*",
    "%27%20OR%201=1",
    "\u02bc OR 1=1--",
    "\uff07 OR 1=1--",
    "\ufffd",
    "a\nb",
    "{{7*7}}",
    "$ne",
    "%",
    "_",
    "%%",
    "/",
    "//",
    "\\",
    "/%",
    "\\%",
    "[a-z]",
    "*",
    "?",
)


async def texts(api: Api, path: str = ONE, user: str = "operator", **query: Any) -> list[str]:
    answer = await api.ask("GET", path, user, params=query)
    assert answer.status == 200, answer
    return [each["text"] for each in answer.body["messages"]]


async def send(
    api: Api, text: str, connection_id: str = "shop", to: str = "+14155550123", user: str = "operator"
) -> str:
    body = {"to": to, "message": text}
    answer = await api.ask("POST", f"{CONNECTIONS}/{connection_id}/send", user, json=body)
    assert answer.status == 202, answer
    return str(answer.body["messageId"])


async def test_both_directions_are_listed_newest_first_in_pages(api: Api) -> None:
    await api.connect("shop")
    for number in range(4):
        await send(api, f"out {number}")
        await api.hears(text=f"in {number}")
    expected = [f"{way} {number}" for number in (3, 2, 1, 0) for way in ("in", "out")]
    assert await texts(api) == expected
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 3}
    for full in (True, True, False):
        page = (await api.ask("GET", ONE, params=query)).body
        seen += [each["text"] for each in page["messages"]]
        query["before"] = page["next"]
        assert (page["next"] is not None) is (page["searchedBackTo"] is not None) is full
    assert seen == expected


async def test_a_listed_message_is_shown_as_it_is_by_itself(api: Api) -> None:
    await api.connect("shop")
    await send(api, "out")
    await api.hears(text="in", name="Dana", file=b"hello", mimetype="text/plain")
    for each in (await api.ask("GET", ONE)).body["messages"]:
        alone = (await api.ask("GET", f"{ALL}/{each['messageId']}")).body
        extra = {"timeline", "waitsFor"} if alone["direction"] == "outbound" else set()
        assert alone.keys() - each.keys() == extra
        assert {key: alone[key] for key in each if key != "updatedAt"} == {
            key: each[key] for key in each if key != "updatedAt"
        }


async def test_filters_choose_and_are_taken_together(api: Api) -> None:
    await api.connect("shop")
    assert (await api.ask("POST", f"{CONNECTIONS}/shop/pause")).status == 200
    await send(api, "to Ann", to="+14155550123")
    await send(api, "to Ben", to="+14155550124")
    await api.hears(text="from Ann", sender="14155550123@c.us")
    api.clock.advance(60)
    later = api.clock.now().isoformat()
    await api.hears(text="a file", file=b"x", mimetype="text/plain")
    assert await texts(api, chat="+14155550123") == ["from Ann", "to Ann"]
    assert await texts(api, chat="14155550124@c.us", direction="inbound") == []
    assert await texts(api, direction="outbound") == ["to Ben", "to Ann"]
    assert await texts(api, type="document") == ["a file"]
    assert await texts(api, since=later) == ["a file"]
    assert len(await texts(api, until=later)) == 3
    assert await texts(api, since=later, until=later) == []
    assert await texts(api, q="ANN", direction="outbound") == ["to Ann"]
    assert await texts(api, status="queued") == ["to Ben", "to Ann"]
    assert await texts(api, status="failed") == []


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 201},
        {"limit": "many"},
        {"direction": "sideways"},
        {"status": "lost"},
        {"type": "spell"},
        {"since": "yesterday"},
        {"since": "2026-01-01T00:00:00"},
        {"before": "x"},
        {"before": "0" * 31 + "'"},
        {"chat": "nobody"},
        {"q": "x" * 201},
        {"tenant": "x"},
        {"sort": "text"},
        {"status": "sent", "direction": "inbound"},
    ],
)
async def test_what_cannot_be_asked_is_refused(api: Api, query: dict[str, Any]) -> None:
    await api.create("shop")
    answer = await api.ask("GET", ONE, params=query)
    assert answer.status == 422, answer
    assert answer.body["title"] in ("Invalid request", "Invalid phone number")


async def test_the_list_of_all_has_every_connection_of_the_caller_also_one_that_is_gone(api: Api) -> None:
    for name, user in (("shop", "operator"), ("other", "operator"), ("theirs", "stranger")):
        await api.connect(name, user)
        await send(api, name, name, user=user)
    assert await texts(api, ALL) == ["other", "shop"]
    assert (await api.ask("DELETE", f"{CONNECTIONS}/other")).status == 204
    assert await texts(api, ALL) == ["other", "shop"]
    assert (await api.ask("GET", f"{CONNECTIONS}/other/messages")).is_problem(404, "Connection not found")
    assert (await api.ask("GET", f"{CONNECTIONS}/theirs/messages")).is_problem(404, "Connection not found")
    assert await texts(api, ALL, "stranger") == ["theirs"]
    # somebody else gets the name of one that is gone, and none of its messages
    await api.connect("other", "stranger")
    assert await texts(api, f"{CONNECTIONS}/other/messages", "stranger") == []
    assert (await api.ask("GET", f"{CONNECTIONS}/other/contacts", "stranger")).body["contacts"] == []


async def test_a_key_that_is_bound_to_a_connection_lists_that_one_only(api: Api) -> None:
    for name in ("shop", "other"):
        await api.connect(name)
        await send(api, name, name)
    accounts = api.hub.accounts
    assert isinstance(accounts, Accounts)
    who = await accounts.find("operator-user")
    scopes = {Scope.READ}
    _, key = await accounts.keys.make(who, "a key", scopes=scopes, connections={"shop"})
    headers = {"X-API-Key": key}
    listed = await api.ask("GET", ALL, None, headers=headers)
    assert [each["text"] for each in listed.body["messages"]] == ["shop"]
    for path in ("messages", "contacts"):
        assert (await api.ask("GET", f"{CONNECTIONS}/shop/{path}", None, headers=headers)).status == 200
        hidden = await api.ask("GET", f"{CONNECTIONS}/other/{path}", None, headers=headers)
        assert hidden.is_problem(404, "Connection not found")


async def test_a_search_finds_what_is_written_to_the_letter(api: Api) -> None:
    await api.connect("shop")
    said = [*INJECTIONS, "100% sure", "100 sure", "a_b", "axb", "back\\slash", "UPPER", "שלום לכולם", "👋🏽"]
    for text in said:
        await api.hears(text=text)
    for wanted in [*said, "00%", "A_B", "upper", "לכול", "👋"]:
        found = set(await texts(api, q=wanted, limit=200))
        assert found == {each for each in said if wanted.lower() in each.lower()}, wanted


async def test_nothing_that_is_asked_opens_what_is_anothers(api: Api) -> None:
    await api.connect("shop")
    await api.connect("theirs", "stranger")
    await send(api, "a secret", "theirs", user="stranger")
    await api.hears(text="mine")
    for text in INJECTIONS:
        for path in (ONE, ALL, f"{CONNECTIONS}/shop/contacts"):
            for name in ("q", "chat", "before", "direction", "status", "type", "since", "after", "limit"):
                answer = await api.ask("GET", path, params={name: text})
                assert answer.status in (200, 400, 422), (path, name, text)
                assert "secret" not in str(answer.body)
                if answer.status == 200 and name == "q":
                    assert answer.body["messages"] == []
        for path in (
            f"{CONNECTIONS}/{quote(text, safe='')}/messages",
            f"{CONNECTIONS}/shop/contacts/{quote(text, safe='')}",
        ):
            assert (await api.ask("GET", path)).status in (400, 404, 422), path
    assert await texts(api) == ["mine"]
    assert await texts(api, ALL, "stranger") == ["a secret"]


_ANY = st.text(max_size=40)


async def test_any_words_at_all_are_answered(api: Api) -> None:
    """hypothesis chooses, one loop asks."""
    await api.connect("shop")
    await api.connect("theirs", "stranger")
    await send(api, "a secret", "theirs", user="stranger")
    asked: list[tuple[str, dict[str, str]]] = []

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.sampled_from([ONE, ALL, f"{CONNECTIONS}/shop/contacts"]),
        st.dictionaries(
            st.sampled_from(
                ["q", "chat", "before", "direction", "status", "type", "since", "after", "limit"]
            ),
            _ANY | st.sampled_from(INJECTIONS),
            max_size=3,
        ),
    )
    def choose(path: str, query: dict[str, str]) -> None:
        asked.append((path, query))

    await asyncio.to_thread(choose)
    for path, query in asked:
        try:
            words = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
        except UnicodeEncodeError:
            continue
        answer = await api.ask("GET", f"{path}?{words}")
        assert answer.status in (200, 400, 422), (path, query, answer)
        assert "a secret" not in str(answer.body.get("messages"))
