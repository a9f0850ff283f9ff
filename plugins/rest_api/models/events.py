"""The stream of events, and what may be asked of it."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from chatgrow_bot.hub import EventType, position_of

from .base import Query

_WORDS = ", ".join(EventType)


def _types(value: Any) -> Any:
    """Several words with commas between them."""
    try:
        return frozenset(EventType(word) for word in str(value).split(","))
    except ValueError as error:
        raise ValueError(f"Write one or more of {_WORDS}, with commas between them") from error


def _place(value: Any) -> int:
    position = position_of(str(value))
    if position is None:
        raise ValueError("Give the id of an event, as it was told")
    return position


_Types = Annotated[
    frozenset[EventType],
    BeforeValidator(_types),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^({'|'.join(EventType)})(,({'|'.join(EventType)}))*$".replace(".", "[.]"),
        }
    ),
]
_Place = Annotated[
    int,
    BeforeValidator(_place),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,18}-[0-9a-f]*$"}),
]


class EventsAsked(Query):
    """Which events."""

    types: _Types | None = Field(
        default=None,
        description=f"of {_WORDS}: those that are wanted, with commas between them; by default all",
        examples=["message.received,message.status"],
    )
    connection_id: str | None = Field(
        default=None, min_length=1, max_length=64, description="of this connection only", examples=["shop"]
    )
    after: _Place | None = Field(
        default=None,
        description="the id of an event, for clients that cannot send Last-Event-ID: those after it follow",
        examples=["4711-18f2a6b3c40"],
    )
