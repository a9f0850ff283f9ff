"""Who asked for what: a line of api.log for each request, by the route's template, for a path or a query may
name people and hold secrets. What fails or is slow is always there; of what goes well on a busy route only so
much a second, and then a line that says how much was left out."""

import logging
import re
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from ..logs import API, clean
from ..plugin import IDENTITY

#: Where the log finds under which id a request goes, and whose address is the caller's.
REQUEST_ID = web.RequestKey("request_id", str)
CALLER = web.RequestKey("caller", str)

#: Lines of requests that go well, a second, of each route; and seconds from which a request is slow.
_MOST, _SLOW = 20, 1.0
_THEIR_ID = re.compile("[A-Za-z0-9_-]{8,64}")


@dataclass(slots=True)
class _Second:
    """What went well on a route within the second."""

    written: int = 0
    left_out: int = 0


class Requests:
    """The requests of a server as api.log has them."""

    def __init__(self, now: Callable[[], float], *, most: int = _MOST) -> None:
        """`now`: a clock in seconds that goes steadily."""
        self._now, self._most = now, most
        self._log = logging.getLogger(API)
        self._second = 0
        self._routes: defaultdict[tuple[str, str], _Second] = defaultdict(_Second)

    def answered(self, request: web.BaseRequest, response: web.StreamResponse, seconds: float) -> None:
        """One was answered."""
        if not self._log.isEnabledFor(logging.INFO):
            return
        if (second := int(self._now())) != self._second:
            self._second = second
            self.tell_left_out()
        status, route = response.status, _route(request)
        if status < 400 and seconds < _SLOW:
            seen = self._routes[request.method, route]
            if seen.written >= self._most:
                seen.left_out += 1
                return
            seen.written += 1
        self._log.log(_level(status), _facts(request, response, route, seconds))

    def tell_left_out(self) -> None:
        """Begin a new second: how much of the last one was not written."""
        for (method, route), seen in self._routes.items():
            if seen.left_out:
                self._log.info({"method": method, "route": route, "left_out": seen.left_out})
        self._routes.clear()

    def logger(self) -> type[AbstractAccessLogger]:
        """The class of which the framework makes one for each connection."""
        seen = self

        class _Access(AbstractAccessLogger):
            def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
                seen.answered(request, response, time)

        return _Access


def _facts(
    request: web.BaseRequest, response: web.StreamResponse, route: str, seconds: float
) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "request_id": request.get(REQUEST_ID, ""),
        "method": request.method if request.method.isalpha() else "",
        "route": route,
        "status": response.status,
        "ms": round(seconds * 1000, 1),
        "bytes": response.body_length,
        "address": _address(request.get(CALLER) or request.remote),
    }
    if who := request.get(IDENTITY):
        facts["user"] = who.user_id
        if who.key_id:
            facts["key"] = who.key_id
    theirs = request.headers.get("X-Request-Id", "")
    if _THEIR_ID.fullmatch(theirs):  # ours is another: what a stranger chose names nothing here
        facts["client_request_id"] = clean(theirs)
    return facts


def _route(request: web.BaseRequest) -> str:
    """The template; empty for what led nowhere."""
    with suppress(AssertionError, AttributeError):  # what is no HTTP was not even looked for
        if isinstance(request, web.Request) and (resource := request.match_info.route.resource):
            return resource.canonical
    return ""


def _address(said: str | None) -> str:
    """An address, and nothing that only stands where one should."""
    try:
        return str(ip_address(said or ""))
    except ValueError:
        return ""


def _level(status: int) -> int:
    return logging.INFO if status < 400 else logging.WARNING if status < 500 else logging.ERROR
