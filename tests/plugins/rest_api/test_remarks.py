"""What is done with an earlier message: reactions, edits, deletions, copies to others."""

from datetime import timedelta
from typing import Any

import pytest

from chatgrow_bot.engine import Reference
from chatgrow_bot.errors import MediaGone
from chatgrow_bot.payloads import Deletion, Edit, Poll, Reaction, Vote

from .conftest import CONNECTIONS, Api, Reply

MESSAGES = "/api/whatsapp/messages"
CHAT = "14155550123@c.us"
OTHER = "14155550199@c.us"


async def sent(api: Api, text: str = "helo") -> str:
    """A message of ours that has left; its id."""
    reply = await api.ask("POST", f"{CONNECTIONS}/shop/send", json={"to": CHAT, "message": text})
    await api.leaves(reply)
    return str(reply.body["messageId"])


async def do(api: Api, verb: str, message_id: str, body: Any = None, **more: Any) -> Reply:
    if body is not None:
        more["json"] = body
    return await api.ask("POST", f"{MESSAGES}/{message_id}/{verb}", **more)


@pytest.mark.slow
async def test_both_sides_messages_are_reacted_to_and_taken_back(api: Api) -> None:
    session = await api.connect("shop")
    ours, theirs = await sent(api), await api.hears(text="hi", sender=CHAT)
    names = (Reference(chat=CHAT, wa_id=session.sent[0].wa_id, from_me=True), None)
    for message_id, name in zip((ours, theirs), names, strict=True):
        for emoji in ("👍🏽", ""):
            accepted = await do(api, "react", message_id, {"emoji": emoji})
            assert accepted.body.keys() == {"messageId", "status", "estimatedSendAt", "reason"}
            assert accepted.body["messageId"] != message_id
            parcel = await api.leaves(accepted)
            assert parcel.payload == Reaction(emoji=emoji)
            assert parcel.about is not None
            assert name in (None, parcel.about)
            shown = (await api.ask("GET", accepted.headers["Location"])).body
            assert (shown["type"], shown["about"], shown["chat"]) == ("reaction", message_id, CHAT)
            assert shown["payload"] == {"emoji": emoji}
        parcel = await api.leaves(await do(api, "delete", message_id))
        assert (parcel.payload, parcel.chat) == (Deletion(), CHAT)


async def test_what_came_in_about_a_message_is_listed_with_it(api: Api) -> None:
    session = await api.connect("shop")
    poll = {"poll": {"question": "Lunch?", "options": ["Pizza", "Soup"]}}
    reply = await api.ask("POST", f"{CONNECTIONS}/shop/send", json={"to": CHAT, "message": poll})
    wa_id = (await api.leaves(reply)).wa_id
    await api.hears(sender=CHAT, payload=Vote(options=("Soup",)), about=wa_id)
    await api.hears(sender=CHAT, text="with bread?", about=wa_id)
    await api.hears(sender=CHAT, text="something else")
    path = f"{MESSAGES}/{reply.body['messageId']}/replies"
    listed = (await api.ask("GET", path)).body["messages"]
    assert [(each["type"], each["payload"], each["text"]) for each in listed] == [
        ("vote", {"options": ["Soup"]}, ""),
        ("text", None, "with bread?"),
    ]
    assert session.sent[0].wa_id == wa_id


async def test_only_messages_of_ones_own_are_edited(api: Api) -> None:
    session = await api.connect("shop")
    message_id = await sent(api)
    parcel = await api.leaves(await do(api, "edit", message_id, {"text": "hello"}))
    assert (parcel.payload, parcel.text) == (Edit(), "hello")
    assert parcel.about == Reference(chat=CHAT, wa_id=session.sent[0].wa_id, from_me=True)
    theirs = await api.hears(text="hi", sender=CHAT)
    assert (await do(api, "edit", theirs, {"text": "x"})).is_problem(422, "Invalid request")
    assert (await do(api, "edit", message_id, {"text": ""})).is_problem(422, "Invalid request")


async def test_a_group_message_is_answered_in_the_group_and_names_its_writer(api: Api) -> None:
    await api.connect("shop")
    group, writer = "120363041234567890@g.us", "15551230007@c.us"
    message_id = await api.hears(text="hi all", sender=group, participant=writer)
    parcel = await api.leaves(await do(api, "react", message_id, {"emoji": "👋"}))
    assert parcel.chat == group
    assert parcel.about is not None
    assert (parcel.about.chat, parcel.about.participant) == (group, writer)


@pytest.mark.slow
async def test_a_copy_carries_what_the_message_carried_and_says_that_it_was_forwarded(api: Api) -> None:
    await api.connect("shop")
    file = await api.hears(
        text="the menu", sender=CHAT, file=b"%PDF-1.4\nmenu", mimetype="application/pdf", filename="menu.pdf"
    )
    poll = Poll(question="Lunch?", options=("Pizza", "Soup"))
    question = await api.hears(sender=CHAT, payload=poll)
    words = await sent(api, "our words")
    for message_id, text, payload in (
        (file, "the menu", None),
        (question, "", poll),
        (words, "our words", None),
    ):
        parcel = await api.leaves(await do(api, "forward", message_id, {"to": OTHER}))
        assert (parcel.chat, parcel.text, parcel.payload, parcel.forwarded) == (OTHER, text, payload, True)
        assert parcel.about is None
        if message_id == file:
            assert parcel.media is not None
            assert (parcel.media.filename, parcel.media.path.read_bytes()) == ("menu.pdf", b"%PDF-1.4\nmenu")


async def test_a_copy_leaves_by_another_connection_of_the_same_user_only(api: Api) -> None:
    await api.connect("shop")
    branch = await api.connect("branch")
    await api.connect("theirs", "stranger")
    message_id = await sent(api)
    body = {"to": OTHER, "connectionId": "branch"}
    assert (await api.leaves(await do(api, "forward", message_id, body), "branch")).text == "helo"
    assert [parcel.chat for parcel in branch.sent] == [OTHER]
    for connection_id in ("theirs", "none"):
        answer = await do(api, "forward", message_id, {"to": OTHER, "connectionId": connection_id})
        assert answer.is_problem(404, "Connection not found")


async def test_what_cannot_be_forwarded_is_told(api: Api) -> None:
    session = await api.connect("shop")
    vote = await api.hears(sender=CHAT, payload=Vote(options=("Pizza",)))
    answer = await do(api, "forward", vote, {"to": OTHER})
    assert answer.is_problem(422, "Invalid request")
    assert "vote" in answer.body["detail"]
    session.download_failures = [MediaGone("WhatsApp has this file no more")]
    gone = await api.hears(text="look", sender=CHAT, file=b"x", mimetype="text/plain")
    assert (await do(api, "forward", gone, {"to": OTHER})).is_problem(404, "Media not found")
    words = await api.hears(text="hi", sender=CHAT)
    assert (await do(api, "forward", words, {"to": "12"})).is_problem(422, "Invalid phone number")


async def test_there_is_nothing_to_remark_on_that_never_left(api: Api) -> None:
    await api.connect("shop")
    later = (api.clock.now() + timedelta(hours=1)).isoformat()
    body = {"to": CHAT, "message": "later", "options": {"sendAt": later}}
    accepted = await api.ask("POST", f"{CONNECTIONS}/shop/send", json=body)
    assert (await api.ask("DELETE", accepted.headers["Location"])).status == 200
    message_id = accepted.body["messageId"]
    for verb, what in (("react", {"emoji": "👍"}), ("edit", {"text": "x"}), ("delete", None)):
        answer = await do(api, verb, message_id, what)
        assert answer.is_problem(409, "Conflict")
        assert "cancelled" in answer.body["detail"]
    assert (await do(api, "forward", message_id, {"to": OTHER})).status == 202


@pytest.mark.parametrize(
    ("verb", "body", "other"),
    [
        ("react", {"emoji": "👍"}, {"emoji": "👎"}),
        ("edit", {"text": "hello"}, {"text": "bye"}),
        ("delete", None, None),
        ("forward", {"to": CHAT}, {"to": OTHER}),
    ],
)
async def test_a_repeated_key_is_one_remark(
    api: Api, verb: str, body: dict[str, str] | None, other: dict[str, str] | None
) -> None:
    session = await api.connect("shop")
    message_id = await sent(api)
    headers = {"Idempotency-Key": "once"}
    first = await do(api, verb, message_id, body, headers=headers)
    await api.leaves(first)
    again = await do(api, verb, message_id, body, headers=headers)
    assert (again.status, again.body["messageId"]) == (202, first.body["messageId"])
    assert len(session.sent) == 2
    if other:
        answer = await do(api, verb, message_id, other, headers=headers)
        assert answer.is_problem(422, "Idempotency key reused")


async def test_a_message_that_does_not_exist_is_not_found_by_any_verb(api: Api) -> None:
    await api.connect("shop")
    for verb, body in (
        ("react", {"emoji": "👍"}),
        ("edit", {"text": "x"}),
        ("delete", None),
        ("forward", {"to": CHAT}),
    ):
        for message_id in ("0" * 32, "nonsense", "a'%20OR%201=1--"):
            assert (await do(api, verb, message_id, body)).is_problem(404, "Message not found")
