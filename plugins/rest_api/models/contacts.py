"""The people of a connection."""

from datetime import datetime

from pydantic import Field

from .base import Answer, Query
from .listing import MOST


class ContactsAsked(Query):
    """Which of them, in the order of their chat ids."""

    after: str = Field(default="", max_length=64, description="`next` of the page before; else the first")
    limit: int = Field(default=50, ge=1, le=MOST, description="at most so many")


class ContactShown(Answer):
    """Somebody with whom a connection has written."""

    chat: str = Field(examples=["14155550123@c.us"])
    number: str | None = Field(description="where it is known", examples=["+14155550123"])
    name: str = Field(description="that he gave himself lately; no proof of who it is", examples=["Dana"])
    last_inbound_at: datetime | None = Field(description="when he last wrote")
    last_outbound_at: datetime | None = Field(
        description="when a message to him was last accepted, however far it came"
    )
    opted_out: bool = Field(description="he wants nothing from you, and gets nothing")


class ContactList(Answer):
    """A page of contacts."""

    contacts: list[ContactShown]
    next: str | None = Field(description="give it as `after` for the next page; null after the last")
