"""What an agent should know who takes a conversation."""

from sqlalchemy import Connection

from ..hub import Summary, Wanted
from ..messages import ConversationEvent
from ..store import customers, happenings, listing
from ..store.conversations import Held

#: Messages that it shows.
_LAST = 10


def summary_of(conn: Connection, held: Held) -> Summary:
    """That of a conversation, as things stand."""
    talk = held.conversation
    known = customers.kept(conn, talk.tenant, talk.chat)
    wanted = Wanted(connections=frozenset({talk.connection_id}), chat=talk.chat, limit=_LAST)
    shown = [*reversed(listing.messages(conn, talk.tenant, wanted).messages)]
    story = happenings.story(conn, talk.id)
    return Summary(
        conversation=talk,
        tags=sorted(known.tags),
        fields=known.fields,
        notes=[each for each in story if each.event is ConversationEvent.NOTED],
        messages=[each.message for each in shown],
        texts={each.message.id: each.content.text for each in shown},
    )
