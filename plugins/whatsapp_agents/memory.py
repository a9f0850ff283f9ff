"""What the plugin remembers: whom an agent writes to, what he was shown, what is still owed to him. It holds
ids only, so nothing of a person is in it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from chatgrow_bot.hub import Conversation
from chatgrow_bot.plugin import Store

#: How many of an agent's last messages are known as done, in case they are told again.
_DONE = 100
_OWED = "owed/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an agent stands."""

    current: str = ""  #: the id of the conversation that his words go to, if he quotes nothing
    summary: str = ""  #: our id of its summary, if it became that by being given to him
    done: tuple[str, ...] = ()  #: the ids of his last messages

    def at(self, conversation_id: str, summary: str = "") -> "Place":
        """The same with another conversation."""
        return replace(self, current=conversation_id, summary=summary)

    def after(self, message_id: str) -> "Place":
        """The same once a message of his is done."""
        return replace(self, done=(*self.done, message_id)[-_DONE:])


class Memory:
    """Over the plugin's store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def place(self, tenant: str, agent: str) -> Place:
        """Where an agent stands."""
        kept = await self._store.get(tenant, f"place/{agent}")
        return Place(**{**kept, "done": tuple(kept["done"])}) if kept else Place()

    async def put_place(self, tenant: str, agent: str, place: Place) -> None:
        """Keep it."""
        value = {"current": place.current, "summary": place.summary, "done": list(place.done)}
        await self._store.put(tenant, f"place/{agent}", value)

    async def is_shown(self, conversation: Conversation) -> bool:
        """Whether whoever has a conversation now was shown its summary."""
        kept = await self._store.get(conversation.tenant, f"shown/{conversation.id}")
        return bool(kept == turn(conversation))

    async def put_shown(self, conversation: Conversation) -> None:
        """He was."""
        await self._store.put(conversation.tenant, f"shown/{conversation.id}", turn(conversation))

    async def owed(self) -> Mapping[str, str]:
        """The conversations of which something could not be queued for their agents: id to tenant, of all
        tenants."""
        kept = await self._store.items("", _OWED)
        return {key.removeprefix(_OWED): tenant for key, tenant in kept.items()}

    async def owes(self, conversation: Conversation) -> bool:
        """Whether something of a conversation is owed to its agent."""
        return await self._store.get("", f"{_OWED}{conversation.id}") is not None

    async def put_owed(self, conversation: Conversation) -> None:
        """It is."""
        await self._store.put("", f"{_OWED}{conversation.id}", conversation.tenant)

    async def settle(self, conversation_id: str) -> None:
        """He is owed nothing of it any more."""
        await self._store.delete("", f"{_OWED}{conversation_id}")

    async def forget(self, tenant: str, conversation_id: str) -> None:
        """A conversation is over."""
        await self._store.delete(tenant, f"shown/{conversation_id}")
        await self.settle(conversation_id)


def turn(conversation: Conversation) -> str:
    """One agent's time with a conversation: he may have it more than once."""
    since = conversation.assigned_at.isoformat() if conversation.assigned_at else ""
    return f"{conversation.agent}/{since}"
