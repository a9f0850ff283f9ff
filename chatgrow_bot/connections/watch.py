"""What a look at an open session leads to. Each look is short, and nothing that takes long is waited for:
sweeps run beside it, and a page that asks for a person is watched on, so that it goes on by itself."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from ..clock import Clock
from ..engine import Session, Snapshot
from ..messages import ConnectionState
from .camera import Camera
from .catch_up import CatchUp, Round
from .ends import ENDS, PASSING, STUCK_AFTER
from .hearing import Hearing, Step
from .linking import SHOWN, Linking
from .listener import Bounds, Listener
from .session_life import within

#: Seconds between two looks at a session.
_LOOK = 1.0
#: Looks that were so many seconds apart may have missed something: the machine slept, or the hub stood still.
_GAP = 15.0
#: Seconds that sending waits for the first sweep: thousands of unread chats must not keep a connection away.
SWEEP_FIRST = 20.0
_CATCHING_UP = "it fetches what came meanwhile"


class Kept(Protocol):
    """The connection that is watched."""

    connection_id: str
    state: ConnectionState
    reason: str
    me: str | None
    last_seen: float | None
    deaf: str
    bounds: Bounds
    linking: Linking
    hearing: Hearing
    catch_up: CatchUp
    camera: Camera
    leaving: str

    async def next_look(self, seconds: float) -> bool:
        """Wait; False when the session is to be opened anew."""
        ...

    def may_send(self) -> None:
        """What waits may leave."""
        ...

    def renew(self, reason: str) -> None:
        """Open the session anew between two messages."""
        ...

    def troubled(self, reason: str) -> None:
        """Something a person should know."""
        ...

    def tell_once(self, cause: str, reason: str) -> None:
        """Something a person should know, unless he was told of this cause already."""
        ...

    async def enter(self, state: ConnectionState, reason: str = "") -> None:
        """Come into a state."""
        ...


class Watch:
    """Over one session."""

    def __init__(
        self, kept: Kept, session: Session, listener: Listener, clock: Clock, settled: Callable[[], None]
    ) -> None:
        self._kept = kept
        self._session = session
        self._listener = listener
        self._clock = clock
        self._settled = settled
        self._listening = 0
        self._first: Round | None = None  #: the sweep that sending waits for
        self._first_until = 0.0
        self._looked: tuple[datetime, float] | None = None  #: when, by each of the two clocks
        self._passing_since: float | None = None
        self._stuck_told = False

    async def until_it_ends(self) -> str:
        """Look again and again; returns why a person must act, or nothing when it is closed on purpose. What
        WhatsApp says comes first: an account that was put out is not opened anew. Raises EngineError."""
        kept = self._kept
        while True:
            snapshot = await within(kept.bounds.answer, "it did not answer", self._session.snapshot)
            kept.last_seen, gap = self._clock.monotonic(), self._gap()
            if snapshot.state is not ConnectionState.STARTING:
                self._settled()
            await self._take(snapshot, kept.last_seen, gap)
            if kept.state in ENDS:
                return kept.reason
            if kept.leaving and not self._listener.busy(kept.connection_id):
                await kept.enter(ConnectionState.RECONNECTING, f"it was closed for a moment: {kept.leaving}")
                return ""
            if not await kept.next_look(_LOOK):
                return ""

    def _gap(self) -> float:
        """Seconds since the last look. That the machine slept only the clock on the wall knows, and only the
        steady one is not set back."""
        now = self._clock.now(), self._clock.monotonic()
        before, self._looked = self._looked or now, now
        return max((now[0] - before[0]).total_seconds(), now[1] - before[1])

    async def _take(self, snapshot: Snapshot, now: float, gap: float) -> None:
        kept = self._kept
        if snapshot.state in SHOWN and kept.me is not None:
            await kept.enter(ConnectionState.LOGGED_OUT, "it was unlinked on the phone")
            return
        kept.linking.see(self._session, snapshot)
        if reason := kept.linking.given_up():
            await kept.enter(ConnectionState.DISCONNECTED, reason)
            return
        kept.me = snapshot.me or kept.me
        if snapshot.state is ConnectionState.ONLINE:
            await self._online(snapshot, now, gap)
        else:
            self._first = None
            kept.deaf = ""
            await self._enter(snapshot.state, snapshot.reason)
        await self._look_stuck(now)

    async def _online(self, snapshot: Snapshot, now: float, gap: float) -> None:
        """The page is in sync. It counts as online once what came meanwhile is here, or takes too long, and
        while it hears."""
        kept = self._kept
        self._sweep(snapshot, gap)
        if self._hears(snapshot, now) is Step.PERSON:
            self._first = None
            await self._enter(ConnectionState.ACTION_REQUIRED, f"nothing comes in: {snapshot.reason}")
        elif kept.state is ConnectionState.ONLINE:
            await self._enter(ConnectionState.ONLINE, snapshot.reason)
        elif await self._caught_up(now):
            await self._enter(ConnectionState.ONLINE, snapshot.reason)
            kept.may_send()
        else:
            await self._enter(ConnectionState.SYNCING, _CATCHING_UP)

    async def _caught_up(self, now: float) -> bool:
        """Whether what came while nobody looked is here, or sending need not wait for it any longer."""
        if self._first is None:
            self._first, self._first_until = self._kept.catch_up.want(), now + SWEEP_FIRST
            await self._clock.wait(self._first.over, _LOOK)
        if self._first.failure:
            raise self._first.failure  # such a page is not fit to go online; one that is is not closed for it
        return self._first.over.is_set() or now >= self._first_until

    def _sweep(self, snapshot: Snapshot, gap: float) -> None:
        """The page's ear was set up anew (also while it was being swept), nobody looked for a while, or it is
        time."""
        catch_up, is_new = self._kept.catch_up, snapshot.listening > self._listening
        self._listening = snapshot.listening
        if is_new or gap > _GAP or catch_up.is_due():
            catch_up.want()

    def _hears(self, snapshot: Snapshot, now: float) -> Step:
        """Whether what comes in is told; if not, by steps: sweep, open anew, ask for a person."""
        kept = self._kept
        kept.deaf = "" if snapshot.can_receive else (snapshot.reason or "the page does not tell why")
        if kept.leaving:
            return Step.NOTHING
        step = kept.hearing.look(hears=snapshot.can_receive, now=now)
        if kept.hearing.sweeps(now):
            kept.catch_up.want()
        if step is Step.TELL:
            kept.troubled(f"messages may not come in: {kept.deaf.rstrip('.')}. It is seen to by itself.")
        elif step is Step.REOPEN:
            kept.renew(f"nothing comes in: {kept.deaf}")
        return step

    async def _look_stuck(self, now: float) -> None:
        """A page that is on its way for far too long, through one state or to and fro, is pictured for a
        person, once."""
        kept = self._kept
        if kept.state not in PASSING:
            self._passing_since, self._stuck_told = None, False
        elif self._passing_since is None:
            self._passing_since = now
        elif not self._stuck_told and now - self._passing_since >= STUCK_AFTER:
            self._stuck_told = True
            await kept.camera.take(self._session)
            kept.tell_once(
                "stuck",
                f"it has been on its way for {STUCK_AFTER / 60:.0f} minutes and is {kept.state}; see its "
                "picture, and the machine's network",
            )

    async def _enter(self, state: ConnectionState, reason: str) -> None:
        """A person who is told finds the picture there already."""
        kept = self._kept
        if state is ConnectionState.ACTION_REQUIRED and (kept.state, kept.reason) != (state, reason):
            await kept.camera.take(self._session)
        await kept.enter(state, reason)
