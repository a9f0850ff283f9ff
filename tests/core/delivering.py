"""What tests of the way out do again and again: send, and wait for what becomes of it."""

from chatgrow_bot.messages import Delivery, Outbound, State
from chatgrow_bot.store.rows import outgoing
from chatgrow_bot.testing import TalkingBot

NO_WAIT = {"queue": {"retryDelays": [0, 0, 0], "reconcileAfter": 0}}


async def send(bot: TalkingBot, text: str, to: str = "15551230001@c.us", **more: object) -> Delivery:
    message = Outbound(to=to, text=text, **more)  # type: ignore[arg-type]
    return await bot.running.hub.outbox.enqueue(bot.admin.user_id, "shop", message, source="test")


async def becomes(bot: TalkingBot, delivery: Delivery, state: State) -> Delivery:
    row = await bot.until(
        lambda conn: outgoing(conn, delivery.tenant, delivery.id),
        lambda row: row is not None and row.delivery.state is state,
    )
    assert row is not None
    return row.delivery


async def states(bot: TalkingBot, delivery: Delivery) -> list[State]:
    timeline = await bot.running.hub.outbox.timeline(delivery.tenant, delivery.id)
    return [entry.state for entry in timeline]
