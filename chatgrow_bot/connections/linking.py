"""How an account gets linked: the codes that a person can use now, and how long they are shown to nobody. The
codes are secrets: they live here, in memory, and nowhere else."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from ..clock import Clock
from ..engine import Session, Snapshot
from ..hub import PairingCode, QrCode
from ..messages import ConnectionState

#: Seconds that a QR code is good for, about.
_QR_LIFE = 20.0
#: And a pairing code.
_PAIRING_LIFE = 180.0
#: Seconds for which codes are shown to nobody in particular before the browser is closed again.
_PATIENCE = 600.0
#: Seconds for which somebody who asks for a code waits for it: a browser that starts on a busy machine takes
#: a while.
_WAIT = 30.0
#: The page is not there yet.
COMING = (ConnectionState.CREATED, ConnectionState.STARTING)
#: The page waits for a person in these.
SHOWN = (ConnectionState.QR, ConnectionState.PAIRING_CODE)


class Linking:
    """What the page shows to whoever wants to link. `state` tells the connection's state at any time, `look`
    makes the next look at the page come at once. The clock on the wall tells people when a code runs out; all
    else goes by the steady one."""

    def __init__(self, clock: Clock, state: Callable[[], ConnectionState], look: Callable[[], None]) -> None:
        self._clock = clock
        self._state = state
        self._look = look
        self._asking = asyncio.Lock()
        self._session: Session | None = None
        self._moved = asyncio.Event()
        self._is_over = False
        self._qr: QrCode | None = None
        self._pairing: PairingCode | None = None
        self._number = ""  #: which the pairing code is for
        self._pairing_until = 0.0  #: and how long it is good
        self._since: float | None = None  #: when somebody was last known to want a code

    def see(self, session: Session, snapshot: Snapshot) -> None:
        """Note what the page shows now."""
        self._session = session
        if snapshot.qr is None:
            self._qr = None
        elif self._qr is None or self._qr.code != snapshot.qr:
            self._qr = QrCode(code=snapshot.qr, expires_at=self._clock.now() + timedelta(seconds=_QR_LIFE))
        if snapshot.pairing_code is None:
            self._pairing = None
        elif self._pairing is None or self._pairing.code != snapshot.pairing_code:
            self._show(snapshot.pairing_code)
        if snapshot.state not in SHOWN:
            self._since = None
        elif self._since is None:
            self._since = self._clock.monotonic()
        self._moved.set()

    def moved(self) -> None:
        """The state is another: whoever waits for a code may look again."""
        self._moved.set()

    def close(self) -> None:
        """The page is gone, and its codes with it."""
        self._session = self._qr = self._pairing = self._since = None
        self._moved.set()

    def end(self) -> None:
        """The connection is gone for good: nobody need wait for a code of it."""
        self._is_over = True
        self._moved.set()

    def given_up(self) -> str | None:
        """Why the page need not stay open any longer; None while it should."""
        if self._since is None or self._clock.monotonic() - self._since <= _PATIENCE:
            return None
        minutes = f"{_PATIENCE / 60:.0f}"
        return (
            f"nobody linked it within {minutes} minutes, so its browser was closed; reconnect for a new code"
        )

    async def qr(self) -> QrCode | None:
        """The code to scan now; waits a little for one that is on its way, and asks for a new one when the
        last has gone idle. None when there is none. Raises EngineError."""
        until, asked = self._clock.monotonic() + _WAIT, False
        while self._qr is None and self._may_come(until):
            if self._session and self._state() is ConnectionState.QR and not asked:
                asked = True
                await self._session.refresh_qr()
                self._look()
            await self._wait(until)
        return self._qr

    async def pairing_code(self, number: str) -> PairingCode | None:
        """The code to type on the phone of this number (digits only), the same while it lasts; waits a little
        for the page to be ready for it. None when that is not to be expected. Raises EngineError."""
        until = self._clock.monotonic() + _WAIT
        async with self._asking:
            while self._may_come(until):
                if self._session and self._state() in SHOWN:
                    return await self._paired(self._session, number)
                await self._wait(until)
        return None

    async def _paired(self, session: Session, number: str) -> PairingCode:
        known = self._pairing if number == self._number else None
        if known and self._clock.monotonic() < self._pairing_until:
            return known
        code = await session.pairing_code(number)
        self._number, self._since = number, self._clock.monotonic()
        self._look()
        return self._show(code)

    def _show(self, code: str) -> PairingCode:
        self._pairing_until = self._clock.monotonic() + _PAIRING_LIFE
        expires_at = self._clock.now() + timedelta(seconds=_PAIRING_LIFE)
        self._pairing = PairingCode(code=code, expires_at=expires_at)
        return self._pairing

    def _may_come(self, until: float) -> bool:
        is_near = not self._is_over and self._state() in (*COMING, *SHOWN)
        return is_near and self._clock.monotonic() < until

    async def _wait(self, until: float) -> None:
        self._moved.clear()
        await self._clock.wait(self._moved, until - self._clock.monotonic())
