"""What a rule can do, ready to be done. An action with the message's values filled in is a `Done`: data only,
so that a rehearsal shows what the live plugin does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from chatgrow_bot.errors import BadInput
from chatgrow_bot.messages import FileNamed
from chatgrow_bot.payloads import Payload
from chatgrow_bot.responses import Deed, HandOff, MarkRead, Notify, OptIn, OptOut, SetField, Tag
from chatgrow_bot.safety.templates import Template

from .conditions.base import Place

#: What templates are filled with.
Values = Mapping[str, object]
#: Characters that are kept of a customer's field.
_FIELD = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """A message that is sent."""

    text: str = ""
    file: FileNamed | None = None
    payload: Payload | None = None
    quoted: bool = False
    to: str = ""  #: a chat id; empty for the customer's own chat
    connection: str | None = None
    after: timedelta = timedelta()  #: so much later

    def __str__(self) -> str:
        what = self.text or (f"({type(self.payload).__name__.lower()})" if self.payload else "")
        file = f"[{self.file.url or self.file.path}] " if self.file else ""
        return f"{file}{what}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reacting:
    """An emoji on the customer's message."""

    emoji: str
    after: timedelta = timedelta()

    def __str__(self) -> str:
        return f"react {self.emoji}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """A deed of the core's."""

    deed: Deed

    def __str__(self) -> str:
        match self.deed:
            case Tag(add=add, remove=remove):
                words = [*(f"tag {tag}" for tag in sorted(add)), *(f"untag {tag}" for tag in sorted(remove))]
                return ", ".join(words)
            case SetField(name=name, value=value):
                return f"set {name}: {value}" if value else f"forget {name}"
            case Notify(topic=topic):
                return f"notify {topic}"
            case MarkRead():
                return "mark read"
            case OptOut():
                return "opt out"
            case OptIn():
                return "opt in"
            case HandOff(team=team, note=note):
                return f"hand off to {team}: {note}" if note else f"hand off to {team}"
            case _:  # what a dialogue brings about beside what is done
                return type(self.deed).__name__.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Calling:
    """A web address that is called."""

    url: str
    headers: Mapping[str, str]
    data: Mapping[str, str]

    def __str__(self) -> str:
        return f"call {self.url}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """An action of another plugin."""

    name: str
    value: Any

    def __str__(self) -> str:
        return f"run {self.name}"


#: What came of an action.
Done = Saying | Reacting | Doing | Calling | Running


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """What actions are filled with, and for whom."""

    values: Values
    locale: str
    chance: int
    because: str  #: the rule's place and name
    after: timedelta = timedelta()


class Action(Protocol):
    """One thing that a rule does."""

    @property
    def place(self) -> Place:
        """Where it stands."""
        ...

    @property
    def templates(self) -> Sequence[Template]:
        """All that is filled in."""
        ...

    def fill(self, filling: Filling) -> Sequence[Done]:
        """What is done about a message. Raises BadInput when it cannot be written."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Send a message: to the customer, or to somebody else."""

    place: Place
    templates: tuple[Template, ...] = ()  #: variants, of which one is chosen
    file: FileNamed | None = None
    payload: Payload | None = None
    quoted: bool = False
    to: str = ""
    connection: str | None = None

    def fill(self, filling: Filling) -> Sequence[Done]:
        """The message. Raises BadInput for one without words that has nothing else."""
        text = ""
        if self.templates:
            chosen = self.templates[filling.chance % len(self.templates)]
            text = chosen.render(filling.values, locale=filling.locale)
        if not text.strip() and not self.file and not self.payload:
            raise BadInput("it is empty for this message")
        return [
            Saying(
                text=text if text.strip() else "",
                file=self.file,
                payload=self.payload,
                quoted=self.quoted,
                to=self.to,
                connection=self.connection,
                after=filling.after,
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class React:
    """Put an emoji on the message."""

    place: Place
    emoji: str
    templates: tuple[Template, ...] = ()

    def fill(self, filling: Filling) -> Sequence[Done]:
        """The emoji."""
        return [Reacting(emoji=self.emoji, after=filling.after)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Do:
    """A deed that is the same for every message."""

    place: Place
    deed: Deed
    templates: tuple[Template, ...] = ()

    def fill(self, filling: Filling) -> Sequence[Done]:
        """The deed. A notice tells which rule made it."""
        if isinstance(self.deed, Notify):
            notice = Notify(topic=self.deed.topic, note=self.deed.note, because=filling.because)
            return [Doing(deed=notice)]
        return [Doing(deed=self.deed)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Keep fields about the customer; without a template, forget one."""

    place: Place
    fields: Mapping[str, Template | None]

    @property
    def templates(self) -> Sequence[Template]:
        """Those of the values."""
        return [template for template in self.fields.values() if template]

    def fill(self, filling: Filling) -> Sequence[Done]:
        """Each field with its value."""
        done: list[Done] = []
        for name, template in self.fields.items():
            value = template.render(filling.values, locale=filling.locale).strip() if template else ""
            done.append(Doing(deed=SetField(name=name, value=value[:_FIELD])))
        return done


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """What follows leaves later."""

    place: Place
    seconds: float
    templates: tuple[Template, ...] = ()

    def fill(self, filling: Filling) -> Sequence[Done]:
        """Nothing by itself."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GoTo:
    """Do what another rule does."""

    place: Place
    rule: str
    templates: tuple[Template, ...] = ()

    def fill(self, filling: Filling) -> Sequence[Done]:
        """Nothing by itself: `decide` follows it."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallUrl:
    """Call a web address with JSON."""

    place: Place
    url: str
    headers: Mapping[str, str]
    data: Mapping[str, Template]

    @property
    def templates(self) -> Sequence[Template]:
        """Those of the data."""
        return list(self.data.values())

    def fill(self, filling: Filling) -> Sequence[Done]:
        """The call."""
        data = {
            key: template.render(filling.values, locale=filling.locale) for key, template in self.data.items()
        }
        return [Calling(url=self.url, headers=self.headers, data=data)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """An action of another plugin."""

    place: Place
    name: str
    value: Any
    templates: tuple[Template, ...] = ()

    def fill(self, filling: Filling) -> Sequence[Done]:
        """What it is given."""
        return [Running(name=self.name, value=self.value)]
