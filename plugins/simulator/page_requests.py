"""What a page may ask its server, by verb; widening the simulator adds a function here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import fields
from typing import Any

import qrcode

from .exchange import Exchange
from .nouns import Content, Device, SimulatorError, number_of

Body = dict[str, Any]
_CONTENT = [field.name for field in fields(Content)]


async def matrix(exchange: Exchange, device: Device | None, body: Body) -> list[str]:
    """The QR code of a text, as rows of 0 and 1, quiet zone included."""
    code = qrcode.QRCode(border=4)
    code.add_data(body["text"])
    return ["".join("01"[dark] for dark in row) for row in code.get_matrix()]


async def send(exchange: Exchange, device: Device | None, body: Body) -> Body:
    """Takes a message: {t}, its time in seconds, or {refused}, why the server will not have it."""
    sender = _linked(device)
    recipient = number_of(body["to"])
    if exchange.state.person(recipient) is None:
        return {"refused": "not on WhatsApp"}
    content = Content(**{name: body[name] for name in _CONTENT if name in body})
    message = exchange.accept(body["id"], sender.number, recipient, content, source=sender)
    return {"t": int(message.at.timestamp())}


async def exists(exchange: Exchange, device: Device | None, body: Body) -> Body | None:
    """The person of a number {pn, lid, name}, or None when the number is not on WhatsApp."""
    _linked(device)
    person = exchange.state.person(number_of(body["number"]))
    return person.card() if person else None


async def seen(exchange: Exchange, device: Device | None, body: Body) -> None:
    """The account has read a chat: its partner gets the blue ticks."""
    exchange.read(_linked(device).number, number_of(body["chat"]))


async def logout(exchange: Exchange, device: Device | None, body: Body) -> None:
    """The page leaves: the phone takes it off its list."""
    exchange.unlink(_linked(device))


def _linked(device: Device | None) -> Device:
    if device is None:
        raise SimulatorError("this page is not linked to a phone")
    return device


REQUESTS: dict[str, Callable[[Exchange, Device | None, Body], Awaitable[Any]]] = {
    request.__name__: request for request in (matrix, send, exists, seen, logout)
}
