"""Says something to the rules without a customer: the message and the facts of an example, and what comes of
them in words."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from chatgrow_bot.messages import FILES, Attachment, Inbound, Kind
from chatgrow_bot.payloads import Location, Payload, Vote
from chatgrow_bot.responses import Customer

from .actions import Saying
from .book import Book, Decision
from .conditions import Facts
from .rehearsed import Example
from .rules import decide

#: Where somebody is when it does not matter.
_SOME_PLACE = Location(latitude=32.0853, longitude=34.7818)


def say(book: Book, example: Example, now: datetime) -> Decision:
    """What would be done about what an example says. What other plugins say to their conditions is as the
    example tells; what it does not tell, they say no to."""
    facts = facts_of(example, now)
    return decided(book, message_of(example, facts.now), facts, example.told)


def decided(book: Book, message: Inbound, facts: Facts, told: Mapping[str, bool]) -> Decision:
    """The decision, with what is told of other plugins' conditions by name."""
    while (question := (decision := decide(book, message, facts)).wanting) is not None:
        facts = replace(facts, told={**facts.told, question: told.get(question.name, False)})
    return decision


def facts_of(example: Example, now: datetime) -> Facts:
    """What is known when an example is said."""
    if example.at:
        now = example.at.replace(tzinfo=example.zone or now.tzinfo)
    customer = Customer(
        chat=example.sender,
        tags=example.tags,
        fields=example.fields,
        is_new=example.is_new,
        last_wrote=None if example.since_last is None else now - example.since_last,
        about_ours=example.about_ours or bool(example.votes),
    )
    return Facts(now=now, customer=customer)


def message_of(example: Example, now: datetime) -> Inbound:
    """The message as if a customer had just written it."""
    at = now.astimezone(UTC)
    return Inbound(
        id="rehearsal",
        tenant=example.tenant,
        connection_id=example.connection,
        chat=example.in_group or example.sender,
        participant=example.sender if example.in_group else "",
        wa_id="rehearsal",
        kind=example.kind,
        text=example.say,
        name=example.name,
        attachment=Attachment() if example.kind in FILES else None,
        payload=_payload(example),
        sent_at=at,
        received_at=at,
    )


def reply_of(decision: Decision) -> str:
    """All that is said to the customer, a blank line between two messages."""
    return "\n\n".join(str(done) for _, done in decision.done if isinstance(done, Saying) and not done.to)


def deeds_of(decision: Decision) -> Sequence[str]:
    """What is done besides, in words."""
    said = [f"send to {done.to}: {done}" for _, done in decision.done if isinstance(done, Saying) and done.to]
    return [str(done) for _, done in decision.done if not isinstance(done, Saying)] + said


def _payload(example: Example) -> Payload | None:
    match example.kind:
        case Kind.VOTE:
            return Vote(options=example.votes)
        case Kind.LOCATION:
            return _SOME_PLACE
    return None
