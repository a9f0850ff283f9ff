"""What became of a message that arrived."""

from sqlalchemy import Connection, select

from chatgrow_bot.messages import Inbound
from chatgrow_bot.store.tables import inbox
from chatgrow_bot.testing import TalkingBot


async def stored(bot: TalkingBot, wa_id: str) -> Inbound:
    """A message once its way in has ended, as its owner gets it."""

    def ended(conn: Connection) -> str | None:
        done = select(inbox.c.id).where(inbox.c.wa_id == wa_id, inbox.c.outcome != "")
        return conn.execute(done).scalar()

    return await bot.running.hub.inbox.get(bot.admin.user_id, str(await bot.until(ended)))
