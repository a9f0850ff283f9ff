"""When the clock has to look at a conversation next: pure functions over its times and its team's hours."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..config.teams import Giving
from ..hub import Conversation
from ..states import ConversationState
from .roster import Crew

#: Times that a conversation is escalated, at most: then people know.
ESCALATIONS = 3
#: Somebody may have become free in a way that nobody told.
_AGAIN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """What a conversation waits for, and until when; None where it does not."""

    answer: datetime | None = None  #: then nobody has answered in time
    silence: datetime | None = None  #: then nobody has written for long
    again: datetime | None = None  #: then it may be given to somebody

    @property
    def next(self) -> datetime | None:
        """When to look at it."""
        known = [each for each in (self.answer, self.silence, self.again) if each]
        return min(known, default=None)


def times(talk: Conversation, crew: Crew, since: datetime | None, now: datetime) -> Times:
    """Those of an open conversation; `since` is from when on the customer waits for an answer, None when he
    got it."""
    waits = talk.state is ConversationState.WAITING
    last = max(filter(None, (talk.opened_at, talk.assigned_at, talk.wrote_at, talk.spoke_at)))
    answer = silence = again = None
    if since and crew.answer_within and talk.escalations < ESCALATIONS:
        answer = crew.after(since, crew.answer_within)
    if crew.close_after:
        long = timedelta(seconds=crew.close_after)
        silence = crew.after(last, crew.close_after) if waits else last + long
    if waits and crew.give is not Giving.BY_HAND:
        again = crew.opens(now) or now + _AGAIN
    return Times(answer=answer, silence=silence, again=again)
