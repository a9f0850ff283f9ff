"""What is tried: who says what, where, and what is to be known of him besides what is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ..engine import Arrival
from ..messages import Kind
from ..payloads import Contacts, Location, Payload, Person, Vote

#: The group in which it is said, and the message that it is about, where those are made up.
GROUP, ABOUT = "120363000000000000@g.us", "REHEARSED-ABOUT"
#: Whose id on WhatsApp the message itself has.
WA_ID = "REHEARSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One message, and who writes it."""

    text: str
    sender: str  #: his chat id
    is_made_up: bool = False  #: nobody is meant: then he has written before, unless he is to be new
    name: str = ""  #: that he gave himself
    at: datetime
    kind: Kind = Kind.TEXT
    in_group: bool = False
    votes: tuple[str, ...] = ()
    about_ours: bool = False  #: he quotes one of ours
    tags: frozenset[str] = frozenset()  #: besides those that he has
    fields: Mapping[str, str] = field(default_factory=dict)
    is_new: bool = False  #: nothing of his came before
    user: str = ""  #: whose customer he is: a user's name or id; empty for the connection's owner
    connection: str = ""  #: empty for the user's first

    @property
    def chat(self) -> str:
        """Where he writes."""
        return GROUP if self.in_group else self.sender

    def arrival(self) -> Arrival:
        """The message as a session would bring it. A file is said to be there, and is not fetched."""
        return Arrival(
            chat=self.chat,
            participant=self.sender if self.in_group else "",
            wa_id=WA_ID,
            kind=Kind.VOTE if self.votes else self.kind,
            text=self.text,
            payload=self._payload(),
            about=ABOUT if self.votes or self.about_ours else "",
            name=self.name,
            sent_at=self.at,
        )

    def _payload(self) -> Payload | None:
        if self.votes:
            return Vote(options=self.votes)
        if self.kind is Kind.LOCATION:
            return Location(latitude=0.0, longitude=0.0)
        if self.kind is Kind.CONTACT:
            return Contacts(people=(Person(name="Somebody", numbers=("+15551230002",)),))
        return None
