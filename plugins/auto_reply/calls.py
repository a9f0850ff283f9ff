"""The webhooks that rules call: kept before a message's way in ends, and made in the background, at least
once each. Those of one tenant to one URL are made one after another; a receiver that is down holds up no
other, and a call that the receiver answers with failures holds up those behind it for a while only."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Connection

from chatgrow_bot.clock import Clock, SystemClock
from chatgrow_bot.errors import StoreUnavailable
from chatgrow_bot.plugin import Bot

from . import calls_rows as rows
from .calls_rows import LONGEST, Line, Waiting
from .calls_rows import Call as Call
from .calls_sending import Outcome, Sender, Verdict

T = TypeVar("T")

#: Seconds before each try but the first.
DELAYS = (5.0, 60.0, 600.0, 3600.0, 21600.0)
#: As long as all tries of a call take: what has waited for longer behind one that nobody answered is given up
#: with it, or the line to a receiver that is gone would grow for ever.
PATIENCE = timedelta(seconds=sum(DELAYS))
#: From this failed try on, a call that was answered lets those behind it pass: it may be the only one that
#: the receiver cannot take.
ASIDE = 3

#: Seconds between two looks at what is left over, and before the database is asked again.
_LOOK, _AFTER_TROUBLE = 600.0, 5.0


@dataclass(slots=True)
class _Worker:
    """Makes the calls of a line until there are none."""

    news: asyncio.Event = field(default_factory=asyncio.Event)  #: set when there may be more to do


class Calls:
    """All of them, for as long as the plugin is on. A plugin is handed no clock: this one's is the machine's,
    save in tests."""

    def __init__(self, bot: Bot, secret: str = "", clock: Clock | None = None) -> None:
        self._bot = bot
        self._clock = clock or SystemClock()
        self._sender = Sender(bot.http, self._clock, secret)
        self._workers: dict[Line, _Worker] = {}
        self._since: datetime | None = None  #: when it was switched on; None while it is off

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Make what is due, for the time of the block. The plugin's tasks end before it does."""
        await self._bot.store.migrate(*rows.STEPS)
        self._workers.clear()  # of an earlier time
        self._since = self._clock.now()
        await self._look()
        self._bot.every(_LOOK, self._look)
        try:
            yield
        finally:
            self._since = None

    async def add(self, tenant: str, message_id: str, calls: Sequence[Call]) -> None:
        """Have calls made; they are on disk when this returns. The same message again adds nothing twice.
        Raises StoreUnavailable."""
        if not calls:
            return
        now, name = self._clock.now(), self._bot.name
        await self._bot.store.write(lambda conn: rows.add(conn, name, tenant, message_id, calls, now))
        for url in {call.url: None for call in calls}:
            self._work_on(Line(tenant=tenant, url=url))

    async def _look(self) -> None:
        """See to it that everything that waits is worked on, also after an error of our own, and let go of
        what is old."""
        now, name = self._clock.now(), self._bot.name
        await self._bot.store.write(lambda conn: rows.tidy(conn, name, now))
        for line in await self._bot.store.read(lambda conn: rows.lines(conn, name)):
            self._work_on(line)

    def _work_on(self, line: Line) -> None:
        if worker := self._workers.get(line):
            worker.news.set()
        elif self._since is not None:
            self._workers[line] = worker = _Worker()
            self._bot.spawn(self._run(line, worker), "webhooks of rules")

    async def _run(self, line: Line, worker: _Worker) -> None:
        try:
            while await self._step(line, worker):
                pass
        finally:
            if self._workers.get(line) is worker:
                del self._workers[line]

    async def _step(self, line: Line, worker: _Worker) -> bool:
        """Try to make the call of a line whose turn is next, or wait for its time; whether there may be
        more."""
        worker.news.clear()
        call = await self._next(line)
        if call is None:
            return worker.news.is_set()
        now = self._clock.now()
        if call.due and now < call.due <= now + LONGEST:
            # read anew behind it: by then it may be gone with its person, or another may have come
            await self._clock.wait(worker.news, (call.due - now).total_seconds())
        else:
            await self._settle(line, call, await self._sender.send(call))
        return True

    async def _next(self, line: Line) -> Waiting | None:
        store, name = self._bot.store, self._bot.name
        return await self._stored(
            lambda: store.read(lambda conn: rows.first(conn, name, line, self._clock.now()))
        )

    async def _settle(self, line: Line, call: Waiting, outcome: Outcome) -> None:
        """Write down what came of a try."""
        now, tries = self._clock.now(), call.attempts + 1
        is_last = tries > len(DELAYS) or self._waited(call, now) > PATIENCE
        if outcome.verdict is Verdict.LATER and not is_last:
            due = now + timedelta(seconds=max(DELAYS[tries - 1], outcome.wait))
            aside = tries >= ASIDE and not outcome.silent
            await self._write(lambda conn: rows.put_off(conn, call, tries, due, aside=aside))
            return
        await self._write(lambda conn: rows.finish(conn, call, now))
        if outcome.verdict is not Verdict.TAKEN:
            self._report(call.rule, outcome.why, call=call.id, tries=tries)
        if outcome.verdict is Verdict.LATER and outcome.silent:
            await self._give_up_older(line, outcome, now)

    async def _give_up_older(self, line: Line, outcome: Outcome, now: datetime) -> None:
        before = now - PATIENCE
        if self._since is None or self._since > before:
            return
        name = self._bot.name
        found = await self._write(lambda conn: rows.finish_older(conn, name, line, before, now))
        for rule, count in found.items():
            self._report(rule, outcome.why, calls=count)

    def _waited(self, call: Waiting, now: datetime) -> timedelta:
        """For how long it could have been made: not while the hub was off."""
        return now - max(call.added_at, self._since or call.added_at)

    def _report(self, rule: str, why: str, **more: object) -> None:
        self._bot.log.error("a rule's webhook is given up", rule=rule, why=why, **more)

    async def _write(self, work: Callable[[Connection], T]) -> T:
        return await self._stored(lambda: self._bot.store.write(work))

    async def _stored(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What the database says, once it can be asked: nothing is sent again because it could not."""
        while True:
            try:
                return await ask()
            except StoreUnavailable as error:
                self._bot.log.warning("webhooks of rules wait for the database", cause=error.detail)
                await self._clock.sleep(_AFTER_TROUBLE)
