"""From what the page says of itself to the one state the core acts on. Pure: every rule is a line here."""

from typing import Annotated

import msgspec

from chatgrow_bot.engine import Snapshot
from chatgrow_bot.messages import ConnectionState as State

#: A scan is followed by the login within seconds; pairing that lasts means the phone asks for more.
PASSKEY_AFTER = 60.0

_BLOCKED = {
    "CONFLICT": "WhatsApp Web is open elsewhere with this login; choose 'Use here' or close the other one",
    "TOS_BLOCK": "WhatsApp shows its terms of service; a person must accept them",
    "SMB_TOS_BLOCK": "WhatsApp Business shows its terms of service; a person must accept them",
    "DEPRECATED_VERSION": "WhatsApp Web calls this browser's version outdated; update the browser",
    "PROXYBLOCK": "WhatsApp is blocked on this network's proxy",
}
_BANS = frozenset({"account_locked", "banned"})
_BANNED_FOR_A_TIME = (
    "WhatsApp has banned the account for a time: the phone says until when; reconnect it after that, and "
    "send less to people who have not written first"
)
#: What to do after WhatsApp Web logged itself out, by its own word for why.
_FULL_DISK = "the disk is full, and WhatsApp Web logged itself out: free some space, then link it again"
_LOGOUTS = {
    "storage_quota_exceeded": _FULL_DISK,
    "web_fail_storage_initialization": _FULL_DISK,
    "cache_storage_open_failed": _FULL_DISK,
    "primary_identity_key_change": "WhatsApp was set up anew on the phone: link it again",
    "user_initiated": "it was logged out in the browser: link it again",
    "unknown_companion": "it was unlinked on the phone: link it again",
    "by us": "it was logged out by us: link it again",
    None: "it was unlinked while we were away: link it again",
}

PairingCode = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]{8}\Z")]


class Undecrypted(msgspec.Struct, frozen=True):
    """A message that the page cannot read yet."""

    key: Annotated[str, msgspec.Meta(max_length=300)]
    seconds: float  #: it has been waited for


class EarState(msgspec.Struct, frozen=True, kw_only=True):
    """How the page listens."""

    name: Annotated[str, msgspec.Meta(max_length=40)]  #: another one when it was set up anew; empty: not yet
    waiting: float  #: seconds since it began to tell what it is telling now
    deaf: bool  #: it shows messages that no event brought
    silent: bool  #: the connection counts as up, and its server confirms nothing


class PageState(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the bridge's `snapshot` answers. The page is not trusted: types and lengths are checked."""

    auth: bool
    ready: bool
    mode: str
    info: str
    socket: str
    needs_update: bool
    idle: bool
    passkey: bool
    pairing_seconds: float
    me: str | None
    qr: str | None
    dialog: str | None
    logout: str | None
    missing: list[str]
    pairing_code: PairingCode | None
    undecrypted: list[Undecrypted]
    banned_for_a_time: bool
    ear: EarState


def page_state(raw: object) -> PageState | None:
    """None while the page is still loading. Raises msgspec.ValidationError."""
    return None if raw is None else msgspec.convert(raw, PageState)


def read(
    page: PageState | None, *, linked: bool, logout: str | None = None, headless: bool = True
) -> Snapshot:
    """The session's state. `linked`: an account has been linked in this folder; `logout`: the reason of a
    logout seen since the session opened, which the page itself forgets when it reloads; `headless`: the
    browser has no window."""
    if page is None:
        return Snapshot(state=State.STARTING, reason="the page is loading")
    if page.banned_for_a_time:
        return Snapshot(state=State.BANNED, reason=_BANNED_FOR_A_TIME, me=page.me)
    if page.passkey or (page.pairing_seconds > PASSKEY_AFTER and not linked):
        return _passkey(headless=headless)
    if page.mode in _BLOCKED:
        return Snapshot(state=State.ACTION_REQUIRED, reason=_BLOCKED[page.mode], me=page.me)
    if page.needs_update:
        return Snapshot(state=State.ACTION_REQUIRED, reason="WhatsApp Web asks for an update", me=page.me)
    return _linked(page) if page.auth else _unlinked(page, linked=linked, logout=logout or page.logout)


def _passkey(*, headless: bool) -> Snapshot:
    """The hub closes the browser on PASSKEY_REQUIRED; a window in which it can be given has to stay."""
    if not headless:
        reason = "WhatsApp asks for a passkey: finish linking in the browser's window"
        return Snapshot(state=State.AUTHENTICATING, reason=reason)
    reason = "WhatsApp asks for a passkey: set headless: false, link in the window, then set it back"
    return Snapshot(state=State.PASSKEY_REQUIRED, reason=reason)


def _linked(page: PageState) -> Snapshot:
    state, reason = State.ONLINE, ""
    if page.dialog:
        state, reason = State.ACTION_REQUIRED, f"WhatsApp Web shows a dialog: {page.dialog}"
    elif page.mode == "OFFLINE" or page.info in ("OFFLINE", "OPENING", "CONNECTING"):
        state, reason = State.RECONNECTING, "WhatsApp Web has no connection to its server"
    elif not page.ready or page.mode != "MAIN" or page.info != "NORMAL":
        state = State.SYNCING
    elif page.missing:
        reason = f"WhatsApp Web has changed; lost: {'; '.join(page.missing)}"
    return Snapshot(state=state, reason=reason, me=page.me)


def _unlinked(page: PageState, *, linked: bool, logout: str | None) -> Snapshot:
    if logout in _BANS:
        return Snapshot(state=State.BANNED, reason=f"WhatsApp closed the account ({logout})")
    if logout == "client_version_outdated":
        return Snapshot(state=State.ACTION_REQUIRED, reason=_BLOCKED["DEPRECATED_VERSION"])
    shows_qr = page.qr is not None or page.idle
    if logout or (linked and shows_qr):
        return Snapshot(state=State.LOGGED_OUT, reason=_logged_out(logout))
    if page.pairing_code:
        return Snapshot(state=State.PAIRING_CODE, pairing_code=page.pairing_code)
    if page.idle:
        return Snapshot(state=State.QR, reason="the QR code has expired; ask for a new one")
    if page.qr:
        return Snapshot(state=State.QR, qr=page.qr)
    if page.pairing_seconds > 0 and not linked:
        return Snapshot(state=State.AUTHENTICATING)
    return Snapshot(state=State.STARTING)


def _logged_out(logout: str | None) -> str:
    said = _LOGOUTS.get(logout, "WhatsApp Web logged itself out: link it again")
    return f"{said} ({logout})" if logout not in (None, "by us") else said
