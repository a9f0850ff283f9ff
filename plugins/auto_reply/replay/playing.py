"""Plays what customers wrote through the rules, in virtual time: what a rule asks about is as it would have
been, had the bot answered from the first message on. Nothing is sent, called or stored."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property

from chatgrow_bot.addresses import GROUP, chat_of
from chatgrow_bot.consent import Vocabulary
from chatgrow_bot.errors import InvalidPhoneNumber
from chatgrow_bot.messages import FILES, REMARKS, Attachment, Inbound
from chatgrow_bot.responses import (
    Customer,
    Deed,
    Dialogue,
    HandOff,
    OptIn,
    OptOut,
    SetField,
    Tag,
)

from ..actions import Doing, Running
from ..book import Book, Decision, Rule
from ..conditions import Facts, Use
from ..dialogues.state import State
from ..rehearsal import reply_of
from ..rehearsed import SOME_GROUP, SOMEWHERE
from ..rules import decide
from .nouns import Line, Material, Outcome, Performance, Played, RanOut

#: So long nobody writes until a chat that was handed to a team is the bot's again: the teams' own default.
HANDED_OFF = timedelta(hours=12)


@dataclass(slots=True, kw_only=True)
class _Person:
    """What is known of a customer by now."""

    chat: str  #: his own chat id
    tags: frozenset[str] = frozenset()
    fields: dict[str, str] = field(default_factory=dict)
    last_wrote: datetime | None = None
    opted_out: bool = False
    dialogue: Dialogue | None = None
    last_said: Line | None = None  #: while that was open


@dataclass(slots=True, kw_only=True)
class _Room:
    """What is known of a chat by now."""

    uses: dict[str, list[Use]] = field(default_factory=dict)
    handed_until: datetime | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class _Behind(Book):
    """The rules behind one of a book."""

    whole: Book

    @cached_property
    def by_id(self) -> Mapping[str, Rule]:
        """All of the whole: they may be sent on to."""
        return self.whole.by_id


def play(book: Book, material: Material, zone: tzinfo) -> Performance:
    """What the bot would have made of each message of a customer. `zone` is the business's."""
    return _Play(book, material, zone).run()


class _Play:
    """One run through the material."""

    def __init__(self, book: Book, material: Material, zone: tzinfo) -> None:
        self._book = book
        self._material = material
        self._zone = zone
        self._people: dict[tuple[str, str], _Person] = {}
        self._rooms: dict[str, _Room] = {}
        self._behind: dict[int, Book] = {}
        self._vocabulary = Vocabulary()
        self._played: list[Played] = []
        self._ran_out: list[RanOut] = []
        self._begun = 0
        self._without: set[str] = set()

    def run(self) -> Performance:
        """All of it."""
        for number, line in enumerate(self._material.lines):
            room = self._rooms.setdefault(line.chat, _Room())
            if room.handed_until and line.at >= room.handed_until:
                room.handed_until = None
            elif room.handed_until and not line.is_automatic:  # whoever writes, it goes on
                room.handed_until = line.at + HANDED_OFF
            if not line.is_ours:
                person = self._person(line)
                self._played.append(self._hear(line, number, room, person))
                person.last_wrote = line.at
        for person in self._people.values():
            self._give_up(person)  # what nobody had answered when the chat ends
        return Performance(
            played=tuple(self._played),
            ran_out=tuple(self._ran_out),
            begun=self._begun,
            without=tuple(sorted(self._without)),
        )

    def _person(self, line: Line) -> _Person:
        key = line.chat, line.who
        if key not in self._people:
            self._people[key] = _Person(chat=_chat_id(line))
        return self._people[key]

    def _hear(self, line: Line, number: int, room: _Room, person: _Person) -> Played:
        if person.dialogue and person.dialogue.until <= line.at:
            self._give_up(person)
        if line.kind in REMARKS:
            return Played(line=line, outcome=Outcome.REMARK)
        if not line.in_group and self._keeps_silent(line, person):
            return Played(line=line, outcome=Outcome.OPTED_OUT)
        if room.handed_until:
            return Played(line=line, outcome=Outcome.HANDED_OFF)
        message, facts = self._message(line, number, person), self._facts(line, number, room, person)
        decision = self._decide(self._book, message, facts)
        left = decision.step.left if decision.step else ""
        self._carry_out(decision, message, line, room, person)
        return Played(
            line=line,
            outcome=_outcome(decision, person, left),
            rules=tuple(dict.fromkeys(rule.id for rule in decision.rules)),
            reply=reply_of(decision),
            next_rule=self._next_rule(decision, message, facts),
            in_dialogue=_in_dialogue(decision),
            left=left,
        )

    def _keeps_silent(self, line: Line, person: _Person) -> bool:
        """Whether the core hears this and no plugin does."""
        said = self._vocabulary.heard(line.text)
        if said and said.out and not (person.dialogue and self._vocabulary.leaves(line.text)):
            person.opted_out = True
            self._give_up(person)
        elif said and not said.out and person.opted_out:
            person.opted_out = False
            return True  # it is the core that says welcome
        return person.opted_out

    def _message(self, line: Line, number: int, person: _Person) -> Inbound:
        at = line.at.astimezone(UTC)
        chat = line.chat if line.chat.endswith(GROUP) else SOME_GROUP
        return Inbound(
            id=f"replay-{number}",
            tenant=self._material.tenant,
            connection_id=self._material.connection or SOMEWHERE,
            chat=chat if line.in_group else person.chat,
            participant=person.chat if line.in_group else "",
            wa_id=f"replay-{number}",
            kind=line.kind,
            text=line.text,
            name=line.name,
            attachment=Attachment() if line.kind in FILES else None,
            payload=line.payload,
            sent_at=at,
            received_at=at,
        )

    def _facts(self, line: Line, number: int, room: _Room, person: _Person) -> Facts:
        customer = Customer(
            chat=person.chat,
            tags=person.tags,
            fields=dict(person.fields),
            is_new=person.last_wrote is None,
            last_wrote=person.last_wrote,
            about_ours=line.about_ours,
            dialogue=person.dialogue,
        )
        now = line.at.astimezone(self._zone)
        return Facts(now=now, customer=customer, uses=room.uses, chance=zlib.crc32(f"{number}".encode()))

    def _decide(self, book: Book, message: Inbound, facts: Facts) -> Decision:
        """The decision; what other plugins would say is not known, and taken as no."""
        while (question := (decision := decide(book, message, facts)).wanting) is not None:
            self._without.add(f"the condition '{question.name}'")
            facts = replace(facts, told={**facts.told, question: False})
        return decision

    def _next_rule(self, decision: Decision, message: Inbound, facts: Facts) -> str:
        """Which rule would have answered if the first that did were not there. One that asks for no words is
        no answer to these: it takes what is left over, and was meant to."""
        if not decision.rules or not decision.asked or _in_dialogue(decision):
            return ""
        first = self._book.rules.index(decision.rules[0]) + 1
        if decision.rules[0].goes_on:
            return ""  # it was meant to leave the message to the next
        if first not in self._behind:
            rules, languages = self._book.rules[first:], self._book.languages
            self._behind[first] = _Behind(rules=rules, languages=languages, whole=self._book)
        found = self._decide(self._behind[first], message, facts).rules
        return found[0].id if found and found[0].key else ""

    def _carry_out(
        self, decision: Decision, message: Inbound, line: Line, room: _Room, person: _Person
    ) -> None:
        """What the decision changes for the next messages."""
        for rule in decision.rules:
            if rule.limit:
                uses = [use for use in room.uses.get(rule.id, ()) if use.at > line.at - rule.limit.per]
                room.uses[rule.id] = [*uses, Use(at=line.at, message=message.id)]
        was_open, person.dialogue = person.dialogue is not None, None
        if expects := decision.expects:
            until = line.at + timedelta(seconds=expects.seconds)
            person.dialogue = Dialogue(state=expects.state, asked_at=line.at, until=until)
            person.last_said = line
            self._begun += not was_open
        for _, done in decision.done:
            if isinstance(done, Running):
                self._without.add(f"the action '{done.name}'")
            elif isinstance(done, Doing):
                self._apply(done.deed, line, room, person)

    def _apply(self, deed: Deed, line: Line, room: _Room, person: _Person) -> None:
        match deed:
            case Tag(add=add, remove=remove):
                person.tags = (person.tags | add) - remove
            case SetField(name=name, value=value):
                person.fields[name] = value
            case OptOut():
                person.opted_out, person.dialogue = True, None
            case OptIn():
                person.opted_out = False
            case HandOff():
                person.dialogue = None
                room.handed_until = line.at + HANDED_OFF

    def _give_up(self, person: _Person) -> None:
        """A menu or form comes to nothing."""
        if person.dialogue and person.last_said and (state := State.read(person.dialogue.state)):
            self._ran_out.append(RanOut(place=f"{state.rule}/{state.question}", line=person.last_said))
        person.dialogue = None


def _outcome(decision: Decision, person: _Person, left: str) -> Outcome:
    """What to call it. To be asked again is no answer."""
    if not (decision.rules or decision.done):
        return Outcome.UNANSWERED
    state = State.read(person.dialogue.state) if person.dialogue else None
    in_vain = _in_dialogue(decision) and (left or (state and state.tries))
    return Outcome.ASKED_AGAIN if in_vain else Outcome.ANSWERED


def _in_dialogue(decision: Decision) -> bool:
    """Whether the message was taken for an answer to a question."""
    return decision.step is not None and not decision.step.is_lost


def _chat_id(line: Line) -> str:
    """A person's chat id: his own where it is known, else one of the numbers that nobody has."""
    if "@" in line.who and "\n" not in line.who:
        return line.who
    try:
        return chat_of(line.name)
    except InvalidPhoneNumber:
        return f"1999{zlib.crc32(line.who.encode()) % 10_000_000:07}@c.us"
