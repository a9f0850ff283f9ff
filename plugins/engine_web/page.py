"""Calls into the page. Each is bounded in time, and what goes wrong has one of three names: the page said no,
it gave no answer, or it is gone."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

import msgspec
from playwright.async_api import ElementHandle, Error
from playwright.async_api import Page as BrowserPage

from chatgrow_bot.engine import Reference
from chatgrow_bot.errors import EngineError

_CALL = "([name, args]) => window.__chatgrow?.call(name, args) ?? {ok: false, code: 'loading'}"
_FILE_INPUT = "() => Object.assign(document.createElement('input'), {type: 'file'})"
_PROBE_SECONDS = 2.0

_T = TypeVar("_T")


def converted(raw: object, shape: type[_T]) -> _T:
    """What the page answered, which may be anything, in its shape. Raises EngineError."""
    try:
        return msgspec.convert(raw, shape)
    except msgspec.ValidationError as error:
        raise EngineError(f"the page answered in an unknown shape: {error}") from error


class SaidNo(EngineError):
    """The page answered with an error; the connection itself lives on."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{message} ({code})" if code not in message else message)
        self.code = code


class NoAnswer(EngineError):
    """The page did not answer in time; what was asked of it may have happened all the same."""


class Loading(NoAnswer):
    """The page is loading, perhaps anew in the middle of this question; ask again."""


class Gone(EngineError):
    """The session is over; the connection opens another by itself."""


def named(message: Reference) -> dict[str, object]:
    """A message's name as the bridge takes it."""
    return {
        "chat": message.chat,
        "waId": message.wa_id,
        "fromMe": message.from_me,
        "participant": message.participant,
    }


class Page:
    """The WhatsApp Web page of one session."""

    def __init__(self, page: BrowserPage, answer_seconds: float, when_gone: Callable[[], None]) -> None:
        self._page = page
        self._answer_seconds = answer_seconds
        self._when_gone = when_gone
        self._gone: str = ""
        page.on("crash", lambda _: self.give_up("the page crashed"))
        page.on("close", lambda _: self.give_up("the browser ended"))

    def give_up(self, reason: str) -> None:
        """From here on every call raises Gone with this reason; the first reason stays."""
        if not self._gone:
            self._gone = reason
            self._when_gone()

    def check(self) -> None:
        """Raises Gone when the session is over."""
        if self._gone:
            raise Gone(self._gone)

    async def call(self, name: str, *args: Any, seconds: float | None = None) -> Any:
        """Ask the bridge something. Raises SaidNo, NoAnswer (Loading, while there is no bridge) or Gone."""
        answer = await self._bounded(self._page.evaluate(_CALL, [name, list(args)]), name, seconds)
        if not isinstance(answer, dict) or "ok" not in answer:
            raise SaidNo("malformed", f"the page's answer to '{name}' has the wrong shape")
        if answer.get("code") == "loading":
            raise Loading(f"the page was loading when asked to '{name}'")
        if not answer["ok"]:
            raise SaidNo(str(answer.get("code"))[:80], str(answer.get("message"))[:300])
        return answer.get("value")

    @contextlib.asynccontextmanager
    async def file_input(self, path: str) -> AsyncIterator[ElementHandle]:
        """A file as if chosen by the page's user: the browser itself reads it, nothing passes through us."""
        handle = await self._bounded(self._page.evaluate_handle(_FILE_INPUT), "file input", None)
        try:
            element: ElementHandle = handle.as_element()
            await self._bounded(element.set_input_files(path), "file", None)
            yield element
        finally:
            with contextlib.suppress(EngineError):
                await self._bounded(handle.dispose(), "file", None)

    async def screenshot(self, hidden: str) -> bytes:
        """A PNG of what the page shows, with grey over whatever these CSS selectors name."""
        taken = self._page.screenshot(
            type="png",
            mask=[self._page.locator(hidden)],
            mask_color="#808080",
            timeout=self._answer_seconds * 1000,
        )
        shot: bytes = await self._bounded(taken, "screenshot", self._answer_seconds + 1)
        return shot

    async def reload(self) -> None:
        """Load the page anew."""
        await self._bounded(self._page.reload(wait_until="commit"), "reload", None)

    async def is_stuck(self) -> bool:
        """Whether the page cannot even say 1: then its renderer hangs, not WhatsApp."""
        try:
            await self._bounded(self._page.evaluate("() => 1"), "probe", _PROBE_SECONDS)
        except NoAnswer:
            return True
        return False

    async def _bounded(self, work: Any, name: str, seconds: float | None) -> Any:
        limit = self._answer_seconds if seconds is None else seconds
        try:
            self.check()
            async with asyncio.timeout(limit):
                return await work
        except TimeoutError as error:
            raise NoAnswer(f"the page did not answer '{name}' within {limit:g} s") from error
        except Error as error:
            self.check()
            if "xecution context" in error.message or "navigation" in error.message:
                raise Loading(f"the page loaded anew during '{name}'") from error
            if "closed" in error.message or "crashed" in error.message:
                self.give_up("the browser ended")
                self.check()
            raise SaidNo("browser", error.message.splitlines()[0][:300]) from error
        finally:
            if hasattr(work, "close"):
                work.close()
