"""From the entries of menus and questions to what is asked."""

from collections.abc import Iterable
from typing import Protocol

from chatgrow_bot.config import At, Position
from chatgrow_bot.hours import BusinessHours
from chatgrow_bot.messages import FILES, Kind
from chatgrow_bot.safety.templates import Template

from ..actions import Action, GoTo
from ..conditions.base import Place
from ..conditions.text import Phrase
from ..language.asking import HandOffEntry
from ..language.then import AskEntry, MenuEntry, OptionEntry, QuestionEntry, ThenEntry
from .answers import Email, File, Number, Phone, Whereabouts, Words
from .asking import Answers, Asks
from .choosing import OneOf, Option
from .days import Day
from .handing import Hand

#: The name of a menu that has none.
MENU = "menu"


class Maker(Protocol):
    """What makes one file's rules of their entries."""

    @property
    def hours(self) -> BusinessHours | None:
        """The file's."""
        ...

    @property
    def language(self) -> str:
        """The file's first, if it names one."""
        ...

    def place(self, at: At) -> Place:
        """Where something stands."""
        ...

    def value_position(self, *ways: At) -> Position:
        """Where a value stands that is written in one of these ways."""
        ...

    def wrong(self, at: At, message: str, hint: str = "") -> None:
        """Tell that something is wrong there."""
        ...

    def filled(self, template: Template | None, at: At) -> None:
        """Tell of a field that no message fills in."""
        ...

    def actions(self, entries: Iterable[ThenEntry], at: At) -> tuple[Action, ...]:
        """What a list of entries does."""
        ...


def talking(making: Maker, entry: ThenEntry, at: At) -> Asks | Hand:
    """What one of `menu`, `ask` and `handOff` says."""
    if entry.menu:
        return _menu(making, entry.menu, at)
    if entry.ask:
        return _asked(making, entry.ask, at)
    return _handed(making, entry.hand_off, at)


def _handed(making: Maker, entry: HandOffEntry | None, at: At) -> Hand:
    team, note = (entry.team, entry.note) if entry else ("", None)
    making.filled(note, (*at, "note"))
    named_at = making.value_position((*at, "team"), at)
    return Hand(place=making.place(at), team=team, named_at=named_at, note=note, language=making.language)


def _asked(making: Maker, entry: AskEntry, at: At) -> Asks:
    return _question(making, entry, at, name=entry.into, answers=_kind(making, entry, at))


def _menu(making: Maker, entry: MenuEntry, at: At) -> Asks:
    options = tuple(
        Option(say=each.say.written, phrases=(each.say, *(each.words or ()))) for each in entry.options
    )
    _tell_apart(making, options, (*at, "options"))
    ways = {
        each.say.written: _way(making, each, (*at, "options", number))
        for number, each in enumerate(entry.options)
    }
    name = entry.into or MENU
    return _question(
        making, entry, at, name=name, answers=OneOf(options=options), into=bool(entry.into), ways=ways
    )


def _question(
    making: Maker,
    entry: QuestionEntry,
    at: At,
    *,
    name: str,
    answers: Answers,
    into: bool = True,
    ways: dict[str, tuple[Action, ...]] | None = None,
) -> Asks:
    for template, key in ((entry.text, "text"), (entry.again, "again")):
        making.filled(template, (*at, key))
    farewell = True if entry.farewell is None else entry.farewell
    if not isinstance(farewell, bool):
        making.filled(farewell, (*at, "farewell"))
    if entry.keep and not into:
        making.wrong((*at, "keep"), "the menu has no name to keep the answer under", "write `into: ...`")
    return Asks(
        place=making.place(at),
        name=name,
        text=entry.text,
        answers=answers,
        into=into,
        keep=entry.keep,
        ways=ways or {},
        wrong=entry.again,
        tries=entry.tries,
        otherwise=making.actions(entry.otherwise or (), (*at, "otherwise")),
        expires=entry.expires,
        farewell=farewell,
    )


def _way(making: Maker, option: OptionEntry, at: At) -> tuple[Action, ...]:
    if option.goto:
        return (GoTo(place=making.place((*at, "goto")), rule=option.goto),)
    return making.actions(option.then or (), (*at, "then"))


def _kind(making: Maker, entry: AskEntry, at: At) -> Answers:
    if number := entry.number:
        return Number(whole=number.whole, low=number.from_, high=number.to)
    if day := entry.date:
        country = making.hours.country if making.hours else None
        american = bool(country) and str(country).partition("-")[0] == "US"
        month_first = american if day.month_first is None else day.month_first
        return Day(low=day.from_, high=day.to, month_first=month_first)
    if entry.phone:
        return Phone(country=entry.phone.country)
    if entry.email:
        return Email()
    if entry.choice:
        options = tuple(Option(say=each.written, phrases=(each,)) for each in entry.choice)
        _tell_apart(making, options, (*at, "choice"))
        return OneOf(options=options)
    if entry.location:
        return Whereabouts()
    if entry.media:
        kinds = FILES if "any" in entry.media else frozenset(Kind(each) for each in entry.media)
        return File(kinds=kinds)
    words = entry.words
    return Words(least=words.min, most=words.max, patterns=words.pattern or ()) if words else Words(most=500)


def _tell_apart(making: Maker, options: tuple[Option, ...], at: At) -> None:
    """Tell of words that stand for two options."""
    seen: dict[str, Phrase] = {}
    for number, option in enumerate(options):
        for phrase in option.phrases:
            if phrase.folded in seen:
                making.wrong((*at, number), f"{phrase} stands for two options", "give each words of its own")
        seen |= {phrase.folded: phrase for phrase in option.phrases}
