"""Teams of people who talk with customers: who they are, when they are there, how conversations come to
them, and what customers are told."""

import re
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    Strict,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)

from ..addresses import GROUP, chat_of
from ..errors import InvalidPhoneNumber
from .names import did_you_mean
from .opening import HoursEntry
from .plugins import Tenants
from .values import Count, Flag, Seconds, Section

#: Who speaks from the linked phone itself: nobody who is written down may be called so.
PHONE = "phone"
#: What a text may hold between {{ and }}.
WORDS = ("agent", "team", "opens")

_DAY = 86_400
_NAME = r"[a-z][a-z0-9_-]{0,31}"
_LANGUAGE = r"[a-z]{2,3}"
_FILLED = re.compile(r"\{\{(.*?)\}\}")


class Giving(StrEnum):
    """How a team's conversations come to its members."""

    ROUND_ROBIN = "roundRobin"  #: one after the other
    LEAST_BUSY = "leastBusy"  #: to who has the fewest
    STICKY = "sticky"  #: to who had the customer last, else one after the other
    BY_HAND = "byHand"  #: they take them themselves


def _named(name: str) -> str:
    if not re.fullmatch(_NAME, name):
        raise ValueError(f"'{name}' cannot be used; write small letters, digits, _ and -, a letter first")
    return name


def _agent(name: str) -> str:
    if _named(name) == PHONE:
        raise ValueError(f"'{PHONE}' is who writes from the linked phone itself; choose another name")
    return name


def _chat(number: Any) -> Any:
    if not isinstance(number, str):
        raise ValueError('write the number in quotes, as "+972541112233"')  # noqa: TRY004  pydantic wants it
    try:
        chat = chat_of(number)
    except InvalidPhoneNumber as error:
        raise ValueError(error.detail) from error
    if chat.endswith(GROUP):
        raise ValueError("it is a group; write the number of a person")
    return chat


def _filled(text: str) -> str:
    for name in (each.strip() for each in _FILLED.findall(text)):
        if name not in WORDS:
            raise ValueError(
                f"there is no '{name}' to fill in{did_you_mean(name, WORDS)}: {', '.join(WORDS)}"
            )
    return text


def _texts(value: Any) -> Any:
    if isinstance(value, bool):
        return {} if value else None
    return {"": value} if isinstance(value, str) else value


def _is_agent(name: str, info: ValidationInfo) -> str:
    return _known(name, info, "agents", "agent")


def _is_team(name: str, info: ValidationInfo) -> str:
    return _known(name, info, "teams", "team")


def _known(name: str, info: ValidationInfo, section: str, what: str) -> str:
    """A name, if the file has it."""
    file = (info.context or {}).get("file")
    known = list(found) if isinstance(file, dict) and isinstance(found := file.get(section), dict) else []
    if isinstance(file, dict) and name not in known:
        raise ValueError(f"there is no {what} '{name}'{did_you_mean(name, known)}")
    return name


def _once(members: tuple[str, ...]) -> tuple[str, ...]:
    if twice := next((name for name in members if members.count(name) > 1), None):
        raise ValueError(f"'{twice}' stands in it twice")
    return members


_TEXT = {"type": "string", "minLength": 1, "maxLength": 1000}
_BY_LANGUAGE = {
    "type": "object",
    "propertyNames": {"pattern": f"^{_LANGUAGE}$"},
    "additionalProperties": _TEXT,
}
AgentName = Annotated[str, AfterValidator(_agent)]
TeamName = Annotated[str, AfterValidator(_named)]
_Said = Annotated[str, Strict(), StringConstraints(min_length=1, max_length=1000), AfterValidator(_filled)]
_Language = Annotated[str, Strict(), StringConstraints(pattern=f"^({_LANGUAGE})?$")]
#: Texts by language, which go over ours; one for all of them stands under ''. None says nothing.
Texts = Annotated[
    dict[_Language, _Said] | None,
    BeforeValidator(_texts),
    PlainSerializer(lambda texts: texts or texts is not None, when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, _TEXT, _BY_LANGUAGE]}),
]
_Number = Annotated[str, BeforeValidator(_chat), WithJsonSchema({"type": "string"})]
_Member = Annotated[str, AfterValidator(_is_agent)]
_Short = Annotated[str, Strict(), StringConstraints(min_length=1, max_length=100)]


class AgentEntry(Section):
    """A person who talks with customers."""

    name: _Short = Field(description="What customers and colleagues see.")
    whatsapp: _Number | None = Field(
        default=None, description="His own number, in quotes: there he gets and answers his conversations."
    )
    user: _Short | None = Field(default=None, description="His name as a user of the hub.")
    fronts: dict[_Short, _Short] = Field(
        default={}, description="Who he is elsewhere, by the name of the plugin that leads there."
    )


class TeamTexts(Section):
    """What a team's customers are told: a text, or texts by language, in place of ours in ten languages;
    `false` says nothing. `{{ agent }}`, `{{ team }}` and `{{ opens }}` are filled in."""

    waiting: Texts = Field(default={}, description="Somebody will answer soon.")
    closed: Texts = Field(default={}, description="The team is closed; somebody answers once it opens.")
    taken: Texts = Field(default={}, description="Who talks with him now.")
    ended: Texts = Field(default={}, description="The conversation is over; the bot answers again.")
    rating: Texts = Field(default={}, description="How was it, from 1 to 5?")
    thanks: Texts = Field(default={}, description="Thanks for the rating.")


class TeamEntry(Section):
    """People to whom customers are handed."""

    title: _Short | None = Field(default=None, description="What customers see; its name if left out.")
    tenants: Tenants = Field(
        default="default",
        description="Whose customers: `default` (the admins' own), `all`, or a list of user names.",
    )
    members: Annotated[tuple[_Member, ...], AfterValidator(_once)] = Field(
        default=(), description="Its people, by their names under `agents`."
    )
    hours: HoursEntry | None = Field(default=None, description="When it is there; always if left out.")
    give: Giving = Field(
        default=Giving.ROUND_ROBIN,
        description="How conversations come to its people: one after the other, to who has the fewest, to "
        "who had the customer last, or they take them by hand.",
    )
    most: Count = Field(
        default=5, ge=1, le=1000, description="Conversations that one of them is given at a time, at most."
    )
    answer_within: Seconds | None = Field(
        default=None,
        ge=10,
        le=30 * _DAY,
        description="Time to answer, of opening hours; then it goes to `escalateTo`. No limit if left out.",
    )
    escalate_to: Annotated[str, AfterValidator(_is_team)] | None = Field(
        default=None,
        description="The team that gets what was not answered; if left out, somebody else of this one, and "
        "it is told as a fault.",
    )
    close_after: Seconds | None = Field(
        default=12 * 3600.0,
        ge=60,
        le=366 * _DAY,
        description="A conversation in which nobody wrote for so long is closed; one that waits, after so "
        "much of opening hours. `null`: never.",
    )
    rating: Flag = Field(default=False, description="Whether the customer is asked, at the end, how it was.")
    texts: TeamTexts = Field(default=TeamTexts(), description="What customers are told.")
