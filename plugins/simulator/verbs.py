"""Everything a virtual phone can do, as plain calls with JSON in and out.

The same verbs are called in process and over HTTP: a phone in another process is no other phone.
"""

from __future__ import annotations

import asyncio

from .contents import Message, as_json
from .desk import Json
from .fault_verbs import FAULT_VERBS, FaultVerbs
from .message_verbs import MessageVerbs
from .nouns import is_group
from .people_verbs import PeopleVerbs

#: what may be called over HTTP
VERBS = (
    "register", "set_online", "hide_number", "reveal_number",
    "scan", "enter_code", "devices", "unlink", "hang_up",
    "make_group", "groups", "add_to_group", "remove_from_group",
    "write", "send_media", "send_location", "send_contacts", "send_poll",
    "react", "vote", "edit", "revoke", "unseal", "read", "play", "show",
    "received", "sent", "acked", "changed", "chat_states",
    *FAULT_VERBS,
)  # fmt: skip


class Verbs(PeopleVerbs, MessageVerbs, FaultVerbs):
    """All verbs over one exchange: those of people, of writing, and here those of what is there already."""

    async def react(self, *, number: str, seq: int, emoji: str) -> Json:
        """Reacts to a message; an empty emoji takes the reaction back."""
        return as_json(self._remarks.react(self._own(number), self._message(seq), emoji))

    async def vote(self, *, number: str, seq: int, options: list[str]) -> Json:
        """Chooses in a poll, all that one now chooses; none takes the vote back."""
        return as_json(self._remarks.vote(self._own(number), self._message(seq), options))

    async def edit(self, *, number: str, seq: int, text: str) -> Json:
        """Gives one's own text or caption other words."""
        return as_json(self._remarks.edit(self._own(number), self._message(seq), text))

    async def revoke(self, *, number: str, seq: int) -> Json:
        """Takes a message back for everyone."""
        return as_json(self._remarks.revoke(self._own(number), self._message(seq)))

    async def unseal(self, *, seq: int) -> Json:
        """What linked browsers could not decrypt reaches them after all."""
        return as_json(self._remarks.unseal(self._message(seq)))

    async def read(self, *, number: str, author: str | None = None) -> None:
        """The person looks at what was delivered: from one author, in one group (its id), or all of it."""
        chat = self._exchange.behind(author) if author else None
        self._exchange.read(self._own(number), chat)

    async def play(self, *, number: str, seq: int) -> None:
        """The person listens to a voice message, or watches a video."""
        self._exchange.play(self._own(number), self._message(seq))

    async def show(self, *, number: str, to: str, state: str) -> None:
        """The person is seen composing, recording, paused, available or unavailable."""
        self._exchange.show_state(self._own(number), to if is_group(to) else self._own(to), state)

    async def received(self, *, number: str, count: int, after: int, timeout: float) -> list[Json]:  # noqa: ASYNC109
        """What was delivered to the phone after `after`, once there are at least `count` messages."""
        own, state = self._own(number), self._exchange.state
        async with asyncio.timeout(timeout):
            await self._exchange.changes.until(lambda: len(state.received(own, after)) >= count)
        return [as_json(message) for message in state.received(own, after)]

    async def sent(self, *, number: str, after: int) -> list[Json]:
        """What the number sent, from the phone or a linked page, with how far each has come."""
        return [as_json(message) for message in self._exchange.state.sent(self._own(number), after)]

    async def acked(self, *, number: str, seq: int, ack: int, timeout: float) -> Json:  # noqa: ASYNC109
        """A message of the number, once it has come at least as far as `ack`."""
        own = self._own(number)

        def far_enough() -> list[Message]:
            message = self._message(seq)
            return [message] if message.sender == own and message.ack >= ack else []

        async with asyncio.timeout(timeout):
            return as_json((await self._exchange.changes.until(far_enough))[0])

    async def changed(self, *, seq: int, known: Json | None, timeout: float) -> Json:  # noqa: ASYNC109
        """A message as it is now, once that is anything but `known`."""

        def news() -> Json:
            now = as_json(self._message(seq))
            return now if now != known else {}

        async with asyncio.timeout(timeout):
            return await self._exchange.changes.until(news)

    async def chat_states(self, *, number: str, author: str) -> list[str]:
        """What the person saw of an author, oldest first: composing, recording, paused, available, ..."""
        return self._exchange.chat_states[self._exchange.behind(author), self._own(number)]
