"""One open page as the server sees it: a WebSocket that is shown QR codes until linked, then fed stanzas.

Ordered faults that concern a whole page take effect here; those of single stanzas in road.py.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web

from .answers import Answers
from .exchange import Exchange
from .faults import Away, Block, Passkey, Silence, Stuck
from .linking import PairingCode, new_ref, proves
from .nouns import Device, SimulatorError, number_of
from .road import Road

Frame = dict[str, Any]


class PageSession:
    """A page from its hello to its end. `sessions` are all the open ones: it joins and leaves them itself.

    `known` is the device that the page says it is: for faults that come before it has proved it.
    """

    def __init__(
        self,
        socket: web.WebSocketResponse,
        exchange: Exchange,
        sessions: list[PageSession],
        known: Device | None = None,
    ) -> None:
        self.exchange = exchange
        self.device: Device | None = None
        self.refs: deque[str] = deque(maxlen=2)
        self.keys: dict[str, str] = {}
        self.pairing: PairingCode | None = None
        self._known = known
        self._socket = socket
        self._sessions = sessions
        # what the task that leads the page waits for: a signature, a wish for a new code, or news of a scan
        self._events: asyncio.Queue[Frame] = asyncio.Queue()
        self._faults: list[Frame] = []  # those the page has been told of

    @property
    def who(self) -> Device | None:
        """Whose page it is, proved or not; None: nobody's yet."""
        return self.device or self._known

    async def run(self) -> None:
        """Serves the page until it closes."""
        self._sessions.append(self)
        try:
            async with asyncio.TaskGroup() as tasks:
                leading = [
                    tasks.create_task(self._lead(), name="page leader"),
                    tasks.create_task(self._watch_orders(), name="page faults"),
                ]
                await self._listen(tasks)
                for task in leading:
                    task.cancel()
        except* ConnectionResetError:
            pass  # the page went away while it was being told something
        finally:
            self._sessions.remove(self)
            if self.device:
                self.exchange.passing.pop(self.device.id, None)
                self.exchange.ended[self.device.id] = asyncio.get_running_loop().time()

    async def send(self, **frame: Any) -> None:
        """Sends one frame, as soon as something comes through."""
        await self._say(frame)

    async def _say(self, frame: Frame) -> None:
        await self._healed(Silence)
        if not self._socket.closed:
            await self._socket.send_json(frame)

    async def close(self) -> None:
        """Hangs up: the server goes down."""
        await self._socket.close()

    async def stand_still(self) -> None:
        """The same login was opened elsewhere: this page gets nothing any more."""
        self.device = self._known = None
        await self.send(type="conflict")

    def scanned(self, number: str) -> Device | None:
        """Links the page to the number whose phone scanned its code; None: once the passkey was shown."""
        self.exchange.partings.check_open(number)
        self.refs.clear()
        self.pairing = None
        if self.exchange.orders.stands(Passkey, number):
            self._events.put_nowait({"type": "passkey", "number": number})
            return None
        device = self.exchange.link(number, self.keys["identity"])
        self._events.put_nowait({"type": "scanned", "device": device})
        return device

    def rest(self) -> None:
        """The codes have run out: the page shows none until it asks for one."""
        if self.refs:
            self._events.put_nowait({"type": "rest"})

    async def _healed(self, kind: type[Silence | Block]) -> None:
        await self.exchange.changes.until(lambda: not self.exchange.orders.stands(kind, self.who))

    async def _listen(self, tasks: asyncio.TaskGroup) -> None:
        answers = Answers(self, self._say)
        async for packet in self._socket:
            if packet.type is not WSMsgType.TEXT:
                break
            await self._healed(Silence)
            frame = packet.json()
            match frame["type"]:
                case "request":
                    await answers.to(frame, tasks)
                case "ack" if self.device:
                    self.exchange.stored(self.device, frame["seq"])
                case "presence" if self.device:
                    self._show(self.device, frame["chat"], frame["state"])
                case "appear" if self.device:
                    self.exchange.appear(self.device.number, frame["available"])
                case _:
                    self._events.put_nowait(frame)

    def _show(self, device: Device, chat: str, state: str) -> None:
        with suppress(SimulatorError):  # to somebody who is not there: nobody sees it
            self.exchange.show_state(device.number, chat, state)

    async def _lead(self) -> None:
        hello = await self._event("hello")
        self.keys = hello["keys"]
        await self._healed(Block)
        device = await (self._prove(hello["device"]) if hello["device"] else self._show_codes())
        if device is None:
            await self.send(type="logout", reason=self.exchange.partings.reason(number_of(hello["device"])))
            return
        for other in [*self._sessions]:
            if other.device == device:
                await other.stand_still()
        self.device = device
        await self._tell_faults()  # a login may have to know that its place does not last
        person = self.exchange.person(device.number)
        me = {"pn": person.pn, "lid": person.lid, "name": person.name, "device": device.jid}
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
                event: Frame = {"type": "late"}
                with suppress(TimeoutError):
                    async with asyncio.timeout(switches.qr_seconds):
                        event = await self._event("scanned", "passkey", "refresh", "rest")
                if device := await self._linked_by(event):
                    return device
                if event["type"] == "rest":
                    break
            self.refs.clear()
            await self.send(type="idle")
            # a pairing code outlives the QR codes
            event = await self._event("scanned", "passkey", "refresh")
            if device := await self._linked_by(event):
                return device

    async def _linked_by(self, event: Frame) -> Device | None:
        """The device that comes of a scan, once the passkey was shown where one is asked for."""
        if event["type"] == "passkey":
            orders, number = self.exchange.orders, event["number"]
            await self.send(type="passkey")
            await self.exchange.changes.until(lambda: not orders.stands(Passkey, number))
            return self.exchange.link(number, self.keys["identity"])
        return event.get("device")

    async def _feed(self, device: Device) -> None:
        """Hands over what waits for the device, says so, then whatever comes, for as long as it is linked."""
        state, caught_up = self.exchange.state, False
        road = Road(state, self.exchange.orders, device)
        passing = self.exchange.passing[device.id] = []
        while self.device and state.is_linked(device):
            await self._healed(Block)
            for stanza in road.take():
                await self.send(type="stanza", seq=stanza.seq, kind=stanza.kind, body=stanza.body)
            while passing:
                kind, body = passing.pop(0)
                await self.send(type="stanza", kind=kind, body=body)
            if not caught_up:
                await self.send(type="caught_up")
                caught_up = True
            with suppress(TimeoutError):
                async with asyncio.timeout_at(road.due()):
                    await self.exchange.changes.until(
                        lambda: passing or road.has_news() or not state.is_linked(device)
                    )
        if self.device:
            await self.send(type="logout", reason=self.exchange.partings.reason(device.number, device))

    async def _watch_orders(self) -> None:
        """Puts into effect what is ordered for the whole page, whatever else it is waiting for."""
        orders = self.exchange.orders

        def news() -> bool:
            acts = any(orders.stands(kind, self.who) is not None for kind in (Away, Stuck))
            return acts or orders.on_page(self.who) != self._faults

        while True:
            await self._tell_faults()
            if orders.stands(Away, self.who):
                await self.close()
                return
            if stuck := orders.take(Stuck, self.who):
                await self._socket.send_json({"type": "stuck", "seconds": stuck.fault.seconds})
            await self.exchange.changes.until(news)

    async def _tell_faults(self) -> None:
        """Tells the page what it has to do itself, through a silence too: the server has no part in it."""
        faults = self.exchange.orders.on_page(self.who)
        if faults != self._faults:
            self._faults = faults
            await self._socket.send_json({"type": "faults", "faults": faults})


def find_device(exchange: Exchange, jid: str) -> Device | None:
    """The linked device of that address, if it still is."""
    number = jid.split(":")[0]
    return next((device for device in exchange.state.devices(number) if device.jid == jid), None)
