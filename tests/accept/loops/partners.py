"""Who writes to the hub: bots of several bad habits, and one person."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from chatgrow_bot.engine import Arrival, Parcel
from chatgrow_bot.messages import Kind
from chatgrow_bot.testing import FakeSession

SHOP, SECOND = "shop", "second"

#: What a partner writes at a second of the story, after what it has just been sent.
Writes = Callable[[FakeSession, int, Sequence[Parcel]], Sequence[Arrival]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One chat, or several, and what is written there."""

    name: str
    chats: tuple[str, ...]
    writes: Writes
    connection: str = SHOP
    answered: str = "some"  #: `some` of what is written, `none` or `all`


@dataclass(slots=True)
class _Bot:
    """Answers everything it is sent, and asks again whenever nothing comes."""

    chat: str
    every: int = 10  #: seconds between two words of its own
    words: Callable[[int], str] = "word {}".format
    more: dict[str, Any] = field(default_factory=dict)
    said: int = 0

    def __call__(self, session: FakeSession, second: int, sent: Sequence[Parcel]) -> Sequence[Arrival]:
        heard = sum(parcel.chat == self.chat for parcel in sent)
        asks = heard or second % self.every == 0
        return [self._word(session) for _ in range(max(heard, 1) if asks else 0)]

    def _word(self, session: FakeSession) -> Arrival:
        self.said += 1
        return session.arrival(self.words(self.said), self.chat, **self.more)


def _person(number: int) -> str:
    return f"1555200{number:04d}@c.us"


def _ring(chats: tuple[str, ...]) -> Writes:
    """Whoever of them hears something tells it to the next one, who writes to us."""

    def writes(session: FakeSession, second: int, sent: Sequence[Parcel]) -> Sequence[Arrival]:
        told = [chats[(chats.index(p.chat) + 1) % len(chats)] for p in sent if p.chat in chats]
        begins = [chats[0]] if second % 30 == 0 else []
        return [session.arrival(f"{second} to {at}", chat) for at, chat in enumerate((*told, *begins))]

    return writes


def _group(chat: str) -> Writes:
    """Two bots in a group answer everything that is said there."""
    bots = [_Bot(chat, more={"participant": _person(90 + n), "chat_name": "Bots"}) for n in range(2)]
    return lambda *seen: [each for bot in bots for each in bot(*seen)]


def _twin(number: str, lid: str) -> Writes:
    """One bot that is known by its number at one time and by its linked id at another."""
    bots = _Bot(number, more={"lid": lid}), _Bot(lid)

    def writes(session: FakeSession, second: int, sent: Sequence[Parcel]) -> Sequence[Arrival]:
        return bots[second // 5 % 2](session, second, sent)

    return writes


def _itself(chat: str) -> Writes:
    """The account writes to itself, and its own words come back."""

    def writes(session: FakeSession, second: int, sent: Sequence[Parcel]) -> Sequence[Arrival]:
        echoes = [session.arrival(p.text, chat, wa_id=p.wa_id, from_me=True) for p in sent if p.chat == chat]
        return [*echoes, session.arrival(f"note {second}", chat, from_me=True)]

    return writes


def _human(chat: str) -> Writes:
    """A person writes every minute, something else each time."""
    return lambda session, second, sent: (
        [session.arrival(f"minute {second // 60}", chat)] if second % 60 == 0 else []
    )


#: All but the two connections that answer each other: those are the hub's own.
def scenarios(me: str) -> Sequence[Scenario]:
    """Twelve, with the one that `restarts` cuts in two."""
    one, lid, ring = _person, "99900000000001@lid", (_person(31), _person(32), _person(33))
    group, spoken = "120363000000000011@g.us", {"file": b"OggS and a voice", "kind": Kind.VOICE}

    def bot(name: str, number: int, **habits: Any) -> Scenario:
        return Scenario(name=name, chats=(one(number),), writes=_Bot(one(number), **habits))

    return (
        bot("bot with bot", 1),
        Scenario(name="itself", chats=(me,), writes=_itself(me), answered="none"),
        Scenario(name="three in a ring", chats=ring, writes=_ring(ring)),
        Scenario(name="a group", chats=(group,), writes=_group(group)),
        bot("the same two texts", 2, words=lambda n: ("alternating a", "alternating b")[n % 2]),
        bot("a slow loop", 3, every=20, words="slow {}".format),
        bot("files", 4, words=lambda n: "", more=spoken),
        Scenario(name="two names", chats=(one(5), lid), writes=_twin(one(5), lid)),
        bot("a restart between", 6),
        bot("words of consent", 7, words=lambda n: ("STOP", "START", f"hello {n}")[n % 3]),
        Scenario(name="a person", chats=(one(8),), writes=_human(one(8)), answered="all"),
    )
