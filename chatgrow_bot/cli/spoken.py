"""What would be said and done, as `chatgrow say` prints it."""

from collections.abc import Iterator

from ..addresses import phone_of
from ..messages import State
from ..payloads import Contacts, Deletion, Edit, Location, Payload, Poll, Reaction, Vote
from ..rehearsal import Rehearsed
from ..store.rows import Outgoing
from .drawing import safe


def spoken(came: Rehearsed) -> Iterator[str]:
    """Each message with what it carries, what is done besides, and what went wrong."""
    by = ", ".join(dict.fromkeys(each.delivery.source for each in came.said))
    yield safe(f"{by} answers:" if by else f"Nothing is said ({came.outcome}).")
    for message in came.said:
        yield ""
        if heading := _heading(came, message):
            yield safe(f"[{heading}]")
        yield from (safe(line) for line in message.text.splitlines())
    if came.besides or came.troubles:
        yield ""
    yield from (safe(f"  + {deed}") for deed in came.besides)
    yield from (safe(f"  ! {trouble}") for trouble in came.troubles)


def _heading(came: Rehearsed, message: Outgoing) -> str:
    """What there is to a message besides words: whom else it is for, what it carries, when it leaves."""
    delivery = message.delivery
    after = round((delivery.due - delivery.created_at).total_seconds())
    parts = (
        f"to {phone_of(delivery.chat) or delivery.chat}" if delivery.chat != came.scene.chat else "",
        f"by '{delivery.connection_id}'" if delivery.connection_id != came.connection else "",
        f"{message.media.kind} {message.media.filename}" if message.media else "",
        _carried(message.payload) if message.payload else "",
        f"{after} s later" if after > 0 else "",
        "quoting him" if delivery.about and not message.payload else "",
        f"not sent: {delivery.reason}" if delivery.state is State.CANCELLED else "",
    )
    return ", ".join(filter(None, parts))


def _carried(payload: Payload) -> str:
    match payload:
        case Location():
            named = ", ".join(filter(None, (payload.name, payload.address)))
            return f"location {payload.latitude:g}, {payload.longitude:g} {named}".rstrip()
        case Contacts():
            cards = (f"{person.name} {' '.join(person.numbers)}" for person in payload.people)
            return f"contact {'; '.join(cards)}"
        case Poll():
            return f"poll {payload.question} {' / '.join(payload.options)}"
        case Reaction():
            return f"reacts with {payload.emoji}"
        case Vote():
            return f"votes for {', '.join(payload.options)}"
        case Edit():
            return "edits an earlier message to"
        case Deletion():
            return "takes back an earlier message"
