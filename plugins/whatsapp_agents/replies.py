"""What agents are told about what they wrote, and which conversation they mean."""

from collections.abc import Sequence
from dataclasses import dataclass

from chatgrow_bot.errors import ConversationNotFound, MessageNotFound
from chatgrow_bot.hub import Agent, Conversation, Team
from chatgrow_bot.messages import ConversationState, Inbound, Outbound
from chatgrow_bot.plugin import Bot

from .post import Post
from .relaying import mark, marked
from .texts import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A message of an agent."""

    agent: Agent
    message: Inbound
    quoted: tuple[int, str] | None  #: the conversation's number and the customer's message that it quotes

    @property
    def tenant(self) -> str:
        """Whose it is."""
        return self.message.tenant

    @property
    def key(self) -> str:
        """By which what it says is said once."""
        return f"agents/{self.message.id}"


class Replies:
    """Answers agents, and looks up what they mean."""

    def __init__(self, bot: Bot, post: Post, texts: Texts) -> None:
        self._bot, self._post, self._texts = bot, post, texts

    async def tell(self, asked: Asked, text: str, number: int = 0) -> None:
        """Answer a message; with a number, about that conversation."""
        because = mark(number) if number else "what an agent wrote"
        answer = Outbound(to="", text=text, about=asked.message.id, because=because)
        where = asked.message.connection_id
        await self._post.tell(asked.tenant, where, asked.agent, answer, f"{asked.key}/told")

    async def quoted(self, message: Inbound) -> tuple[int, str] | None:
        """What a message quotes: a conversation's number, and a message of its customer's if it was one. An
        agent who quotes his own words means what those quoted."""
        about = message.about
        for _ in range(5):
            if not about:
                return None
            try:
                delivery = await self._bot.hub.outbox.get(message.tenant, about)
            except MessageNotFound:
                pass
            else:
                return marked(delivery.because) if delivery.source == self._bot.name else None
            try:
                about = (await self._bot.hub.inbox.get(message.tenant, about)).about
            except MessageNotFound:
                return None
        return None

    async def found(self, asked: Asked, number: int) -> Conversation | None:
        """A conversation that an agent may see: his own, or one of his teams'."""
        try:
            conversation = await self._bot.hub.conversations.by_number(asked.tenant, number)
        except ConversationNotFound:
            return None
        if conversation.agent == asked.agent.id:
            return conversation
        teams = await self.teams(asked)
        return conversation if any(team.id == conversation.team for team in teams) else None

    async def teams(self, asked: Asked) -> Sequence[Team]:
        """The teams that an agent is in."""
        teams = await self._bot.hub.conversations.standing(asked.tenant)
        return [team for team in teams if any(each.id == asked.agent.id for each in team.agents)]

    async def held_by(self, asked: Asked) -> Sequence[Conversation]:
        """The conversations that an agent has, the oldest first."""
        states = (ConversationState.AGENT,)
        held = await self._bot.hub.conversations.list(asked.tenant, states=states, agent=asked.agent.id)
        return [*reversed(held)]

    def standing(self, conversation: Conversation) -> str:
        """Why an agent who does not have a conversation can do nothing in it."""
        values = {"number": conversation.number, "agent": self._name(conversation)}
        match conversation.state:
            case ConversationState.CLOSED:
                return self._texts.is_closed.format(**values)
            case ConversationState.WAITING:
                return self._texts.is_waiting.format(**values)
        return self._texts.has_colleague.format(**values)

    def _name(self, conversation: Conversation) -> str:
        if not conversation.agent:
            return ""
        agent = self._bot.hub.conversations.agent(conversation.tenant, id=conversation.agent)
        return agent.name if agent else self._texts.who.get(conversation.agent, conversation.agent)
