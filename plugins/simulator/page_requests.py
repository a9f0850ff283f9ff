"""What a page may ask its server, by verb; widening the simulator adds a function here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import qrcode

from .contents import Message
from .exchange import Exchange
from .linking import PairingCode, new_code
from .nouns import Device, SimulatorError, number_of
from .page_words import from_page
from .remarks import Remarks

Body = dict[str, Any]


class Page(Protocol):
    """The page that asks; `device` is None until it is linked."""

    exchange: Exchange
    device: Device | None
    pairing: PairingCode | None


async def matrix(page: Page, body: Body) -> list[str]:
    """The QR code of a text, as rows of 0 and 1, quiet zone included."""
    code = qrcode.QRCode(border=4)
    code.add_data(body["text"])
    return ["".join("01"[dark] for dark in row) for row in code.get_matrix()]


async def pairing_code(page: Page, body: Body) -> str:
    """A code to be typed on the phone of a number, in place of scanning; the one before it is void."""
    number = page.exchange.person(number_of(body["number"])).number
    seconds = page.exchange.switches.pairing_seconds
    page.pairing = new_code(number, asyncio.get_running_loop().time() + seconds)
    return page.pairing.text


async def send(page: Page, body: Body) -> Body:
    """Takes a message: {t}, its time in seconds, or {refused}, why the server will not have it."""
    exchange, sender = page.exchange, _linked(page)
    try:
        recipient = exchange.behind(body["to"])
        content = from_page(body, exchange.behind)
        message = exchange.accept(body["id"], sender.number, recipient, content, source=sender)
    except SimulatorError as error:
        return {"refused": str(error)}
    return {"t": int(message.at.timestamp())}


async def react(page: Page, body: Body) -> None:
    """The account reacts to a message, or takes its reaction back: `emoji` is empty then."""
    device = _linked(page)
    Remarks(page.exchange).react(device.number, _message(page, body), body["emoji"], source=device)


async def edit(page: Page, body: Body) -> None:
    """The account gives one of its messages other words."""
    device, message = _linked(page), _message(page, body)
    Remarks(page.exchange).edit(device.number, message, body["text"], remark_id=body["remark"], source=device)


async def revoke(page: Page, body: Body) -> None:
    """The account takes a message back for everyone."""
    device = _linked(page)
    Remarks(page.exchange).revoke(device.number, _message(page, body), source=device)


async def exists(page: Page, body: Body) -> Body | None:
    """The person of an address {chat, pn, lid, name}, or None when nobody there is on WhatsApp.

    Who asks by the phone number knows it: it is not hidden from him.
    """
    _linked(page)
    try:
        person = page.exchange.person(page.exchange.behind(body["address"]))
    except SimulatorError:
        return None
    return {**person.card(), **({} if body["address"].endswith("@lid") else {"pn": person.pn})}


async def seen(page: Page, body: Body) -> None:
    """The account has read a chat: its partners get the blue ticks."""
    page.exchange.read(_linked(page).number, page.exchange.behind(body["chat"]))


async def played(page: Page, body: Body) -> None:
    """The account has listened to a voice message, or watched a video."""
    page.exchange.play(_linked(page).number, _message(page, body))


async def logout(page: Page, body: Body) -> None:
    """The page leaves: the phone takes it off its list."""
    page.exchange.partings.unlink(_linked(page))


def _linked(page: Page) -> Device:
    if page.device is None:
        raise SimulatorError("this page is not linked to a phone")
    return page.device


def _message(page: Page, body: Body) -> Message:
    return Remarks(page.exchange).find(_linked(page).number, body["chat"], body["id"])


REQUESTS: dict[str, Callable[[Page, Body], Awaitable[Any]]] = {
    request.__name__: request
    for request in (matrix, pairing_code, send, react, edit, revoke, exists, seen, played, logout)
}
#: those that carry something to others, and that a server may refuse, swallow or answer late
SENDS = frozenset({"send", "react", "edit", "revoke"})
