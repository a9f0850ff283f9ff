"""One open page as the server sees it: a WebSocket that is shown QR codes until linked, then fed stanzas."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web

from .exchange import Exchange
from .linking import new_ref, proves
from .nouns import Device, number_of
from .page_requests import REQUESTS

Frame = dict[str, Any]


class PageSession:
    """A page from its hello to its end. `sessions` are all the open ones: it joins and leaves them itself."""

    def __init__(
        self, socket: web.WebSocketResponse, exchange: Exchange, sessions: list[PageSession]
    ) -> None:
        self.exchange = exchange
        self.device: Device | None = None
        self.refs: deque[str] = deque(maxlen=2)
        self.keys: dict[str, str] = {}
        self._socket = socket
        self._sessions = sessions
        # what the task that leads the page waits for: a signature, a wish for a new code, or news of a scan
        self._events: asyncio.Queue[Frame] = asyncio.Queue()

    async def run(self) -> None:
        """Serves the page until it closes."""
        self._sessions.append(self)
        try:
            async with asyncio.TaskGroup() as tasks:
                leader = tasks.create_task(self._lead(), name="page leader")
                await self._listen()
                leader.cancel()
        except* ConnectionResetError:
            pass  # the page went away while it was being told something
        finally:
            self._sessions.remove(self)

    async def send(self, **frame: Any) -> None:
        """Sends one frame."""
        await self._socket.send_json(frame)

    async def close(self) -> None:
        """Hangs up: the server goes down."""
        await self._socket.close()

    async def stand_still(self) -> None:
        """The same login was opened elsewhere: this page gets nothing any more."""
        self.device = None
        await self.send(type="conflict")

    def scanned(self, number: str) -> Device:
        """Links the page to the number of the phone that scanned its code."""
        device = self.exchange.state.add_device(number, self.keys["identity"])
        self.refs.clear()
        self._events.put_nowait({"type": "scanned", "device": device})
        return device

    async def _listen(self) -> None:
        async for packet in self._socket:
            if packet.type is not WSMsgType.TEXT:
                break
            frame = packet.json()
            match frame["type"]:
                case "request":
                    await self._answer(frame)
                case "ack" if self.device:
                    self.exchange.stored(self.device, frame["seq"])
                case "presence" if self.device:
                    self.exchange.show_state(self.device.number, number_of(frame["chat"]), frame["state"])
                case _:
                    self._events.put_nowait(frame)

    async def _answer(self, frame: Frame) -> None:
        try:
            value = await REQUESTS[frame["verb"]](self.exchange, self.device, frame["body"])
        except Exception as error:  # whatever it meets, the page must hear of it
            await self.send(type="reply", id=frame["id"], error=f"{type(error).__name__}: {error}")
        else:
            await self.send(type="reply", id=frame["id"], value=value)

    async def _lead(self) -> None:
        hello = await self._event("hello")
        self.keys = hello["keys"]
        device = await (self._prove(hello["device"]) if hello["device"] else self._show_codes())
        if device is None:
            await self.send(type="logout", reason="UnknownCompanion")
            return
        for other in [*self._sessions]:
            if other.device == device:
                await other.stand_still()
        self.device = device
        me = {**self.exchange.person(device.number).card(), "device": device.jid}
        await self.send(type="welcome" if hello["device"] else "paired", me=me)
        await self._feed(device)

    async def _event(self, *kinds: str) -> Frame:
        while (frame := await self._events.get())["type"] not in kinds:
            pass
        return frame

    async def _prove(self, jid: str) -> Device | None:
        device = find_device(self.exchange, jid)
        nonce = secrets.token_hex(32)
        await self.send(type="challenge", nonce=nonce)
        signature = (await self._event("proof"))["signature"]
        return device if device and proves(device, nonce, signature) else None

    async def _show_codes(self) -> Device:
        """Shows one code after another until one is scanned; rests after some, until the page asks again."""
        switches = self.exchange.switches
        while True:
            for _ in range(switches.qr_codes):
                self.refs.append(new_ref())
                await self.send(type="ref", ref=self.refs[-1], ttl=switches.qr_seconds)
                with suppress(TimeoutError):
                    async with asyncio.timeout(switches.qr_seconds):
                        event = await self._event("scanned", "refresh")
                    if event["type"] == "scanned":
                        return event["device"]  # type: ignore[no-any-return]
            self.refs.clear()
            await self.send(type="idle")
            await self._event("refresh")

    async def _feed(self, device: Device) -> None:
        """Hands over what waits for the device, says so, then whatever comes, for as long as it is linked."""
        state, last, caught_up = self.exchange.state, 0, False

        def news() -> bool:
            return bool(state.stanzas(device, last)) or not state.is_linked(device)

        while self.device and state.is_linked(device):
            for stanza in state.stanzas(device, last):
                await self.send(type="stanza", seq=stanza.seq, kind=stanza.kind, body=stanza.body)
                last = stanza.seq
            if not caught_up:
                await self.send(type="caught_up")
                caught_up = True
            await self.exchange.changes.until(news)
        if self.device:
            await self.send(type="logout", reason="UnknownCompanion")


def find_device(exchange: Exchange, jid: str) -> Device | None:
    """The linked device of that address, if it still is."""
    number = jid.split(":")[0]
    return next((device for device in exchange.state.devices(number) if device.jid == jid), None)
