"""Telling customers what happens in their conversations."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from ..errors import BadInput
from ..limits import LoopLimits
from ..messages import Lane, Outbound, Priority
from ..store import replies
from ..store.conversations import Held
from ..store.rows import Outgoing
from .roster import Teams
from .texts import Texts
from .way_out import WayOut

#: By whom it is said.
SOURCE = "conversations"
#: So long it may take to leave.
_TO_LEAVE = timedelta(days=1)

log = structlog.get_logger("chatgrow.conversations")


@dataclass(frozen=True, slots=True)
class Turn:
    """A transaction in which something is done, and when."""

    conn: Connection
    at: datetime
    cause: str = ""  #: our id of the message because of which it is done
    said: list[Outgoing] = field(default_factory=list)  #: what customers are told, to be stored with it


class Telling:
    """Puts it among what is stored in the turn."""

    def __init__(self, teams: Teams, texts: Texts, out: WayOut, loops: LoopLimits) -> None:
        self._teams = teams
        self._texts = texts
        self._out = out
        self._loops = loops

    def tell(self, turn: Turn, held: Held, what: str) -> None:
        """Tell the customer one of the things that he is told."""
        self.say(turn, held, self.words(turn, held, what))

    def words(self, turn: Turn, held: Held, what: str) -> str:
        """What the customer is told, in his language; empty for nothing."""
        talk = held.conversation
        agent = self._teams.roster.name(talk.agent)
        if what == "taken" and not agent:
            return ""
        return self._texts.say(
            what, self._teams.roster.crew_of(talk.tenant, talk.team), talk.language, turn.at, agent
        )

    def say(self, turn: Turn, held: Held, text: str) -> None:
        """Tell the customer this, if it is anything."""
        talk = held.conversation
        since = turn.at - timedelta(seconds=self._loops.long_seconds)
        if not text:
            return
        told = replies.to_chat(turn.conn, talk.connection_id, talk.chat, since)
        # a form may just have been filled in, quickly: those replies must not silence what follows from it
        if self._loops.in_dialogue().crowded([each.delivery.created_at for each in told], turn.at):
            return  # two programs must not hand each other over for ever
        message = Outbound(
            to=talk.chat,
            text=text,
            priority=Priority.HIGH,
            ttl=_TO_LEAVE,
            because=f"conversation #{talk.number}",
        )
        try:
            row = self._out.draft(
                talk.tenant,
                talk.connection_id,
                message,
                source=SOURCE,
                lane=Lane.REPLY,
                cause=turn.cause,
            )
        except BadInput:
            log.warning("a customer cannot be told of his conversation", conversation=talk.id)
            return
        turn.said.append(row)
