"""What a request says, as the nouns that are sent: files fetched into the spool, numbers in one form."""

import base64
import binascii
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

from chatgrow_bot.addresses import chat_of, phone_of
from chatgrow_bot.errors import InvalidPhoneNumber, MediaRefused
from chatgrow_bot.hub import Hub, Spool
from chatgrow_bot.messages import Kind, Media, Outbound
from chatgrow_bot.payloads import Contacts, Location, Payload, Person, Poll
from chatgrow_bot.safety.media import display_name, kind_of

from .models.content import Card, Content, MediaSource


def payload_of(content: Content) -> Payload | None:
    """What a message carries besides words and files. Raises InvalidPhoneNumber."""
    if place := content.location:
        return Location(
            latitude=place.latitude, longitude=place.longitude, name=place.name, address=place.address
        )
    if poll := content.poll:
        return Poll(question=poll.question, options=tuple(poll.options), choices=poll.choices)
    cards = content.contacts or ([content.contact] if content.contact else [])
    return Contacts(people=tuple(_person(card) for card in cards)) if cards else None


def _person(card: Card) -> Person:
    return Person(name=card.name, numbers=tuple(international(number) for number in card.all_numbers))


def international(number: str) -> str:
    """A person's number in its canonical form, `+14155550123`. Raises InvalidPhoneNumber."""
    phone = phone_of(chat_of(number))
    if phone is None:
        raise InvalidPhoneNumber(f"'{number}' is not a person's number")
    return phone


async def said(hub: Hub, tenant: str, message: str | Content, about: str = "") -> Outbound:
    """A text or a content as what is sent, to nobody yet. Raises what `fetched` and `payload_of` do."""
    if isinstance(message, str):
        return Outbound(to="", text=message, about=about)
    if source := message.media:
        media = await fetched(hub.spool, tenant, source, await hub.plans.media_size(tenant))
        return Outbound(to="", text=message.caption or "", media=media, about=about)
    return Outbound(to="", payload=payload_of(message), about=about)


async def fetched(spool: Spool, tenant: str, source: MediaSource, most: int) -> Media:
    """The file that a request names, in the spool. Raises MediaRefused, and FileTooLarge past so many
    bytes."""
    kind = Kind(source.type) if source.type else None
    label = (source.mimetype, source.filename, kind, most)
    if source.path is not None:
        return await spool.from_path(tenant, Path(source.path), *label)
    if source.url is not None:
        return await spool.from_url(tenant, source.url, *label)
    if source.data is not None:
        return await spool.from_stream(tenant, _decoded(source.data), *label)
    media = await spool.from_upload(tenant, source.upload_id or "")
    return dataclasses.replace(
        media,
        kind=kind_of(media.mimetype, kind or media.kind),
        filename=display_name(source.filename or media.filename, media.mimetype),
    )


async def _decoded(data: str) -> AsyncIterator[bytes]:
    try:
        yield base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MediaRefused("'data' is not base64") from error
