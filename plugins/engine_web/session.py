"""One linked account, open in its page: the core's Session, spoken through the bridge."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from chatgrow_bot.engine import Ack, Arrival, Parcel, Snapshot
from chatgrow_bot.errors import EngineError, SendFailed, SendRefused, SendUnknown
from chatgrow_bot.messages import ConnectionState, Kind, Media

from .incoming import AckReport, Message
from .outcome import SendAnswer, ack_of, not_prepared
from .page import Gone, Loading, NoAnswer, Page, SaidNo
from .profile import Profile
from .settings import WebSettings
from .snapshot import page_state, read

#: A login younger than this is lost by a kill of the browser, so it does not count as linked yet.
SETTLED_AFTER = 10.0
#: A page that tells nothing of itself for so long is an error page, not one that loads.
_BLANK_FOR = 90.0
#: A state that cannot be read for so long means that WhatsApp Web has changed, not that it is starting.
_UNREADABLE_FOR = 30.0
_SWEEP_SECONDS = 60.0

_T = TypeVar("_T")


class Prepared(msgspec.Struct, frozen=True):
    """What the bridge's `prepare` answers: the chat and message key as WhatsApp knows them."""

    chat: str
    key: str
    present: bool  #: the page has it already and is about to send it, or has


class WebSession:
    """Implements `chatgrow_bot.engine.Session`."""

    def __init__(self, page: Page, profile: Profile, settings: WebSettings, log: Any) -> None:
        self._page = page
        self._profile = profile
        self._settings = settings
        self._log = log
        self._linked = profile.linked
        self._logout: str | None = None
        self._online_since: float | None = None
        self._last_read = asyncio.get_running_loop().time()
        self._reported: list[str] = []

    def logged_out(self, reason: str) -> None:
        """The page told why it was logged out; it forgets that when it reloads."""
        self._logout = self._logout or reason

    async def snapshot(self) -> Snapshot:
        """The truth now. Raises EngineError when the page does not answer; the session is then dead."""
        try:
            page = page_state(await self._page.call("snapshot"))
        except Loading:
            page = None
        except NoAnswer as error:
            stuck = await self._page.is_stuck()
            self._page.give_up("the renderer hangs" if stuck else error.detail)
            raise Gone("the renderer hangs" if stuck else error.detail) from error
        except (SaidNo, msgspec.ValidationError) as error:
            return self._unreadable(_detail(error))
        self._watch(loaded=page is not None)
        if page and page.missing != self._reported:
            self._reported = page.missing
            self._log.warning("WhatsApp Web has changed", lost=page.missing)
        snapshot = read(page, linked=self._linked, logout=self._logout)
        self._remember(snapshot.state)
        return snapshot

    def _unreadable(self, error: str) -> Snapshot:
        if asyncio.get_running_loop().time() - self._last_read <= _UNREADABLE_FOR:
            return Snapshot(state=ConnectionState.STARTING, reason=error)
        reason = f"WhatsApp Web has changed: its state cannot be read ({error})"
        return Snapshot(state=ConnectionState.ACTION_REQUIRED, reason=reason)

    def _watch(self, *, loaded: bool) -> None:
        now = asyncio.get_running_loop().time()
        if loaded:
            self._last_read = now
        elif now - self._last_read > _BLANK_FOR:
            self._page.give_up("the page does not load")
            self._page.check()

    def _remember(self, state: ConnectionState) -> None:
        now = asyncio.get_running_loop().time()
        if state is ConnectionState.ONLINE:
            self._online_since = self._online_since or now
            if not self._linked and now - self._online_since >= SETTLED_AFTER:
                self._linked = True
                self._profile.mark_linked(True)
        elif state in (ConnectionState.LOGGED_OUT, ConnectionState.BANNED):
            # It stays so for this session; the next one starts afresh, with a QR code.
            self._logout = self._logout or "while we were away"
            self._profile.mark_linked(False)

    async def send(self, parcel: Parcel) -> Ack:
        """Send, and return once WhatsApp's server has it. Raises SendRefused, SendFailed or SendUnknown."""
        prepared = await self._prepare(parcel)
        seconds = self._settings.media_ack_seconds if parcel.media else self._settings.ack_seconds
        request = {
            "chat": prepared.chat,
            "key": prepared.key,
            "present": prepared.present,
            "text": parcel.text,
            "media": parcel.media and _described(parcel.media),
            "seconds": seconds,
        }
        async with self._chosen(None if prepared.present else parcel.media) as file:
            try:
                patience = seconds + self._settings.answer_seconds
                raw = await self._page.call("send", request, file, seconds=patience)
                answer = msgspec.convert(raw, SendAnswer)
            except (EngineError, msgspec.ValidationError) as error:
                raise SendUnknown(f"the page was lost while it sent: {_detail(error)}") from error
        return Ack(chat=parcel.chat, wa_id=parcel.wa_id, ack=ack_of(answer, seconds))

    async def _prepare(self, parcel: Parcel) -> Prepared:
        """Everything that can go wrong without harm."""
        try:
            raw = await self._page.call("prepare", parcel.chat, parcel.wa_id)
            prepared = msgspec.convert(raw, Prepared)
            if parcel.typing > 0 and not prepared.present:
                await self._type(prepared.chat, parcel.typing)
        except SaidNo as error:
            raise not_prepared(error) from error
        except (EngineError, msgspec.ValidationError) as error:
            raise SendFailed(_detail(error)) from error
        return prepared

    async def _type(self, chat: str, seconds: float) -> None:
        try:
            await self._page.call("type", chat, round(seconds * 1000), seconds=seconds + 10)
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

    async def find(self, chat: str, wa_id: str) -> Ack | None:
        """One of our messages by its id; None when the page has no such message."""
        raw = await self._page.call("find", chat, wa_id, seconds=_SWEEP_SECONDS)
        return None if raw is None else _converted({"type": "ack", **raw}, AckReport).known()

    async def sweep(self, since: datetime) -> AsyncIterator[Arrival]:
        """Messages sent at or after `since`, oldest first, and every unread one."""
        start = int(since.timestamp())
        messages: list[Message] = []
        for chat in await self._page.call("chatsSince", start, seconds=_SWEEP_SECONDS):
            raw = await self._page.call("messagesSince", chat, start, seconds=_SWEEP_SECONDS)
            messages += _converted(raw, list[Message])
        for message in sorted(messages, key=lambda each: each.sent_at):
            yield message.arrival()

    async def resolve(self, chat: str) -> str | None:
        """The chat id WhatsApp uses; None when it has no such account."""
        found = await self._page.call("resolve", chat)
        return None if found is None else str(found)

    async def refresh_qr(self) -> None:
        """Show a new QR code."""
        await self._page.call("refreshQr")

    async def screenshot(self) -> bytes:
        """A PNG of the page."""
        return await self._page.screenshot()

    async def logout(self) -> None:
        """Unlink the account. The page reloads itself at the end, which is how one knows it is done."""
        with contextlib.suppress(Loading):
            await self._page.call("logout", seconds=max(30.0, self._settings.answer_seconds))
        self.logged_out("by us")
        self._profile.mark_linked(False)


def _described(media: Media) -> dict[str, str]:
    kind = "image" if media.kind is Kind.IMAGE else "document"
    return {"type": kind, "filename": media.filename, "mimetype": media.mimetype}


def _converted(raw: object, shape: type[_T]) -> _T:
    try:
        return msgspec.convert(raw, shape)
    except msgspec.ValidationError as error:
        raise EngineError(f"the page answered in an unknown shape: {error}") from error


def _detail(error: Exception) -> str:
    return error.detail if isinstance(error, EngineError) else str(error)
