"""What a message fills into replies: the fields that every rule may use, and what its patterns found."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from chatgrow_bot.addresses import phone_of
from chatgrow_bot.hours import BusinessHours
from chatgrow_bot.safety.patterns import MAX_TEXT

from .actions import Filling
from .conditions.base import Subject

#: Fields that every reply may use; what the rule's patterns capture comes on top, and wins.
FIELDS = ("name", "text", "phone", "time", "date", "tags", "opens", "closes", "field.*", "answer.*")


class Filled(Protocol):
    """The part of a rule that its fields hang on."""

    @property
    def locale(self) -> str:
        """How dates and amounts are written."""
        ...

    @property
    def hours(self) -> BusinessHours | None:
        """When its business is open."""
        ...


def filling_of(
    rule: Filled, subject: Subject, captures: Mapping[str, str], answers: Mapping[str, str] | None = None
) -> Filling:
    """What the actions of a rule are filled with."""
    found = {"answer": {}, **captures, **({"answer": answers} if answers else {})}
    return Filling(
        values=_Values(rule.hours, subject, found),
        locale=rule.locale,
        chance=subject.facts.chance,
        because=str(rule),
    )


class _Values(dict[str, object]):
    """What FIELDS lists. When the business opens and closes is looked for only when a reply says it."""

    def __init__(self, hours: BusinessHours | None, subject: Subject, captures: Mapping[str, object]) -> None:
        message, customer, now = subject.message, subject.customer, subject.facts.now
        self._hours, self._now = hours, now.astimezone(hours.zone) if hours else now
        super().__init__(
            name=message.name,
            text=message.text[:MAX_TEXT],
            phone=phone_of(message.sender) or "",
            time=f"{self._now:%H:%M}",
            date=f"{self._now:%Y-%m-%d}",
            tags=", ".join(sorted(customer.tags)),
            field=_Known(customer.fields),
        )
        self.update(captures)

    def get(self, name: str, default: object = None) -> object:
        """The field; `default` for one that does not exist."""
        if name in self or name not in ("opens", "closes"):
            return super().get(name, default)
        return self._hour(name)

    def _hour(self, name: str) -> datetime | None:
        if self._hours is None:
            return None
        return self._hours.next_open(self._now) if name == "opens" else self._hours.next_close(self._now)


class _Known(dict[str, object]):
    """Fields of a customer: one that is not known is empty, and no mistake of the rule."""

    def get(self, name: str, default: object = None) -> object:
        """The field; None when it is not known."""
        return super().get(name)
