"""What is done with a conversation, each in one transaction: its state, its story, the facts and what the
customer is told are true together or not at all, so a crash repeats nothing."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from ..config.teams import PHONE
from ..hub import Conversation
from ..ids import new_id
from ..limits import LoopLimits
from ..messages import ConversationEvent, ConversationState
from ..store import conversations as store
from ..store import dialogues, happenings
from ..store.conversations import Held
from ..store.happenings import THE_CLOCK, THE_CUSTOMER
from .giving import choose
from .roster import Crew, Teams
from .telling import Telling, Turn
from .texts import Texts
from .times import ESCALATIONS, Times, times
from .way_out import WayOut

#: So long a customer may rate.
_TO_RATE = timedelta(days=1)
_WAITING, _AGENT = ConversationState.WAITING, ConversationState.AGENT
#: From when on a customer waits for an answer.
_ASKS = (ConversationEvent.OPENED, ConversationEvent.TRANSFERRED, ConversationEvent.ESCALATED)

log = structlog.get_logger("chatgrow.conversations")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What is handed to a team, and by whom."""

    tenant: str
    connection_id: str
    chat: str
    name: str = ""
    by: str
    note: str = ""
    because: str = ""
    language: str = ""
    message_id: str = ""
    wrote_at: datetime | None = None
    is_told: bool = True  #: the customer is told what happens


class Desk:
    """Does it, by the teams as they are."""

    def __init__(self, teams: Teams, texts: Texts, out: WayOut, loops: LoopLimits) -> None:
        self.teams = teams
        self.out = out
        self._telling = Telling(teams, texts, out, loops)

    def open(self, turn: Turn, crew: Crew, opening: Opening) -> Held:
        """Hand a chat to a team; at once to somebody of it, if one is free."""
        conn, at = turn.conn, turn.at
        talk = Conversation(
            id=new_id(),
            number=store.next_number(conn, opening.tenant),
            tenant=opening.tenant,
            connection_id=opening.connection_id,
            chat=opening.chat,
            name=opening.name,
            state=_WAITING,
            team=crew.id,
            language=opening.language,
            note=opening.note,
            because=opening.because,
            opened_at=at,
            wrote_at=opening.wrote_at,
        )
        dialogues.end_in(conn, opening.connection_id, opening.chat)
        held = happenings.begin(conn, talk, by=opening.by, message_id=opening.message_id)
        given = None if store.others_due(conn, talk, at) else self._give(turn, held, crew)
        if opening.is_told:
            what = "taken" if given else "waiting" if crew.is_open(at) else "closed"
            self._telling.tell(turn, given or held, what)
        return self._reckon(turn, given or held)

    def wrote(self, turn: Turn, held: Held, at: datetime) -> Held:
        """The customer wrote."""
        return self._reckon(turn, happenings.change(turn.conn, held, wrote_at=at))

    def spoke(self, turn: Turn, held: Held, agent: str) -> Held:
        """Somebody wrote to the customer, who has it from now on if nobody had."""
        conn, at = turn.conn, turn.at
        talk = held.conversation
        if talk.state is _WAITING or (talk.agent == PHONE and agent != PHONE):
            held = self._assign(turn, held, ConversationEvent.TAKEN, agent, by=agent)
        if held.conversation.answered_at is None:
            event = ConversationEvent.ANSWERED
            held = happenings.happens(conn, held, event, by=agent, at=at, spoke_at=at, answered_at=at)
            return self._reckon(turn, held)
        return self._reckon(turn, happenings.change(conn, held, spoke_at=at))

    def take(self, turn: Turn, held: Held, agent: str, by: str) -> Held:
        """An agent talks with the customer from now on."""
        held = self._assign(turn, held, ConversationEvent.TAKEN, agent, by=by)
        self._telling.tell(turn, held, "taken")
        return self._reckon(turn, held)

    def transfer(self, turn: Turn, held: Held, crew: Crew, agent: str, by: str) -> Held:
        """To an agent of a team, or to a team."""
        event, had = ConversationEvent.TRANSFERRED, held.conversation.agent
        if agent:
            held = self._assign(turn, held, event, agent, by=by, team=crew.id)
            self._telling.tell(turn, held, "taken")
            return self._reckon(turn, held)
        held = happenings.happens(turn.conn, held, event, by=by, at=turn.at, state=_WAITING, team=crew.id)
        return self._offer(turn, held, crew, without=had)

    def release(self, turn: Turn, held: Held, by: str) -> Held:
        """Back to its team, for somebody else."""
        event, had = ConversationEvent.RELEASED, held.conversation.agent
        held = happenings.happens(turn.conn, held, event, by=by, at=turn.at, state=_WAITING)
        return self._offer(turn, held, self.crew(held), without=had)

    def close(self, turn: Turn, held: Held, by: str, *, is_told: bool = True) -> Held:
        """It is over. Who talked with a person may be asked how it was."""
        crew, talk = self.crew(held), held.conversation
        asks = is_told and crew.rating and talk.answered_at is not None and by != THE_CUSTOMER
        question = self._telling.words(turn, held, "rating") if asks else ""
        until = turn.at + _TO_RATE if question else None
        if is_told:
            words = (self._telling.words(turn, held, "ended"), question)
            self._telling.say(turn, held, "\n\n".join(filter(None, words)))
        return happenings.close(turn.conn, held, by=by, at=turn.at, rating_until=until)

    def rate(self, turn: Turn, held: Held, rating: int) -> Held:
        """The customer says how it was: once."""
        event, him = ConversationEvent.RATED, THE_CUSTOMER
        held = happenings.happens(
            turn.conn, held, event, by=him, at=turn.at, rating=rating, rating_until=None
        )
        self._telling.tell(turn, held, "thanks")
        return held

    def note(self, turn: Turn, held: Held, text: str, by: str) -> None:
        """Somebody writes something down."""
        happenings.happens(turn.conn, held, ConversationEvent.NOTED, by=by, at=turn.at, note=text)

    def look(self, turn: Turn, held: Held) -> Held:
        """Do what its time has come for."""
        crew, due = self.crew(held), self.times(turn, held)
        if due.answer and due.answer <= turn.at:
            return self._escalate(turn, held, crew)
        if due.silence and due.silence <= turn.at:
            return self._fall_silent(turn, held, crew)
        if held.conversation.state is _WAITING and (given := self._give(turn, held, crew)):
            happenings.look_at_waiting(turn.conn, given.conversation, turn.at)
            self._telling.tell(turn, given, "taken")
            held = given
        return self._reckon(turn, held)

    def crew(self, held: Held) -> Crew:
        """Whose it is."""
        return self.teams.roster.crew_of(held.conversation.tenant, held.conversation.team)

    def times(self, turn: Turn, held: Held) -> Times:
        """What it waits for, and until when."""
        crew = self.crew(held)
        since = self._waits_since(turn, held) if crew.answer_within else None
        return times(held.conversation, crew, since, turn.at)

    def _waits_since(self, turn: Turn, held: Held) -> datetime | None:
        """From when on the customer waits for an answer; None when he got it."""
        talk = held.conversation
        since = happenings.last(turn.conn, talk.id, *_ASKS)
        if since is None or talk.spoke_at is None or talk.spoke_at < since:
            return since
        if talk.state is not _WAITING:
            return None
        return happenings.last(turn.conn, talk.id, ConversationEvent.RELEASED)

    def _escalate(self, turn: Turn, held: Held, crew: Crew) -> Held:
        talk, event = held.conversation, ConversationEvent.ESCALATED
        to = self.teams.roster.crew(talk.tenant, crew.escalate_to) if crew.escalate_to else None
        count = talk.escalations + 1
        if to is None or count == ESCALATIONS:
            reason = f"conversation #{talk.number} was not answered in time by '{crew.id}'"
            last = "; it is not escalated any more" if count == ESCALATIONS else ""
            happenings.fault(turn.conn, talk, reason + last, turn.at)
        crew = to or crew
        held = happenings.happens(
            turn.conn,
            held,
            event,
            by=THE_CLOCK,
            at=turn.at,
            state=_WAITING,
            escalations=count,
            team=crew.id,
        )
        return self._offer(turn, held, crew, without=talk.agent)

    def _fall_silent(self, turn: Turn, held: Held, crew: Crew) -> Held:
        talk = held.conversation
        if talk.state is _WAITING:
            reason = f"conversation #{talk.number} is closed: nobody of '{crew.id}' took it"
            happenings.fault(turn.conn, talk, reason, turn.at)
        return self.close(turn, held, THE_CLOCK)

    def _offer(self, turn: Turn, held: Held, crew: Crew, *, without: str) -> Held:
        """Give it to somebody else who is free, if there is one."""
        if given := self._give(turn, held, crew, without=without):
            self._telling.tell(turn, given, "taken")
        return self._reckon(turn, given or held)

    def _give(self, turn: Turn, held: Held, crew: Crew, *, without: str = "") -> Held | None:
        """Give what waits to somebody; None when nobody can have it now."""
        talk = held.conversation
        if not crew.is_open(turn.at):
            return None
        agent = choose(
            crew.give,
            crew.members,
            store.held_by(turn.conn, talk.tenant),
            crew.most,
            last=store.last_given(turn.conn, talk.tenant, crew.id),
            known=talk.agent or store.last_agent(turn.conn, talk),
            without=without,
        )
        if not agent:
            return None
        return self._assign(turn, held, ConversationEvent.GIVEN, agent, by=f"team {crew.id}")

    def _assign(
        self, turn: Turn, held: Held, event: ConversationEvent, agent: str, *, by: str, team: str = ""
    ) -> Held:
        return happenings.happens(
            turn.conn,
            held,
            event,
            by=by,
            at=turn.at,
            state=_AGENT,
            agent=agent,
            assigned_at=turn.at,
            team=team or held.conversation.team,
        )

    def _reckon(self, turn: Turn, held: Held) -> Held:
        """Note when to look at it next."""
        due_at = self.times(turn, held).next
        if due_at == held.due_at:
            return held
        happenings.change(turn.conn, held, due_at=due_at)
        return replace(held, due_at=due_at)
