"""Messages under way to a person under two names, when it is learnt that he is one: none is lost or doubled,
and one at a time leaves to him. Stories by chance, each by its seed."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Connection, StaticPool, create_engine, select

from chatgrow_bot.ids import new_id
from chatgrow_bot.messages import HOLDS_CHAT, Lane, State
from chatgrow_bot.store import contacts, queue, steps, together
from chatgrow_bot.store import outbox as stored
from chatgrow_bot.store.metadata import metadata
from chatgrow_bot.store.rows import Outgoing
from chatgrow_bot.store.tables import outbox

from .test_outbox import LATER, ground, message

NUMBER, LIDS = "2@c.us", ("1@lid", "3@lid")


@dataclass
class Story:
    """What the way out does to its rows, at any moment and in any order."""

    conn: Connection
    chance: Random
    now: datetime = LATER
    taken: dict[str, Outgoing] = field(default_factory=dict)  #: in somebody's hands
    sending: set[str] = field(default_factory=set)
    sent: list[str] = field(default_factory=list)

    def step(self) -> None:
        """Whatever comes next."""
        self.now += timedelta(seconds=self.chance.choice((0, 1, 20)))
        deeds = [self.queue, self.queue, self.learn, self.claim, self.claim, *[self.go_on] * 3]
        self.chance.choice(deeds)()
        self.look()

    def queue(self) -> None:
        row = message(0)
        delivery = replace(
            row.delivery,
            id=new_id(),
            wa_id=new_id(),
            chat=self.chance.choice((NUMBER, *LIDS)),
            lane=self.chance.choice(list(Lane)),
            due=self.now,
            created_at=self.now,
            updated_at=self.now,
            expires_at=self.now + timedelta(days=9),
        )
        stored.add(self.conn, [replace(row, delivery=delivery)])

    def learn(self) -> None:
        contacts.learn(self.conn, "u", "shop", self.chance.choice(LIDS), NUMBER)

    def claim(self) -> None:
        claims = [queue.Claim("shop", lane, 1, self.now) for lane in Lane]
        for row in queue.claim(self.conn, claims):
            if isinstance(row, Outgoing):
                self.taken[row.delivery.id] = row

    def go_on(self) -> None:
        """One that is taken comes further, or does not."""
        if not self.taken:
            return
        name = self.chance.choice(list(self.taken))
        if name not in self.sending:
            if self.chance.random() < 0.2:
                self.ends(name, State.QUEUED, State.CLAIMED, due=self.now + timedelta(seconds=30), held=True)
            else:
                self.intend(name)
        elif (chance := self.chance.random()) < 0.5:
            self.ack(name)
        elif chance < 0.8:
            self.ends(name, State.RETRY, State.SENDING, State.UNKNOWN, due=self.now + timedelta(seconds=5))
        else:
            steps.move(self.conn, name, State.UNKNOWN, self.now, since=(State.SENDING,))

    def intend(self, name: str) -> None:
        row = self.taken[name]
        intent = together.Intent(row=row, content=row.content, trace=(), at=self.now, next_slot=self.now)
        assert together.intend(self.conn, [intent]) == [True]
        self.sending.add(name)

    def ack(self, name: str) -> None:
        wa_id = self.taken[name].delivery.wa_id
        came = together.Came(connection_id="shop", wa_id=wa_id, ack=1, at=self.now, id=name)
        assert together.acked(self.conn, [came]) == [True]
        self.sent.append(name)
        self.let_go(name)

    def ends(self, name: str, state: State, *since: State, **values: Any) -> None:
        assert steps.move(self.conn, name, state, self.now, since=since, by=1, **values)
        self.let_go(name)

    def let_go(self, name: str) -> None:
        self.sending.discard(name)
        del self.taken[name]

    def finish(self) -> None:
        """Everybody is known, and whatever is left leaves."""
        for lid in LIDS:
            contacts.learn(self.conn, "u", "shop", lid, NUMBER)
        unsent = select(outbox.c.id).where(outbox.c.state != State.SENT)
        while self.taken or self.conn.execute(unsent).first():
            self.now += timedelta(minutes=1)
            before = len(self.sent)
            self.claim()
            for name in list(self.taken):
                if name not in self.sending:
                    self.intend(name)
                self.ack(name)
            self.look()
            assert len(self.sent) > before, "nothing more can leave"

    def look(self) -> None:
        """One at a time, under whichever name."""
        found = self.conn.execute(select(outbox.c.chat).where(outbox.c.state.in_(HOLDS_CHAT))).scalars().all()
        assert len(found) == len(set(found))


def test_whoever_turns_out_to_be_one_person_gets_everything_once() -> None:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    metadata.create_all(engine)
    with engine.connect() as conn:
        for seed in range(12):
            with conn.begin() as undone:
                ground(conn)
                story = Story(conn, Random(seed))
                for _ in range(50):
                    story.step()
                story.finish()
                rows = conn.execute(select(outbox.c.id, outbox.c.chat)).all()
                undone.rollback()
            assert sorted(story.sent) == sorted(row.id for row in rows), f"seed {seed}"
            assert {row.chat for row in rows} == {NUMBER}, f"seed {seed}"
    engine.dispose()
