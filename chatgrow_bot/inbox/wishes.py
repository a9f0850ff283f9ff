"""What a person says about hearing from a business is done in the transaction that stores his words: it is
written down, what is queued for him ends, and one message tells him so. The check when a message leaves
(store/queue.py, store/together.py) is in transactions of their own: those that come after this one see it.
"""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import Connection

from ..addresses import masked
from ..clock import Clock
from ..consent import Said, Wording
from ..errors import BadInput
from ..limits import LoopLimits
from ..messages import Inbound, Lane, Outbound, Priority, Step
from ..outbox import Outbox
from ..store import connections, consent, customers, dialogues, withdrawal
from ..store import replies as stored_replies
from ..store.database import Database
from ..store.inbox import Ended
from ..store.rows import Outgoing
from ..store.withdrawal import Withdrawn
from .patience import patiently

#: By whom the answer is.
SOURCE = "consent"
#: What was said longer ago is heeded in silence; and so long its answer may take to leave.
_RECENT = timedelta(days=1)

log = structlog.get_logger("chatgrow.inbox")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A message that says nothing but what its writer wishes."""

    said: Said
    answer: Outgoing | None = None  #: not stored yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Heeded:
    """What came of a wish."""

    changed: bool  #: it was not so before
    touched: Set[str] = frozenset()  #: connections on which something was queued, or ended
    more: bool = False  #: whether more is to end than was ended at once; none of it leaves meanwhile


class Wishes:
    """Hears what people wish, and does it."""

    def __init__(
        self, *, db: Database, clock: Clock, wording: Wording, outbox: Outbox, loops: LoopLimits
    ) -> None:
        self._db = db
        self._clock = clock
        self._wording = wording
        self._outbox = outbox
        self._loops = loops

    def of(self, message: Inbound) -> Wish | None:
        """What the writer of a message wishes; None when it says nothing of it, or is our own."""
        said = None if message.from_me else self._wording.vocabulary.heard(message.text)
        if said is None:
            return None
        # nobody is written to for what he said in a group
        is_told = not message.participant and message.received_at - message.sent_at <= _RECENT
        return Wish(said=said, answer=self.answer(message, said) if is_told else None)

    def answer(self, message: Inbound, said: Said) -> Outgoing | None:
        """What its writer is told; None where nothing is, or nobody can write to him."""
        text = self._wording.answer(said)
        if not text:
            return None
        told = Outbound(
            to=message.sender, text=text, priority=Priority.HIGH, ttl=_RECENT, because=f"he said {said.word}"
        )
        draft = partial(self._outbox.draft, source=SOURCE, lane=Lane.REPLY, cause=message.id)
        try:
            return draft(message.tenant, message.connection_id, told)
        except BadInput:  # he is heeded all the same
            log.warning("a wish cannot be answered", message=message.id, connection=message.connection_id)
            return None

    def is_meant(self, conn: Connection, message: Inbound) -> bool:
        """Whether a word of a message is said to us, about our messages. By one like "cancel" its writer
        leaves what he is in the middle of, if he is. In a group it mostly is to the others there; it is to us
        where it quotes us or mentions us."""
        if self._wording.vocabulary.leaves(message.text) and dialogues.is_midway(conn, message):
            return False
        if not message.participant:
            return True
        view = connections.by_id(conn, {message.connection_id}).get(message.connection_id)
        return customers.is_about_ours(conn, message) or (view is not None and view.me in message.mentions)

    def ended(self, conn: Connection, message: Inbound, wish: Wish) -> Ended | None:
        """How the way in of such a message ends; None where it is a word like others: START from somebody who
        never stopped."""
        who, said = (message.tenant, message.sender), wish.said
        if not said.out and not consent.all_opted_out(conn, {who}):
            return None
        if consent.stands_otherwise(conn, *who, said.out, _said_at(message)):
            result = f"said {said.word}, and the opposite later: that holds"
        else:
            result = f"{'opted out' if said.out else 'opted in'}: {said.word}"
        return Ended("consent", [Step(stage="consent", result=result)])

    def heed(self, conn: Connection, message: Inbound, wish: Wish) -> Heeded:
        """Do what the writer of a message, as it was stored, wishes."""
        answer = (
            wish.answer
            if wish.answer and self.may_say(conn, message, wish.answer, out=wish.said.out)
            else None
        )
        source, word = f"message {message.id}", wish.said.word
        heeded = self.obey(conn, message, wish.said.out, source=source, word=word, answer=answer)
        if answer and heeded.changed:
            self._outbox.answer(conn, [answer])
            return Heeded(changed=True, touched={*heeded.touched, message.connection_id}, more=heeded.more)
        return heeded

    def obey(
        self,
        conn: Connection,
        message: Inbound,
        out: bool,
        *,
        source: str,
        word: str = "",
        answer: Outgoing | None = None,
    ) -> Heeded:
        """Write down what the writer of a message wishes, and end what is queued for him.

        A rule that opts somebody out does it like this, in the transaction that ends the message's way in,
        before it stores its replies (`Outbox.answer`): `source` says which rule, with the message's id, and
        `answer` is the one reply to him that may still leave, where the rule has one; where it has none,
        that of `answer()`, to be stored likewise. Any other reply to him ends as it is stored. Where
        nothing `changed`, he knew it already: then none of them leaves, this one neither. Afterwards, once it
        is committed: wake the connections that were `touched`, and `finish` if there is `more`.
        """
        confirmation = answer.delivery.id if answer else ""
        who = (message.tenant, message.sender)
        changed = consent.record(
            conn, *who, out, source, _said_at(message), word=word, confirmation=confirmation
        )
        if not out:
            return Heeded(changed=changed)
        ended = withdrawal.withdraw(conn, *who, message.received_at)
        return Heeded(changed=changed, touched=ended.connections, more=ended.more)

    async def finish_all(self) -> None:
        """End what an earlier process was about to end for those who had opted out."""
        try:
            left = await patiently(self._clock, partial(self._db.read, withdrawal.unfinished))
        except Exception:
            log.exception("what is queued for people who opted out ends later")
            return
        for tenant, person in left:
            await self.finish(tenant, person)

    async def finish(self, tenant: str, person: str) -> None:
        """End the rest of what is queued for a person who has opted out, a part in each transaction. If this
        fails, the rest ends when it is its turn to leave."""

        def work(conn: Connection) -> Withdrawn:
            return withdrawal.withdraw(conn, tenant, person, self._clock.now())

        try:
            more = True
            while more:
                ended = await patiently(self._clock, partial(self._db.write, work))
                for name in ended.connections:
                    self._outbox.wake(name)
                more = ended.more
        except Exception:
            log.exception("what is queued for somebody who opted out ends later", chat=masked(person))

    def may_say(self, conn: Connection, message: Inbound, answer: Outgoing, *, out: bool) -> bool:
        """Two programs that say STOP and START to each other must not be told so for ever: what is said here
        counts with the automatic replies to the chat, but cuts no loop. The first confirmation of a STOP in
        a while always goes: to have got many replies may be why he says it."""
        since = message.received_at - timedelta(seconds=self._loops.long_seconds)
        told = stored_replies.to_chat(conn, message.connection_id, message.chat, since)
        sent = [(each.delivery.created_at, each.text) for each in told]
        is_first = all(each.delivery.source != SOURCE for each in told)
        return (out and is_first) or self._loops.refuses(sent, answer.text, message.received_at) is None


def _said_at(message: Inbound) -> datetime:
    """When its writer said so: no later than it came, whatever the clock of his phone told."""
    return min(message.sent_at, message.received_at)
