"""One message into the page, and the server's word for it. Until the page is asked to send, whatever fails is
certain; from then on only an answer is, and silence is not known."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

import msgspec

from chatgrow_bot.engine import Ack, Activity, Parcel
from chatgrow_bot.errors import EngineError, SendFailed, SendRefused, SendUnknown
from chatgrow_bot.messages import PAYLOADS, REMARKS, Kind, Media
from chatgrow_bot.payloads import Contacts, Payload, Reaction

from .outcome import SendAnswer, ack_of, not_prepared, remarked
from .page import NoAnswer, Page, SaidNo, named
from .settings import WebSettings
from .vcards import write_card

#: Kinds of file as the page is asked to send them; a document is sent as it is, whatever is in it.
_SENT_AS: dict[Kind, dict[str, object]] = {
    Kind.IMAGE: {"type": "image"},
    Kind.VIDEO: {"type": "video"},
    Kind.AUDIO: {"type": "audio"},
    Kind.VOICE: {"type": "audio", "isPtt": True},
    Kind.STICKER: {"type": "sticker"},
    Kind.DOCUMENT: {"type": "document"},
}


class Prepared(msgspec.Struct, frozen=True):
    """What the bridge's `prepare` answers: the chat and message key as WhatsApp knows them."""

    chat: str
    key: str
    present: bool  #: the page has it already and is about to send it, or has


class Sender:
    """Sends through one page."""

    def __init__(self, page: Page, settings: WebSettings, log: Any) -> None:
        self._page = page
        self._settings = settings
        self._log = log

    async def send(self, parcel: Parcel) -> Ack:
        """Send, and return once WhatsApp's server has it. Raises SendRefused, SendFailed or SendUnknown."""
        kind = _kind(parcel)
        ack = await (self._remark(parcel, kind) if kind in REMARKS else self._message(parcel, kind))
        return Ack(chat=parcel.chat, wa_id=parcel.wa_id, ack=ack)

    async def _message(self, parcel: Parcel, kind: Kind) -> int:
        prepared = await self._prepare(parcel, kind)
        seconds = self._settings.media_ack_seconds if parcel.media else self._settings.ack_seconds
        request = {
            **msgspec.structs.asdict(prepared),
            "kind": kind,
            "text": parcel.text,
            "media": parcel.media and _described(parcel.media),
            "payload": parcel.payload and _written(parcel.payload),
            "about": parcel.about and named(parcel.about),
            "mentions": parcel.mentions,
            "forwarded": parcel.forwarded,
            "seconds": seconds,
        }
        async with self._chosen(None if prepared.present else parcel.media) as file:
            try:
                patience = seconds + self._settings.answer_seconds
                raw = await self._page.call("send", request, file, seconds=patience)
                answer = msgspec.convert(raw, SendAnswer)
            except (EngineError, msgspec.ValidationError) as error:
                raise SendUnknown(f"the page was lost while it sent: {_detail(error)}") from error
        return ack_of(answer, seconds)

    async def _remark(self, parcel: Parcel, kind: Kind) -> int:
        """A reaction, an edit or a deletion: WhatsApp names it itself, and a second one changes nothing."""
        if parcel.about is None:
            raise SendRefused(f"a {kind} needs the message that it is about")
        emoji = parcel.payload.emoji if isinstance(parcel.payload, Reaction) else ""
        request = {
            "kind": kind, "about": named(parcel.about), "text": parcel.text, "emoji": emoji,
            "waId": parcel.wa_id,
        }  # fmt: skip
        try:
            result = await self._page.call("remark", request, seconds=self._settings.ack_seconds)
        except SaidNo as error:
            raise not_prepared(error) from error
        except NoAnswer as error:
            raise SendUnknown(error.detail) from error
        return remarked(result)

    async def _prepare(self, parcel: Parcel, kind: Kind) -> Prepared:
        """Everything that can go wrong without harm."""
        try:
            raw = await self._page.call("prepare", parcel.chat, parcel.wa_id)
            prepared = msgspec.convert(raw, Prepared)
            if parcel.typing > 0 and not prepared.present:
                shown = Activity.RECORDING if kind is Kind.VOICE else Activity.TYPING
                await self._show(prepared.chat, shown, parcel.typing)
        except SaidNo as error:
            raise not_prepared(error) from error
        except (EngineError, msgspec.ValidationError) as error:
            raise SendFailed(_detail(error)) from error
        return prepared

    async def _show(self, chat: str, activity: Activity, seconds: float) -> None:
        try:
            await self._page.call("showing", chat, activity, round(seconds * 1000), seconds=seconds + 10)
        except SaidNo as error:  # only for show: a message is not held back for it
            self._log.info("typing could not be shown", code=error.code)

    @contextlib.asynccontextmanager
    async def _chosen(self, media: Media | None) -> AsyncIterator[Any]:
        """The message's file as the page's user would have chosen it; None without one."""
        if media is None:
            yield None
            return
        if not media.path.is_file():
            raise SendRefused("its file is no longer in the spool")
        async with contextlib.AsyncExitStack() as stack:
            try:
                file = await stack.enter_async_context(self._page.file_input(str(media.path)))
            except EngineError as error:
                raise SendFailed(f"the file could not be handed to the page: {error.detail}") from error
            yield file


def _kind(parcel: Parcel) -> Kind:
    for kind, payload in PAYLOADS.items():
        if isinstance(parcel.payload, payload):
            return kind
    return parcel.media.kind if parcel.media else Kind.TEXT


def _described(media: Media) -> dict[str, object]:
    return {**_SENT_AS[media.kind], "filename": media.filename, "mimetype": media.mimetype}


def _written(payload: Payload) -> dict[str, object]:
    """A payload as the bridge takes it: people as cards."""
    if isinstance(payload, Contacts):
        return {"cards": [{"displayName": each.name, "vcard": write_card(each)} for each in payload.people]}
    return asdict(payload)


def _detail(error: Exception) -> str:
    return error.detail if isinstance(error, EngineError) else str(error)
