"""One linked account, open in its page: the core's Session, spoken through the bridge."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from chatgrow_bot.engine import (
    Ack,
    Activity,
    Arrival,
    Group,
    Inlet,
    Member,
    Parcel,
    Reference,
    Snapshot,
    Usage,
)
from chatgrow_bot.errors import EngineError
from chatgrow_bot.messages import ConnectionState

from .downloads import download
from .listening import Listening
from .page import Gone, Loading, NoAnswer, Page, SaidNo, converted
from .profile import Profile
from .reports import AckReport, ChatId, Name, PersonId, plain
from .sending import Sender
from .settings import WebSettings
from .snapshot import PageState, PairingCode, page_state, read
from .sweeping import LOOKING_SECONDS, Sweeping
from .unswept import Unswept
from .usage import used

#: A login younger than this is lost by a kill of the browser, so it does not count as linked yet.
SETTLED_AFTER = 10.0
#: A page that tells nothing of itself for so long is an error page, not one that loads.
_BLANK_FOR = 90.0
#: A state that cannot be read for so long means that WhatsApp Web has changed, not that it is starting.
_UNREADABLE_FOR = 30.0
#: A message that is not decrypted for so long may never be, and a person should know.
UNDECRYPTED_AFTER = 60.0
#: Seconds of typing shown at most: after that WhatsApp itself lets it fade.
SHOWN_FOR = 25.0
#: What codes to link by are drawn on, or written in.
_CODES = "canvas, [data-ref], [data-link-code]"
_PAIRING_SECONDS = 30.0


class MemberTold(msgspec.Struct, frozen=True):
    """Somebody in a group."""

    chat: PersonId
    name: Name
    admin: bool


class GroupTold(msgspec.Struct, frozen=True):
    """One of what the bridge's `groups` answers."""

    chat: ChatId
    name: Name
    members: list[MemberTold]


class WebSession:
    """Implements `chatgrow_bot.engine.Session`."""

    def __init__(
        self,
        page: Page,
        profile: Profile,
        settings: WebSettings,
        inlet: Inlet,
        listening: Listening,
        log: Any,
    ) -> None:
        self._page = page
        self._listening = listening
        self._sender = Sender(page, settings, log)
        self._inlet = inlet
        self._profile = profile
        self._settings = settings
        self._log = log
        self._linked = profile.linked
        self._logout: str | None = None
        self._online_since: float | None = None
        self._last_read = asyncio.get_running_loop().time()
        self._reported: list[str] = []
        self._lamented: set[str] = set()  #: keys of messages that could not be decrypted
        self._sweeping = Sweeping(page, Unswept(profile.unswept), inlet, log)

    def logged_out(self, reason: str) -> None:
        """The page told why it was logged out; it forgets that when it reloads."""
        self._logout = self._logout or reason

    async def snapshot(self) -> Snapshot:
        """The truth now. Raises EngineError when the page does not answer; the session is then dead."""
        try:
            page = page_state(await self._page.call("snapshot"))
        except Loading:
            page = None
            self._listening.loading()
        except NoAnswer as error:
            stuck = await self._page.is_stuck()
            self._page.give_up("the renderer hangs" if stuck else error.detail)
            raise Gone("the renderer hangs" if stuck else error.detail) from error
        except (SaidNo, msgspec.ValidationError) as error:
            return self._unreadable(_detail(error))
        self._watch(loaded=page is not None)
        if page:
            self._tell(page)
        headless = self._settings.headless
        snapshot = read(page, linked=self._linked, logout=self._logout, headless=headless)
        self._remember(snapshot)
        return await self._listening.judge(snapshot, page.ear) if page else snapshot

    def _tell(self, page: PageState) -> None:
        if page.missing != self._reported:
            self._reported = page.missing
            self._log.warning("WhatsApp Web has changed", lost=page.missing)
        late = {each.key for each in page.undecrypted if each.seconds >= UNDECRYPTED_AFTER}
        if new := late - self._lamented:
            self._lamented |= new
            self._inlet.troubled(
                f"{len(new)} message(s) could not be decrypted within {UNDECRYPTED_AFTER:g} s; until they "
                "are, only the phone shows them"
            )

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

    def _remember(self, snapshot: Snapshot) -> None:
        now, state = asyncio.get_running_loop().time(), snapshot.state
        if state is ConnectionState.ONLINE:
            self._online_since = self._online_since or now
            if not self._linked and now - self._online_since >= SETTLED_AFTER:
                self._linked = True
                self._profile.mark_linked(True)
        elif state in (ConnectionState.LOGGED_OUT, ConnectionState.BANNED) and snapshot.me is None:
            # It stays so for this session; the next one starts afresh, with a QR code. An account that is
            # banned for a time is still linked, and known.
            self._logout = self._logout or "while we were away"
            self._profile.mark_linked(False)

    async def send(self, parcel: Parcel) -> Ack:
        """Send, and return once WhatsApp's server has it. Raises SendRefused, SendFailed or SendUnknown."""
        return await self._sender.send(parcel)

    def download(self, message: Reference) -> AsyncIterator[bytes]:
        """The bytes of a file that came in. Raises MediaGone or EngineError."""
        return download(self._page, message, self._settings.download_seconds)

    async def find(self, chat: str, wa_id: str) -> Ack | None:
        """One of our messages by its id; None when the page has no such message."""
        raw = await self._page.call("find", chat, wa_id, seconds=LOOKING_SECONDS)
        return None if raw is None else converted({"type": "ack", **raw}, AckReport).known()

    def sweep(self, since: datetime) -> AsyncIterator[Arrival]:
        """Messages sent at or after `since`, oldest first, and every unread one."""
        return self._sweeping.sweep(since)

    def progress(self, since: datetime) -> AsyncIterator[Ack]:
        """How far our own messages that were sent at or after `since` have come."""
        return self._sweeping.progress(since)

    async def usage(self) -> Usage | None:
        """What this session's browser takes."""
        return await asyncio.to_thread(used, self._profile)

    async def resolve(self, chat: str) -> str | None:
        """The chat id WhatsApp uses; None when it has no such account."""
        found = await self._page.call("resolve", chat)
        return None if found is None else str(found)

    async def groups(self) -> Sequence[Group]:
        """The groups that the account is in."""
        told = converted(await self._page.call("groups", seconds=LOOKING_SECONDS), list[GroupTold])
        return [_group(each) for each in told]

    async def mark_read(self, chat: str) -> None:
        """The writers of a chat see that all was read."""
        await self._page.call("markRead", chat)

    async def show(self, chat: str, activity: Activity, seconds: float) -> None:
        """Be seen doing something for so long; returns at once."""
        await self._page.call("show", chat, activity, round(min(seconds, SHOWN_FOR) * 1000))

    async def be_available(self, available: bool) -> None:
        """Be seen as online, or no longer."""
        await self._page.call("beAvailable", available)

    async def pairing_code(self, number: str) -> str:
        """A code that links when it is typed on the phone of this number."""
        code = await self._page.call("pairingCode", number, seconds=_PAIRING_SECONDS)
        return converted(code, PairingCode)

    async def refresh_qr(self) -> None:
        """Show a new QR code, also instead of a pairing code."""
        await self._page.call("refreshQr")

    async def screenshot(self) -> bytes:
        """A PNG of the page, with nothing in it that could link an account."""
        shows_code = await self._shows_code()
        picture = await self._page.screenshot("html, body *" if shows_code else _CODES)
        if await self._shows_code() and not shows_code:
            raise EngineError("the page was changing while its picture was taken: ask again")
        return picture

    async def _shows_code(self) -> bool:
        """Whether the page may show a code to link by now; one that loads may."""
        try:
            page = page_state(await self._page.call("snapshot"))
        except (Loading, msgspec.ValidationError):
            page = None
        return page is None or page.mode == "QR" or page.qr is not None or page.pairing_code is not None

    async def logout(self) -> None:
        """Unlink the account. The page reloads itself at the end, which is how one knows it is done."""
        with contextlib.suppress(Loading):
            await self._page.call("logout", seconds=max(30.0, self._settings.answer_seconds))
        self.logged_out("by us")
        self._profile.mark_linked(False)


def _group(told: GroupTold) -> Group:
    members = (Member(chat=each.chat, name=plain(each.name), admin=each.admin) for each in told.members)
    return Group(chat=told.chat, name=plain(told.name), members=tuple(members))


def _detail(error: Exception) -> str:
    return error.detail if isinstance(error, EngineError) else str(error)
