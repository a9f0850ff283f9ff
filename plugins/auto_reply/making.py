"""From the entries of a rule file to conditions and actions, each with its place. What only shows when an
entry is seen with its surroundings (a rule's captures, the file's hours, other plugins) is told here."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from chatgrow_bot.config import At, Document, Position, Problem, did_you_mean
from chatgrow_bot.errors import BadInput
from chatgrow_bot.hours import BusinessHours
from chatgrow_bot.messages import FILES, FileNamed, Kind
from chatgrow_bot.payloads import Contacts, Location, Payload, Person, Poll
from chatgrow_bot.responses import Deed, MarkRead, Notify, OptIn, OptOut, Tag
from chatgrow_bot.safety.templates import Template

from . import conditions as asks
from .actions import Action, CallUrl, Do, GoTo, Keep, React, Run, Say, Wait
from .conditions import Condition, Place, Question
from .dialogues.making import talking
from .folding import folded
from .language.asking import HandOffEntry
from .language.saying import SayEntry, SendEntry
from .language.then import AskEntry, MenuEntry, ThenEntry
from .language.when import FieldEntry, TextEntry, WhenEntry
from .parts import Parts

_MARKS: Mapping[str, Deed] = {"markRead": MarkRead(), "optOut": OptOut(), "optIn": OptIn()}


@dataclass(slots=True, kw_only=True)
class Making:
    """One file, while rules are made of it."""

    document: Document
    hours: BusinessHours | None
    parts: Parts
    known: Collection[str] = ()  #: what templates of the rule at hand may name
    unsure: frozenset[str] = frozenset()  #: of it, what may be missing: only with a default
    problems: list[Problem] = field(default_factory=list)
    language: str = ""  #: the file's first, if it names one
    languages: dict[str, None] = field(default_factory=dict)  #: that are asked about, in order

    def place(self, at: At) -> Place:
        """Where something stands."""
        return Place(path=".".join(map(str, at)), position=self.document.position(at))

    def value_position(self, *ways: At) -> Position:
        """Where a value stands that is written in one of these ways."""
        found = self.document.value_positions
        return next((found[at] for at in ways if at in found), self.document.position(ways[-1]))

    def wrong(self, at: At, message: str, hint: str = "") -> None:
        """Tell that something is wrong there."""
        self.problems.append(Problem(self.document.position(at), message, hint))

    # Conditions

    def conditions(self, entry: WhenEntry, at: At) -> Iterator[Condition]:
        """What a group asks, the words first: they are looked up, and most rules fail at them."""
        if entry.text:
            yield from self._text(entry.text, (*at, "text"))
        for part, key in ((entry.and_, "and"), (entry.or_, "or")):
            if part:
                parts = tuple(self.all_of(each, (*at, key, n)) for n, each in enumerate(part))
                kind = asks.Every if key == "and" else asks.Either
                yield kind(place=self.place((*at, key)), parts=parts)
        if entry.not_:
            yield asks.Not(place=self.place((*at, "not")), part=self.all_of(entry.not_, (*at, "not")))
        yield from self._about(entry, at)
        yield from self._customer(entry, at)

    def all_of(self, entry: WhenEntry, at: At) -> Condition:
        """A group as one condition."""
        parts = tuple(self.conditions(entry, at))
        return parts[0] if len(parts) == 1 else asks.Every(place=self.place(at), parts=parts)

    def _text(self, text: TextEntry, at: At) -> Iterator[Condition]:
        if text.exact:
            yield asks.ExactPhrase(place=self.place((*at, "exact")), phrases=text.exact)
        if text.starts:
            yield asks.StartPhrase(place=self.place((*at, "starts")), phrases=text.starts)
        if text.any:
            yield asks.AnyPhrase(place=self.place((*at, "any")), phrases=text.any)
        if text.all:
            yield asks.AllPhrases(place=self.place((*at, "all")), phrases=text.all)
        if text.pattern:
            yield asks.AnyPattern(place=self.place((*at, "pattern")), patterns=text.pattern)
        if text.fuzzy:
            yield asks.FuzzyPhrase(place=self.place((*at, "fuzzy")), phrases=text.fuzzy)

    def _about(self, entry: WhenEntry, at: At) -> Iterator[Condition]:
        """What is asked of the message."""
        if entry.media:
            yield asks.Carries(place=self.place((*at, "media")), kinds=_kinds(entry.media))
        if entry.poll:
            options = frozenset(folded(each) or each for each in entry.poll)
            yield asks.VotedFor(place=self.place((*at, "poll")), options=options)
        if entry.language:
            self.languages.update(dict.fromkeys(entry.language))
            yield asks.LanguageIs(place=self.place((*at, "language")), languages=entry.language)
        if entry.connection:
            yield asks.OnConnection(place=self.place((*at, "connection")), connections=entry.connection)
        if entry.chat:
            nobody = frozenset[str]()
            private, groups = (None, nobody) if entry.chat == "private" else (nobody, None)
            yield asks.ChatIs(place=self.place((*at, "chat")), private=private, groups=groups)
        if entry.reply_to_us is not None:
            yield asks.RepliesToUs(place=self.place((*at, "replyToUs")), wanted=entry.reply_to_us)
        if entry.hours:
            yield from self._hours(entry.hours, (*at, "hours"))
        for name, value in (entry.run or {}).items():
            yield from self._plugin_says(name, value, (*at, "run", name))

    def _hours(self, wanted: str, at: At) -> Iterator[Condition]:
        if self.hours is None:
            self.wrong(at, "the file does not say when the business is open", "write `hours:` at its top")
            return
        yield asks.WithinHours(place=self.place(at), hours=self.hours, open=wanted == "open")

    def _plugin_says(self, name: str, value: Any, at: At) -> Iterator[Condition]:
        checked = self._known(self.parts.conditions, "condition", name, value, at)
        if checked is not _UNKNOWN:
            place = self.place(at)
            yield asks.PluginSays(place=place, name=name, question=Question(name, checked))

    def _customer(self, entry: WhenEntry, at: At) -> Iterator[Condition]:
        """What is asked of the customer."""
        if entry.sender:
            yield asks.SentBy(place=self.place((*at, "sender")), people=frozenset(entry.sender))
        if entry.first_contact is not None:
            yield asks.FirstContact(place=self.place((*at, "firstContact")), wanted=entry.first_contact)
        if entry.tag:
            yield asks.Tagged(place=self.place((*at, "tag")), tags=entry.tag)
        for name, wanted in (entry.field or {}).items():
            place = self.place((*at, "field", name))
            if isinstance(wanted, FieldEntry):
                yield asks.FieldIs(place=place, name=name, is_set=wanted.is_set)
            else:
                values = frozenset(folded(each) or each for each in wanted)
                yield asks.FieldIs(place=place, name=name, values=values)
        if silence := entry.since_last:
            yield asks.SinceLast(
                place=self.place((*at, "sinceLast")), over=_span(silence.over), under=_span(silence.under)
            )

    # Actions

    def actions(self, entries: Iterable[ThenEntry], at: At) -> tuple[Action, ...]:
        """What a list of entries does. A single entry may stand without its list."""
        is_list = isinstance(self.document.value(at), list)
        return tuple(
            action
            for number, entry in enumerate(entries)
            for action in self._action(entry, (*at, number) if is_list else at)
        )

    def reply(self, entry: SayEntry, at: At) -> Action:
        """The action that `reply:` stands for."""
        return self._say(entry, at)

    def _action(self, entry: ThenEntry, at: At) -> Iterator[Action]:
        at = (*at, entry.name)
        place = self.place(at)
        match entry:
            case ThenEntry(reply=SayEntry() as said):
                yield self._say(said, at)
            case ThenEntry(send=SendEntry() as sent):
                yield self._say(sent, at)
            case ThenEntry(react=str(emoji)):
                yield React(place=place, emoji=emoji)
            case ThenEntry(wait=float(seconds)):
                yield Wait(place=place, seconds=seconds)
            case ThenEntry(tag=tuple(tags)):
                yield Do(place=place, deed=Tag(add=frozenset(tags)))
            case ThenEntry(untag=tuple(tags)):
                yield Do(place=place, deed=Tag(remove=frozenset(tags)))
            case ThenEntry(set=dict(fields)):
                for name, template in fields.items():
                    self.filled(template, (*at, name))
                yield Keep(place=place, fields=fields)
            case ThenEntry(goto=str(rule)):
                yield GoTo(place=place, rule=rule)
            case ThenEntry(notify=notice) if notice:
                yield Do(place=place, deed=Notify(topic=notice.topic, note=notice.note))
            case ThenEntry(webhook=call) if call:
                for name, template in call.data.items():
                    self.filled(template, (*at, "data", name))
                yield CallUrl(place=place, url=call.url, headers=call.headers, data=call.data)
            case ThenEntry(menu=MenuEntry()) | ThenEntry(ask=AskEntry()) | ThenEntry(hand_off=HandOffEntry()):
                yield talking(self, entry, at)
            case ThenEntry(run=dict(run)):
                [(name, value)] = run.items()
                checked = self._known(self.parts.actions, "action", name, value, (*at, name))
                if checked is not _UNKNOWN:
                    yield Run(place=place, name=name, value=checked)
            case _:
                yield Do(place=place, deed=_MARKS[entry.name])

    def _say(self, entry: SayEntry, at: At) -> Say:
        self.filled(entry.text, (*at, "text") if isinstance(self.document.value(at), dict) else at)
        for number, template in enumerate(entry.variants):
            self.filled(template, (*at, "variants", number))
        to, connection = (entry.to, entry.connection) if isinstance(entry, SendEntry) else ("", None)
        return Say(
            place=self.place(at),
            templates=entry.variants or ((entry.text,) if entry.text else ()),
            file=self._file(entry, (*at, "media")),
            payload=_payload(entry),
            quoted=entry.quoted,
            to=to,
            connection=connection,
        )

    def _file(self, entry: SayEntry, at: At) -> FileNamed | None:
        media = entry.media
        if media is None:
            return None
        kind = Kind(media.as_) if media.as_ else None
        if media.url:
            return FileNamed(url=media.url, kind=kind, filename=media.filename)
        path = self.document.root / (media.path or "")
        if not _is_file(path):
            hint = "put it into one of the folders of `allowedMediaRoots` in chatgrow.yaml"
            self.wrong(at, f"there is no file '{media.path}'", hint)
        return FileNamed(path=str(path), kind=kind, filename=media.filename)

    def filled(self, template: Template | None, at: At) -> None:
        """Tell of a field that no message fills in."""
        if template is None:
            return
        said, hint = "", ""
        try:
            Template(template.text, known=self.known)
        except BadInput as error:
            said = error.detail
        if not said and (missing := sorted(template.required & self.unsure)):
            said = f"'{missing[0]}' is not found by every part of `when`"
            hint = f'write {{{{ {missing[0]} | default("...") }}}}'
        if said:
            position = self.document.value_positions.get(at) or self.document.position(at)
            self.problems.append(Problem(position, said, hint))

    def _known(self, among: Mapping[str, Any], what: str, name: str, value: Any, at: At) -> Any:
        """The value as the other plugin wants it; _UNKNOWN once it was told what is wrong."""
        found = among.get(name)
        if found is None:
            near = did_you_mean(name, among)
            listed = f"plugins bring: {', '.join(sorted(among))}" if among else "no plugin brings any"
            self.wrong(at, f"there is no {what} '{name}'{near}", "" if near else listed)
            return _UNKNOWN
        try:
            return found.check(value)
        except ValueError as error:
            self.wrong(at, str(error))
            return _UNKNOWN


_UNKNOWN: Any = object()


def _kinds(media: Collection[str]) -> frozenset[Kind]:
    if "any" in media:
        return FILES
    return frozenset({Kind.TEXT}) if "none" in media else frozenset(Kind(each) for each in media)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is far too long, a folder that may not be entered
        return False


def _span(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _payload(entry: SayEntry) -> Payload | None:
    if place := entry.location:
        return Location(
            latitude=place.latitude, longitude=place.longitude, name=place.name, address=place.address
        )
    if card := entry.contact:
        numbers = tuple(f"+{chat.partition('@')[0]}" for chat in card.number)
        return Contacts(people=(Person(name=card.name, numbers=numbers),))
    if poll := entry.poll:
        return Poll(question=poll.question, options=poll.options, choices=poll.choices)
    return None
