"""Messages to agents: queued once each, on the connection where the customer writes."""

from dataclasses import replace

from chatgrow_bot.errors import ChatgrowError, IdempotencyMismatch, StoreUnavailable
from chatgrow_bot.hub import Agent
from chatgrow_bot.messages import Delivery, Fault, Lane, Outbound, Priority
from chatgrow_bot.plugin import Bot


class Post:
    """Queues them."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def send(
        self, tenant: str, connection_id: str, agent: Agent, message: Outbound, key: str
    ) -> Delivery | None:
        """Queue a message, unless one was queued under this key before. None if that one said it in other
        words. Raises what the outbox raises."""
        addressed = replace(message, to=agent.chat, priority=Priority.HIGH)
        try:
            return await self._bot.hub.outbox.enqueue(
                tenant, connection_id, addressed, source=self._bot.name, key=key, lane=Lane.REPLY
            )
        except IdempotencyMismatch:
            return None

    async def tell(self, tenant: str, connection_id: str, agent: Agent, message: Outbound, key: str) -> bool:
        """Queue a message that is worth a fault, and no more, if it cannot be; whether it could."""
        try:
            await self.send(tenant, connection_id, agent, message, key)
        except StoreUnavailable:
            raise
        except ChatgrowError as error:
            self.fault(tenant, connection_id, agent, error)
            return False
        return True

    def fault(self, tenant: str, connection_id: str, agent: Agent, error: ChatgrowError) -> None:
        """Say that an agent cannot be written to."""
        self._bot.hub.report(
            Fault(
                where=self._bot.name,
                reason=f"the agent '{agent.id}' cannot be written to: {error.title.lower()}",
                tenant=tenant,
                connection_id=connection_id,
                at=self._bot.hub.clock.now(),
            )
        )
