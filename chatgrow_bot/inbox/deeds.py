"""What a plugin does about a message besides answering it: carried out in the transaction that ends the
message's way in, so whole and once, or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ..consent import Said
from ..conversations import Desk, Opening, Turn
from ..messages import REMARKS, Inbound, Notice, Step
from ..responses import Deed, Expect, Finish, HandOff, MarkRead, Notify, OptIn, OptOut, SetField, Tag, Tally
from ..store import consent, conversations, customers, dialogues, journal, tallies
from ..store.customers import FIELDS, TAGS
from ..store.rows import Outgoing
from .wishes import Wishes


@dataclass(slots=True)
class Done:
    """What came of it."""

    steps: list[Step] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    answers: list[Outgoing] = field(default_factory=list)  #: to be sent besides the replies
    touched: set[str] = field(default_factory=set)  #: connections on which something ended
    is_read: bool = False  #: the chat is to be marked as read
    has_handed: bool = False  #: the chat is with a team now
    more: bool = False  #: of what is queued for the customer more is to end


@dataclass(frozen=True, slots=True)
class Doing:
    """Whose deeds they are, about what, and when."""

    message: Inbound
    by: str
    at: datetime
    day: str  #: for which its figures count, as 2026-12-31


class Deeds:
    """Carries them out, in their order."""

    def __init__(self, wishes: Wishes, desk: Desk) -> None:
        self._wishes = wishes
        self._desk = desk

    def carry_out(
        self, conn: Connection, doing: Doing, deeds: Sequence[Deed], replies: Sequence[Outgoing]
    ) -> Done:
        """Do all of them; `replies` are those that leave with them."""
        done = Done()
        for deed in deeds:
            match deed:
                case Tag():
                    _tag(conn, doing, deed, done)
                case SetField():
                    _set(conn, doing, deed, done)
                case OptOut():
                    self._opt_out(conn, doing, replies, done)
                case OptIn():
                    self._wishes.obey(conn, doing.message, False, source=_source(doing))
                case Notify():
                    journal.tell(conn, _notice(doing, deed), at=doing.at)
                case MarkRead():
                    done.is_read = True
                case Expect():
                    _expect(conn, doing, deed, done)
                case Finish():
                    dialogues.end(conn, doing.message)
                case HandOff():
                    self._hand_off(conn, doing, deed, done)
                case Tally():
                    tallies.add(conn, doing.message.tenant, doing.day, deed.what, deed.name)
        return done

    def _hand_off(self, conn: Connection, doing: Doing, deed: HandOff, done: Done) -> None:
        message, turn = doing.message, Turn(conn, doing.at, doing.message.id)
        crew = self._desk.teams.roster.crew(message.tenant, deed.team)
        if message.participant or crew is None:
            what = "a group" if message.participant else "a customer"
            refusal = f"{what} is not handed to the team '{deed.team}'"
            refusal += "" if message.participant else ", for there is none of that name"
            done.steps.append(Step(stage="deed", by=doing.by, result=refusal))
            done.faults.append(f"'{doing.by}' hands somebody off in vain: {refusal}")
            return
        held = conversations.open_in(conn, message.tenant, message.connection_id, message.chat)
        if held and deed.note:
            self._desk.note(turn, held, deed.note, deed.because or doing.by)
        if not held:
            opening = Opening(
                tenant=message.tenant,
                connection_id=message.connection_id,
                chat=message.chat,
                name=message.name,
                by=deed.because or doing.by,
                note=deed.note,
                because=deed.because,
                language=deed.language,
                message_id=message.id,
                wrote_at=message.received_at,
            )
            held = self._desk.open(turn, crew, opening)
            done.answers += turn.said
            done.has_handed = True
        talk = held.conversation
        told = f"conversation #{talk.number} of the team '{talk.team}'"
        done.steps.append(Step(stage="deed", by=doing.by, result=told))

    def _opt_out(self, conn: Connection, doing: Doing, replies: Sequence[Outgoing], done: Done) -> None:
        """As if he had said STOP. The first reply to him is what confirms it; any other to him ends."""
        message = doing.message
        his = consent.names(conn, message.tenant, message.sender)
        to_him = (row for row in replies if row.delivery.chat in his and row.delivery.kind not in REMARKS)
        reply = next(to_him, None)
        answer = reply or self._own_answer(conn, doing)
        heeded = self._wishes.obey(conn, message, True, source=_source(doing), answer=answer)
        if heeded.changed and answer and not reply:
            done.answers.append(answer)
        done.touched |= heeded.touched
        done.more = done.more or heeded.more

    def _own_answer(self, conn: Connection, doing: Doing) -> Outgoing | None:
        if doing.message.participant:  # nobody is written to for what he said in a group
            return None
        answer = self._wishes.answer(doing.message, Said(out=True, word=""))
        if answer is None or not self._wishes.may_say(conn, doing.message, answer, out=True):
            return None
        return replace(answer, delivery=replace(answer.delivery, because=f"plugin {doing.by}"))


def _source(doing: Doing) -> str:
    return f"plugin {doing.by}, message {doing.message.id}"


def _tag(conn: Connection, doing: Doing, deed: Tag, done: Done) -> None:
    who = (doing.message.tenant, doing.message.sender)
    if deed.remove:
        customers.untag(conn, *who, deed.remove, doing.at)
    if deed.add and (left_out := customers.tag(conn, *who, deed.add, doing.at)):
        _no_room(doing, done, f"{len(left_out)} of the tags", f"{TAGS} tags")


def _set(conn: Connection, doing: Doing, deed: SetField, done: Done) -> None:
    who = (doing.message.tenant, doing.message.sender)
    if not customers.set_field(conn, *who, deed.name, deed.value, doing.at):
        _no_room(doing, done, "a field", f"{FIELDS} fields")


def _expect(conn: Connection, doing: Doing, deed: Expect, done: Done) -> None:
    message = doing.message
    if consent.all_opted_out(conn, {(message.tenant, message.sender)}):
        refusal = "nothing is expected from somebody who wants nothing any more"
        done.steps.append(Step(stage="deed", by=doing.by, result=refusal))
        return
    dialogues.expect(conn, message, doing.by, deed, doing.at, doing.at + timedelta(seconds=deed.seconds))


def _no_room(doing: Doing, done: Done, what: str, most: str) -> None:
    refusal = f"{what} left out: a customer has {most} at most"
    done.steps.append(Step(stage="deed", by=doing.by, result=refusal))
    done.faults.append(f"'{doing.by}' keeps too much about a customer; {refusal}")


def _notice(doing: Doing, deed: Notify) -> Notice:
    message = doing.message
    return Notice(
        topic=deed.topic,
        note=deed.note,
        by=doing.by,
        because=deed.because,
        message_id=message.id,
        tenant=message.tenant,
        connection_id=message.connection_id,
        at=doing.at,
    )
