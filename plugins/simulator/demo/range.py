"""The chapter in which everything that WhatsApp Web can carry goes to a customer and comes back."""

from collections.abc import Callable, Mapping
from typing import Any

from ..client import SimulatorClient
from ..phone_message import PhoneMessage
from ..phones import Customer, Phone
from .api import Api
from .processes import until
from .samples import voice
from .steps import demand, step

#: Seconds for a message to arrive: a browser and two queues lie between.
_PATIENCE = 60.0
_PIZZA, _SOUP = "Pizza 🍕", "Soup, מרק"


class Range:
    """One connection and one customer."""

    def __init__(self, api: Api, connection: str, shop: Phone, dana: Customer) -> None:
        self._api = api
        self._connection = connection
        self._shop = shop
        self._dana = dana
        self._known = 0  #: the last message that Dana was seen to receive
        self._answer = ""  #: the last message of ours that was quoting her

    async def play(self) -> None:
        """Each kind in turn. Raises DemoFailed at the first step that did not happen."""
        await self._voice()
        await self._poll()
        await self._remarks(await self._quote())

    async def _voice(self) -> None:
        sound = voice(2)
        async with step("a voice note is sent; Dana listens to it, and the hub hears that she did"):
            upload = await self._api.upload(sound, "note.ogg", "audio/ogg")
            sent, got = await self._send({"media": {"uploadId": upload, "type": "voice"}})
            demand(got.type == "ptt", f"it came as {got.type}")
            demand(got.content == sound, "the sound changed on its way")
            await self._dana.read()
            await self._dana.play(got)
            await until(lambda: self._api.status(sent), lambda message: message["ack"] == 4)

    async def _poll(self) -> None:
        async with step("a poll is sent; Dana's vote comes back"):
            poll = {"question": "Lunch?", "options": [_PIZZA, _SOUP], "choices": 1}
            sent, got = await self._send({"poll": poll})
            demand(got.options == (_PIZZA, _SOUP), f"the options were {got.options}")
            await self._dana.vote(got, [_SOUP])
            vote = await self._reply(sent, "vote")
            demand(vote["payload"] == {"options": [_SOUP]}, f"the vote was {vote['payload']}")

    async def _quote(self) -> PhoneMessage:
        """What Dana sees of a reply; it is ours to edit and to take back."""
        async with step("Dana quotes a message, and is answered with a quote of hers"):
            sent, got = await self._send("The cake is ready")
            wrote = await self._dana.write(self._shop, "Lovely, I am on my way", quote=got)
            quoting = await self._reply(sent, "text")
            answer, seen = await self._send("See you sooon", replyTo=quoting["messageId"])
            demand(seen.quoted == wrote.id, f"it quotes {seen.quoted}")
            self._answer = answer
        return seen

    async def _remarks(self, seen: PhoneMessage) -> None:
        path = f"/api/whatsapp/messages/{self._answer}"
        async with step("Dana reacts; the reaction comes back"):
            await self._dana.react(seen, "❤️")
            reaction = await self._reply(self._answer, "reaction")
            demand(reaction["payload"] == {"emoji": "❤️"}, f"it was {reaction['payload']}")
        async with step("the message is edited; Dana reads the new words"):
            await self._api.call("POST", f"{path}/edit", {"text": "See you soon"})
            await self._becomes(seen, lambda now: now.edited and now.text == "See you soon")
        async with step("the message is taken back for everyone"):
            await self._api.call("POST", f"{path}/delete")
            await self._becomes(seen, lambda now: now.revoked)

    async def group(self, simulator: SimulatorClient, noam: Customer) -> None:
        """A conversation of three. Raises DemoFailed."""
        async with step("a group of three: the hub lists it with its name and members"):
            bakers = await simulator.group("The bakers", [self._shop, self._dana, noam])
            found = await self._listed(bakers.id)
            demand(found["name"] == bakers.name, f"it is called {found['name']}")
            demand(len(found["members"]) == 3, f"it has {len(found['members'])} members")
        async with step("a message to the group arrives; Noam quotes it in his answer, and names the shop"):
            asked, _ = await self._send("Who opens tomorrow?", to=bakers.id)
            seen = (await noam.received(1, timeout=_PATIENCE))[-1]
            words = f"I do, @{self._shop.number}"
            await noam.write(bakers, words, quote=seen, mentions=[self._shop])
            answer = await self._reply(asked, "text")
            said = {name: answer[name] for name in ("chat", "participant", "mentions", "text")}
            demand(
                said
                == {
                    "chat": bakers.id,
                    "participant": f"{noam.number}@c.us",
                    "mentions": [f"{self._shop.number}@c.us"],
                    "text": words,
                },
                f"it was {said}",
            )

    async def _listed(self, group: str) -> Mapping[str, Any]:
        path = f"/api/whatsapp/connections/{self._connection}/groups"

        async def look() -> Mapping[str, Any]:
            groups = (await self._api.call("GET", path))["groups"]
            return next((each for each in groups if each["chat"] == group), {})

        return await until(look, bool)

    async def _send(self, message: Any, to: str = "", **options: Any) -> tuple[str, PhoneMessage]:
        """Send; the message's id, and what Dana received."""
        before = max(
            (each.seq for each in await self._dana.received(0, after=self._known)), default=self._known
        )
        sent = await self._api.send(self._connection, to or f"+{self._dana.number}", message, **options)
        got = (await self._dana.received(1, after=before, timeout=_PATIENCE))[0]
        self._known = got.seq
        return sent, got

    async def _reply(self, message_id: str, kind: str) -> Mapping[str, Any]:
        """The first of its kind among the messages that came in about one of ours."""
        path = f"/api/whatsapp/messages/{message_id}/replies"

        async def look() -> Mapping[str, Any]:
            replies = (await self._api.call("GET", path))["messages"]
            return next((each for each in replies if each["type"] == kind), {})

        return await until(look, bool)

    async def _becomes(self, seen: PhoneMessage, condition: Callable[[PhoneMessage], object]) -> None:
        await self._dana.until(seen, condition, timeout=_PATIENCE)
