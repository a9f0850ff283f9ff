"""What an agent is shown: each kind of message, and the summary. A customer cannot make it look like more."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chatgrow_bot.hub import Conversation, Happening, Summary
from chatgrow_bot.messages import (
    ConversationEvent,
    ConversationState,
    Delivery,
    Inbound,
    Kind,
    Lane,
    Media,
    Outbound,
    Priority,
    State,
)
from chatgrow_bot.payloads import Contacts, Deletion, Edit, Location, Person, Poll, Reaction, Vote

relaying = sys.modules["chatgrow_plugins.whatsapp_agents.relaying"]
texts = sys.modules["chatgrow_plugins.whatsapp_agents.texts"]

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
HERE: dict[str, Any] = {"tenant": "t", "connection_id": "shop", "chat": "15551230001@c.us"}


def conversation(**changes: Any) -> Conversation:
    given = {"id": "v1", "number": 12, "name": "Noam", "state": ConversationState.AGENT, "team": "sales"}
    return Conversation(**{**HERE, **given, "opened_at": NOW, **changes})


def inbound(text: str = "", **changes: Any) -> Inbound:
    given = {"id": "m1", "wa_id": "w1", "text": text, "sent_at": NOW, "received_at": NOW}
    return Inbound(**{**HERE, **given, **changes})


def file(kind: Kind) -> Media:
    return Media(path=Path("x"), sha256="0" * 64, mimetype="x/y", filename="x", size=1, kind=kind)


def shown(message: Inbound, quoted: str = "", language: str = "en") -> list[Outbound]:
    made: list[Outbound] = relaying.relayed(texts.TEXTS[language], conversation(), message, quoted)
    return made


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (inbound("hello\nthere"), "hello\nthere"),
        (inbound("new words", kind=Kind.EDIT, payload=Edit()), "changed a message: new words"),
        (inbound(kind=Kind.DELETION, payload=Deletion()), "took a message back"),
        (inbound(kind=Kind.REACTION, payload=Reaction(emoji="👍")), "👍 to: we open at 9"),
        (inbound(kind=Kind.REACTION, payload=Reaction(emoji="")), "took a reaction back"),
        (inbound(kind=Kind.VOTE, payload=Vote(options=("a", "b"))), "chose: a, b"),
        (inbound(kind=Kind.VOTE, payload=Vote(options=())), "took the choice back"),
        (inbound(kind=Kind.POLL, payload=Poll(question="When?", options=("1", "2"))), "asks: When? (1, 2)"),
    ],
)
def test_what_is_no_file_is_told_in_words(message: Inbound, words: str) -> None:
    quoted = "we open at 9" if message.kind is Kind.REACTION else ""
    assert [each.text for each in shown(message, quoted)] == [f"*#12 Noam*\n{words}"]


def test_a_quote_is_shown_above_its_answer() -> None:
    assert shown(inbound("yes"), "we open\nat 9")[0].text == "*#12 Noam*\n↩ we open at 9\nyes"


def test_a_picture_comes_with_its_caption_and_a_voice_note_behind_a_line() -> None:
    picture = file(Kind.IMAGE)
    assert shown(inbound("like this", kind=Kind.IMAGE, media=picture)) == [
        Outbound(to="", text="*#12 Noam*\nlike this", media=picture, because="conversation #12, message m1")
    ]
    voice = shown(inbound(kind=Kind.VOICE, media=file(Kind.VOICE)))
    assert [(each.text, each.kind) for each in voice] == [
        ("*#12 Noam*\nsent a voice note:", Kind.TEXT),
        ("", Kind.VOICE),
    ]
    lost = shown(inbound(kind=Kind.IMAGE, media_trouble="WhatsApp has it no more"))
    assert [each.text for each in lost] == ["*#12 Noam*\nsent a file that could not be fetched (image)"]


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (Kind.LOCATION, Location(latitude=32.0, longitude=34.8)),
        (Kind.CONTACT, Contacts(people=(Person(name="Avi", numbers=("+14155550123",)),))),
    ],
)
def test_places_and_cards_come_as_such(kind: Kind, payload: Any) -> None:
    line, card = shown(inbound(kind=kind, payload=payload))
    assert line.text.startswith("*#12 Noam*\nsent a ")
    assert card.payload == payload


def test_what_is_typed_on_the_linked_phone_is_said_to_be() -> None:
    assert shown(inbound("I am on it", from_me=True))[0].text == (
        "*#12 Noam*\nwritten on the linked phone: I am on it"
    )


def test_the_mark_of_a_message_leads_back_to_it() -> None:
    assert relaying.marked(shown(inbound("hello"))[0].because) == (12, "m1")
    reaction = inbound(kind=Kind.REACTION, payload=Reaction(emoji="👍"))
    assert relaying.marked(shown(reaction)[0].because) == (12, "")  # nobody can quote a reaction
    assert relaying.marked("what an agent wrote") is None


@pytest.mark.parametrize("name", ["*Bo*ss\n#13 Noam", "\u202eBoss #13 Noam", "Boss" + " " * 99 + "#13 Noam"])
def test_a_name_is_one_plain_line(name: str) -> None:
    assert relaying.name_of(conversation(name=name)) == "Boss 13 Noam"


def test_a_customer_without_a_name_is_his_number() -> None:
    assert relaying.name_of(conversation(name=" ")) == "+15551230001"


def delivery(message_id: str) -> Delivery:
    return Delivery(
        **HERE,
        id=message_id,
        wa_id="w",
        kind=Kind.TEXT,
        lane=Lane.REPLY,
        priority=Priority.NORMAL,
        state=State.SENT,
        created_at=NOW,
        due=NOW,
        expires_at=NOW + timedelta(days=1),
        updated_at=NOW,
    )


def test_a_summary_says_all_there_is_and_leaves_out_what_follows() -> None:
    made = relaying.summary_of(
        texts.EN,
        Summary(
            conversation=conversation(note="Order: 3"),
            tags=("vip",),
            fields={"city": "Haifa"},
            notes=(
                Happening(at=NOW, event=ConversationEvent.NOTED, by="avi", note="likes blue", agent="avi"),
            ),
            messages=(inbound(id="m0"), delivery("d0"), inbound(id="m2", kind=Kind.IMAGE), inbound(id="m1")),
            texts={"m0": "hello", "d0": "What can we do?", "m1": "a cake"},
        ),
        {"m1"},
        "Here.",
    )
    assert made == "\n".join(
        [
            "*#12 Noam* is yours now (sales).",
            "+15551230001",
            "Here.",
            "Note: Order: 3",
            "Tags: vip",
            "city: Haifa",
            "Note by avi: likes blue",
            "Before that:",
            "Noam: hello",
            "we: What can we do?",
            "Noam: (image)",
        ]
    )
