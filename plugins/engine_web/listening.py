"""Does what the page tells reach us? It beats every two seconds and says how much it has told: a beat that
stays away, or a number that is too high, means that its way to us is broken; then the page is loaded anew."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chatgrow_bot.engine import Snapshot
from chatgrow_bot.errors import EngineError
from chatgrow_bot.messages import ConnectionState

from .page import Gone, Page
from .snapshot import EarState

#: Seconds that the page is patient.
PATIENT = {
    "beat": 2.0,  #: between two signs of life
    "grace": 3.0,  #: in which the event may follow the message
    "unanswered": 8.0,  #: until a server that confirms nothing counts as silent
    "forgiven": 120.0,  #: without another missed message, until an ear that missed one counts as good again
}
#: Seconds without a sign of life, or with one report on its way, after which the way counts as broken.
SILENT_FOR = 6.0
#: Two breaks within so many seconds mean that loading the page anew does not mend it.
_MENDED_FOR = 60.0
#: A page that goes on missing messages is loaded anew, but not more often than this.
_RELOAD_EVERY = 600.0

_DEAF = "WhatsApp Web does not tell of what comes in: it is looked for, and comes seconds late"
_UNCONFIRMED = "WhatsApp's server confirms nothing, though the connection counts as up"
_BROKEN = "what comes in does not reach the hub ({}): the page is loaded anew"


class Listening:
    """How well one session hears."""

    def __init__(self, page: Page, log: Any, clock: Callable[[], float]) -> None:
        self._page = page
        self._log = log
        self._clock = clock  #: seconds, monotonic
        self._name = ""  #: of the page that tells
        self._taken = self._told = 0  #: reports of that page: by our count, by its own
        self._heard_at = self._refused_at = clock()
        self._ear = ""
        self._times = 0  #: how often an ear was set up
        self._ailment = ""
        self._missed = 0  #: ears in a row that missed something
        self._reloaded_at = float("-inf")

    # what the binding knows

    def heard(self, name: str) -> None:
        """The page of this name told something."""
        if name != self._name:
            self._name, self._taken, self._told = name, 0, 0
        self._heard_at = self._clock()

    def refused(self) -> None:
        """It called, and was sent away for now."""
        self._refused_at = self._heard_at = self._clock()

    def took(self, name: str) -> None:
        """A report of this page is ours."""
        self._taken += name == self._name

    def beat(self, name: str, told: int) -> None:
        """What this page believes to have told."""
        if name == self._name:
            self._told = told

    # what the snapshot asks

    def loading(self) -> None:
        """The page loads: nothing can be expected of it yet."""
        self._heard_at = self._clock()

    async def judge(self, snapshot: Snapshot, ear: EarState) -> Snapshot:
        """The snapshot with how well it hears; a broken ear is mended, or the page given up, on the way."""
        if ear.name and ear.name != self._ear:
            self._ear = ear.name
            self._times += 1
            self._missed += ear.deaf
        if not ear.deaf:
            self._missed = 0
        snapshot = replace(snapshot, listening=self._times)
        if snapshot.state is not ConnectionState.ONLINE:
            return snapshot
        if ailment := self._lasting(ear):
            await self._mend(ailment)
            return _deaf(snapshot, _BROKEN.format(ailment))
        if self._missed > 1 and self._clock() - self._reloaded_at > _RELOAD_EVERY:
            await self._reload()
        if ear.deaf or ear.silent:
            return _deaf(snapshot, _DEAF if ear.deaf else _UNCONFIRMED)
        return snapshot

    def _lasting(self, ear: EarState) -> str:
        """What was wrong at the last look already: a page that was busy for long gets to speak first."""
        before, self._ailment = self._ailment, self._wrong(ear)
        return self._ailment if before else ""

    def _wrong(self, ear: EarState) -> str:
        now = self._clock()
        if self._told > self._taken:
            return f"{self._told - self._taken} reports were lost"
        if now - self._heard_at > SILENT_FOR:
            return "the page is not heard any more"
        if ear.waiting > SILENT_FOR and now - self._refused_at > ear.waiting:
            return "a report does not come through"
        return ""

    async def _mend(self, ailment: str) -> None:
        self._log.warning("the page's reports do not arrive", why=ailment)
        if self._clock() - self._reloaded_at < _MENDED_FOR:
            self._page.give_up(f"what comes in does not reach the hub ({ailment})")
            self._page.check()
        await self._reload()

    async def _reload(self) -> None:
        self._reloaded_at = self._clock()
        self._ailment, self._missed = "", 0
        self._taken = self._told = 0
        try:
            await self._page.reload()
        except Gone:
            raise
        except EngineError as error:
            self._log.warning("the page could not be loaded anew", error=error.detail)
        self.loading()


def _deaf(snapshot: Snapshot, why: str) -> Snapshot:
    return replace(snapshot, can_receive=False, reason="; ".join(filter(None, (why, snapshot.reason))))
