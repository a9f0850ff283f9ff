"""Whether the log files are written: for load balancers without a token, and in detail for admins."""

import asyncio
from collections.abc import Iterable, Sequence

from aiohttp import web

from chatgrow_bot.hub import Scope
from chatgrow_bot.logs import FileState, open_files
from chatgrow_bot.plugin import Access, Doc, Route

from .models.logs import LogFileDetails, LogFileHealth, LogsDetails, LogsHealth
from .replies import reply

#: Seconds for which what was found is told again.
_FRESH = 1.0
_HEALTH = Doc(tag="Health", answer=LogsHealth, answers={503: LogsHealth})
_FILES = Doc(tag="Health", answer=LogsDetails)


class LogRoutes:
    """/api/logs."""

    def __init__(self) -> None:
        self._found: Sequence[FileState] = ()
        self._until = 0.0

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        yield Route(
            method="GET", path="/api/logs/health", handler=self.health, doc=_HEALTH, access=Access.PUBLIC
        )
        yield Route(
            method="GET",
            path="/api/logs/files",
            handler=self.files,
            doc=_FILES,
            access=Access.ADMIN,
            scope=Scope.ADMIN,
        )

    async def health(self, request: web.Request) -> web.Response:
        """200 when every log file is written, else 503."""
        found = await self._states()
        well = all(each.is_well for each in found)
        shown = {
            each.name: LogFileHealth(writable=each.writable, room=each.has_room, failing=each.failing)
            for each in found
        }
        return reply(LogsHealth(status="ok" if well else "failing", files=shown), status=200 if well else 503)

    async def files(self, request: web.Request) -> web.Response:
        """Every log file: how much it holds, and what could not be written."""
        shown = {
            each.name: LogFileDetails(
                writable=each.writable,
                room=each.has_room,
                failing=each.failing,
                bytes=each.size,
                rotated=each.rotated,
                free=each.free,
                failures=each.failures,
                last_failure=each.reason,
            )
            for each in await self._states()
        }
        return reply(LogsDetails(files=shown))

    async def _states(self) -> Sequence[FileState]:
        now = asyncio.get_running_loop().time()
        if now >= self._until:
            self._until = now + _FRESH
            self._found = await asyncio.to_thread(lambda: [each.state() for each in open_files()])
        return self._found
