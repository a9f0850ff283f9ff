"""The whole story, played by itself: it ends well only if each step was seen to happen."""

import io
import os
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

from ..client import SimulatorClient
from ..phone_message import PhoneMessage
from ..phones import Customer, Phone
from .api import Api
from .boutique import Boutique
from .neighbour import play as play_neighbour
from .processes import DemoFailed, until
from .range import Range
from .samples import picture
from .stage import NEIGHBOUR, Stage
from .steps import demand, step

CONNECTION = "shop"
ENGLISH, HEBREW = "What are your opening hours?", "מה שעות הפתיחה שלכם?"
#: Seconds that a rule has to answer.
ANSWER_PATIENCE = 30.0
_LARGE = 20 * 1024 * 1024


class Story:
    """The steps, in order."""

    def __init__(self, stage: Stage, simulator: SimulatorClient) -> None:
        self._stage = stage
        self._simulator = simulator
        self._boutique = Boutique(simulator, ANSWER_PATIENCE)

    async def play(self) -> None:
        """Play it. Raises DemoFailed at the first step that did not happen."""
        await self._stage.add_user(NEIGHBOUR, "operator")
        async with self._stage.hub(), self._stage.api() as api:
            phone, dana = await self._cast()
            await self._link(api, phone)
            await self._answers(phone, dana)
            await self._sends(api, dana)
            await self._more(api, phone, dana)
            await self._boutique.begin(api)
        async with step("the hub is stopped; meanwhile a customer writes"):
            missed = await dana.write(phone, "hello, is anybody there?")
            seen = len(await dana.received(0))
        async with AsyncExitStack() as again:
            async with step("started again, it is online without a QR code"):
                await again.enter_async_context(self._stage.hub())
                api = await again.enter_async_context(self._stage.api())
                await self._online(api, never="qr")
            async with step("the message that came meanwhile is answered, once"):
                await self._answered_once(phone, dana, missed, seen)
            await self._boutique.go_on()

    async def _cast(self) -> tuple[Phone, Customer]:
        phone = await self._simulator.phone("+972501234567", name="Shop")
        return phone, await self._simulator.customer("+972541112233", name="Dana")

    async def _link(self, api: Api, phone: Phone) -> None:
        async with step("a connection is made over REST"):
            await api.create(CONNECTION, "The shop", "+972501234567")
        async with step("its QR code is fetched as a picture, and another library reads it"):
            text = _decoded(await api.qr_png(CONNECTION))
        async with step("the phone scans it"):
            await phone.scan(text)
        async with step("the connection is online"):
            await self._online(api)

    async def _answers(self, phone: Phone, dana: Customer) -> None:
        for language, question, word in (
            ("English", ENGLISH, "We are open"),
            ("Hebrew", HEBREW, "אנחנו פתוחים"),
        ):
            async with step(f"a customer asks in {language}, the right rule answers"):
                before = len(await dana.received(0))
                await dana.write(phone, question)
                answer = (await dana.received(before + 1, timeout=ANSWER_PATIENCE))[-1]
                demand(word in (answer.text or ""), f"the answer was: {answer.text}")

    async def _sends(self, api: Api, dana: Customer) -> None:
        sunset, document = picture(), os.urandom(_LARGE)
        before = len(await dana.received(0))
        async with step("a picture is sent; its bytes arrive unchanged"):
            sent = await api.send_picture(CONNECTION, "+972541112233", sunset, "Our shop, חנות")
            got = (await dana.received(before + 1, timeout=60))[-1]
            demand(got.content == sunset, "the picture changed on its way")
            demand(got.caption == "Our shop, חנות", f"its caption was: {got.caption}")
        async with step("a document of 20 MB is uploaded and sent; its bytes arrive unchanged"):
            upload = await api.upload(document, "price list.pdf", "application/pdf")
            body = {"media": {"uploadId": upload, "type": "document"}}
            await api.send(CONNECTION, "+972541112233", body)
            got = (await dana.received(before + 2, timeout=60))[-1]
            demand(got.content == document, "the document changed on its way")
            demand(got.filename == "price list.pdf", f"its name was: {got.filename}")
        async with step("the customer reads; the ticks arrive as 'read'"):
            await dana.read()
            await until(lambda: api.status(sent), lambda message: message["status"] == "read")

    async def _more(self, api: Api, phone: Phone, dana: Customer) -> None:
        chapter = Range(api, CONNECTION, phone, dana)
        await chapter.play()
        noam = await self._simulator.customer("+972541112234", name="Noam")
        await chapter.group(self._simulator, noam)
        async with self._stage.api(NEIGHBOUR) as neighbour:
            await play_neighbour(api, neighbour, self._simulator, dana, noam, ANSWER_PATIENCE)

    async def _online(self, api: Api, never: str = "") -> None:
        def good(found: Mapping[str, Any]) -> bool:
            demand(found["state"] != never, f"the connection went through '{never}'")
            return bool(found["state"] == "online")

        await until(lambda: api.connection(CONNECTION), good)

    async def _answered_once(self, phone: Phone, dana: Customer, missed: PhoneMessage, seen: int) -> None:
        await dana.received(seen + 1, timeout=60)
        # Another question and its answer: had the first been answered twice, it would have come before this.
        await dana.write(phone, "price of a cake?")
        texts = [message.text or "" for message in (await dana.received(seen + 2, timeout=60))[seen:]]
        greetings = [text for text in texts if "automatic assistant" in text]
        demand(len(greetings) == 1, f"'{missed.text}' was answered {len(greetings)} times: {texts}")


def _decoded(png: bytes) -> str:
    """What a QR code says, by another library than the one that drew it."""
    try:
        import zxingcpp
        from PIL import Image
    except ImportError as error:
        raise DemoFailed(
            "the script reads the QR code with zxing-cpp: pip install 'chatgrow-bot[demo]'"
        ) from error
    with Image.open(io.BytesIO(png)) as image:
        found = zxingcpp.read_barcodes(image.convert("L"))
    demand(len(found) == 1, f"the picture holds {len(found)} codes")
    return str(found[0].text)
