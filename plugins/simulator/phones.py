"""Virtual phones to script: a Phone links pages by their codes, a Customer writes and reads.

What one writes stands in writing.py; here is what one does to messages, what one sees, and being there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .nouns import Ack
from .phone_message import PhoneMessage
from .writing import Group, Writer, address_of

#: how long the waits take at most, in seconds
_PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Customer(Writer):
    """A person who writes, reads, reacts and may be away."""

    # what one does to messages that are there

    async def react(self, message: PhoneMessage, emoji: str) -> PhoneMessage:
        """Reacts; an empty emoji takes the reaction back."""
        return await self._remark("react", message, emoji=emoji)

    async def vote(self, message: PhoneMessage, options: Sequence[str]) -> PhoneMessage:
        """Chooses in a poll, all that one now chooses; none takes the vote back."""
        return await self._remark("vote", message, options=list(options))

    async def edit(self, message: PhoneMessage, text: str) -> PhoneMessage:
        """Gives one's own text or caption other words."""
        return await self._remark("edit", message, text=text)

    async def revoke(self, message: PhoneMessage) -> PhoneMessage:
        """Takes a message back for everyone."""
        return await self._remark("revoke", message)

    async def unseal(self, message: PhoneMessage) -> None:
        """Lets linked browsers decrypt a message that was sent sealed."""
        await self.line.call("unseal", seq=message.seq)

    async def read(self, author: Customer | Group | str | None = None) -> None:
        """Looks at what was delivered, from one author, in one group, or all of it: blue ticks for them."""
        chat = address_of(author) if author is not None else None
        await self.line.call("read", number=self.number, author=chat)

    async def play(self, message: PhoneMessage) -> None:
        """Listens to a voice message, or watches a video."""
        await self.line.call("play", number=self.number, seq=message.seq)

    async def show(
        self,
        to: Customer | Group | str,
        state: Literal["composing", "recording", "paused", "available", "unavailable"],
    ) -> None:
        """Is seen doing so."""
        await self.line.call("show", number=self.number, to=address_of(to), state=state)

    # what one sees

    async def received(
        self,
        count: int = 1,
        *,
        after: int = 0,
        timeout: float = _PATIENCE,  # noqa: ASYNC109
    ) -> list[PhoneMessage]:
        """What was delivered to this phone since the message `after` (a seq), oldest first, files with bytes.

        Waits until there are at least `count` messages; raises TimeoutError after `timeout` seconds.
        """
        wanted = {"number": self.number, "count": count, "after": after, "timeout": timeout}
        bodies = await self.line.call("received", **wanted)
        return [
            PhoneMessage.from_json(
                body, await self.line.get_media(body["filehash"]) if body["filehash"] else None
            )
            for body in bodies
        ]

    async def sent(self, *, after: int = 0) -> list[PhoneMessage]:
        """What this number sent, by hand or from a linked page, with how far each has come."""
        bodies = await self.line.call("sent", number=self.number, after=after)
        return [PhoneMessage.from_json(body) for body in bodies]

    async def acked(
        self,
        message: PhoneMessage,
        ack: Ack = Ack.READ,
        *,
        timeout: float = _PATIENCE,  # noqa: ASYNC109
    ) -> PhoneMessage:
        """A message of this number once it has come that far; raises TimeoutError after `timeout` seconds."""
        return PhoneMessage.from_json(
            await self.line.call("acked", number=self.number, seq=message.seq, ack=int(ack), timeout=timeout)
        )

    async def until(
        self,
        message: PhoneMessage,
        condition: Callable[[PhoneMessage], object],
        *,
        timeout: float = _PATIENCE,  # noqa: ASYNC109
    ) -> PhoneMessage:
        """A message once the condition holds for it; raises TimeoutError when it did not change in time."""
        body: dict[str, Any] | None = None
        while True:
            body = await self.line.call("changed", seq=message.seq, known=body, timeout=timeout)
            if condition(now := PhoneMessage.from_json(body)):
                return now

    async def chat_states(self, author: Customer | str) -> list[str]:
        """What this person saw of an author, oldest first, in the words of `show`."""
        states: list[str] = await self.line.call("chat_states", number=self.number, author=address_of(author))
        return states

    # being there

    async def online(self) -> None:
        """Switches the phone on: what waited is delivered."""
        await self.line.call("set_online", number=self.number, online=True)

    async def offline(self) -> None:
        """Switches the phone off: messages to it stay at one tick."""
        await self.line.call("set_online", number=self.number, online=False)

    async def hide_number(self) -> None:
        """From now on others meet this person under the LID, and are not told the number."""
        await self.line.call("hide_number", number=self.number)

    async def reveal_number(self) -> None:
        """Makes the number known to whoever has a chat with this person; the chats stay under the LID."""
        await self.line.call("reveal_number", number=self.number)

    async def add_to_group(self, group: Group, member: Customer | str) -> None:
        """Takes somebody into a group."""
        names = {"group": group.id, "member": address_of(member)}
        await self.line.call("add_to_group", number=self.number, **names)

    async def remove_from_group(self, group: Group, member: Customer | str) -> None:
        """Sends somebody out of a group; oneself: leaves it."""
        names = {"group": group.id, "member": address_of(member)}
        await self.line.call("remove_from_group", number=self.number, **names)

    async def _remark(self, verb: str, message: PhoneMessage, **arguments: Any) -> PhoneMessage:
        return PhoneMessage.from_json(
            await self.line.call(verb, number=self.number, seq=message.seq, **arguments)
        )


@dataclass(frozen=True, slots=True)
class Phone(Customer):
    """A person whose number is linked to pages."""

    async def scan(self, qr_text: str) -> None:
        """Links the page that shows this QR code. Raises SimulatorError when the code has expired."""
        await self.line.call("scan", number=self.number, qr_text=qr_text)

    async def enter_code(self, code: str) -> None:
        """Links the page that shows this pairing code. Raises SimulatorError when it has expired."""
        await self.line.call("enter_code", number=self.number, code=code)

    async def linked(self) -> int:
        """How many pages are linked."""
        return len(await self.line.call("devices", number=self.number))

    async def hang_up(self) -> None:
        """Cuts the link between the linked pages and WhatsApp for a moment; they come back by themselves."""
        await self.line.call("hang_up", number=self.number)

    async def logout_device(self) -> None:
        """Logs every linked page out, as on the phone under Linked devices."""
        await self.line.call("unlink", number=self.number)


def group_arguments(
    name: str, members: Sequence[Customer | str], admins: Sequence[Customer | str]
) -> dict[str, Any]:
    """What the verb `make_group` wants."""
    return {"name": name, "members": [*map(address_of, members)], "admins": [*map(address_of, admins)]}
