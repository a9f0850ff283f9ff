"""Whatever people, customers and the clock do, in whatever order: a conversation is always somebody's, or it
is known when it is looked at next."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, create_engine, func, select
from sqlalchemy.pool import StaticPool

from chatgrow_bot.config import Settings
from chatgrow_bot.config.teams import Giving
from chatgrow_bot.conversations import Desk, Opening, Turn
from chatgrow_bot.conversations.roster import Roster, Teams
from chatgrow_bot.conversations.texts import Texts
from chatgrow_bot.ids import new_id
from chatgrow_bot.limits import LoopLimits
from chatgrow_bot.messages import ConversationEvent, Delivery, Lane, Outbound, State
from chatgrow_bot.store import conversations as store
from chatgrow_bot.store import happenings
from chatgrow_bot.store.conversation_tables import conversations as t
from chatgrow_bot.store.conversation_tables import happenings as h
from chatgrow_bot.store.conversations import AGENT, CLOSED, WAITING, Held
from chatgrow_bot.store.metadata import metadata
from chatgrow_bot.store.rows import Outgoing

START = datetime(2026, 3, 1, 8, tzinfo=UTC)  # a Sunday
MOST = 2
CHATS = [f"1555123000{number}@c.us" for number in range(6)]
AGENTS = ("dana", "avi", "noa")
HOURS = {"zone": "UTC", "open": {"sun-thu": "9:00-18:00"}}


class Out:
    """Keeps what customers are told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def draft(
        self,
        tenant: str,
        connection_id: str,
        message: Outbound,
        *,
        source: str,
        lane: Lane,
        cause: str = "",
    ) -> Outgoing:
        at = START
        times = {"created_at": at, "due": at, "expires_at": at, "updated_at": at}
        what = {"id": new_id(), "wa_id": "", "kind": message.kind, "state": State.QUEUED}
        where = {"tenant": tenant, "connection_id": connection_id, "chat": message.to, "source": source}
        more: dict[str, Any] = {**what, **where, **times}
        return Outgoing(delivery=Delivery(lane=lane, priority=message.priority, **more), text=message.text)

    def answer(self, conn: Connection, rows: Sequence[Outgoing]) -> int:
        self.said += [row.text for row in rows]
        return len(rows)

    def accept(self, conn: Connection, row: Outgoing, key: str) -> Delivery:
        return row.delivery

    def wake(self, connection_id: str) -> None:
        pass


def roster(give: Giving, hours: bool, most: int) -> Roster:
    team: dict[str, Any] = {"give": give, "most": most, "members": ["dana", "avi"], "closeAfter": "12h"}
    hours_of = {"hours": HOURS} if hours else {}
    settings = {
        "agents": {name: {"name": name.title()} for name in AGENTS},
        "teams": {
            "sales": {**team, **hours_of, "answerWithin": "5m", "escalateTo": "boss"},
            "boss": {
                "members": ["noa"],
                "give": give,
                "most": most,
                "answerWithin": "1h",
                "closeAfter": None,
            },
        },
    }
    return Roster.of(Settings.model_validate(settings), lambda _: lambda _: True)


class World:
    """A desk over a database, in a time of its own."""

    def __init__(self, engine: Engine, give: Giving, hours: bool, most: int) -> None:
        self.engine, self.now, self.out = engine, START, Out()
        self._teams = Teams(roster(give, hours, most))
        self.restart()

    def restart(self) -> None:
        self.desk = Desk(self._teams, Texts(), self.out, LoopLimits())
        with self.turn() as turn:
            store.look_at_all(turn.conn, self.now)

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        with self.engine.begin() as conn:
            turn = Turn(conn, self.now)
            yield turn
            self.out.answer(conn, turn.said)

    def open(self, chat: str, team: str = "sales") -> None:
        with self.turn() as turn:
            if store.open_in(turn.conn, "t", "shop", chat) is None:
                crew = self._teams.roster.crew("t", team)
                assert crew
                made = Opening(tenant="t", connection_id="shop", chat=chat, by="rule", wrote_at=self.now)
                self.desk.open(turn, crew, made)

    def do(self, verb: str, chat: str, agent: str) -> None:
        with self.turn() as turn:
            held = store.open_in(turn.conn, "t", "shop", chat)
            if held is not None:
                self._do(turn, held, verb, agent)

    def _do(self, turn: Turn, held: Held, verb: str, agent: str) -> None:
        crew = self._teams.roster.crew_of("t", "boss" if agent == "noa" else "sales")
        match verb:
            case "wrote":
                self.desk.wrote(turn, held, self.now)
            case "spoke":
                self.desk.spoke(turn, held, agent)
            case "take":
                self.desk.take(turn, held, agent, agent)
            case "transfer":
                self.desk.transfer(turn, held, crew, "", agent)
            case "hand over":
                self.desk.transfer(turn, held, crew, agent, agent)
            case "release" if held.conversation.state is AGENT:
                self.desk.release(turn, held, agent)
            case "close":
                self.desk.close(turn, held, agent)
            case "stop":
                happenings.close(turn.conn, held, by="the customer", at=self.now)

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        for _ in range(200):
            with self.engine.connect() as conn:
                due = store.due(conn, self.now, 10)
            if not due:
                return
            for held in due:
                with self.turn() as turn:
                    found = store.get(turn.conn, "t", held.conversation.id)
                    if found and found.due_at and found.due_at <= self.now:
                        self.desk.look(turn, found)
        raise AssertionError("the clock has no end of work")

    def rows(self) -> Sequence[Any]:
        with self.engine.connect() as conn:
            return conn.execute(select(t).order_by(t.c.number)).all()

    def gives(self) -> Sequence[Any]:
        with self.engine.connect() as conn:
            return conn.execute(select(h).where(h.c.event == ConversationEvent.GIVEN).order_by(h.c.id)).all()


@contextmanager
def world(give: Giving = Giving.ROUND_ROBIN, *, hours: bool = False, most: int = MOST) -> Iterator[World]:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    metadata.create_all(engine)
    try:
        yield World(engine, give, hours, most)
    finally:
        engine.dispose()


VERBS = ("wrote", "spoke", "take", "transfer", "hand over", "release", "close", "stop")
STEPS = st.one_of(
    st.tuples(st.just("open"), st.sampled_from(CHATS), st.sampled_from(("sales", "boss"))),
    st.tuples(st.sampled_from(VERBS), st.sampled_from(CHATS), st.sampled_from(AGENTS)),
    st.tuples(st.just("passes"), st.sampled_from((1.0, 60.0, 301.0, 3600.0, 50_000.0)), st.just("")),
    st.tuples(st.just("restart"), st.just(0), st.just("")),
)


def is_looked_after(row: Any, give: Giving) -> bool:
    if row.state == AGENT:
        return bool(row.agent)
    return row.due_at is not None or give is Giving.BY_HAND


@settings(max_examples=60, deadline=None)
@given(give=st.sampled_from(list(Giving)), hours=st.booleans(), steps=st.lists(STEPS, max_size=40))
def test_none_is_ever_lost_stuck_or_doubled(give: Giving, hours: bool, steps: list[Any]) -> None:
    with world(give, hours=hours, most=1) as here:
        for verb, what, who in steps:
            before = len(here.gives())
            match verb:
                case "open":
                    here.open(what, who)
                case "passes":
                    here.passes(what)
                case "restart":
                    here.restart()
                case _:
                    here.do(verb, what, who)
            rows = here.rows()
            open_ = [row for row in rows if row.state != CLOSED]
            assert all(row.state in (WAITING, AGENT, CLOSED) for row in rows)
            assert len({row.chat for row in open_}) == len(open_)
            assert [row.number for row in rows] == [*range(1, len(rows) + 1)]
            assert all(is_looked_after(row, give) for row in open_)
            assert all(
                row.closed_at and row.closed_by and row.due_at is None for row in rows if row not in open_
            )
            for row in here.gives()[before:]:
                held = sum(each.state == AGENT and each.agent == row.agent for each in rows)
                assert held <= 1, f"{row.agent} was given more than he may have"
        with here.engine.connect() as conn:
            opened = select(func.count()).where(h.c.event == ConversationEvent.OPENED)
            assert conn.execute(opened).scalar() == len(here.rows())


def test_what_waits_over_a_closed_night_is_given_out_when_the_team_opens() -> None:
    with world(hours=True) as here:
        here.open(CHATS[0])
        assert here.out.said == ["Our team is not here right now. We will write to you here: 9:00 AM."]
        here.passes(3500)
        assert here.rows()[0].state == WAITING
        here.passes(100)
        assert (here.rows()[0].state, here.rows()[0].agent) == (AGENT, "dana")
        assert here.out.said[1:] == ["You are now talking with Dana."]


def test_time_to_answer_counts_opening_hours_alone() -> None:
    with world(Giving.BY_HAND, hours=True) as here:
        here.passes(10 * 3600 - 120)  # two minutes before it closes
        here.open(CHATS[0])
        here.passes(13 * 3600)
        assert here.rows()[0].team == "sales", "the night does not count"
        here.passes(2 * 3600 + 2 * 60)
        assert here.rows()[0].team == "sales"
        here.passes(3 * 60)
        assert (here.rows()[0].team, here.rows()[0].escalations) == ("boss", 1)


def test_who_answered_in_time_is_not_passed_over() -> None:
    with world() as here:
        here.open(CHATS[0])
        here.do("spoke", CHATS[0], "dana")
        here.passes(3600)
        assert (here.rows()[0].team, here.rows()[0].agent) == ("sales", "dana")
        here.passes(12 * 3600)
        assert here.rows()[0].closed_by == "the clock"
        assert here.out.said[-1] == "This conversation is over. Write to us any time."


def test_who_gets_free_is_given_the_oldest_that_waits() -> None:
    with world() as here:
        for chat in CHATS:
            here.open(chat)
        assert [row.agent for row in here.rows()] == ["dana", "avi", "dana", "avi", "", ""]
        here.do("close", CHATS[1], "avi")
        here.passes(0)
        assert [row.agent for row in here.rows()] == ["dana", "avi", "dana", "avi", "avi", ""]
        here.do("stop", CHATS[0], "")
        here.passes(0)
        assert here.rows()[5].agent == "dana"


def test_one_that_nobody_answers_is_not_passed_round_for_ever() -> None:
    with world() as here:
        here.open(CHATS[0])
        for _ in range(50):
            here.passes(600)
        assert here.rows()[0].escalations == 3
        assert len(here.out.said) < 12


def test_a_customer_comes_back_to_who_had_him() -> None:
    with world(Giving.STICKY) as here:
        here.open(CHATS[0])
        here.do("hand over", CHATS[0], "avi")
        here.do("close", CHATS[0], "avi")
        here.open(CHATS[1])
        here.open(CHATS[0])
        assert here.rows()[-1].agent == "avi"
