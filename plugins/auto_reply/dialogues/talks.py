"""A talk from a rule file, played in virtual time: what was asked and done before is there when the customer
writes next, as it would be."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from chatgrow_bot.responses import Customer, Dialogue, HandOff, SetField, Tag

from ..actions import Doing
from ..book import Book, Decision
from ..conditions import Facts, Place, Use
from ..expecting import not_answering, not_asking, not_said, unknown
from ..rehearsed import Example, Line
from ..stopping import is_kept_from_rules, leaves
from ..trying import decided, message_of


@dataclass(slots=True)
class Talk:
    """An example with several messages."""

    book: Book
    example: Example
    facts: Facts  #: as they are now
    last: Decision = field(default_factory=Decision)
    is_handed: bool = False  #: people talk with him

    @property
    def _customer(self) -> Customer:
        return self.facts.customer or Customer(chat=self.example.sender)

    def played(self) -> tuple[str, Place]:
        """What is not as expected, and where it stands; an empty text when all is well."""
        for number, line in enumerate(self.example.talk):
            self.last = self._said(line, number)
            expected = line.expect or (self.example.expect if number == 0 else None)
            failure = self._failure(line, expected)
            if failure:
                return f"after '{line.say}': {failure}", line.place
        return "", self.example.place

    def _failure(self, line: Line, expected: str | None) -> str:
        if expected and (missing := unknown(self.book, expected)):
            return missing
        return (
            (not_answering(self.book, expected, self.last) if expected else "")
            or not_said(line.reply, line.does, self.last)
            or (not_asking(line.asks, self.last) if line.asks else "")
        )

    def _said(self, line: Line, number: int) -> Decision:
        """What comes of a line, and of the talk."""
        now = self.facts.now + (line.after if number else timedelta())
        customer = self.facts.customer
        assert customer is not None  # noqa: S101  facts of an example have one
        dialogue = customer.dialogue if customer.dialogue and customer.dialogue.until > now else None
        customer = replace(
            customer, dialogue=dialogue, about_ours=self.example.about_ours or bool(line.votes)
        )
        self.facts = replace(self.facts, now=now, customer=customer)
        said = replace(self.example, say=line.say, kind=line.kind, votes=line.votes)
        decision = Decision()
        if is_kept_from_rules(said) and not (dialogue and leaves(line.say)):
            self._remember(decision, "")
        elif not self.is_handed:
            message = replace(message_of(said, now), id=f"rehearsal-{number}")
            decision = decided(self.book, message, self.facts, self.example.told)
            self._remember(decision, message.id)
        return decision

    def _remember(self, decision: Decision, message: str) -> None:
        """What the next line finds."""
        customer, now = self._customer, self.facts.now
        tags, fields = set(customer.tags), dict(customer.fields)
        for _, done in decision.done:
            match done:
                case Doing(deed=Tag(add=add, remove=remove)):
                    tags = (tags | add) - remove
                case Doing(deed=SetField(name=name, value=value)):
                    fields[name] = value
                case Doing(deed=HandOff()):
                    self.is_handed = True
        expects = decision.expects
        until = now + timedelta(seconds=expects.seconds) if expects else now
        dialogue = Dialogue(state=expects.state, asked_at=now, until=until) if expects else None
        uses: dict[str, Sequence[Use]] = dict(self.facts.uses)
        for rule in decision.rules:
            uses[rule.id] = [*uses.get(rule.id, ()), Use(at=now, message=message)]
        customer = replace(
            customer,
            tags=frozenset(tags),
            fields={name: value for name, value in fields.items() if value},
            is_new=False,
            last_wrote=now,
            dialogue=dialogue,
        )
        self.facts = replace(self.facts, customer=customer, uses=uses)
