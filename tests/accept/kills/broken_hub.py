"""`chatgrow run` with one mistake in it, for AC-06's negative control: what was being sent when an earlier
process died goes back to the queue under a new message id, as if it had certainly not left."""

import secrets
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from chatgrow_bot.cli import main
from chatgrow_bot.messages import State
from chatgrow_bot.store import recovery, steps
from chatgrow_bot.store.tables import outbox


def queued_anew(right: Callable[..., Any]) -> Callable[..., Any]:
    """The recovery, with the mistake before it."""

    def pick_up(conn: Connection, ids: Collection[str], epoch: int, most: int, at: datetime) -> Any:
        sending = select(outbox.c.id).where(outbox.c.id.in_(ids), outbox.c.state == State.SENDING)
        for each in conn.execute(sending).scalars().all():
            wa_id = "3EB0" + secrets.token_hex(9).upper()
            conn.execute(update(outbox).where(outbox.c.id == each).values(wa_id=wa_id))
            steps.move(conn, each, State.QUEUED, at, since=(State.SENDING,))
        return right(conn, ids, epoch, most, at)

    return pick_up


if __name__ == "__main__":
    recovery.pick_up = queued_anew(recovery.pick_up)
    main()
