"""The conversations as plugins and programs see them."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from ..addresses import GROUP, chat_of
from ..clock import Clock
from ..config import did_you_mean
from ..errors import BadInput, ConnectionNotFound, ConversationNotFound
from ..hub import Agent, Conversation, Happening, Summary, Team
from ..messages import ConversationState, Delivery, Inbound, Lane, Outbound, Priority
from ..store import connections, contacts, happenings
from ..store import conversations as store
from ..store import outbox as stored_outbox
from ..store.conversations import Held
from ..store.database import Database
from ..store.replies import PERSON
from .clockwork import Clockwork
from .desk import Desk, Opening
from .rights import AlreadyOpen, held_by_id, may_have, require_open
from .roster import Crew
from .summary import summary_of
from .telling import Turn

#: Conversations of a page, at most.
_PAGE = 200
_WAITING, _AGENT, _CLOSED = ConversationState.WAITING, ConversationState.AGENT, ConversationState.CLOSED


class Service:
    """Implements `hub.Conversations`."""

    def __init__(
        self, db: Database, clock: Clock, desk: Desk, clockwork: Clockwork, admit: Callable[[], None]
    ) -> None:
        self._db = db
        self._clock = clock
        self._desk = desk
        self._clockwork = clockwork
        self._admit = admit  #: raises StoreUnavailable while nothing new may be promised

    def teams(self) -> Sequence[str]:
        """The names of all teams."""
        return list(self._desk.teams.roster.crews)

    async def standing(self, tenant: str) -> Sequence[Team]:
        """A tenant's teams, and how each stands."""
        now, roster = self._clock.now(), self._desk.teams.roster
        loads = await self._db.read(lambda conn: store.loads(conn, tenant))
        counts = {(each.team, each.state): each.count for each in loads}
        return [
            Team(
                id=crew.id,
                title=crew.title,
                agents=[roster.agents[name] for name in crew.members],
                is_open=crew.is_open(now),
                opens_at=crew.opens(now),
                waiting=counts.get((crew.id, _WAITING), 0),
                held=counts.get((crew.id, _AGENT), 0),
            )
            for crew in roster.crews_of(tenant)
        ]

    def agent(
        self, tenant: str, *, id: str = "", chat: str = "", user: str = "", front: tuple[str, str] = ("", "")
    ) -> Agent | None:
        """Who this is, by one of his names."""
        return self._desk.teams.roster.agent(tenant, id=id, chat=chat, user=user, front=front)

    async def list(
        self,
        tenant: str,
        *,
        states: Sequence[ConversationState] = (_WAITING, _AGENT),
        team: str = "",
        agent: str = "",
        before: int | None = None,
        limit: int = 50,
    ) -> Sequence[Conversation]:
        """Those in these states, newest first."""
        most = max(1, min(limit, _PAGE))
        return await self._db.read(lambda conn: store.page(conn, tenant, states, team, agent, before, most))

    async def get(self, tenant: str, conversation_id: str) -> Conversation:
        """One of them."""
        return await self._db.read(lambda conn: held_by_id(conn, tenant, conversation_id).conversation)

    async def by_number(self, tenant: str, number: int) -> Conversation:
        """One of them, as people call it."""
        held = await self._db.read(lambda conn: store.by_number(conn, tenant, number))
        if held is None:
            raise ConversationNotFound(f"There is no conversation #{number}")
        return held.conversation

    async def open_in(self, tenant: str, connection_id: str, chat: str) -> Conversation | None:
        """The one that is open in a chat."""

        def work(conn: Connection) -> Held | None:
            known = contacts.canonical(conn, connection_id, chat)
            return store.open_in(conn, tenant, connection_id, known)

        held = await self._db.read(work)
        return held.conversation if held else None

    async def story(self, tenant: str, conversation_id: str) -> Sequence[Happening]:
        """All that happened in it, oldest first."""

        def work(conn: Connection) -> Sequence[Happening]:
            return happenings.story(conn, held_by_id(conn, tenant, conversation_id).conversation.id)

        return await self._db.read(work)

    async def heard(self, tenant: str, conversation_id: str, after: str = "") -> Sequence[Inbound]:
        """What the customer wrote in it, oldest first."""
        return await self._db.read(
            lambda conn: store.heard(conn, held_by_id(conn, tenant, conversation_id), after)
        )

    async def summary(self, tenant: str, conversation_id: str) -> Summary:
        """What an agent should know."""
        return await self._db.read(lambda conn: summary_of(conn, held_by_id(conn, tenant, conversation_id)))

    async def hand_off(
        self, tenant: str, connection_id: str, chat: str, team: str, *, by: str, note: str = ""
    ) -> Conversation:
        """Hand a chat to a team."""
        crew, person = self._crew(tenant, team), chat_of(chat)
        if person.endswith(GROUP):
            raise BadInput("A group cannot be handed to a team: name the chat of one person")
        at = self._clock.now()

        def work(conn: Connection) -> Held:
            if connections.owner(conn, connection_id) != tenant:
                raise ConnectionNotFound(f"There is no connection '{connection_id}'")
            known = contacts.canonical(conn, connection_id, person)
            if held := store.open_in(conn, tenant, connection_id, known):
                raise AlreadyOpen(f"Conversation #{held.conversation.number} is open in this chat")
            name = store.has_written(conn, tenant, connection_id, known)
            opening = Opening(
                tenant=tenant,
                connection_id=connection_id,
                chat=known,
                name=name or "",
                by=by,
                note=note,
                is_told=name is not None,
            )
            return self._carried(Turn(conn, at), lambda turn: self._desk.open(turn, crew, opening))

        return self._moved(await self._db.write(work))

    async def take(self, tenant: str, conversation_id: str, agent: str, *, by: str = "") -> Conversation:
        """An agent talks with the customer from now on."""
        self._member(tenant, agent)

        def work(turn: Turn, held: Held) -> Held:
            if may_have(held, agent):
                return held
            return self._desk.take(turn, held, agent, by or agent)

        return await self._do(tenant, conversation_id, work)

    async def transfer(
        self, tenant: str, conversation_id: str, *, by: str, team: str = "", agent: str = ""
    ) -> Conversation:
        """To a team, whose turn it then is, or to an agent."""
        if not (team or agent):
            raise BadInput("Name the team or the agent to whom it goes")
        if agent:
            self._member(tenant, agent)
        crew = self._crew(tenant, team) if team else None
        if crew and agent and agent not in crew.members:
            raise BadInput(f"'{agent}' is not in the team '{team}'")

        def work(turn: Turn, held: Held) -> Held:
            require_open(held)
            to = crew or self._home_of(tenant, agent, held)
            return self._desk.transfer(turn, held, to, agent, by)

        return await self._do(tenant, conversation_id, work)

    async def release(self, tenant: str, conversation_id: str, *, by: str) -> Conversation:
        """Back to its team, to wait for somebody else."""

        def work(turn: Turn, held: Held) -> Held:
            require_open(held)
            return held if held.conversation.state is _WAITING else self._desk.release(turn, held, by)

        return await self._do(tenant, conversation_id, work)

    async def close(self, tenant: str, conversation_id: str, *, by: str) -> Conversation:
        """It is over: the bot answers again."""

        def work(turn: Turn, held: Held) -> Held:
            return held if held.conversation.state is _CLOSED else self._desk.close(turn, held, by)

        return await self._do(tenant, conversation_id, work)

    async def note(self, tenant: str, conversation_id: str, text: str, *, by: str) -> None:
        """Write something down for colleagues."""
        if not text.strip():
            raise BadInput("The note is empty")

        def work(turn: Turn, held: Held) -> Held:
            self._desk.note(turn, held, text, by)
            return held

        await self._do(tenant, conversation_id, work)

    async def say(
        self, tenant: str, conversation_id: str, message: Outbound, *, agent: str, key: str
    ) -> Delivery:
        """An agent writes to the customer."""
        self._admit()
        name, at = self._member(tenant, agent).name, self._clock.now()

        def work(conn: Connection) -> tuple[Held, Delivery]:
            held = held_by_id(conn, tenant, conversation_id)
            talk, is_repeat = held.conversation, stored_outbox.by_key(conn, tenant, key) is not None
            because = f"agent {name}, conversation #{talk.number}"
            content = replace(message, to=talk.chat, priority=Priority.HIGH, because=because)
            to = (tenant, talk.connection_id, content)
            row = self._desk.out.draft(*to, source=PERSON, lane=Lane.REPLY)
            if not is_repeat:
                may_have(held, agent)
                held = self._carried(Turn(conn, at), lambda turn: self._desk.spoke(turn, held, agent))
            return held, self._desk.out.accept(conn, row, key)

        held, delivery = await self._db.write(work)
        self._moved(held)
        return delivery

    async def _do(
        self, tenant: str, conversation_id: str, work: Callable[[Turn, Held], Held]
    ) -> Conversation:
        """Do something with one, in one transaction."""
        at = self._clock.now()

        def act(conn: Connection) -> Held:
            held = held_by_id(conn, tenant, conversation_id)
            return self._carried(Turn(conn, at), lambda turn: work(turn, held))

        return self._moved(await self._db.write(act))

    def _carried(self, turn: Turn, work: Callable[[Turn], Held]) -> Held:
        held = work(turn)
        self._desk.out.answer(turn.conn, turn.said)
        return held

    def _moved(self, held: Held) -> Conversation:
        """What follows once it is certain."""
        self._desk.out.wake(held.conversation.connection_id)
        self._clockwork.poke()
        return held.conversation

    def _crew(self, tenant: str, team: str) -> Crew:
        roster = self._desk.teams.roster
        crew = roster.crew(tenant, team)
        if crew is None:
            known = [each.id for each in roster.crews_of(tenant)]
            raise BadInput(f"There is no team '{team}'{did_you_mean(team, known)}")
        return crew

    def _member(self, tenant: str, agent: str) -> Agent:
        roster = self._desk.teams.roster
        found = roster.agent(tenant, id=agent)
        if found is None:
            known = [name for crew in roster.crews_of(tenant) for name in crew.members]
            raise BadInput(f"There is no agent '{agent}'{did_you_mean(agent, known)}")
        return found

    def _home_of(self, tenant: str, agent: str, held: Held) -> Crew:
        """The team in which an agent has it: its own if he is in it."""
        crews = [crew for crew in self._desk.teams.roster.crews_of(tenant) if agent in crew.members]
        return next((crew for crew in crews if crew.id == held.conversation.team), crews[0])
