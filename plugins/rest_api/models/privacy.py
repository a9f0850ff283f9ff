"""What privacy law gives to a person."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from .base import Answer, Flag, Query


class PersonAsked(Query):
    """In whose data he is looked for; in the caller's own if nothing is said."""

    user: str = Field(default="", max_length=64, description="a user's, by his name: for admins")
    everyone: Flag = Field(default=False, description="every user's: for admins")


class ExportAsked(PersonAsked):
    """The same, and how it is handed over."""

    format: Literal["json", "zip"] = Field(
        default="json", description="`zip`: with the files of his messages, under `files/` by their SHA-256"
    )


class UserKept(Answer):
    """What one user keeps of a person."""

    user_id: str
    user: str = Field(description="his name", examples=["shop"])
    kept: dict[str, list[object]] = Field(
        description="rows by what they are: `messagesIn`, `messagesOut`, `bulkRows`, `customer`, `consent`, "
        "`consentLedger`, `contactMap`, `events`, `pluginValues`, plugins' own; what is not there is left out"
    )


class PersonExported(Answer):
    """All that is kept of a person."""

    format: Literal["chatgrow-person/1"]
    exported_at: datetime
    person: str = Field(description="his chat id, as he was asked for", examples=["14155550123@c.us"])
    users: list[UserKept]


class PersonErased(Answer):
    """What was erased. Repeat it whenever it broke off: it goes on."""

    counts: dict[str, int] = Field(description="how much of what", examples=[{"messagesIn": 3, "files": 1}])
    suppressed: bool = Field(
        description="he had opted out: a hash stays by which nobody can write to him until he says START"
    )
    copies_until: datetime | None = Field(
        description="until then regular copies of the database still have him; null: none are made"
    )
