"""What the phone of a person shows: the people, the messages and what is linked, in named parts as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..contents import as_json
from ..exchange import Exchange
from ..nouns import Ack

#: how many messages of each direction a phone shows: nobody scrolls so far, and a page with more is slow
_SHOWN = 500


def screen(exchange: Exchange, number: str | None) -> dict[str, Any]:
    """Part names with their values: `people`, and for a number `groups`, `devices`, `typing`, `unread` (the
    seqs of what it has not read) and each message as `message:SEQ`."""
    parts: dict[str, Any] = {"people": _people(exchange)}
    if number is not None and exchange.state.person(number):
        state = exchange.state
        parts["devices"] = [asdict(device) for device in state.devices(number)]
        parts["groups"] = [
            {"id": group.id, "name": group.name, "members": group.members, "admins": group.admins}
            for group in state.groups_of(number)
        ]
        parts["typing"] = _typing(exchange, number)
        parts["unread"] = [message.seq for message in state.standing_at(Ack.DELIVERED, number)]
        messages = [*state.received(number, 0)[-_SHOWN:], *state.sent(number, 0)[-_SHOWN:]]
        parts |= {f"message:{message.seq}": as_json(message) for message in messages}
    return parts


def _people(exchange: Exchange) -> list[dict[str, Any]]:
    state = exchange.state
    return [
        {
            **asdict(person),
            "unread": len(state.standing_at(Ack.DELIVERED, person.number)),
            "linked": len(state.devices(person.number)),
        }
        for person in state.people()
    ]


def _typing(exchange: Exchange, reader: str) -> dict[str, Any]:
    """What each author was last seen doing, and how often that has changed: a repeat is news too."""
    return {
        author: {"state": states[-1], "count": len(states)}
        for (author, who), states in exchange.chat_states.items()
        if who == reader and states
    }
